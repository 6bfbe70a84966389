"""How Hugging Face words the configs of conformers."""

import dataclasses

from w2v_explore.config.dialects.columns import HEAD, Counterpart, Guard, Kind
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None
"""No program has a function that takes the fields as arguments."""

HUGGINGFACE = dialects.HUGGINGFACE.with_fields(
    kinds={"wav2vec2-conformer": Kind("Wav2Vec2ConformerConfig")},
    refused={
        "do_stable_layer_norm": Guard((True, False), "the layers here normalise what each of their blocks takes"),
        "layer_type": Guard(("conformer",), "the layers here are conformer layers"),
        "rotary_embedding_base": Guard((10_000,), "rotary positions here turn by powers of 10000"),
    },
    encoder_positions=Counterpart(
        ("position_embeddings_type",), "relative", {"relative": "relative", "rotary": "rotary", None: "none"}
    ),
    encoder_conv_kernel=Counterpart(("conv_depthwise_kernel_size",), 31),
    encoder_conv_dropout=Counterpart(("conformer_conv_dropout",), 0.1),
    encoder_activation=Counterpart(("hidden_act",), "gelu", {"swish": "swish", "silu": "swish", "gelu": "gelu"}),
    encoder_layer_norm_first=Counterpart((), True),
    **{HEAD: Counterpart(("vocab_size",), None, remark="in *ForCTC only")},
)
HUGGINGFACE = dataclasses.replace(
    HUGGINGFACE, constants={name: value for name, value in HUGGINGFACE.constants.items() if name != "hidden_act"}
)

COLUMNS = {"huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""

"""How Hugging Face and fairseq word the configs of conformers."""

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
    # How many positions are made before they are asked for.
    ignored=("max_source_positions",),
    encoder_positions=Counterpart(
        ("position_embeddings_type",), "relative", {"relative": "relative", "rotary": "rotary", None: "none"}
    ),
    encoder_conv_kernel=Counterpart(("conv_depthwise_kernel_size",), 31),
    encoder_conv_dropout=Counterpart(("conformer_conv_dropout",), 0.1),
    encoder_activation=Counterpart(("hidden_act",), "gelu", {"silu": "swish", "swish": "swish", "gelu": "gelu"}),
    encoder_layer_norm_first=Counterpart((), True),
    **{HEAD: Counterpart(("vocab_size",), None, remark="in *ForCTC only")},
)
HUGGINGFACE = dataclasses.replace(
    HUGGINGFACE, constants={name: value for name, value in HUGGINGFACE.constants.items() if name != "hidden_act"}
)

_ONE_DROPOUT = Counterpart(("dropout",), 0.1)

FAIRSEQ = dataclasses.replace(
    dialects.FAIRSEQ.with_fields(
        kinds={
            name: dialects.FAIRSEQ.kinds[name]
            for name in ("wav2vec2", "wav2vec_ctc", "wav2vec_seq2seq", "wav2vec_classification")
        },
        refused={
            "layer_type": Guard(("conformer",), "the layers here are conformer layers", is_wanted=True),
            "attn_type": Guard(("espnet",), "the attention of conformers here is espnet's", is_wanted=True),
        },
        # Its conformers have swish and one dropout.
        ignored=("activation_fn", "attention_dropout", "activation_dropout"),
        encoder_positions=Counterpart(("pos_enc_type",), "abs", {"rel_pos": "relative", "rope": "rotary"}),
        encoder_attention_dropout=_ONE_DROPOUT,
        encoder_ff_interm_dropout=_ONE_DROPOUT,
        encoder_conv_kernel=Counterpart(("depthwise_conv_kernel_size",), 31),
        encoder_conv_dropout=_ONE_DROPOUT,
        encoder_activation=Counterpart((), "swish"),
    ),
    constants={"layer_type": "conformer", "attn_type": "espnet"},
)

COLUMNS = {"fairseq": FAIRSEQ, "huggingface": HUGGINGFACE}
"""By the programs that have models of the family."""

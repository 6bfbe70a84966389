"""How Hugging Face and fairseq word the configs of data2vec audio.

A data2vec of fairseq with one positional convolution has that of wav2vec 2.0, and is of that family.
"""

import dataclasses

from w2v_explore.config.dialects.columns import Counterpart, Divided, Guard, Kind
from w2v_explore.families.data2vec_audio.fields import FIELDS
from w2v_explore.families.wav2vec2 import dialects

PYTHON = None
"""No program has a function that takes the fields as arguments."""

_ONE_NORM = "the extractor of data2vec has a layer norm behind each convolution"
_POST_NORM = "the transformer layers of data2vec normalise their outputs"
_NO_BATCH_NORM = "the positional convolutions here have layer norms behind them, no batch norm"

_HUGGINGFACE = {
    **dialects.HUGGINGFACE.counterparts,
    # In every other config of transformers it is the kernel.
    "encoder_pos_conv_depth": Counterpart(
        ("num_conv_pos_embeddings",), 5, remark="the number of convolutions, where it is the kernel in wav2vec 2.0"
    ),
    "encoder_pos_conv_kernel": Counterpart(("conv_pos_kernel_size",), 19),
}

HUGGINGFACE = dataclasses.replace(
    dialects.HUGGINGFACE,
    kinds={"data2vec-audio": Kind("Data2VecAudioConfig")},
    counterparts={name: _HUGGINGFACE[name] for name in FIELDS},
    refused={
        **{name: guard for name, guard in dialects.HUGGINGFACE.refused.items() if name != "pos_conv_depth"},
        "feat_extract_norm": Guard(("layer",), _ONE_NORM),
        "do_stable_layer_norm": Guard((False,), _POST_NORM),
        "conv_pos_batch_norm": Guard((False,), _NO_BATCH_NORM),
    },
)

_FAIRSEQ = {
    **dialects.FAIRSEQ.counterparts,
    "encoder_pos_conv_depth": Counterpart(("pos_conv_depth",), 1),
    "encoder_pos_conv_kernel": Counterpart(
        ("conv_pos",),
        128,
        remark="of all convolutions together; each has its share, and no less than 3",
    ),
}

FAIRSEQ = dataclasses.replace(
    dialects.FAIRSEQ,
    kinds={"data2vec_audio": dialects.FAIRSEQ.kinds["data2vec_audio"]},
    counterparts={name: _FAIRSEQ[name] for name in FIELDS},
    refused={
        **{name: guard for name, guard in dialects.FAIRSEQ.refused.items() if name != "pos_conv_depth"},
        "extractor_mode": Guard(("layer_norm",), _ONE_NORM, is_wanted=True),
        "layer_norm_first": Guard((False,), _POST_NORM),
        "conv_pos_batch_norm": Guard((False,), _NO_BATCH_NORM),
    },
    constants={"extractor_mode": "layer_norm"},
    divided={"encoder_pos_conv_kernel": Divided(by="encoder_pos_conv_depth", least=3)},
)

COLUMNS = {"huggingface": HUGGINGFACE, "fairseq": FAIRSEQ}
"""By the programs that have models of the family."""

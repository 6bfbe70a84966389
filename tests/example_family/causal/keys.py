"""What Hugging Face would call its weights, and what their shapes tell."""

from w2v_explore.checkpoint.key_table import Module
from w2v_explore.checkpoint.shapes import Axis, Count, quotient, size
from w2v_explore.families.wav2vec2 import keys

_OURS = "encoder.transformer.pos_conv_embed"
_THEIRS = "encoder.pos_conv_embed"
_WEIGHT = f"{_OURS}.layers.{{i}}.conv.weight"

KEYS = keys.KEYS.with_modules(
    Module(f"{_OURS}.layers.{{i}}.norm", f"{_THEIRS}.layers.{{i}}.norm", None),
    Module(f"{_OURS}.layers.{{i}}.conv", f"{_THEIRS}.layers.{{i}}.conv", None),
    without=(f"{_OURS}.conv",),
    family="causal",
    prefixes={"torchaudio": (), "huggingface": ("causal.",)},
    extras={},
    told={
        "encoder_pos_conv_kernel": size(Axis(_WEIGHT, 2, 3)),
        "encoder_pos_conv_groups": quotient(Axis(_WEIGHT, 0, 3), Axis(_WEIGHT, 1, 3)),
        "encoder_pos_conv_depth": Count(f"{_OURS}.layers"),
    },
)

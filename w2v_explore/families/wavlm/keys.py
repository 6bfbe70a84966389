"""What torchaudio, Hugging Face and unilm call the weights of WavLM, and what their shapes tell.

Ours are torchaudio's, of ``torchaudio.models.wavlm_model``, which has query, key and value in one tensor. unilm's names
are fairseq's.
"""

from w2v_explore.checkpoint.key_table import Module, Packed, Parameter
from w2v_explore.checkpoint.shapes import Axis, size
from w2v_explore.families.wav2vec2 import keys

_OURS = "encoder.transformer.layers.{i}.attention"
_HUGGINGFACE = "encoder.layers.{i}.attention"
_UNILM = "encoder.layers.{i}.self_attn"

_TABLE = "encoder.transformer.layers.0.attention.rel_attn_embed"
"""Only the first layer has it."""


def _packed(kind: str) -> Packed:
    """Query, key and value, one below the other."""
    parts = [f"{part}_proj.{kind}" for part in ("q", "k", "v")]
    return Packed(
        f"{_OURS}.attention.in_proj_{kind}",
        tuple(f"{_HUGGINGFACE}.{part}" for part in parts),
        tuple(f"{_UNILM}.{part}" for part in parts),
    )


KEYS = keys.KEYS.with_modules(
    _packed("weight"),
    _packed("bias"),
    Module(f"{_OURS}.attention.out_proj", f"{_HUGGINGFACE}.out_proj", f"{_UNILM}.out_proj"),
    Parameter(f"{_OURS}.gru_rel_pos_const", f"{_HUGGINGFACE}.gru_rel_pos_const", f"{_UNILM}.grep_a"),
    Module(f"{_OURS}.gru_rel_pos_linear", f"{_HUGGINGFACE}.gru_rel_pos_linear", f"{_UNILM}.grep_linear"),
    Module(
        _TABLE,
        "encoder.layers.0.attention.rel_attn_embed",
        "encoder.layers.0.self_attn.relative_attention_bias",
        {"weight": ("weight",)},
    ),
    without=tuple(f"{_OURS}.{part}_proj" for part in ("q", "k", "v", "out")),
    family="wavlm",
    prefixes={**keys.KEYS.prefixes, "huggingface": ("wavlm.",)},
    told={
        "encoder_num_heads": size(Axis(f"{_TABLE}.weight", 1, 2), Axis(f"{_OURS}.gru_rel_pos_const", 1, 4)),
        "encoder_num_buckets": size(Axis(f"{_TABLE}.weight", 0, 2)),
    },
    examples={**keys.KEYS.examples, "encoder_max_distance": lambda told: "800"},
)

"""Random valid configs of HuBERT in pre-training."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import field_values
from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig


@st.composite
def pretrain_values(draw: st.DrawFn, max_layers: int = 3) -> dict[str, Any]:
    """The 32 fields of a small valid config."""
    values = draw(field_values(max_layers))
    for prefix, no_overlap in (("mask", "no_mask_overlap"), ("mask_channel", "no_mask_channel_overlap")):
        length = draw(st.integers(1, 12))
        values |= {
            f"{prefix}_prob": draw(st.sampled_from([0.0, 0.65, 0.8, 1.0]) | st.floats(0, 1)),
            f"{prefix}_selection": draw(st.sampled_from(["static", "uniform", "normal"])),
            f"{prefix}_other": float(draw(st.integers(0, 2 * length))),
            f"{prefix}_length": length,
            no_overlap: draw(st.booleans()),
            f"{prefix}_min_space": draw(st.integers(0, 3)),
        }
    values |= {
        "skip_masked": draw(st.booleans()),
        "skip_nomask": draw(st.booleans()),
        "num_classes": draw(st.integers(1, 12)),
        "final_dim": draw(st.integers(1, 12)),
        "feature_grad_mult": draw(st.none() | st.floats(0.01, 0.99)),
    }
    return {name: values[name] for name in HuBERTPretrainConfig.FIELDS}


def pretrain_configs(max_layers: int = 3) -> st.SearchStrategy[HuBERTPretrainConfig]:
    """Small valid configs."""
    return pretrain_values(max_layers).map(lambda values: HuBERTPretrainConfig(**values))

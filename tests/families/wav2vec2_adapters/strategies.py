"""Random valid configs with adapters."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import field_values
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig


@st.composite
def adapters_values(draw: st.DrawFn, max_layers: int = 3) -> dict[str, Any]:
    """The 22 fields of a small valid config."""
    values = {
        **draw(field_values(max_layers)),
        "encoder_adapter_features": draw(st.none() | st.integers(1, 9)),
        "add_adapter": draw(st.booleans()),
        "adapter_num_layers": draw(st.integers(1, 4)),
        "adapter_kernel": draw(st.integers(1, 6)),
        "adapter_stride": draw(st.integers(1, 3)),
        "adapter_embed_dim": draw(st.none() | st.integers(1, 12)),
    }
    return {name: values[name] for name in Wav2Vec2AdaptersConfig.FIELDS}


def adapters_configs(max_layers: int = 3) -> st.SearchStrategy[Wav2Vec2AdaptersConfig]:
    """Small valid configs."""
    return adapters_values(max_layers).map(lambda values: Wav2Vec2AdaptersConfig(**values))

"""Random valid WavLM configs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import field_values
from w2v_explore.families.wavlm.fields import WavLMConfig


@st.composite
def wavlm_values(draw: st.DrawFn, max_layers: int = 3) -> dict[str, Any]:
    """The 18 fields of a small valid config."""
    buckets = draw(st.integers(4, 40))
    values = {
        **draw(field_values(max_layers)),
        "encoder_num_buckets": buckets,
        "encoder_max_distance": buckets // 4 + draw(st.integers(1, 50)),
    }
    return {name: values[name] for name in WavLMConfig.FIELDS}


def wavlm_configs(max_layers: int = 3) -> st.SearchStrategy[WavLMConfig]:
    """Small valid configs."""
    return wavlm_values(max_layers).map(lambda values: WavLMConfig(**values))

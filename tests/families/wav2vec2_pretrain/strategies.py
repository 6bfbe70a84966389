"""Random valid configs of wav2vec 2.0 in pre-training."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import PROBABILITIES, field_values
from w2v_explore.families.wav2vec2_pretrain.fields import Wav2Vec2PretrainConfig


@st.composite
def pretrain_values(draw: st.DrawFn, max_layers: int = 3) -> dict[str, Any]:
    """The 20 fields of a small valid config."""
    groups = draw(st.integers(1, 3))
    values = {
        **draw(field_values(max_layers)),
        "feat_quantizer_dropout": draw(PROBABILITIES),
        "num_codevector_groups": groups,
        "num_codevectors_per_group": draw(st.integers(1, 12)),
        "codevector_dim": groups * draw(st.integers(1, 8)),
        "proj_codevector_dim": draw(st.integers(1, 12)),
    }
    return {name: values[name] for name in Wav2Vec2PretrainConfig.FIELDS}


def pretrain_configs(max_layers: int = 3) -> st.SearchStrategy[Wav2Vec2PretrainConfig]:
    """Small valid configs."""
    return pretrain_values(max_layers).map(lambda values: Wav2Vec2PretrainConfig(**values))

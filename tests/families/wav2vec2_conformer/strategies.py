"""Random valid configs of conformers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.families.wav2vec2_conformer.reference import POSITIONS
from tests.strategies import PROBABILITIES, field_values
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig


@st.composite
def conformer_values(draw: st.DrawFn, max_layers: int = 2) -> dict[str, Any]:
    """The 20 fields of a small valid config that transformers has too."""
    values = draw(field_values(max_layers))
    width, heads = values["encoder_embed_dim"], values["encoder_num_heads"]
    fitting = [
        positions
        for positions in POSITIONS
        if positions == "none" or (width // heads if positions == "rotary" else width) % 2 == 0
    ]
    values |= {
        "encoder_positions": draw(st.sampled_from(fitting)),
        "encoder_conv_kernel": 2 * draw(st.integers(0, 8)) + 1,
        "encoder_conv_dropout": draw(PROBABILITIES),
        "encoder_activation": draw(st.sampled_from(["swish", "gelu"])),
        "encoder_layer_norm_first": True,
    }
    return {name: values[name] for name in Wav2Vec2ConformerConfig.FIELDS}


def conformer_configs(max_layers: int = 2) -> st.SearchStrategy[Wav2Vec2ConformerConfig]:
    """Small valid configs."""
    return conformer_values(max_layers).map(lambda values: Wav2Vec2ConformerConfig(**values))

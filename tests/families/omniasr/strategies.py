"""Random valid omniASR configs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.strategies import field_values
from w2v_explore.families.omniasr.fields import OmniASRConfig


def omniasr_values(max_layers: int = 3) -> st.SearchStrategy[dict[str, Any]]:
    """The 13 fields of a small valid config."""

    def of_its_own(values: dict[str, Any]) -> dict[str, Any]:
        values = {**values, "encoder_pos_conv_kernel": 2 * values["encoder_pos_conv_kernel"]}
        return {name: values[name] for name in OmniASRConfig.FIELDS}

    return field_values(max_layers).map(of_its_own)


def omniasr_configs(max_layers: int = 3) -> st.SearchStrategy[OmniASRConfig]:
    """Small valid configs."""
    return omniasr_values(max_layers).map(lambda values: OmniASRConfig(**values))

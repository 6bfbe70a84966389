"""Names, shapes, frames and MACs of the tree, held against torchaudio's model and torch's FLOP counter on meta."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import assert_closed_forms_hold, assert_layers_run_as_in_the_tree
from tests.strategies import configs
from w2v_explore import (
    ModelConfig,
    build_architecture,
    build_model,
    load_config,
    preset_names,
)  # fmt: skip
from w2v_explore.analysis.compute import Macs, analyze_layers, unfold
from w2v_explore.analysis.receptive_field import minimum_samples


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=30)
def test_random_configs(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_closed_forms_hold(config, batch, samples)


def distinct_presets() -> list[str]:
    """One preset of each set of equal ones."""
    by_config: dict[ModelConfig, str] = {}
    for name in preset_names():
        by_config.setdefault(load_config(name).model, name)
    return sorted(by_config.values())


def of_torchaudio() -> list[str]:
    """Those whose models torchaudio has, with all of it on the meta device; each other family's tests hold its own."""
    return [
        name
        for name in distinct_presets()
        if (function := load_config(name).model.family.part("dialects").PYTHON) and "pretrain" not in function
    ]


@pytest.mark.parametrize("name", of_torchaudio())
def test_presets(name: str) -> None:
    assert_closed_forms_hold(load_config(name).model, batch=2, samples=16_000)


def test_reference_figures() -> None:
    """The figures that the project promises for one second of audio."""
    base = analyze_layers(build_architecture(load_config("base").model), 1, 16_000)[0]
    assert base.parameters == 94_370_944
    assert base.macs == Macs(convolution=2_686_053_376, linear=4_181_065_728, attention=44_255_232)
    assert base.macs.total == 6_911_374_336
    xlsr_2b = analyze_layers(build_architecture(load_config("xlsr_2b").model), 1, 16_000)[0]
    assert (xlsr_2b.parameters, xlsr_2b.macs.total) == (2_159_257_728, 108_460_358_656)


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=20)
def test_layers_run_in_the_order_and_with_the_shapes_of_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


@given(config=configs(max_layers=6), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=40)
def test_figures_of_the_layers_add_up(config: ModelConfig, batch: int, extra: int) -> None:
    rows = list(unfold(analyze_layers(build_architecture(config), batch, minimum_samples(config, batch) + extra)))
    for row in rows:
        prefix = f"{row.path}." if row.path else ""
        children = [
            other
            for other in rows
            if other.depth == row.depth + 1 and other is not row and other.path.startswith(prefix)
        ]
        if children and row.operation is None:
            assert row.macs.total == sum(child.macs.total for child in children)
            assert row.parameters == sum(child.parameters for child in children)


@given(config=configs(max_layers=2), batch=st.integers(1, 2))
@settings(max_examples=20)
def test_one_sample_less_than_the_minimum_fails_in_torch_too(config: ModelConfig, batch: int) -> None:
    least = minimum_samples(config, batch)
    model = build_model(config).eval()
    with torch.no_grad():
        output, _ = model(torch.randn(batch, least))
        assert output.shape[1] >= 1
        with pytest.raises((RuntimeError, ValueError)):
            model(torch.randn(batch, least - 1))

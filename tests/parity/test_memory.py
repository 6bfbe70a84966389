"""Memory and training cost in closed form, held against what torch tracks on tensors without data."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parity.test_closed_forms import distinct_presets
from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory import inference_memory
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.analysis.training import training_cost
from w2v_explore.measure.tracking import (
    counted_training_macs,
    tracked_checkpointed_bytes,
    tracked_kept_bytes,
    tracked_peak_bytes,
)


def analysis_of(config: ModelConfig, workload: Workload) -> Analysis:
    return analyze(Config(name="random", origin="test", model=config), workload)


def assert_memory_is_what_torch_tracks(config: ModelConfig, workload: Workload) -> None:
    analysis = analysis_of(config, workload)
    assert inference_memory(analysis.architecture, workload).peak_activation_bytes == tracked_peak_bytes(
        config, workload
    )
    cost = training_cost(analysis)
    assert cost.kept_bytes.greatest == tracked_kept_bytes(config, workload)
    assert cost.checkpointed_bytes.greatest == tracked_checkpointed_bytes(config, workload)


@given(
    config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000), dtype=st.sampled_from(["float32", "float64"])
)
@settings(max_examples=60)
def test_random_configs(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("name", distinct_presets())
def test_presets(name: str) -> None:
    assert_memory_is_what_torch_tracks(load_config(name).model, Workload(samples=16_000, batch=2))


@pytest.mark.parametrize("name", ["base", "large_lv60k"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_within_one_percent(name: str, dtype: str) -> None:
    """A CPU's norms keep their statistics in 16 bits, an accelerator's and the closed form's in 32."""
    config, workload = load_config(name).model, Workload.of_seconds(2.0, batch=3, dtype=dtype)
    analysis = analysis_of(config, workload)
    peak, kept = tracked_peak_bytes(config, workload), tracked_kept_bytes(config, workload)
    assert 0 <= inference_memory(analysis.architecture, workload).peak_activation_bytes - peak <= 0.01 * peak
    assert 0 <= training_cost(analysis).kept_bytes.greatest - kept <= 0.01 * kept


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=100)
def test_training_macs(config: ModelConfig, batch: int, extra: int) -> None:
    workload = Workload(samples=minimum_samples(config, batch) + extra, batch=batch)
    cost = training_cost(analysis_of(config, workload))
    assert (cost.forward.total, cost.backward.total) == counted_training_macs(config, workload)
    assert cost.macs.greatest == cost.forward.total + cost.backward.total

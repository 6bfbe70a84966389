"""WavLM, held to what holds of every family; torchaudio defines it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    analysis_of,
    assert_closed_forms_hold,
    assert_layers_run_as_in_the_tree,
    assert_memory_holds,
    assert_memory_is_what_torch_tracks,
    models,
)
from tests.families.wavlm.model import PRE_NORM, SMALL
from tests.families.wavlm.strategies import wavlm_configs
from tests.parity.test_model import assert_outputs_equal, waveforms
from w2v_explore import ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wavlm.fields import WavLMConfig


@given(config=wavlm_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    assert_closed_forms_hold(config, batch, minimum_samples(config, batch) + extra)


@given(config=wavlm_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=20)
def test_layers_run_as_in_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


@given(config=wavlm_configs(), batch=st.integers(1, 3), extra=st.integers(0, 2000))
@settings(max_examples=20)
@torch.no_grad()
def test_weights_and_outputs(config: ModelConfig, batch: int, extra: int) -> None:
    assert_outputs_equal(*models(config), waveforms(batch, minimum_samples(config, batch) + extra), None)


@given(
    config=wavlm_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("samples", [2_000, 2_580, 20_000])
@pytest.mark.parametrize("values", [SMALL, PRE_NORM], ids=["post_norm", "pre_norm"])
def test_peaks_in_the_attention(values: dict[str, Any], samples: int, dtype: str) -> None:
    """Most random configs have theirs in the extractor; with 100 and 129 frames rows of the bias are padded."""
    values = {**values, "extractor_conv_layer_config": [[4, 10, 20]]}
    config = WavLMConfig.from_mapping(values)
    workload = Workload(samples=samples, batch=2, dtype=dtype)
    peak = analysis_of(config, workload).inference.peak_path
    assert peak.startswith("encoder.transformer.layers."), peak
    assert_memory_holds(config, workload)


@pytest.mark.parametrize(
    ("preset", "parameters", "one_second", "ten_seconds"),
    [
        ("wavlm_base", 94_381_168, 6_914_987_008, 74_103_313_408),
        ("wavlm_base_plus", 94_381_168, 6_914_987_008, 74_103_313_408),
        ("wavlm_large", 315_452_096, 17_820_396_544, 192_024_914_944),
    ],
)
def test_presets(preset: str, parameters: int, one_second: int, ten_seconds: int) -> None:
    config = load_config(preset)
    assert analyze(config).parameters == parameters
    macs = [analyze(config, Workload.of_seconds(seconds)).macs for seconds in (1, 10)]
    assert [each.total for each in macs] == [one_second, ten_seconds]

"""The audit of every preset, and of random configs, finds nothing that is not known."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parity.test_closed_forms import distinct_presets
from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.config.kinds import Probability
from w2v_explore.measure.verify import (
    CHECKS,
    Audited,
    Check,
    check_backward_macs,
    check_forward_macs,
    check_frames,
    check_memory,
    check_receptive_field,
    verify,
)


def assert_agrees(analysis: Analysis, checks: tuple[Check, ...] = CHECKS) -> None:
    audited = Audited(analysis)
    findings = [finding for check in checks for finding in check.find(audited)]
    assert [finding for finding in findings if not finding.agrees] == []


def audited() -> list[str]:
    """The widest of each set that differs in sizes or dropouts alone, which random configs vary: it is slow."""
    by_config: dict[object, str] = {}
    for name in sorted(distinct_presets(), key=lambda name: load_config(name).model.encoder_embed_dim):
        model = load_config(name).model
        varied = {name for name, field in model.FIELDS.items() if isinstance(field.kind, Probability)}
        varied |= {"aux_num_out", "encoder_num_layers", "encoder_num_heads", "encoder_embed_dim"}
        varied |= {"encoder_ff_interm_features"}
        sizes = [(name, value) for name, value in model.to_mapping().items() if name not in varied]
        by_config[model.family.name, repr(sizes)] = name
    return sorted(by_config.values())


def load_shallow(name: str) -> Config:
    """A preset, of two layers where it is deeper than base: each further layer adds the same, and takes its time."""
    config = load_config(name)
    return load_config(name, ["encoder_num_layers=2"]) if config.model.encoder_num_layers > 12 else config


@pytest.mark.parametrize("name", audited())
def test_every_preset(name: str) -> None:
    # A length that is no multiple of the stride, and short: fvcore's tensors are real.
    verification = verify(analyze(load_shallow(name), Workload(samples=8_123, batch=2)))
    assert [finding for finding in verification.findings if not finding.agrees] == []
    different = {finding.figure for finding in verification.findings if finding.difference}
    # Where batch norms take 16 bits a CPU's statistics are of 16 bits.
    assert different - {"autocast.kept_bytes", "autocast.checkpointed_bytes"} == {"macs.backward.convolution"}


@given(config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=15)
def test_training_macs_of_random_configs(config: ModelConfig, batch: int, extra: int) -> None:
    workload = Workload(samples=minimum_samples(config, batch) + extra, batch=batch)
    analysis = analyze(Config(name="random", origin="test", model=config), workload)
    assert_agrees(analysis, (Check("forward", check_forward_macs), Check("backward", check_backward_macs)))


@given(config=configs(max_layers=1), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=25)
def test_extractors_of_random_configs(config: ModelConfig, batch: int, extra: int) -> None:
    workload = Workload(samples=minimum_samples(config, batch) + extra, batch=batch)
    analysis = analyze(Config(name="random", origin="test", model=config), workload)
    assert_agrees(analysis, (Check("frames", check_frames), Check("receptive field", check_receptive_field)))


@given(config=configs(), dtype=st.sampled_from(["float16", "bfloat16", "float64"]))
@settings(max_examples=8)
def test_memory_of_random_configs_in_other_dtypes(config: ModelConfig, dtype: str) -> None:
    """What a CPU's norms do otherwise in half precision is known to the byte."""
    workload = Workload(samples=minimum_samples(config, 2) + 500, batch=2, dtype=dtype)
    analysis = analyze(Config(name="random", origin="test", model=config), workload)
    assert_agrees(analysis, (Check("memory", check_memory),))


@pytest.mark.parametrize(("name", "dtype"), [("base", "float16"), ("large_lv60k", "bfloat16")])
def test_memory_in_half_precision(name: str, dtype: str) -> None:
    assert_agrees(analyze(load_config(name), Workload.of_seconds(2.0, dtype=dtype)), (Check("memory", check_memory),))

"""omniASR's encoder, held to what holds of every family; transformers defines it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    assert_closed_forms_hold,
    assert_every_figure_holds,
    assert_layers_run_as_in_the_tree,
    assert_memory_is_what_torch_tracks,
)
from tests.families.omniasr.reference import Reference
from tests.families.omniasr.strategies import omniasr_configs
from tests.parity.test_model import waveforms
from w2v_explore import ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.receptive_field import minimum_samples


@given(config=omniasr_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    assert_closed_forms_hold(config, batch, minimum_samples(config, batch) + extra, Reference)


@given(config=omniasr_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=10)
def test_layers_run_as_in_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


@given(config=omniasr_configs(), batch=st.integers(1, 3), extra=st.integers(0, 2000), data=st.data())
@settings(max_examples=6)
@torch.no_grad()
def test_outputs(config: ModelConfig, batch: int, extra: int, data: st.DataObject) -> None:
    """In float64: a norm over one channel is as far from it as float32 goes."""
    torch.manual_seed(0)
    theirs = Reference(config).double().eval()
    for parameter in theirs.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    ours = build_model(config).double().eval()
    ours.load_state_dict(theirs.state_dict())
    least = minimum_samples(config, batch)
    lengths = data.draw(st.none() | st.lists(st.integers(least, least + extra), min_size=batch, max_size=batch))
    samples = least + extra
    x = waveforms(batch, samples, torch.float64)
    given_lengths = None if lengths is None else torch.tensor(lengths)
    (output, frames), (expected, expected_frames) = ours(x, given_lengths), theirs(x, given_lengths)
    assert frames is expected_frames is None or torch.equal(frames, expected_frames)
    for number in range(batch):
        valid = slice(None) if frames is None else slice(int(frames[number]))
        torch.testing.assert_close(output[number, valid], expected[number, valid], rtol=1e-5, atol=1e-5)


@given(
    config=omniasr_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize(
    ("size", "parameters", "first_version", "second_version", "one_second", "ten_seconds"),
    [
        ("300m", 315_437_568, 325_494_868, 325_982_768, 17_810_762_752, 191_926_807_552),
        ("1b", 962_496_000, 975_065_172, 975_674_928, 49_674_832_896, 532_932_381_696),
        ("3b", 3_060_318_720, 3_080_423_508, 3_081_398_832, 152_744_340_480, 1_609_963_514_880),
        ("7b", 6_484_681_216, 6_504_786_004, 6_505_761_328, 321_118_137_344, 3_387_170_745_344),
    ],
)
def test_presets(
    size: str, parameters: int, first_version: int, second_version: int, one_second: int, ten_seconds: int
) -> None:
    """The authors' table has 128 parameters more of each CTC model: the magnitude of the weight norm."""
    config = load_config(f"omniasr_{size}")
    assert analyze(config).parameters == parameters
    macs = [analyze(config, Workload.of_seconds(seconds)).macs for seconds in (1, 10)]
    assert [each.total for each in macs] == [one_second, ten_seconds]
    assert analyze(load_config(f"omniasr_ctc_{size}")).parameters == first_version
    assert analyze(load_config(f"omniasr_ctc_{size}_v2")).parameters == second_version


def test_a_preset_is_verified() -> None:
    assert_every_figure_holds(
        load_config("omniasr_300m", ["encoder_num_layers=2"]).model, Workload.of_seconds(1, batch=2)
    )

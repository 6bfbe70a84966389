"""wav2vec 2.0 with adapters, held to what holds of every family; transformers defines it.

Our names, and their order, are torchaudio's for what torchaudio has: keys are held to transformers' in its words.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    analysis_of,
    assert_every_figure_holds,
    assert_layers_run_as_in_the_tree,
    assert_memory_is_what_torch_tracks,
    counted_macs,
)
from tests.families.wav2vec2_adapters.model import BOTH, MMS, SMALL, Original, names_of
from tests.families.wav2vec2_adapters.strategies import adapters_configs
from tests.parity.test_model import waveforms
from w2v_explore import ModelConfig, Workload, analyze, build_architecture, build_model, load_config
from w2v_explore.analysis.compute import analyze_layers
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wav2vec2_adapters.fields import Wav2Vec2AdaptersConfig

CONFIGS = {name: Wav2Vec2AdaptersConfig.from_mapping(values) for name, values in
           {"post_norm": SMALL, "mms": MMS, "both": BOTH}.items()}  # fmt: skip


@given(config=adapters_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    assert_closed_forms_hold(config, batch, minimum_samples(config, batch) + extra)


def assert_closed_forms_hold(config: ModelConfig, batch: int, samples: int) -> None:
    """Keys and shapes, parameters, MACs and frames are those of transformers on meta."""
    with torch.device("meta"):
        theirs = Original(config).eval()
    tree = build_architecture(config)
    row = analyze_layers(tree, batch, samples)[0]
    names = names_of(config, tree)
    expected = {name.removeprefix("model."): tuple(value.shape) for name, value in theirs.state_dict().items()}
    assert {names[name]: shape for name, shape in tree.state_dict_shapes()} == expected
    assert row.parameters == sum(parameter.numel() for parameter in theirs.parameters())
    macs, output = counted_macs(theirs, torch.empty(batch, samples, device="meta"))
    assert row.output_shape == tuple(output.shape)
    # transformers' head takes a transposed output, which torch counts as a product of batches.
    assert row.macs.convolution == macs.convolution
    assert row.macs.total == macs.total
    assert analysis_of(config, Workload(samples=samples, batch=batch)).output_frames == output.shape[1]


@given(config=adapters_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=10)
def test_layers_run_as_in_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


def copied(config: ModelConfig) -> tuple[Any, Original]:
    """Our model and transformers', with the same weights."""
    ours, theirs = build_model(config).eval().double(), Original(config).eval().double()
    names = names_of(config, build_architecture(config))
    theirs.model.load_state_dict({names[name]: weight for name, weight in ours.state_dict().items()})
    return ours, theirs


@given(config=adapters_configs(), extra=st.integers(0, 2000), data=st.data())
@settings(max_examples=6)
@torch.no_grad()
def test_outputs(config: ModelConfig, extra: int, data: st.DataObject) -> None:
    samples = minimum_samples(config, 2) + extra
    lengths = data.draw(st.none() | st.lists(st.integers(samples - extra, samples), min_size=2, max_size=2))
    assert_outputs_equal(config, samples, lengths)


def assert_outputs_equal(config: ModelConfig, samples: int, lengths: list[int] | None) -> None:
    """To 1e-5, on all valid frames."""
    ours, theirs = copied(config)
    valid = None if lengths is None else torch.tensor(lengths)
    audio = waveforms(2, samples).double()
    if valid is not None:
        audio[torch.arange(samples) >= valid[:, None]] = 0.0
    output, frames = ours(audio, valid)
    expected, _ = theirs(audio, valid)
    assert output.shape == expected.shape
    for number in range(2):
        end = output.shape[1] if frames is None else int(frames[number])
        torch.testing.assert_close(output[number, :end], expected[number, :end], atol=1e-5, rtol=0)


@given(
    config=adapters_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


def test_a_kernel_that_needs_several_frames() -> None:
    config = Wav2Vec2AdaptersConfig.from_mapping({**SMALL, "adapter_kernel": 5, "adapter_stride": 3})
    assert config.fewest_frames == 3**3
    least = minimum_samples(config, 2)
    assert analysis_of(config, Workload(samples=least, batch=2)).receptive_field.minimum_samples == least
    assert build_model(config, device="meta").eval()(torch.empty(2, least, device="meta"))[0].shape[1] == 1
    with pytest.raises(RuntimeError, match="Kernel size can't be greater than actual input size"):
        build_model(config, device="meta").eval()(torch.empty(2, least - 1, device="meta"))
    assert_every_figure_holds(config, Workload(samples=2 * least, batch=2))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_every_figure(config: ModelConfig, batch: int) -> None:
    assert_every_figure_holds(config, Workload(samples=5_000, batch=batch))


def test_preset() -> None:
    config = load_config("mms_1b_all")
    # transformers counts a vector for masked frames too.
    assert analyze(config).parameters + 1280 == 964_845_850
    macs = [analyze(config, Workload.of_seconds(seconds)).macs.total for seconds in (1, 10)]
    assert macs == [49_780_829_696, 534_011_818_496]


@pytest.mark.parametrize(
    ("width", "parameters", "one_second", "ten_seconds"),
    [
        (None, 104_993_152, 7_070_626_816, 75_616_580_608),
        (768, 104_993_152, 7_070_626_816, 75_616_580_608),
        (1024, 114_041_728, 7_233_025_024, 77_214_610_432),
    ],
)
def test_base_with_an_adapter(width: int | None, parameters: int, one_second: int, ten_seconds: int) -> None:
    values = load_config("base").model.to_mapping()
    own = {
        "encoder_adapter_features": None, "add_adapter": True, "adapter_num_layers": 3, "adapter_kernel": 3,
        "adapter_stride": 2, "adapter_embed_dim": width,
    }  # fmt: skip
    config = Wav2Vec2AdaptersConfig(**values, **own)
    assert analyze(config).parameters + 768 == parameters
    analyses = [analyze(config, Workload.of_seconds(seconds)) for seconds in (1, 10)]
    assert [each.macs.total for each in analyses] == [one_second, ten_seconds]
    assert [each.output_frames for each in analyses] == [7, 63]

"""data2vec audio, held to what holds of every family; transformers defines it."""

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
    shaken,
)
from tests.families.data2vec_audio.model import reference, transformers_model
from tests.families.data2vec_audio.strategies import data2vec_configs, small
from tests.parity.test_model import assert_outputs_equal, waveforms
from w2v_explore import ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.receptive_field import minimum_samples


@given(config=data2vec_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    assert_closed_forms_hold(config, batch, minimum_samples(config, batch) + extra, reference)


@given(config=data2vec_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=10)
def test_layers_run_as_in_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


@given(config=data2vec_configs(), batch=st.integers(1, 3), extra=st.integers(0, 2000))
@settings(max_examples=6)
@torch.no_grad()
def test_outputs(config: ModelConfig, batch: int, extra: int) -> None:
    ours, theirs = build_model(config).eval(), shaken(reference(config)).eval()
    # The same names, and so the same weights.
    ours.load_state_dict(theirs.state_dict())
    # With a norm over few channels, float32 does not come as near as 1e-5.
    x = waveforms(batch, minimum_samples(config, batch) + extra, dtype=torch.float64)
    assert_outputs_equal(ours.double(), theirs.double(), x, None)


@given(
    config=data2vec_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("kernel", [7, 8])
def test_every_figure_of_a_small_model(kernel: int) -> None:
    """With positional convolutions that outweigh the extractor, and an even kernel, whose last frame is cut off."""
    config = small(extractor_conv_layer_config=[[4, 10, 20]], encoder_pos_conv_kernel=kernel)
    assert_every_figure_holds(config, Workload(samples=20_000, batch=2))


@pytest.mark.parametrize(
    ("preset", "parameters", "with_head", "one_second", "ten_seconds"),
    [
        ("data2vec_audio_base", 93_164_288, 93_188_896, 6_847_046_656, 73_454_765_056),
        ("data2vec_audio_large", 313_276_416, 313_309_216, 17_696_402_432, 190_839_237_632),
    ],
)
def test_presets(preset: str, parameters: int, with_head: int, one_second: int, ten_seconds: int) -> None:
    """transformers' classes have a vector more, which stands for masked frames."""
    config = load_config(preset)
    mask = config.model.encoder_embed_dim
    assert analyze(config).parameters == parameters - mask
    macs = [analyze(config, Workload.of_seconds(seconds)).macs for seconds in (1, 10)]
    assert [each.total for each in macs] == [one_second, ten_seconds]
    fine_tuned = load_config(preset, {"aux_num_out": 32}).model
    assert analyze(fine_tuned).parameters == with_head - mask
    for model, expected in ((config.model, parameters), (fine_tuned, with_head)):
        with torch.device("meta"):
            original = transformers_model(model, mask_time_prob=0.05)
        assert sum(map(torch.numel, original.parameters())) == expected

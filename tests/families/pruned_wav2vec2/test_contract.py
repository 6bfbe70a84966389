"""Pruned wav2vec 2.0, held to what holds of every family; torchaudio's modules, cut by hand, are the reference."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    analysis_of,
    assert_closed_forms_hold,
    assert_every_figure_holds,
    assert_layers_run_as_in_the_tree,
    assert_memory_is_what_torch_tracks,
    shaken,
)
from tests.families.pruned_wav2vec2.model import cut_model, pruned_configs, small
from tests.parity.test_model import assert_outputs_equal, waveforms
from w2v_explore import ModelConfig, Workload, analyze, build_architecture, build_model, load_config
from w2v_explore.analysis.receptive_field import minimum_samples


@given(config=pruned_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=25)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    assert_closed_forms_hold(config, batch, minimum_samples(config, batch) + extra, cut_model)


@given(config=pruned_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=15)
def test_layers_run_as_in_the_tree(config: ModelConfig, batch: int, extra: int) -> None:
    assert_layers_run_as_in_the_tree(config, batch, minimum_samples(config, batch) + extra)


@given(config=pruned_configs(), batch=st.integers(1, 3), extra=st.integers(0, 2000), data=st.data())
@settings(max_examples=12)
@torch.no_grad()
def test_outputs(config: ModelConfig, batch: int, extra: int, data: st.DataObject) -> None:
    ours, theirs = build_model(config).eval(), shaken(cut_model(config)).eval()
    ours.load_state_dict(theirs.state_dict())
    samples = minimum_samples(config, batch) + extra
    lengths = torch.tensor(data.draw(st.lists(st.integers(1, samples), min_size=batch, max_size=batch)))
    # With a norm over few channels, float32 does not come as near as 1e-5.
    x = waveforms(batch, samples, dtype=torch.float64)
    for each in (None, lengths):
        assert_outputs_equal(ours.double(), theirs.double(), x, each)


@given(
    config=pruned_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("pre_norm", [False, True])
@pytest.mark.parametrize("is_scaled", [False, True])
def test_every_figure_of_a_small_model(pre_norm: bool, is_scaled: bool) -> None:
    """With layers of each kind, in both orders of norms, and most of the memory in the transformer."""
    config = small(
        extractor_conv_layer_config=[[4, 10, 20]], encoder_layer_norm_first=pre_norm, extractor_channel_scale=is_scaled
    )
    assert_every_figure_holds(config, Workload(samples=20_000, batch=2))


def parameters_of(values: dict[str, Any]) -> int:
    """The parameters of a pruned HuBERT Base, as its authors count them."""
    width, channels, parameters = 768, 1, 0
    for number, (out, kernel, _) in enumerate(values["extractor_conv_layer_config"]):
        parameters += channels * out * kernel + (2 * out if number == 0 else 0)
        channels = out
    # The scale of channels, the norm and the projection.
    parameters += channels + 2 * channels + (channels + 1) * width
    # The positional convolution with its gain and bias, and the transformer's norm.
    parameters += width * (width // 16) * 128 + 128 + width + 2 * width
    for heads, has, inner, feeds in zip(
        values["encoder_num_heads"],
        values["encoder_use_attention"],
        values["encoder_ff_interm_features"],
        values["encoder_use_feed_forward"],
        strict=True,
    ):
        parameters += 4 * width
        parameters += has * (3 * (width + 1) * 64 * heads + (64 * heads + 1) * width)
        parameters += feeds * ((width + 1) * inner + (inner + 1) * width)
    return parameters


def test_parameters_are_those_that_the_authors_count() -> None:
    lists = {
        "extractor_conv_layer_config": [[93, 10, 5], [187, 3, 2], [203, 3, 2], [251, 3, 2], [307, 3, 2], [401, 2, 2],
                                        [360, 2, 2]],
        "encoder_use_attention": [True] * 8 + [False] * 3 + [True],
        "encoder_use_feed_forward": [True] * 11 + [False],
        "encoder_num_heads": [4, 5, 6, 3, 7, 2, 1, 2, 0, 0, 0, 9],
        "encoder_ff_interm_features": [612, 640, 700, 721, 530, 411, 390, 382, 120, 77, 60, 0],
    }  # fmt: skip
    config = load_config("hubert_base_prunable", lists).model
    assert build_architecture(config).parameters == parameters_of(lists)
    with torch.device("meta"):
        assert sum(map(torch.numel, cut_model(config).parameters())) == parameters_of(lists)


def test_nothing_pruned_is_hubert_base() -> None:
    prunable, base = load_config("hubert_base_prunable"), load_config("hubert_base")
    assert analyze(prunable).parameters == analyze(base).parameters + 512
    assert analyze(prunable).macs == analyze(base).macs
    assert len(build_architecture(prunable.model).child("encoder.transformer.layers").children) == 1


@pytest.mark.parametrize(("size", "parameters"), [("base", 66_890_880), ("small", 26_872_960)])
def test_uniform_subnets_of_lighthubert_are_what_they_were(size: str, parameters: int) -> None:
    """A subnet of one width is a wav2vec 2.0; the same as lists of equal values has the same figures."""
    subnet = load_config(f"lighthubert_{size}_subnet").model
    layers = subnet.encoder_num_layers
    lists = {
        "encoder_use_attention": [True] * layers,
        "encoder_use_feed_forward": [True] * layers,
        "encoder_num_heads": [subnet.encoder_num_heads] * layers,
        "encoder_ff_interm_features": [subnet.encoder_ff_interm_features] * layers,
    }
    values = {**subnet.to_mapping(), **lists, "encoder_head_dim": 64, "extractor_channel_scale": False}
    config = small(**values)
    workload = Workload.of_seconds(2)
    ours, theirs = analysis_of(config, workload), analysis_of(subnet, workload)
    assert (ours.parameters, ours.macs) == (theirs.parameters, theirs.macs)
    assert ours.parameters == parameters

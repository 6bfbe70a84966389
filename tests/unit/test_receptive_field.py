"""Receptive field, stride and alignment, held against convolutions that really run."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, WorkloadError, analyze, build_model, load_config
from w2v_explore.analysis.receptive_field import ReceptiveField, kernel_field, minimum_samples, num_frames

BASE = load_config("base").model


def analyze_receptive_field(config: ModelConfig, batch: int, samples: int) -> ReceptiveField:
    workload = Workload(samples=samples, batch=batch)
    return analyze(Config(name="random", origin="test", model=config), workload).receptive_field


def test_base() -> None:
    field = analyze_receptive_field(BASE, batch=1, samples=160_000)
    assert [layer.receptive_field_samples for layer in field.layers] == [10, 20, 40, 80, 160, 240, 400]
    assert [layer.jump_samples for layer in field.layers] == [5, 10, 20, 40, 80, 160, 320]
    assert [layer.frames for layer in field.layers] == [31_999, 15_999, 7_999, 3_999, 1_999, 999, 499]
    assert (field.receptive_field_samples, field.stride_samples, field.minimum_samples) == (400, 320, 400)
    assert field.positional_span_samples == 41_040
    assert field.frame_rate_hz(16_000) == 50
    assert field.normalizes_over_utterance
    assert not analyze_receptive_field(load_config("large_lv60k").model, 1, 160_000).normalizes_over_utterance


@pytest.mark.parametrize("preset", ["hubert_pretrain_base", "wav2vec2_pretrain_base"])
def test_what_is_learnt_beside_an_encoder_changes_nothing_of_what_its_frames_see(preset: str) -> None:
    assert analyze(load_config(preset)).receptive_field == analyze(load_config("base")).receptive_field


@pytest.mark.parametrize(("samples", "frames"), [(400, 1), (719, 1), (720, 2), (16_000, 49)])
def test_frames(samples: int, frames: int) -> None:
    assert analyze_receptive_field(BASE, batch=1, samples=samples).frames == frames


def test_too_short() -> None:
    with pytest.raises(WorkloadError, match="399 samples are too few: this extractor needs 400"):
        analyze_receptive_field(BASE, batch=1, samples=399)


def test_group_norm_needs_two_values_to_normalise() -> None:
    one_layer = dataclasses.replace(BASE, extractor_conv_layer_config=((4, 10, 5),))
    assert minimum_samples(one_layer, batch=1) == 15
    assert minimum_samples(one_layer, batch=2) == 10
    assert minimum_samples(dataclasses.replace(one_layer, extractor_mode="layer_norm"), batch=1) == 10


@given(config=configs(max_layers=1), batch=st.integers(1, 2), extra=st.integers(0, 600))
@settings(max_examples=80)
def test_what_is_worked_out_of_the_convolutions_alone_is_what_the_walk_finds(
    config: ModelConfig, batch: int, extra: int
) -> None:
    samples = minimum_samples(config, batch) + extra
    field = analyze_receptive_field(config, batch, samples)
    assert kernel_field(config) == (field.receptive_field_samples, field.stride_samples)
    assert num_frames(config, samples) == field.frames
    assert minimum_samples(config, batch) == field.minimum_samples


@given(config=configs(max_layers=1), frame=st.integers(0, 30), extra=st.integers(0, 600))
@settings(max_examples=40)
def test_a_frame_depends_on_exactly_the_samples_it_covers(config: ModelConfig, frame: int, extra: int) -> None:
    """The support of the gradient of one frame with respect to the waveform, through the convolutions alone."""
    samples = minimum_samples(config, 1) + extra
    field = analyze_receptive_field(config, 1, samples)
    frame %= field.frames
    # The built convolutions with one positive channel each: nothing can cancel, so all that is connected shows.
    x = waveform = torch.ones(1, 1, samples, requires_grad=True)
    for layer in build_model(config, device="meta").feature_extractor.conv_layers:
        x = torch.nn.functional.conv1d(x, torch.ones(1, 1, *layer.conv.kernel_size), stride=layer.conv.stride)
    assert x.shape[2] == field.frames
    x[0, 0, frame].backward()
    assert waveform.grad is not None
    touched = waveform.grad[0, 0].nonzero().flatten().tolist()
    start, end = field.frame_span(frame)
    assert (touched[0], touched[-1] + 1) == (start, end)
    assert all(frame in field.frames_covering(sample) for sample in touched)


@given(config=configs(max_layers=1), sample=st.integers(0, 5000), extra=st.integers(0, 2000))
def test_frames_covering_is_the_inverse_of_frame_span(config: ModelConfig, sample: int, extra: int) -> None:
    field = analyze_receptive_field(config, 1, minimum_samples(config, 1) + extra)
    spans = [field.frame_span(frame) for frame in range(field.frames)]
    assert list(field.frames_covering(sample)) == [
        frame for frame, (start, end) in enumerate(spans) if start <= sample < end
    ]


def test_attention_and_group_norm_see_the_whole_utterance() -> None:
    """What the report claims of the effective receptive field."""
    small = dataclasses.replace(
        BASE, encoder_embed_dim=16, encoder_num_heads=2, encoder_ff_interm_features=8, encoder_num_layers=1
    )
    model = build_model(small).double().eval()
    for layer in (model.feature_extractor, lambda x, lengths: model(x, lengths)):
        waveform = torch.randn(1, 4000, dtype=torch.double, requires_grad=True)
        output, _ = layer(waveform, None)
        output[0, 5, 0].backward()
        assert waveform.grad is not None
        reached = output.shape[1] * 320 + 80
        assert (waveform.grad[0, :reached] != 0).all()

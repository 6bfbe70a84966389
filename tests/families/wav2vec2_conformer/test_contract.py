"""Conformers, held to what holds of every family; transformers defines them."""

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
    assert_gradients_are_those_of_torch,
    assert_layers_run_as_in_the_tree,
    assert_memory_holds,
    assert_memory_is_what_torch_tracks,
)
from tests.families.wav2vec2_conformer.reference import POSITIONS, Reference, with_positions
from tests.families.wav2vec2_conformer.strategies import conformer_configs
from tests.parity.test_model import waveforms
from w2v_explore import ModelConfig, Workload, WorkloadError, analyze, build_model, load_config, verify
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig


@given(config=conformer_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=12)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_closed_forms_hold(config, batch, samples, Reference)
    assert_layers_run_as_in_the_tree(config, batch, samples)


@given(config=conformer_configs(), extra=st.integers(0, 2000), data=st.data())
@settings(max_examples=8)
@torch.no_grad()
def test_outputs(config: ModelConfig, extra: int, data: st.DataObject) -> None:
    ours, theirs = build_model(config).double().eval(), Reference(config).double().eval()
    ours.load_state_dict(theirs.state_dict())
    # With one frame at the least: transformers counts an utterance without frames as a full one.
    samples = minimum_samples(config, 2) + extra
    lengths = data.draw(st.none() | st.lists(st.integers(samples - extra, samples), min_size=2, max_size=2))
    x = waveforms(2, samples).double()
    given_lengths = None if lengths is None else torch.tensor(lengths)
    output, frames = ours(x, given_lengths)
    expected, _ = theirs(x, given_lengths)
    for utterance in range(2):
        valid = output.shape[1] if frames is None else int(frames[utterance])
        torch.testing.assert_close(output[utterance, :valid], expected[utterance, :valid], rtol=1e-5, atol=1e-5)


@given(
    config=conformer_configs(),
    batch=st.integers(2, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("samples", [2_000, 2_580])
@pytest.mark.parametrize("positions", POSITIONS)
def test_peaks_in_the_layers(positions: str, samples: int, dtype: str) -> None:
    """Most random configs have theirs in the extractor; with 100 and 129 frames rows of the bias are padded."""
    config = Wav2Vec2ConformerConfig.from_mapping(
        {**with_positions(positions), "extractor_conv_layer_config": [[4, 10, 20]]}
    )
    workload = Workload(samples=samples, batch=2, dtype=dtype)
    peak = analysis_of(config, workload).inference.peak_path
    assert peak.startswith("encoder.layers."), peak
    assert_memory_holds(config, workload)


def test_the_norm_comes_first_as_in_fairseq() -> None:
    """transformers' model, its encoder's norm moved before the layers: each layer ends in a norm of its own."""
    config = Wav2Vec2ConformerConfig.from_mapping(with_positions("relative"))
    first: Any = build_model(
        Wav2Vec2ConformerConfig(**{**config.to_mapping(), "encoder_layer_norm_first": False})
    ).eval()
    theirs = Reference(config).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 0.0, 0.3)
    first.load_state_dict(theirs.state_dict())
    encoder: Any = theirs.encoder
    norm, encoder.layer_norm, encoder.dropout = encoder.layer_norm, torch.nn.Identity(), encoder.layer_norm
    assert encoder.dropout is norm
    with torch.no_grad():
        torch.testing.assert_close(first(waveforms())[0], theirs(waveforms())[0], rtol=1e-4, atol=1e-4)
    assert_every_figure_holds(config, Workload(samples=900, batch=2))


def test_the_positional_convolution_gets_no_gradient_in_transformers_either() -> None:
    config = Wav2Vec2ConformerConfig.from_mapping(with_positions("relative"))
    theirs = Reference(config).train()
    theirs(waveforms())[0].sum().backward()
    without = {name: each.numel() for name, each in theirs.named_parameters() if each.grad is None}
    assert {name.rpartition(".parametrizations")[0] or name.rpartition(".")[0] for name in without} == {
        "encoder.pos_conv_embed.conv"
    }
    workload = Workload(samples=4_000, batch=2)
    assert_gradients_are_those_of_torch(config, workload)
    analysis = analysis_of(config, workload)
    cost = analysis.training
    assert analysis.parameters - cost.learned == sum(without.values())
    assert (cost.weight_bytes, cost.gradient_bytes) == (4 * analysis.parameters, 4 * cost.learned)
    assert cost.optimizer_bytes == 8 * cost.learned


def test_a_single_frame_is_a_figure_and_no_training() -> None:
    config = load_config("wav2vec2_conformer_rope_large", {"encoder_num_layers": 1})
    assert analyze(config, Workload(samples=400)).receptive_field.frames == 1
    with pytest.raises(WorkloadError, match=r"batch norm needs two frames .*; give 720 samples, or a batch of 2"):
        verify(config, Workload(samples=400))


def test_what_relative_positions_cost_does_not_grow_with_the_batch() -> None:
    config = load_config("wav2vec2_conformer_rel_pos_large")
    for batch in (1, 4):
        analysis = analyze(config, Workload.of_seconds(10, batch=batch))
        projections = [row for row in analysis.layers if row.path.endswith("self_attn.linear_pos")]
        assert [row.macs.total for row in projections] == [(2 * 499 - 1) * 1024**2]


@pytest.mark.parametrize(
    ("preset", "parameters", "one_second", "ten_seconds"),
    [
        ("wav2vec2_conformer_rel_pos_large", 618_559_104, 33_550_937_088, 363_564_837_888),
        ("wav2vec2_conformer_rope_large", 593_344_128, 30_993_042_432, 326_247_877_632),
    ],
)
def test_presets(preset: str, parameters: int, one_second: int, ten_seconds: int) -> None:
    config = load_config(preset)
    # transformers counts the vector that masks frames in training.
    assert analyze(config).parameters == parameters - config.model.encoder_embed_dim
    macs = [analyze(config, Workload.of_seconds(seconds)).macs for seconds in (1, 10)]
    assert [each.total for each in macs] == [one_second, ten_seconds]


def test_the_base_model() -> None:
    config = load_config(
        "wav2vec2_conformer_rel_pos_large",
        {
            "extractor_mode": "group_norm", "extractor_conv_bias": False, "encoder_embed_dim": 768,
            "encoder_num_layers": 12, "encoder_num_heads": 12, "encoder_ff_interm_features": 3072,
        },
    )  # fmt: skip
    assert analyze(config).parameters == 179_730_304 - 768
    assert analyze(config, Workload.of_seconds(10)).macs.total == 122_341_958_656

"""w2v-BERT 2.0, held to what holds of every family; transformers defines it."""

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
)
from tests.families.wav2vec2_bert.reference import ADAPTER, POSITIONS, SMALL, Reference, features, samples_of
from tests.families.wav2vec2_bert.strategies import bert_configs
from tests.unit.test_parts import assert_whole
from w2v_explore import ModelConfig, Workload, analyze, build_model, load_config
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig


@given(config=bert_configs(), batch=st.integers(1, 3), extra=st.integers(0, 9000))
@settings(max_examples=12)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    samples = minimum_samples(config, batch) + 320 + extra
    assert_closed_forms_hold(config, batch, samples, Reference)
    assert_layers_run_as_in_the_tree(config, batch, samples)


@given(config=bert_configs(), extra=st.integers(0, 30), data=st.data())
@settings(max_examples=8)
@torch.no_grad()
def test_outputs(config: ModelConfig, extra: int, data: st.DataObject) -> None:
    ours, theirs = build_model(config).double().eval(), Reference(config).double().eval()
    ours.load_state_dict(theirs.state_dict())
    # With what gives a frame at the least: transformers counts an utterance without frames as a full one.
    fewest = (minimum_samples(config, 2) - 240) // 320
    frames = fewest + extra
    x = torch.randn(2, frames, config.feature_channels, dtype=torch.float64)
    lengths = data.draw(st.none() | st.lists(st.integers(fewest, frames), min_size=2, max_size=2))
    given_lengths = None if lengths is None else torch.tensor(lengths)
    output, valid = ours(x, given_lengths)
    expected, _ = theirs(x, given_lengths)
    assert output.shape == expected.shape
    for utterance in range(2):
        count = output.shape[1] if valid is None else int(valid[utterance])
        torch.testing.assert_close(output[utterance, :count], expected[utterance, :count], rtol=1e-5, atol=1e-5)


@given(
    config=bert_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 9000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("positions", POSITIONS)
def test_every_figure_holds(positions: str, dtype: str) -> None:
    """Of 97 frames rows of the bias are padded."""
    config = Wav2Vec2BertConfig.from_mapping({**SMALL, "encoder_positions": positions})
    assert_every_figure_holds(config, Workload(samples=samples_of(97), batch=2, dtype=dtype))


@pytest.mark.parametrize("changes", [{}, {"adapter_kernel": 2, "adapter_stride": 3, "adapter_activation": "swish"}])
def test_every_figure_of_an_adapter_holds(changes: dict[str, Any]) -> None:
    config = Wav2Vec2BertConfig.from_mapping({**SMALL, **ADAPTER, **changes})
    analysis = analysis_of(config, Workload(samples=samples_of(40), batch=2))
    assert analysis.receptive_field.frames == 40
    assert_every_figure_holds(config, analysis.workload)


@pytest.mark.parametrize(
    "changes",
    [*({"encoder_positions": positions} for positions in POSITIONS), ADAPTER, {**ADAPTER, "adapter_stride": 1}],
)
def test_the_parts_make_the_whole(changes: dict[str, Any]) -> None:
    config = Wav2Vec2BertConfig.from_mapping({**SMALL, **changes})
    assert_whole(config, Workload(samples=samples_of(40), batch=2))


def test_training_keeps_the_vectors_of_all_distances_once_whatever_the_batch() -> None:
    config = load_config("w2v_bert_2")
    for batch in (1, 4):
        kept = analyze(config, Workload.of_seconds(10, batch=batch)).training.kept_by_layer
        distances = kept["encoder.layers.0.self_attn.distance_embedding"]
        # Of one of the 24 layers; the vectors are kept for the products with the queries, which take them.
        assert distances == 8 * 499**2
        products = kept["encoder.layers.0.self_attn.distance_products"]
        copies = batch * 499 * 1024 if batch > 1 else 0
        assert products == 4 * (499**2 * 64 + copies)


@pytest.mark.parametrize(
    ("changes", "parameters", "one_second", "ten_seconds"),
    [
        ({}, 580_493_120, 28_584_263_680, 307_648_430_080),
        ({"add_adapter": True}, 605_678_400, 29_214_689_280, 314_067_886_080),
    ],
)
def test_the_published_model(changes: dict[str, Any], parameters: int, one_second: int, ten_seconds: int) -> None:
    config = load_config("w2v_bert_2", changes)
    # transformers counts the vector that masks frames in training.
    assert analyze(config).parameters == parameters - config.model.encoder_embed_dim
    macs = [analyze(config, Workload.of_seconds(seconds)).macs for seconds in (1, 10)]
    assert [each.total for each in macs] == [one_second, ten_seconds]


def test_a_frame_is_what_the_filterbank_sees() -> None:
    field = analyze("w2v_bert_2").receptive_field
    assert (field.frames, field.receptive_field_samples, field.stride_samples) == (499, 560, 320)
    assert (field.minimum_samples, field.positional_span_samples) == (560, None)


@torch.no_grad()
def test_the_features_are_those_of_the_feature_extractor() -> None:
    """transformers pads windows to an even number, and says which frames are valid: those that are counted here."""
    import numpy
    from transformers import SeamlessM4TFeatureExtractor

    extractor = SeamlessM4TFeatureExtractor()
    for samples in (560, 719, 720, 16_000):
        given = extractor(numpy.ones(samples, dtype=numpy.float32), sampling_rate=16_000, return_tensors="pt")
        valid = int(given.attention_mask.sum())
        assert given.input_features.shape[2] == load_config("w2v_bert_2").model.feature_channels
        assert valid == analyze("w2v_bert_2", Workload(samples=samples)).receptive_field.frames


@torch.no_grad()
def test_layers_by_themselves() -> None:
    """The outputs of layers are transformers' hidden states, but for the first, which is what they take."""
    config = Wav2Vec2BertConfig.from_mapping({**SMALL, "aux_num_out": None})
    ours, theirs = build_model(config).eval(), Reference(config).eval()
    ours.load_state_dict(theirs.state_dict())
    outputs, lengths = ours.extract_features(features())
    assert lengths is None
    states = theirs.originals[0](features(), output_hidden_states=True).hidden_states[1:]
    for output, state in zip(outputs, states, strict=True):
        torch.testing.assert_close(output, state, rtol=1e-5, atol=1e-5)
    assert len(ours.extract_features(features(), num_layers=1)[0]) == 1
    with pytest.raises(ValueError, match="num_layers must be from 1 to 2, not 3"):
        ours.extract_features(features(), num_layers=3)
    with pytest.raises(
        ValueError, match=r"input_features must have the shape \(batch, frames, channels\), not \[2, 30\]"
    ):
        ours(features()[:, :, 0])

"""wav2vec 2.0 in pre-training, held to what holds of every family; transformers defines it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.families.contract import (
    analysis_of,
    assert_closed_forms_hold,
    assert_memory_holds,
    assert_memory_is_what_torch_tracks,
)
from tests.families.wav2vec2_pretrain.model import POST_NORM, PRE_NORM, by_our_names, on_meta, original
from tests.families.wav2vec2_pretrain.strategies import pretrain_configs, pretrain_values
from w2v_explore import ConfigError, ModelConfig, Workload, analyze, build_model, load_checkpoint, load_config
from w2v_explore.analysis.compute import analyze_layers, unfold
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import keys_in_dialect
from w2v_explore.checkpoint.shapes import infer_from_shapes
from w2v_explore.families.wav2vec2_pretrain.fields import Wav2Vec2PretrainConfig
from w2v_explore.families.wav2vec2_pretrain.keys import KEYS
from w2v_explore.measure.meta_pass import run_on_meta
from w2v_explore.model.build import modules_of


@given(config=pretrain_configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000))
@settings(max_examples=20)
def test_closed_forms(config: ModelConfig, batch: int, extra: int) -> None:
    assert_closed_forms_hold(config, batch, minimum_samples(config, batch) + extra, on_meta)


@given(config=pretrain_configs(), batch=st.integers(1, 3), extra=st.integers(0, 500))
@settings(max_examples=6)
def test_modules_put_out_what_the_tree_says(config: ModelConfig, batch: int, extra: int) -> None:
    workload = Workload(samples=minimum_samples(config, batch) + extra, batch=batch)
    tree = config.family.build(config)
    seen = run_on_meta(tree, modules_of(config), workload).output_shapes
    rows = unfold(analyze_layers(tree, batch, workload.samples))
    shapes = {row.path: row.output_shape for row in rows if row.output_shape}
    assert seen.items() <= shapes.items()
    assert all(path.endswith(("layers", "parametrizations")) for path in shapes.keys() - seen)


def _pair(config: ModelConfig) -> tuple[Any, Any]:
    """Ours and transformers', with transformers' weights."""
    torch.manual_seed(0)
    theirs = original(config)
    ours = build_model(config)
    # transformers leaves a codebook as it finds the memory on some devices.
    torch.nn.init.uniform_(theirs.quantizer.codevectors)
    ours.load_state_dict(by_our_names(theirs.state_dict(), list(ours.state_dict())))
    return ours, theirs


@given(
    values=pretrain_values(),
    batch=st.integers(1, 3),
    extra=st.integers(200, 2000),
    masked=st.booleans(),
    padded=st.booleans(),
)
@settings(max_examples=6)
@torch.no_grad()
def test_outputs(values: dict[str, Any], batch: int, extra: int, masked: bool, padded: bool) -> None:
    config = Wav2Vec2PretrainConfig(**values)
    samples = minimum_samples(config, batch) + extra
    ours, theirs = (model.eval() for model in _pair(config))
    waveforms = torch.randn(batch, samples)
    frames = analysis_of(config, Workload(samples=samples, batch=batch)).receptive_field.frames
    mask = torch.rand(batch, frames) < 0.5 if masked else None
    if mask is not None:
        mask[:, 0] = True
    lengths = torch.tensor([samples] * (batch - 1) + [samples - extra // 2]) if padded else None
    attention_mask = None if lengths is None else (torch.arange(samples) < lengths[:, None]).long()
    expected = theirs(waveforms, attention_mask=attention_mask, mask_time_indices=mask)
    projected, quantized, perplexity = ours(waveforms, lengths, mask)
    valid = torch.ones(batch, frames, dtype=torch.bool)
    if lengths is not None:
        valid = torch.arange(frames) < ours.wav2vec2.feature_extractor(waveforms, lengths)[1][:, None]
    torch.testing.assert_close(projected[valid], expected.projected_states[valid], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(quantized, expected.projected_quantized_states, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(perplexity, expected.codevector_perplexity, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("values", [POST_NORM, PRE_NORM], ids=["post_norm", "pre_norm"])
def test_training_draws_what_transformers_draws(values: dict[str, Any]) -> None:
    """The choices of the quantiser, and its gradients."""
    config = Wav2Vec2PretrainConfig.from_mapping({**values, "feat_quantizer_dropout": 0.0})
    pair = [model.quantizer.train() for model in _pair(config)]
    features = torch.randn(2, 30, 20)
    outputs = []
    for model in pair:
        torch.manual_seed(1)
        vectors, perplexity = model(features)
        (vectors.square().sum() + perplexity.sum()).backward()
        outputs.append((vectors, perplexity.view(()), model.weight_proj.weight.grad, model.codevectors.grad))
    for one, other in zip(*outputs, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@given(
    config=pretrain_configs(),
    batch=st.integers(1, 3),
    extra=st.integers(0, 3000),
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=4)
def test_memory(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_peak_in_the_quantiser(dtype: str) -> None:
    """Most random configs have theirs in the extractor."""
    values = {**PRE_NORM, "num_codevector_groups": 2, "num_codevectors_per_group": 320, "codevector_dim": 64}
    config = Wav2Vec2PretrainConfig.from_mapping(values)
    workload = Workload(samples=6_000, batch=2, dtype=dtype)
    assert analysis_of(config, workload).inference.peak_path == "quantizer"
    assert_memory_holds(config, workload)


@pytest.mark.parametrize(
    ("preset", "parameters", "one_second", "ten_seconds", "width"),
    [
        ("wav2vec2_pretrain_base", 95_044_608, 6_940_275_712, 74_360_845_312, 128),
        ("wav2vec2_pretrain_large_lv60k", 317_390_592, 17_894_255_616, 192_777_071_616, 384),
        ("wav2vec2_pretrain_xlsr_1b", 965_514_752, 49_806_494_720, 534_273_182_720, 512),
    ],
)
def test_presets(preset: str, parameters: int, one_second: int, ten_seconds: int, width: int) -> None:
    config = load_config(preset)
    analyses = [analyze(config, Workload.of_seconds(seconds)) for seconds in (1, 10)]
    assert {analysis.parameters for analysis in analyses} == {parameters}
    assert [analysis.macs.total for analysis in analyses] == [one_second, ten_seconds]
    assert analyses[1].training.uncounted == {"quantizer": 499 * 640 * width}


@pytest.mark.parametrize("dialect", ["huggingface", "fairseq"])
def test_weights_in(tmp_path: Path, dialect: Dialect) -> None:
    config = Wav2Vec2PretrainConfig.from_mapping(PRE_NORM)
    weights = build_model(config).state_dict()
    names = keys_in_dialect(weights, KEYS, dialect)
    torch.save({name: weights[part.name] for name, part in names.items()}, tmp_path / "weights.pt")
    assert {"quantizer.weight_proj.weight", "project_q.bias"} < set(names)
    for name, value in load_checkpoint(tmp_path / "weights.pt", config).state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_shapes_tell_the_sizes() -> None:
    config = Wav2Vec2PretrainConfig.from_mapping(PRE_NORM)
    told = infer_from_shapes(dict(config.family.build(config).state_dict_shapes()), KEYS.told, KEYS.conv_weight)
    stated = config.to_mapping()
    assert told.values == {name: stated[name] for name in KEYS.told}


def test_wrong_values_are_all_named() -> None:
    with pytest.raises(ConfigError) as raised:
        Wav2Vec2PretrainConfig.from_mapping({**POST_NORM, "num_codevectors_per_group": 0, "codevector_dim": 13})
    assert [(problem.key, problem.rule.code) for problem in raised.value.problems] == [
        ("num_codevectors_per_group", "E259"),
        ("num_codevector_groups", "E262"),
    ]

"""Where attention's product outgrows the feed-forward: in MACs to the sample, measured by interpolation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.program import Runner
from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.latency.crossing import macs_crossing_samples, measured_crossing_s
from w2v_explore.analysis.receptive_field import minimum_samples


def attention_is_more(config: ModelConfig, samples: int) -> bool:
    analysis = analyze(Config(name="random", origin="test", model=config), Workload(samples=samples))
    rows = list(unfold(analysis.layers))
    feed_forward = sum(row.macs.total for row in rows if row.kind == "FeedForward")
    return analysis.macs.attention > feed_forward


@given(config=configs())
@settings(max_examples=60)
def test_it_is_where_the_macs_of_the_tree_cross(config: ModelConfig) -> None:
    workload = Workload(samples=minimum_samples(config, 2), batch=2)
    analysis = analyze(Config(name="random", origin="test", model=config), workload)
    samples, least = macs_crossing_samples(analysis), minimum_samples(config, 1)
    assert samples is not None
    assert attention_is_more(config, max(samples, least))
    if samples > least:
        assert not attention_is_more(config, samples - 1)


@pytest.mark.parametrize("seconds", [0.1, 3])
@pytest.mark.parametrize(
    ("name", "edits"),
    [("wav2vec2_conformer_rel_pos_large", {}), ("w2v_bert_2", {"add_adapter": True})],
    ids=["products that grow otherwise", "layers with fewer frames"],
)
def test_it_is_the_same_whatever_length_was_asked(name: str, edits: dict[str, object], seconds: float) -> None:
    config = load_config(name, edits)
    samples = macs_crossing_samples(analyze(config, Workload.of(config, seconds=seconds)))
    assert samples is not None
    assert attention_is_more(config.model, samples)
    assert not attention_is_more(config.model, samples - 1)


@pytest.mark.parametrize(
    ("attention", "feed_forward", "expected"),
    [
        ([0.1, 0.5, 1.5], [1.0, 1.0, 1.0], 15.0),
        ([0.1, 0.5, 0.9], [1.0, 1.0, 1.0], None),
        ([1.1, 2.0, 3.0], [1.0, 1.0, 1.0], None),
        ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0], None),
        ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0], None),
    ],
)
def test_the_measured_one_is_interpolated_or_not_there(
    attention: list[float], feed_forward: list[float], expected: float | None
) -> None:
    assert measured_crossing_s([1.0, 10.0, 20.0], attention, feed_forward) == expected


def test_a_model_without_attention_has_none(run: Runner, tmp_path: Path) -> None:
    without = f"encoder_use_attention: {json.dumps([False] * 12)}"
    file = tmp_path / "without.yaml"
    file.write_text(f"extends: hubert_base_prunable\n{without}\n")
    assert macs_crossing_samples(analyze(file)) is None
    page = run("summary", str(file), "--format", "html")
    assert page.code == 0
    assert "The model has no attention: its MACs grow in proportion to the duration." in page.out
    assert "overtakes" not in page.out

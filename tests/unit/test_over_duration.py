"""Costs over the duration of the utterances: each is what an analysis of that length says."""

from __future__ import annotations

import pytest

from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.latency.crossing import macs_by_part
from w2v_explore.analysis.over_duration import costs_over_duration


@pytest.mark.parametrize(
    ("preset", "batch", "dtype", "precision"),
    [
        ("base", 1, "float32", None),
        ("wavlm_large", 3, "float16", None),
        ("w2v_bert_2", 2, "float32", "amp-bfloat16"),
        ("distilhubert", 1, "bfloat16", None),
        ("wav2vec2_conformer_rel_pos_large", 2, "float32", None),
    ],
)
def test_each_cost_is_what_an_analysis_of_its_length_says(
    preset: str, batch: int, dtype: str, precision: str | None
) -> None:
    config = load_config(preset)
    workload = Workload.of(config, seconds=7, batch=batch, dtype=dtype, precision=precision)
    found = costs_over_duration(analyze(config, workload))
    assert workload.seconds in [cost.seconds for cost in found.costs]
    for cost in found.costs:
        length = Workload.of(config, seconds=cost.seconds, batch=batch, dtype=dtype, precision=precision)
        analysis = analyze(config, length)
        assert sum(cost.macs) == analysis.macs.total
        assert cost.macs.attention == analysis.macs.attention
        assert cost.inference_bytes == analysis.inference.total_bytes
        assert cost.training_bytes == analysis.training.total_bytes(checkpointing=False)
        assert found.crossing_s is not None
        assert (cost.macs.attention > cost.macs.feed_forward) == (cost.seconds >= found.crossing_s)


def test_parts_add_up_and_the_feed_forward_is_that_of_its_modules() -> None:
    analysis = analyze("base")
    macs = macs_by_part(analysis.calls, 1)
    layers = [row.macs.total for row in unfold(analysis.layers) if row.kind == "FeedForward"]
    assert sum(macs) == analysis.macs.total
    assert macs.feed_forward == sum(layers)


@pytest.mark.parametrize("seconds", [0.1, 5_000, 60_000_000])
def test_a_curve_goes_around_any_workload(seconds: float) -> None:
    found = costs_over_duration(analyze("base", Workload.of_seconds(seconds)))
    lengths = [cost.seconds for cost in found.costs]
    assert lengths == sorted(set(lengths))
    assert lengths[0] <= seconds <= lengths[-1]
    assert len(lengths) > 10

"""Medians, their intervals and verdicts, on drawn samples with known answers."""

from __future__ import annotations

import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2v_explore.measure import statistics
from w2v_explore.measure.statistics import Ratio, Verdict, estimate, ratio_in_turns, summarize


def test_summarize() -> None:
    timing = summarize([4_000_000_000, 1_000_000_000, 2_000_000_000, 3_000_000_000, 5_000_000_000])
    assert (timing.median_s, timing.iqr_s) == (3.0, 2.0)
    assert summarize([7]).iqr_s == 0


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=60))
def test_the_interval_holds_the_median_and_lies_within_the_sample(sample: list[int]) -> None:
    found = estimate(sample)
    assert found.median_s == pytest.approx(median(sample) / 1e9)
    assert min(sample) / 1e9 * (1 - 1e-9) <= found.low_s <= found.median_s * (1 + 1e-9)
    assert found.median_s * (1 - 1e-9) <= found.high_s <= max(sample) / 1e9 * (1 + 1e-9)
    assert estimate(sample) == found, "the same sample gives the same figures"


def test_the_interval_covers_the_true_median() -> None:
    generator = random.Random(0)
    samples = [[round(generator.lognormvariate(0, 0.1) * 1e6) for _ in range(25)] for _ in range(300)]
    covered = sum(found.low_s <= 1e-3 <= found.high_s for found in map(estimate, samples))
    assert 0.90 <= covered / len(samples) <= 0.99


@pytest.mark.parametrize(
    ("runs", "p90", "p99"), [(63, False, False), (64, True, False), (661, True, False), (662, True, True)]
)
def test_no_percentile_from_too_few_samples(runs: int, p90: bool, p99: bool) -> None:
    found = estimate(list(range(1, runs + 1)))
    assert (found.p90_s is not None, found.p99_s is not None) == (p90, p99)
    if found.p90_s is not None:
        assert found.p90_s * 1e9 == pytest.approx(0.9 * runs, rel=0.02)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.02, 1.10, Verdict.SLOW),
        (0.90, 0.98, Verdict.FAST),
        (0.995, 1.005, Verdict.SAME),
        (0.99, 1.01, Verdict.SAME),
        (0.995, 1.02, Verdict.AMBIGUOUS),
        (0.90, 1.10, Verdict.AMBIGUOUS),
    ],
)
def test_verdicts(low: float, high: float, verdict: Verdict) -> None:
    assert Ratio(ratio=(low + high) / 2, low=low, high=high).verdict is verdict


def test_what_disturbs_both_of_a_turn_cancels() -> None:
    """The machine slows down threefold, and the second still takes 5 % longer in every turn."""
    drifting = [1_000_000 + 100_000 * turn for turn in range(20)]
    ratio = ratio_in_turns(drifting, [round(1.05 * each) for each in drifting])
    assert ratio.ratio == pytest.approx(1.05, rel=1e-4)
    assert ratio.verdict is Verdict.SLOW
    assert ratio_in_turns(drifting, drifting).verdict is Verdict.SAME


def test_many_samples_are_resampled_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = estimate(list(range(1, 101)))
    monkeypatch.setattr(statistics, "_CHUNK_ELEMENTS", 5_000)
    pieces = estimate(list(range(1, 101)))
    assert pieces.low_s == pytest.approx(whole.low_s, rel=0.1)
    assert pieces.high_s == pytest.approx(whole.high_s, rel=0.1)


@pytest.mark.parametrize(("runs", "confidence"), [(1, 0.0), (2, 0.5), (3, 0.75), (5, 0.9375), (6, 0.95), (30, 0.95)])
def test_few_measurements_give_no_95_percent_interval(runs: int, confidence: float) -> None:
    sample = list(range(1, runs + 1))
    found = estimate(sample)
    assert found.confidence == confidence
    if runs < 6:
        assert (found.low_s, found.high_s) == (1 / 1e9, runs / 1e9)
    assert ratio_in_turns(sample, [2 * each for each in sample]).confidence == confidence


def test_few_turns_give_no_verdict() -> None:
    assert ratio_in_turns([100] * 5, [200] * 5).verdict is Verdict.AMBIGUOUS
    assert ratio_in_turns([100] * 6, [200] * 6).verdict is Verdict.SLOW


def test_the_range_of_a_few_covers_the_true_median_as_often_as_it_says() -> None:
    generator = random.Random(0)
    samples = [[round(generator.lognormvariate(0, 0.1) * 1e6) for _ in range(3)] for _ in range(2000)]
    covered = sum(found.low_s <= 1e-3 <= found.high_s for found in map(estimate, samples))
    assert covered / len(samples) == pytest.approx(0.75, abs=0.03)

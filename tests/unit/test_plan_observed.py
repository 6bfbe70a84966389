"""What a user observes of a training, and what fits a time."""

from __future__ import annotations

import pytest

from w2v_explore import ArgumentError, QuantityError
from w2v_explore.analysis.plan.cards import known_cards
from w2v_explore.analysis.plan.observed import Observed, judge, parse_duration, parse_observed
from w2v_explore.analysis.plan.runs import published, runs_that
from w2v_explore.analysis.plan.utilisation import TimeEstimate, estimate_time
from w2v_explore.analysis.plan.within import fits_within


def _base(devices: int, updates: int = 400_000) -> TimeEstimate:
    """wav2vec 2.0 Base with its published batch, on V100."""
    step = runs_that("fit")[0].step()
    card = known_cards()["v100-32gb"]
    return estimate_time(step.total, step.parameters, card, "float16", updates=updates, devices=devices)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("73 updates in 20 min", 1200 / 73),
        ("1 hour for 200 updates", 18.0),
        ("16.4 s per update", 16.4),
        ("16.4s/update", 16.4),
        ("2.5 it/s", 0.4),
        ("850 ms/step", 0.85),
        ("3 Steps per second", 1 / 3),
        ("1,000 updates in 2 hours", 7.2),
        ("100 iterations in 1.5h", 54.0),
        (" 400000 updates in 1.6 days ", 0.3456),
    ],
)
def test_rates(text: str, seconds: float) -> None:
    assert parse_observed(text).seconds_per_update == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fast",
        "73 in 20",
        "0 updates in 3 h",
        "3 updates in 0 s",
        "-3 updates in 5 s",
        "1e9 updates",
        "٣ updates in 1 s",
    ],
)
def test_no_rates(text: str) -> None:
    with pytest.raises(QuantityError, match="says no rate; write it as '73 updates in 20 min', "):
        parse_observed(text)


def test_no_unit_of_time() -> None:
    with pytest.raises(QuantityError, match="'3 updates in 5 parsec' has no unit of time in 'parsec'; write s, min, h"):
        parse_observed("3 updates in 5 parsec")


def test_huge_numbers_are_no_rates() -> None:
    with pytest.raises(QuantityError, match="says no rate"):
        parse_observed(f"{'9' * 5000} updates in 20 min")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3d", 259_200),
        ("36 h", 129_600),
        ("90min", 5400),
        ("1h30min", 5400),
        ("2 weeks", 1_209_600),
        ("1.5 days", 129_600),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "3", "0d", "-3d", "soon", "d3", "99999999999d", "3d h"])
def test_no_durations(text: str) -> None:
    with pytest.raises(QuantityError, match="is no time; write one as 3d, 36h or 90min"):
        parse_duration(text)


def test_reported_times_are_far_from_published_runs() -> None:
    # fairseq#3928 and #4452: 8 V100, update_freq 8, the published batch of Base.
    estimate = _base(8)
    reported = [each for each in published().reported if each.seconds_per_update]
    assert len(reported) == 2
    for each in reported:
        assert each.seconds_per_update
        verdict = judge(Observed(each.reported, each.seconds_per_update), estimate, accumulate=each.accumulate or 1)
        assert not verdict.is_usual
        assert 6 < verdict.ratio < 8
        # What solved #4452, by fairseq#3342.
        assert any("OMP_NUM_THREADS=1" in line for line in verdict.look_at[:2])
    summary = judge(parse_observed("73 updates in 20 min"), estimate).summary
    assert summary.startswith("An update takes 16.4 s: 6.8 times as long as published runs would take (")


def test_a_usual_time_is_called_so() -> None:
    verdict = judge(parse_observed("400000 updates in 1.6 days"), _base(64))
    assert verdict.is_usual
    assert verdict.look_at == ()
    assert verdict.ratio == pytest.approx(1.0, abs=0.05)
    assert "within what published runs would take" in verdict.summary


def test_batches_that_were_counted_as_updates() -> None:
    estimate = _base(8)
    seconds = estimate.seconds_per_update.estimate / 8
    verdict = judge(Observed("", seconds), estimate, accumulate=8)
    assert verdict.look_at[0] == "Whether batches were counted as updates: an update adds up 8."
    assert "8 times as fast" in verdict.summary


def test_what_fits_a_time() -> None:
    within = fits_within(parse_duration("3d"), _base(8), _base, 4096)
    assert within.devices is not None
    assert within.devices_surely is not None
    assert _base(within.devices).hours.estimate <= 72 < _base(within.devices - 1).hours.estimate
    assert _base(within.devices_surely).hours.high <= 72 < _base(within.devices_surely - 1).hours.high
    assert within.devices < within.devices_surely
    assert within.updates == int(259_200 / _base(8).seconds_per_update.estimate)
    assert within.updates_surely < within.updates
    assert fits_within(1e9, _base(8), _base, 4096).devices == 1
    # Fewer utterances than devices that would be enough.
    assert fits_within(259_200, _base(8), _base, within.devices).devices == within.devices
    assert fits_within(259_200, _base(8), _base, within.devices - 1).devices is None
    assert fits_within(259_200, _base(8), _base, 1).devices is None
    # Exchange alone takes longer.
    assert fits_within(3600, _base(8), _base, 4096).devices is None


def test_nothing_fits_no_time() -> None:
    with pytest.raises(ArgumentError, match="give a positive time"):
        fits_within(0.0, _base(8), _base, 4096)

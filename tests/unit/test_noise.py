"""The noise detector on recorded counters: each disturbance fires, and a quiet machine fires none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from w2v_explore.measure import noise
from w2v_explore.measure.noise import CRITERIA, Counters, Readings, drift, judge, read_noise, spread

REST = Counters(
    wall_s=100.0,
    thread_cpu_s=10.0,
    own_cpu_s=20.0,
    busy_cpu_s=500.0,
    stolen_cpu_s=5.0,
    throttled_s=1.0,
    involuntary_switches=1000,
    thermal_throttles=3,
)
START = REST._replace(wall_s=100.25, busy_cpu_s=500.01)
# Ten seconds of two threads on two cores, beside a system's own services.
END = Counters(
    wall_s=110.25,
    thread_cpu_s=19.8,
    own_cpu_s=39.5,
    busy_cpu_s=519.71,
    stolen_cpu_s=5.02,
    throttled_s=1.0,
    involuntary_switches=1080,
    thermal_throttles=3,
)


def names(rest: Counters = REST, end: Counters = END, *, cores: int = 2, threads: int = 2) -> set[str]:
    return {each.criterion.name for each in judge(read_noise(rest, START, end, 0.5, cores=cores, threads=threads))}


def test_a_quiet_machine_fires_nothing() -> None:
    assert names() == set()


@pytest.mark.parametrize(
    ("expected", "end"),
    [
        ("competing_load", END._replace(busy_cpu_s=519.71 + 2)),
        ("cpu_starved", END._replace(thread_cpu_s=18.0)),
        ("stolen_time", END._replace(stolen_cpu_s=6.0)),
        ("throttled", END._replace(throttled_s=1.5)),
        ("involuntary_switches", END._replace(involuntary_switches=3000)),
        ("thermal_throttling", END._replace(thermal_throttles=4)),
    ],
)
def test_each_disturbance_fires_alone(expected: str, end: Counters) -> None:
    assert names(end=end) == {expected}


def test_load_before_the_measurement_fires() -> None:
    assert names(REST._replace(busy_cpu_s=499.7)) == {"load_before"}


def test_others_on_cores_that_are_left_free_do_no_harm() -> None:
    busy = END._replace(busy_cpu_s=519.71 + 15)
    assert names(end=busy, cores=4) == set()
    assert "competing_load" in names(end=busy, cores=3)


def test_drift_and_spread_fire_from_nine_runs_on() -> None:
    slower = [100] * 5 + [120] * 5
    assert drift(slower) == pytest.approx(0.2)
    assert drift(slower[:8]) is None
    assert spread([100] * 8) is None
    assert spread([100] * 9) == 0
    assert {each.criterion.name for each in judge(Readings(drift=-0.2, spread=0.2))} == {"drift", "spread"}
    assert judge(Readings(drift=0.05, spread=0.05)) == ()


def test_what_is_not_known_fires_nothing() -> None:
    unknown = {"throttled_s": None, "involuntary_switches": None, "thermal_throttles": None}
    readings = read_noise(REST, START._replace(**unknown), END._replace(**unknown), 0.5, cores=2, threads=2)
    assert (readings.throttled_share, readings.involuntary_switches_per_cpu_s, readings.thermal_throttles) == (
        None,
    ) * 3
    assert judge(readings) == ()
    assert judge(Readings()) == ()


def test_a_disturbance_says_what_was_seen_and_what_to_try() -> None:
    for criterion in CRITERIA:
        (disturbance,) = judge(replace(Readings(), **{criterion.reading: 1000}))
        assert "{" not in disturbance.found
        assert any(digit in disturbance.found for digit in "0123456789")
        assert criterion.advice


def test_counters_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 5\nthrottled_usec 2500000\n")
    counts = tmp_path / "cpu0/thermal_throttle"
    counts.mkdir(parents=True)
    (counts / "core_throttle_count").write_text("7\n")
    monkeypatch.setattr(noise, "_CGROUP_CPU", tmp_path / "cpu.stat")
    monkeypatch.setattr(noise, "_CPU_DEVICES", tmp_path)
    counters = noise.read_counters()
    assert (counters.throttled_s, counters.thermal_throttles) == (2.5, 7)
    assert counters.busy_cpu_s > 0
    monkeypatch.setattr(noise, "_CGROUP_CPU", tmp_path / "none")
    monkeypatch.setattr(noise, "_CPU_DEVICES", tmp_path / "none")
    counters = noise.read_counters()
    assert (counters.throttled_s, counters.thermal_throttles) == (None, None)


def test_beside_another_device_only_its_steadiness_counts() -> None:
    readings = noise.NoiseWatch(threads=1, on_cpu=False).finish()
    assert readings == Readings(load_average=readings.load_average)

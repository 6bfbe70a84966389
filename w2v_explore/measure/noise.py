"""Whether the machine was quiet while something was measured, and what to try if it was not."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import fsum
from pathlib import Path
from typing import Any, NamedTuple

import psutil

_CGROUP_CPU = Path("/sys/fs/cgroup/cpu.stat")
_CPU_DEVICES = Path("/sys/devices/system/cpu")

# How long the machine is watched at rest before a measurement; its busy time is counted in hundredths of a second.
_REST_S = 0.25

# From fewer runs thirds and quartiles say nothing.
_LEAST_RUNS = 9


class Counters(NamedTuple):
    """What the operating system counts up: seconds, and events; None for what it does not count.

    Attributes:
        wall_s: The clock on the wall.
        thread_cpu_s: CPU time of the thread that measures, which takes part in every parallel computation.
        own_cpu_s: CPU time of all threads of this process.
        busy_cpu_s: CPU time of all processes on the cores that this one may use.
        stolen_cpu_s: Time of those cores that a hypervisor gave to other machines.
        throttled_s: For how long a container's CPU limit stopped this process.
        involuntary_switches: How often the scheduler took a core from one of this process's threads.
        thermal_throttles: How often cores slowed down for heat.
    """

    wall_s: float
    thread_cpu_s: float
    own_cpu_s: float
    busy_cpu_s: float
    stolen_cpu_s: float
    throttled_s: float | None
    involuntary_switches: int | None
    thermal_throttles: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How quiet the machine was; None for what the system does not tell, or does not concern the device.

    Attributes:
        load_average: Processes that wanted to run over the minute before, per core; this one's own past among them.
        crowding_before: Share of the cores which the measurement wants that others used while this process rested.
        crowding: Share of the cores which the measurement wants that others used during it.
        lost_cpu_share: Share of the time in which the measuring thread had no core.
        stolen_share: Share of the cores' time that a hypervisor gave to other machines.
        throttled_share: Share of the time in which a container's CPU limit stopped the process.
        involuntary_switches_per_cpu_s: How often the scheduler took a core away, for each second of CPU time.
        thermal_throttles: How often cores slowed down for heat.
        drift: How much longer the last third of the runs took than the first.
        spread: Interquartile range over median.
    """

    load_average: float | None = None
    crowding_before: float | None = None
    crowding: float | None = None
    lost_cpu_share: float | None = None
    stolen_share: float | None = None
    throttled_share: float | None = None
    involuntary_switches_per_cpu_s: float | None = None
    thermal_throttles: int | None = None
    drift: float | None = None
    spread: float | None = None


class Criterion(NamedTuple):
    """When a reading is a disturbance.

    Attributes:
        name: Of the disturbance.
        reading: The attribute of `Readings`.
        limit: What a quiet machine stays below, whatever the sign.
        found: What was seen, with the reading's place in it.
        advice: What to try.
    """

    name: str
    reading: str
    limit: float
    found: str
    advice: str


CRITERIA = (
    # A system's own services take one or two percent; a program that computes takes a whole core.
    Criterion(
        "competing_load",
        "crowding",
        0.05,
        "other programs took {:.0%} of the cores that the measurement wanted",
        "stop them, or leave them cores with fewer --threads",
    ),
    # In a quarter of a second a single service that wakes up shows as some percent.
    Criterion(
        "load_before",
        "crowding_before",
        0.20,
        "before it began, other programs used {:.0%} of the cores that the measurement wanted",
        "wait until they are done, or stop them",
    ),
    # It computes throughout, and waits for the other threads without giving up its core.
    Criterion(
        "cpu_starved",
        "lost_cpu_share",
        0.10,
        "for {:.0%} of the time the measuring thread had no core",
        "give the process as many free cores as it has threads, or fewer --threads",
    ),
    Criterion(
        "stolen_time",
        "stolen_share",
        0.03,
        "the hypervisor gave {:.0%} of the cores' time to other machines",
        "measure on a machine of your own, or at another hour",
    ),
    Criterion(
        "throttled",
        "throttled_share",
        0.01,
        "the container's CPU limit stopped the process for {:.0%} of the time",
        "raise the limit, or set --threads to the cores that it allows",
    ),
    # Two programs on one core change places every few milliseconds: hundreds of times in a second of CPU time. The
    # system's own threads want a core a few times a second.
    Criterion(
        "involuntary_switches",
        "involuntary_switches_per_cpu_s",
        50.0,
        "the scheduler took a core away {:.0f} times in each second of CPU time",
        "stop other programs, or use fewer --threads",
    ),
    Criterion(
        "thermal_throttling",
        "thermal_throttles",
        0,
        "cores slowed down for heat {:.0f} times",
        "let the machine cool, and improve its cooling",
    ),
    Criterion(
        "drift",
        "drift",
        0.10,
        "the last third of the runs took {:+.0%} against the first",
        "measure longer (--budget, --runs), or once the machine has settled",
    ),
    Criterion(
        "spread",
        "spread",
        0.15,
        "the middle half of the runs spans {:.0%} of the median",
        "measure longer (--budget, --runs), on a quieter machine",
    ),
)
"""All that can be noticed."""


class Disturbance(NamedTuple):
    """Something that makes a measurement doubtful: the criterion that it failed, and the reading that failed it."""

    criterion: Criterion
    reading: float

    @property
    def found(self) -> str:
        """What was seen, with its figure."""
        return self.criterion.found.format(self.reading).replace("%", " %")


class Noise(NamedTuple):
    """The readings of a measurement, and those of them that are beyond what a quiet machine shows."""

    readings: Readings
    disturbances: tuple[Disturbance, ...]

    def __repr__(self) -> str:
        return f"<Noise: {', '.join(each.criterion.name for each in self.disturbances) or 'none'}>"

    @property
    def noisy(self) -> bool:
        """Whether anything disturbed the measurement."""
        return bool(self.disturbances)

    def to_dict(self) -> dict[str, Any]:
        """The object ``noise`` in JSON (docs/json.md), as plain data."""
        return {
            "noisy": self.noisy,
            "readings": asdict(self.readings),
            "disturbances": [
                {
                    "name": disturbance.criterion.name,
                    "reading": disturbance.reading,
                    "limit": disturbance.criterion.limit,
                    "found": disturbance.found,
                    "advice": disturbance.criterion.advice,
                }
                for disturbance in self.disturbances
            ],
        }


class NoiseWatch:
    """Watches the machine from its making, which takes a moment of rest, until `finish`."""

    def __init__(self, threads: int, *, on_cpu: bool) -> None:
        """Begin to watch; ``threads`` compute, ``on_cpu`` or beside another device, which is then all that counts."""
        self._threads = threads
        self._on_cpu = on_cpu
        self._cores = len(_usable_cores())
        self._load_average = psutil.getloadavg()[0] / (psutil.cpu_count() or 1)
        self._rest = read_counters()
        time.sleep(_REST_S if on_cpu else 0)
        self._start = read_counters()

    def finish(self) -> Readings:
        """What was seen until now, without the runs' own steadiness."""
        readings = Readings(load_average=self._load_average)
        if not self._on_cpu:
            return readings
        return read_noise(
            self._rest, self._start, read_counters(), self._load_average, cores=self._cores, threads=self._threads
        )


def read_noise(
    rest: Counters, start: Counters, end: Counters, load_average: float, *, cores: int, threads: int
) -> Readings:
    """The readings between two looks at the counters, and between a look before, from when on the process rested."""
    wall = max(end.wall_s - start.wall_s, 1e-9)
    own = max(end.own_cpu_s - start.own_cpu_s, 1e-9)
    throttled = _difference(start.throttled_s, end.throttled_s)
    switches = _difference(start.involuntary_switches, end.involuntary_switches)
    thermal = _difference(start.thermal_throttles, end.thermal_throttles)
    return Readings(
        load_average=load_average,
        crowding_before=_crowding(rest, start, cores, threads),
        crowding=_crowding(start, end, cores, threads),
        lost_cpu_share=max(0.0, 1 - (end.thread_cpu_s - start.thread_cpu_s) / wall),
        stolen_share=(end.stolen_cpu_s - start.stolen_cpu_s) / wall / cores,
        throttled_share=None if throttled is None else throttled / wall,
        involuntary_switches_per_cpu_s=None if switches is None else switches / own,
        thermal_throttles=None if thermal is None else int(thermal),
    )


def judge(readings: Readings) -> tuple[Disturbance, ...]:
    """The readings that are beyond their limits."""
    values = [(criterion, getattr(readings, criterion.reading)) for criterion in CRITERIA]
    return tuple([Disturbance(each, value) for each, value in values if value is not None and abs(value) > each.limit])


def drift(runs: Sequence[float]) -> float | None:
    """How much longer the last third of the runs took than the first, by their medians; None from fewer than nine."""
    third = len(runs) // 3
    if len(runs) < _LEAST_RUNS:
        return None
    return statistics.median(runs[-third:]) / statistics.median(runs[:third]) - 1


def spread(runs: Sequence[float]) -> float | None:
    """Interquartile range over median; None from fewer than nine runs."""
    if len(runs) < _LEAST_RUNS:
        return None
    lower, median, upper = statistics.quantiles(runs, n=4, method="inclusive")
    return (upper - lower) / median


def read_counters() -> Counters:
    """The operating system's counters now."""
    cores = [times for core, times in enumerate(psutil.cpu_times(percpu=True)) if core in _usable_cores()]
    return Counters(
        wall_s=time.perf_counter(),
        thread_cpu_s=time.thread_time(),
        own_cpu_s=time.process_time(),
        busy_cpu_s=fsum(map(_busy_seconds, cores)),
        stolen_cpu_s=fsum(getattr(times, "steal", 0.0) for times in cores),
        throttled_s=_throttled_seconds(),
        involuntary_switches=_involuntary_switches(),
        thermal_throttles=_thermal_throttles(),
    )


def _crowding(start: Counters, end: Counters, cores: int, threads: int) -> float:
    """Cores that others used beyond those that this process leaves free, as a share of those that it wants."""
    wall = max(end.wall_s - start.wall_s, 1e-9)
    others = (end.busy_cpu_s - start.busy_cpu_s - (end.own_cpu_s - start.own_cpu_s)) / wall
    wanted = min(threads, cores)
    return max(0.0, others - (cores - wanted)) / wanted


def _difference(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else end - start


def _usable_cores() -> frozenset[int]:
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(psutil.cpu_count() or 1))


def _busy_seconds(times: NamedTuple) -> float:
    """CPU time that processes had on a core; a guest's is in the user's already."""
    return fsum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq"))


def _throttled_seconds() -> float | None:
    """For how long a container's CPU limit has stopped this process (cgroup v2)."""
    try:
        lines = _CGROUP_CPU.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1e6 for line in lines if line.startswith("throttled_usec ")), None)


def _involuntary_switches() -> int | None:
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def _thermal_throttles() -> int | None:
    """How often the cores have slowed down for heat; Linux counts it on Intel's processors."""
    counts = list(_CPU_DEVICES.glob("cpu*/thermal_throttle/core_throttle_count"))
    return sum(int(count.read_text()) for count in counts) if counts else None

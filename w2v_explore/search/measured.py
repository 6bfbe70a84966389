"""The second stage: the latency of designs that closed forms have left, measured in turns on a device.

What a device says is never set beside what another says: `Measured` is of one device, and so is a front of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.figures import MEASURED, Number
from w2v_explore.analysis.latency.calibration import find_calibration
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.load import Config
from w2v_explore.errors import CalibrationError, needs_extra

if TYPE_CHECKING:
    from w2v_explore.measure.latency import Latency, Progress


class Device(NamedTuple):
    """What computed: figures of two that differ in any of this are never compared.

    Attributes:
        device: ``cpu``, ``cuda:0``.
        device_name: What the hardware is called.
        threads: Threads that torch computed with on the CPU.
        torch_version: The torch that computed.
    """

    device: str
    device_name: str
    threads: int
    torch_version: str


class Timing(NamedTuple):
    """The latency of one model.

    Attributes:
        median_s: Seconds of a forward pass of the batch.
        low_s: Lower end of the median's 95 % interval.
        high_s: Upper end.
        real_time_factor: Seconds of computation for each second of audio.
        verdict: On it, against the config that the space is around, which took turns with it: ``FAST``, ``SLOW``,
            ``SAME`` or ``AMBIGUOUS``; None for that config itself.
        ratio: Over that config's, above 1 where it is slower; with the ends of the ratio's interval.
        ratio_low: Lower end.
        ratio_high: Upper end.
    """

    median_s: float
    low_s: float
    high_s: float
    real_time_factor: float
    verdict: str | None = None
    ratio: float = 1.0
    ratio_low: float = 1.0
    ratio_high: float = 1.0

    def figure(self, name: str) -> float:
        """One of the figures that come from a device, by its name in `analysis.figures`."""
        return self.real_time_factor if name.endswith("real_time_factor") else self.median_s

    def interval(self, name: str) -> tuple[float, float]:
        """The ends of its interval, in the unit of that figure."""
        unit = self.figure(name) / self.median_s
        return self.low_s * unit, self.high_s * unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one device says of some designs.

    Attributes:
        device: Which.
        calibrated: When it was calibrated (ISO 8601), None where it was not.
        runs: Turns that count.
        noise: What disturbed the measurement, in words; empty where nothing did.
        base: Of the config that the space is around.
        designs: Of each design.
        best: The places of the designs that are best by what was asked of a device, the first one first: their frontier
            on it, or the first in the order of a latency. All, where nothing was asked.
    """

    device: Device
    calibrated: str | None
    runs: int
    noise: tuple[str, ...]
    base: Timing
    designs: tuple[Timing, ...]
    best: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            **self.device._asdict(),
            "calibrated": self.calibrated,
            "runs": self.runs,
            "noise": list(self.noise),
            "base": self.base._asdict(),
            "designs": [timing._asdict() for timing in self.designs],
            "best": list(self.best),
        }


def measure(
    base: Config,
    designs: Sequence[Config],
    workload: Workload,
    device: str = "cpu",
    *,
    runs: int | None = None,
    progress: Progress | None = None,
) -> Measured:
    """Measure designs on this machine, in turns with the config that the space is around.

    Args:
        base: That config.
        designs: The designs, `MOST_MEASURED` at most.
        workload: What is computed.
        device: As in ``summary --device``.
        runs: Turns; by default until the medians are known well enough.
        progress: Told what is being done, how many steps of it are done, and how many there are.

    Raises:
        DeviceError: The device is absent, or too small for the models together.
        MissingExtraError: torch is not installed.
    """
    with needs_extra("--device"):
        from w2v_explore.measure.latency import Plan, measure_in_turns
    analyses = [analyze(config, workload) for config in (base, *designs)]
    latencies = [latency for latency, _ in measure_in_turns(analyses, device, plan=Plan(runs=runs), progress=progress)]
    first = latencies[0]
    disturbances = dict.fromkeys(each.found for latency in latencies for each in latency.noise.disturbances)
    return Measured(
        device=Device(first.device, first.device_name, first.threads, first.torch_version),
        calibrated=_calibrated(first),
        runs=first.runs,
        noise=tuple(disturbances),
        base=_timing(first),
        designs=tuple(_timing(latency) for latency in latencies[1:]),
    )


def device_here(device: str) -> Device:
    """What would measure on this machine.

    Args:
        device: As in ``summary --device``.

    Raises:
        DeviceError: The device is absent.
        MissingExtraError: torch is not installed.
    """
    with needs_extra("--device"):
        import torch

        from w2v_explore.model.device import device_name, find_device
    target = find_device(device)
    return Device(str(target), device_name(target), torch.get_num_threads(), torch.__version__)


def _calibrated(latency: Latency) -> str | None:
    try:
        found = find_calibration(latency.device, latency.dtype, latency.threads, latency.device_name)
    except CalibrationError:
        # A damaged one is no reason to lose what was measured.
        return None
    return None if found is None else found.created


def _timing(latency: Latency) -> Timing:
    estimate, ratio = latency.end_to_end, latency.against_first
    timing = Timing(estimate.median_s, estimate.low_s, estimate.high_s, latency.real_time_factor)
    if ratio is None:
        return timing
    return timing._replace(verdict=ratio.verdict.value, ratio=ratio.ratio, ratio_low=ratio.low, ratio_high=ratio.high)


def front_of(
    figures: Sequence[Mapping[str, Number]],
    timings: Sequence[Timing],
    asked: Sequence[str],
    maximized: frozenset[str],
) -> list[int]:
    """The places of the designs that no other is proved to be better than, on one device.

    One is better where it is as good in every figure, and better in one of them: of a latency by its median, and better
    only where the intervals of both medians lie apart.

    Args:
        figures: Of each design those that are known in closed form.
        timings: Of each design what was measured.
        asked: The names of the figures.
        maximized: Those of which more is better.
    """
    values, lows, highs = [], [], []
    for name in asked:
        sign = -1 if name in maximized else 1
        if name in MEASURED:
            each = [(timing.figure(name), *timing.interval(name)) for timing in timings]
        else:
            each = [(figure[name],) * 3 for figure in figures]
        ends = np.array([sorted((sign * low, sign * high)) for _, low, high in each])
        values.append(np.array([sign * value for value, _, _ in each]))
        lows.append(ends[:, 0])
        highs.append(ends[:, 1])
    places = range(len(timings))
    return [place for place in places if not any(_is_better(other, place, values, lows, highs) for other in places)]


def _is_better(one: int, other: int, values: list[Any], lows: list[Any], highs: list[Any]) -> bool:
    return all(value[one] <= value[other] for value in values) and any(
        high[one] < low[other] for low, high in zip(lows, highs, strict=True)
    )

"""Latency of a model that was never built, from a calibration of the device.

A device reaches a different share of its roof in each kind of operation and at each size. A calibration knows that
share for operations of models like ours, measured inside whole forward passes; an operation that was not measured is
given the shares of those of its kind that are most like it. What lies between the operations (views, Python, freeing
memory) is one more such operation, which moves all bytes of the pass.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, log, log2
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, as_analysis
from w2v_explore.analysis.latency.calibration import Calibration, Sample
from w2v_explore.analysis.latency.interval import Interval
from w2v_explore.analysis.latency.roofline import BETWEEN, Roofs, Work, total_by_path, trace_work
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.load import ConfigLike
from w2v_explore.errors import CalibrationError

# Sizes that differ by this factor are taken for alike when it is asked whether a size was measured.
_ALIKE = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Prediction:
    """The expected latency of a forward pass, without lengths and gradients.

    Attributes:
        seconds: End to end.
        audio_seconds: The duration of all utterances of the batch together.
        interval: How far off it may be.
        layers: Seconds at and below each layer, by module path; of equal layers in a row the first, as one.
        unattributed_s: Seconds that no layer takes.
        beyond_share: The share of the seconds that goes to operations larger or smaller than any of their kind that
            were measured.
        calibration: What it rests on.
    """

    seconds: float
    audio_seconds: float
    interval: Interval
    layers: Mapping[str, float]
    unattributed_s: float
    beyond_share: float
    calibration: Calibration

    def __repr__(self) -> str:
        return f"<Prediction: {self.seconds:.4g} s, {self.low_s:.4g} to {self.high_s:.4g} s, by {self.calibration!r}>"

    def to_dict(self) -> dict[str, Any]:
        """The object ``prediction`` in the JSON of ``summary --predict`` (docs/json.md), as plain data."""
        return {
            "method": (
                "each operation at the share of the roof that calibrated operations of its kind and size reached; "
                f"interval: {self.interval.description}"
            ),
            "seconds": self.seconds,
            "low_s": self.low_s,
            "high_s": self.high_s,
            "interval": self.interval._asdict(),
            "real_time_factor": self.real_time_factor,
            "unattributed_s": self.unattributed_s,
            "beyond_share": self.beyond_share,
            "calibration": self.calibration.identity(),
        }

    @property
    def real_time_factor(self) -> float:
        """Seconds of computation for each second of audio."""
        return self.seconds / self.audio_seconds

    def layer_seconds(self, analysis: Analysis, path: str) -> float:
        """Seconds at and below the layer at a path of the analysis."""
        return self.layers[analysis.tree.folded_path(path)]

    @property
    def low_s(self) -> float:
        """The lower end of the interval."""
        return self.seconds / self.interval.factor

    @property
    def high_s(self) -> float:
        """The upper end of the interval."""
        return self.seconds * self.interval.factor


def predict(config: Analysis | ConfigLike, calibration: Calibration, *, workload: Workload | None = None) -> Prediction:
    """Predict the latency of a config's model on the device of a calibration; nothing is run.

    Args:
        config: As in `analyze`, or an analysis.
        calibration: From `require_calibration`.
        workload: As in `analyze`; that of the analysis where one is given.

    Raises:
        CalibrationError: The calibration is of another dtype than the workload.
        WorkloadError: The input is too short to give a frame.
        TypeError: An argument is of another type.
    """
    analysis = as_analysis(config, workload)
    require_calibration_for(calibration, analysis.workload)
    estimate = estimate_latency(analysis, Neighbours(calibration.samples, calibration.roofs))
    return Prediction(
        seconds=estimate.seconds,
        audio_seconds=analysis.workload.audio_seconds,
        interval=calibration.interval,
        layers=estimate.layers,
        unattributed_s=estimate.unattributed_s,
        beyond_share=estimate.beyond_s / estimate.seconds,
        calibration=calibration,
    )


def require_calibration_for(calibration: object, workload: Workload) -> None:
    """Refuse what is no calibration, and one that says nothing of a workload.

    Raises:
        CalibrationError: It is of another dtype.
        TypeError: It is none.
    """
    if not isinstance(calibration, Calibration):
        raise TypeError(f"calibration is {kind_of(calibration)}; give what require_calibration returns")
    if workload.dtype != calibration.dtype:
        raise CalibrationError(f"{calibration!r} says nothing of {workload.dtype}")


class EstimatedPass(NamedTuple):
    """The seconds of a pass as measured operations suggest them; the fields are those of `Prediction`."""

    layers: Mapping[str, float]
    unattributed_s: float
    beyond_s: float

    @property
    def seconds(self) -> float:
        """End to end."""
        return self.layers[""] + self.unattributed_s


def estimate_latency(analysis: Analysis, neighbours: "Neighbours") -> EstimatedPass:
    """Each operation of a pass, and what lies between them, from the measured ones most like it."""
    works = trace_work(analysis)
    between = work_between(works)
    # A module may run more than once.
    own: dict[str, float] = {}
    beyond_s = 0.0
    for work in works:
        seconds = neighbours.seconds(work)
        own[work.path] = own.get(work.path, 0.0) + seconds
        if not neighbours.surround(work):
            beyond_s += work.copies * seconds
    unattributed_s = neighbours.seconds(between)
    if not neighbours.surround(between):
        beyond_s += unattributed_s
    return EstimatedPass(total_by_path(analysis.layers, own), unattributed_s, beyond_s)


def work_between(works: Sequence[Work]) -> Work:
    """What lies between the operations of a pass, as an operation that moves all their bytes."""
    size = sum(work.copies * work.bytes for work in works)
    return Work("", BETWEEN, 0, size, 1)


class Neighbours:
    """The measured operations, and what those most like another say of it.

    Attributes:
        by_kind: The operations of each kind.
        all: The operations of all kinds.

    Args:
        samples: Measured operations.
        roofs: Of the device that ran them.
    """

    def __init__(self, samples: Iterable[Sample], roofs: Roofs) -> None:
        self._roofs = roofs
        self.by_kind: dict[str, list[Point]] = {}
        for sample in samples:
            least = self._least_seconds(sample)
            point = Point(*_logarithms(sample), least, log(sample.seconds / least))
            self.by_kind.setdefault(sample.kind, []).append(point)
        self.all = [point for points in self.by_kind.values() for point in points]

    def seconds(self, work: Work) -> float:
        """The time of an operation: its least time, slowed down as operations like it are.

        The slow-down is the geometric mean over the measured operations of its kind, weighted by a Gaussian of the
        distance in MACs and bytes with a deviation of one octave (kernel regression, Nadaraya 1964 and Watson 1964).
        Far from all that was measured it is that of the nearest. Where none of its kind was measured, operations of
        all kinds are like it.
        """
        points = self.by_kind.get(work.kind, self.all)
        macs, size = _logarithms(work)
        distances = [(macs - point.macs) ** 2 + (size - point.bytes) ** 2 for point in points]
        nearest = min(distances)
        weights = [exp((nearest - distance) / 2) for distance in distances]
        weighted = fsum(weight * point.slow_down for weight, point in zip(weights, points, strict=True))
        return self._least_seconds(work) * exp(weighted / fsum(weights))

    def surround(self, work: Work) -> bool:
        """Whether operations of its kind were measured, as small and as large."""
        if work.kind not in self.by_kind:
            return False
        least = self._least_seconds(work)
        measured = [point.least_s for point in self.by_kind[work.kind]]
        return min(measured) / _ALIKE <= least <= max(measured) * _ALIKE

    def _least_seconds(self, work: Work | Sample) -> float:
        return self._roofs.least_seconds(work.macs, work.bytes)


class Point(NamedTuple):
    """A measured operation: logarithms of its size and of how many times slower than its roof it is."""

    macs: float
    bytes: float
    least_s: float
    slow_down: float


def _logarithms(work: Work | Sample) -> tuple[float, float]:
    """MACs and bytes in octaves; operations without MACs all have 0."""
    return log2(work.macs) if work.macs else 0.0, log2(work.bytes)

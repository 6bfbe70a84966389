"""Fits the law of utilisation on published runs by least squares, and leaves out one after the other to judge it.

What is fitted are logarithms of times, or of ratios of times, all with the same weight: of nine trainings, of four that
were moved from one device to four and to eight, and of TF32 over bfloat16. Only tests and the benchmark fit;
`utilisation.LAW` has what they find.
"""

from collections.abc import Callable, Sequence
from math import exp, fsum, log, sqrt
from typing import NamedTuple

from w2v_explore.analysis.plan.cards import known_cards
from w2v_explore.analysis.plan.runs import Run, Throughput, published, runs_that
from w2v_explore.analysis.plan.utilisation import Law, TimeEstimate, estimate_time

# From where the steps begin; they end at the same law from any that is near.
_START = Law(bytes_per_flop=0.04, older=2.0, wide=1.3, compiled=0.75, waiting=0.03, seconds_per_parameter=3e-10)
_MOST_STEPS = 50
_SMALL = 1e-6
# Of wav2vec 2.0 Base, which Hourglass adds next to nothing to.
_THROUGHPUT_PARAMETERS = 95_044_608


class Observation(NamedTuple):
    """A time, or a ratio of times, and what a law says of it.

    Attributes:
        name: Of the run, or what is compared.
        kind: ``run``, ``scaling`` or ``precision``.
        observed: In seconds, or the ratio.
        predicted: By a law.
    """

    name: str
    kind: str
    observed: float
    predicted: Callable[[Law], float]

    def error(self, law: Law) -> float:
        """Predicted over observed, less 1."""
        return self.predicted(law) / self.observed - 1


class Judged(NamedTuple):
    """An observation, and what the law that was fitted without it says."""

    observation: Observation
    predicted: float

    @property
    def error(self) -> float:
        """Predicted over observed, less 1."""
        return self.predicted / self.observation.observed - 1


def observations() -> list[Observation]:
    """All that the law is fitted on."""
    found = [observation_of(run) for run in runs_that("fit")]
    for row in published().throughput:
        if row.devices > 1:
            found.append(_scaling(row))
        elif row.stage == "pre-training" and row.precision == "tf32":
            found.append(_precision(row))
    return found


def held_out() -> list[Observation]:
    """The runs that the law is only tried on."""
    return [observation_of(run) for run in runs_that("held-out")]


def observation_of(run: Run) -> Observation:
    """A run's update; its step is worked out once."""
    step = run.step()
    assert run.devices
    assert run.card
    assert run.precision
    card = known_cards()[run.card]
    flops = 2 * step.total / run.devices

    def predicted(law: Law) -> float:
        assert run.devices
        assert run.precision
        work = law.work_seconds(flops, card, run.precision, compiled=run.compiled)
        return law.together_seconds(work, step.parameters, run.precision, run.devices)

    return Observation(run.name, "run", run.seconds_per_update, predicted)


def estimate_of(run: Run) -> TimeEstimate:
    """What `plan` would say of a run's time, with the interval."""
    step = run.step()
    assert run.card
    assert run.precision
    assert run.updates
    assert run.devices
    return estimate_time(
        step.total,
        step.parameters,
        known_cards()[run.card],
        run.precision,
        updates=run.updates,
        devices=run.devices,
        compiled=run.compiled,
        lengths_known=True,
    )


def _update_seconds(row: Throughput) -> float:
    """The time of an update, which has the same tokens on 8 devices, where its time is known."""
    on_8 = next(other for other in published().throughput if (*_training(other), 8) == (*_training(row), other.devices))
    return 3600 * on_8.hours_on_8 / on_8.updates * on_8.tokens_per_second / row.tokens_per_second


def _training(row: Throughput) -> tuple[str, str]:
    return row.stage, row.precision


def _on_one(row: Throughput, precision: str) -> float:
    alone = (row.stage, precision, 1)
    return _update_seconds(next(each for each in published().throughput if (*_training(each), each.devices) == alone))


def _scaling(row: Throughput) -> Observation:
    """Of the same update on more devices: what one takes alone is known, and shared."""
    share = _on_one(row, row.precision) / row.devices
    return Observation(
        f"{row.model}, {row.stage}, {row.precision}, 1 → {row.devices} × {row.card}",
        "scaling",
        _update_seconds(row),
        lambda law: law.together_seconds(share, _THROUGHPUT_PARAMETERS, row.precision, row.devices),
    )


def _precision(row: Throughput) -> Observation:
    """TF32 over bfloat16 on one device: the FLOPs cancel out."""
    card = known_cards()[row.card]

    def predicted(law: Law) -> float:
        wide, narrow = (law.work_seconds(1.0, card, each, compiled=False) for each in (row.precision, "bfloat16"))
        return wide / narrow

    ratio = _on_one(row, row.precision) / _on_one(row, "bfloat16")
    return Observation(f"{row.model}, {row.stage}, tf32 / bfloat16, 1 × {row.card}", "precision", ratio, predicted)


def fit(rows: Sequence[Observation]) -> Law:
    """The law of the least squares: Newton's steps with the first derivatives, until they are small.

    Args:
        rows: What it is fitted on, at least as many as it has parameters.
    """
    law = _START
    for _ in range(_MOST_STEPS):
        now = [log(row.predicted(law) / row.observed) for row in rows]
        slopes = []
        for place, value in enumerate(law):
            near = law._replace(**{Law._fields[place]: value * exp(_SMALL)})
            there = [log(row.predicted(near) / row.observed) for row in rows]
            slopes.append([(after - before) / _SMALL for before, after in zip(now, there, strict=True)])
        matrix = [[_product(first, second) for second in slopes] for first in slopes]
        steps = _solve(matrix, [-_product(slope, now) for slope in slopes])
        law = Law(*(value * exp(max(-0.5, min(0.5, step))) for value, step in zip(law, steps, strict=True)))
        if max(map(abs, steps)) < _SMALL**1.5:
            break
    return law


def leave_one_out(rows: Sequence[Observation]) -> list[Judged]:
    """Each row by the law of all others, but for those of the same published rate, as HuBERT's two iterations."""
    return [Judged(row, row.predicted(fit(_without(rows, row)))) for row in rows]


def spread_of(judged: Sequence[Judged]) -> float:
    """The root of the mean square of the logarithms of predicted over observed."""
    squares = [log(each.predicted / each.observation.observed) ** 2 for each in judged]
    return sqrt(fsum(squares) / len(squares))


def _without(rows: Sequence[Observation], row: Observation) -> list[Observation]:
    return [other for other in rows if other.observed != row.observed]


def _product(left: Sequence[float], right: Sequence[float]) -> float:
    return fsum(map(float.__mul__, left, right))


def _solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of as many equations as unknowns, by Gauss and Jordan, the largest pivot first."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for column in range(len(rows)):
        pivot = max(range(column, len(rows)), key=lambda row: abs(rows[row][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for other, row in enumerate(rows):
            if other != column:
                factor = row[column] / rows[column][column]
                rows[other] = [a - factor * b for a, b in zip(row, rows[column], strict=True)]
    return [row[-1] / row[place] for place, row in enumerate(rows)]

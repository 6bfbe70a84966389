"""The second stage of a search: what was found is measured, and the best on a device are said of that device alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from w2v_explore.analysis.figures import MEASURED
from w2v_explore.errors import ArgumentError
from w2v_explore.search.answer import Answer
from w2v_explore.search.measured import Timing, front_of, measure
from w2v_explore.search.question.survivors import MOST_MEASURED, Survivors
from w2v_explore.search.running.run import Progress


def measure_answer(
    answer: Answer,
    device: str = "cpu",
    *,
    runs: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """An answer with its designs measured, on this machine or on each kind of device that a cluster has.

    Where a latency was to be the best in, the designs are then those that are best on any of the devices. An answer
    that was broken off stays as it is.

    Args:
        answer: What closed forms answer.
        device: As in ``summary --device``.
        runs: Turns; by default until the medians are known well enough.
        scheduler: The address of a Dask cluster's, whose workers measure instead.
        progress: Told what is being done, how many steps of it are done, and how many there are.

    Raises:
        ArgumentError: There are more designs than `MOST_MEASURED`.
        DeviceError: The device is absent, or too small for the models together.
        MissingExtraError: torch is not installed, or distributed where a scheduler is given.
        WorkersError: The cluster cannot be reached, has no workers, or they die while they measure.
    """
    if not answer.designs or answer.is_broken_off:
        return answer
    _require_few(answer)
    base, workload = answer.question.space.config, answer.question.workload
    configs = [design.config for design in answer.designs]
    if scheduler is None:
        found = [measure(base, configs, workload, device, runs=runs, progress=progress)]
    else:
        # Imported here: this needs distributed.
        from w2v_explore.search.running.measuring import measure_by_cluster

        found = measure_by_cluster(base, configs, workload, device, runs, scheduler)
    best = [_best(answer, each.designs) for each in found]
    # In the order of the first device, then what is best on others alone.
    left = list(dict.fromkeys(place for places in best for place in places))
    measured = tuple(
        replace(
            each,
            designs=tuple([each.designs[place] for place in left]),
            best=tuple([left.index(place) for place in places]),
        )
        for each, places in zip(found, best, strict=True)
    )
    return replace(answer, designs=tuple([answer.designs[place] for place in left]), measured=measured)


def _require_few(answer: Answer) -> None:
    """Refuse more designs than can take turns."""
    number, mode = len(answer.designs), answer.question.mode
    if number <= MOST_MEASURED:
        return
    if isinstance(mode, Survivors):
        measured = next(name for name in mode.asked if name in MEASURED)
        raise ArgumentError(
            f"more than {MOST_MEASURED} configs are as required, and so many are measured at most, in turns; require "
            f"more, or ask for figures other than {measured} and measure what is found"
        )
    raise ArgumentError(
        f"{number:,} designs were found, and {MOST_MEASURED} are measured at most, in turns; require more, or ask for "
        "the first ones alone"
    )


def _best(answer: Answer, timings: Sequence[Timing]) -> Sequence[int]:
    """The places of the designs that are best by what was asked of a device, the first one first."""
    places, mode = range(len(timings)), answer.question.mode
    if not isinstance(mode, Survivors):
        return places
    if mode.top is None:
        return front_of([design.figures for design in answer.designs], timings, mode.asked, mode.maximized)
    [name] = mode.asked
    sign = -1 if name in mode.maximized else 1
    return sorted(places, key=lambda place: sign * timings[place].figure(name))[: mode.top]

"""How far the times of `plan` are from published ones: runs left out one after the other, and runs never fitted.

Nothing is measured: the figures are the same on every machine.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from w2v_explore.analysis.plan.cards import known_cards
from w2v_explore.analysis.plan.fit import Judged, estimate_of, held_out, leave_one_out, observation_of, observations
from w2v_explore.analysis.plan.runs import Run, published, runs_that
from w2v_explore.analysis.plan.utilisation import LAW
from w2v_explore.report.units import duration, percent, signed_percent

_SECTION = """\
## Times of training

{how}

| training | an update, published | by the others | error | aim | of the peak |
| :--- | ---: | ---: | ---: | ---: | ---: |
{runs}

From one device to several, the same batch in all, and TF32 over bfloat16 on one device, likewise left out one at a
time. Nothing else tells what TF32 takes:

| | published | by the others | error | aim |
| :--- | ---: | ---: | ---: | ---: |
{ratios}

{held}

| training | hours, published | estimate | 90 % interval | error | within |
| :--- | ---: | ---: | :--- | ---: | :--- |
{tried}

Why trainings are held out, or judge nothing:

| | why | trainings |
| :--- | :--- | :--- |
{reasons}
"""

_HOW = """\
By `python -m benchmarks.plan`, of published trainings: each is predicted by the law that was fitted without it, and
without any other of the same published rate ([docs/plan.md](plan.md) has the law). HuBERT's card is assumed, and so is
the memory of SpidR's A100."""

_HELD = """\
Of trainings that are never fitted {within} of {of} lie within the interval, which is meant to hold 90 %; the largest
error is {largest}. The law's form was chosen with them known:"""


def section() -> str:
    """A section of docs/performance.md."""
    judged = leave_one_out(observations())
    runs = {run.name: run for run in runs_that("fit")}
    tried = [_tried(run) for run in runs_that("held-out")]
    held = _HELD.format(
        within=sum(is_within for _, is_within in tried),
        of=len(tried),
        largest=percent(max(abs(row.error(LAW)) for row in held_out())),
    )
    return _SECTION.format(
        how=textwrap.fill(_HOW, 120),
        runs="\n".join(_run(each, runs[each.observation.name]) for each in judged if each.observation.kind == "run"),
        ratios="\n".join(_ratio(each) for each in judged if each.observation.kind != "run"),
        held=textwrap.fill(held, 120),
        tried="\n".join(row for row, _ in tried),
        reasons="\n".join(_reasons()),
    )


def _run(judged: Judged, run: Run) -> str:
    assert run.card
    assert run.devices
    assert run.precision
    aim = "≤ 5 %" if "v100" in run.card else "≤ 15 %"
    peak = run.devices * known_cards()[run.card].peak_flops(run.precision)
    cells = (
        run.name,
        duration(run.seconds_per_update),
        duration(judged.predicted),
        signed_percent(1 + judged.error),
        aim,
        percent(2 * run.step().total / peak / run.seconds_per_update),
    )
    return f"| {' | '.join(cells)} |"


def _ratio(judged: Judged) -> str:
    row = judged.observation
    is_time = row.kind == "scaling"
    shown = [duration(value) if is_time else f"{value:.3f}" for value in (row.observed, judged.predicted)]
    aim = "≤ 5 %" if "1 → 8" in row.name else ""
    return f"| {' | '.join((row.name, *shown, signed_percent(1 + judged.error), aim))} |"


def _tried(run: Run) -> tuple[str, bool]:
    assert run.updates
    hours = estimate_of(run).hours
    took = run.seconds_per_update * run.updates / 3600
    is_within = hours.low <= took <= hours.high
    cells = (
        run.name,
        f"{took:.0f} h",
        f"{hours.estimate:.0f} h",
        f"{hours.low:.0f} – {hours.high:.0f} h",
        signed_percent(1 + observation_of(run).error(LAW)),
        "yes" if is_within else "no",
    )
    return f"| {' | '.join(cells)} |", is_within


def _reasons() -> Iterator[str]:
    """A row for each reason, with all trainings that it is the reason of."""
    found: dict[tuple[str, str], list[str]] = {}
    for run in (*runs_that("held-out"), *runs_that("no")):
        judges = "held out" if run.judges == "held-out" else "judges nothing"
        found.setdefault((judges, run.why), []).append(run.name)
    of_throughput = "Hourglass: how its rates grow with devices is fitted, the rates themselves are not"
    found["judges scaling", of_throughput] = [f"{published().throughput[0].model}, tokens a second"]
    for (judges, why), names in found.items():
        yield f"| {judges} | {why} | {'; '.join(dict.fromkeys(names))} |"


if __name__ == "__main__":
    print(section(), end="")

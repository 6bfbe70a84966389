"""Verdicts on latency: a config against itself, and 12 encoder layers against 13. Wants a quiet machine."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from w2v_explore import Workload, analyze, load_config
from w2v_explore.measure.latency import Plan, measure_in_turns
from w2v_explore.measure.statistics import Verdict

_COMPARISONS = 20
_TURNS = 20
_SECONDS = 1.0


class VerdictFigures(NamedTuple):
    """How often each verdict was given: base against itself, and with one more layer."""

    itself: Counter[Verdict]
    deeper: Counter[Verdict]


def count_verdicts(
    device: str = "cpu", comparisons: int = _COMPARISONS, turns: int = _TURNS, seconds: float = _SECONDS
) -> VerdictFigures:
    """So many comparisons of each kind on so many seconds of audio, each with models of its own that take turns."""
    figures = VerdictFigures(Counter(), Counter())
    for _ in range(comparisons):
        figures.itself[_verdict(12, device, turns, seconds)] += 1
        figures.deeper[_verdict(13, device, turns, seconds)] += 1
    return figures


def section() -> str:
    """A section of docs/performance.md."""
    itself, deeper = count_verdicts()
    same = itself[Verdict.SAME] + itself[Verdict.AMBIGUOUS]
    return f"""\
## Verdicts on latency

`python -m benchmarks.verdicts`: the base model on {_SECONDS:g} s of audio, {_COMPARISONS} comparisons of
{_TURNS} turns each.

| base against | FAST | SLOW | SAME | AMBIGUOUS | right | aim |
| :--- | ---: | ---: | ---: | ---: | ---: | ---: |
| itself | {_counts(itself)} | {same} of {_COMPARISONS} | ≥ 19 |
| itself with 13 layers of 12 | {_counts(deeper)} | {deeper[Verdict.SLOW]} of {_COMPARISONS} | ≥ 19 |
"""


def _verdict(num_layers: int, device: str, turns: int, seconds: float) -> Verdict:
    workload = Workload.of_seconds(seconds)
    analyses = [
        analyze(load_config("base"), workload),
        analyze(load_config("base", [f"encoder_num_layers={num_layers}"]), workload),
    ]
    _, (latency, _) = measure_in_turns(analyses, device, plan=Plan(runs=turns))
    assert latency.against_first is not None
    return latency.against_first.verdict


def _counts(counter: Counter[Verdict]) -> str:
    return " | ".join(str(counter[verdict]) for verdict in Verdict)


if __name__ == "__main__":
    print(section(), end="")

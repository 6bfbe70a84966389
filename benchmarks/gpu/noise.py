"""Whether a busy device is noticed, and what is said of equal and of unequal models."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.gpu.findings import Context, Figure, Finding, attempt, judged, noted
from benchmarks.noise import BUSY_CORE, competing, measure_noise
from benchmarks.verdicts import count_verdicts
from w2v_explore.measure.statistics import Verdict

_RUNS, _QUICK_RUNS = 20, 9
_COMPARISONS, _QUICK_COMPARISONS = 10, 1
_TURNS, _QUICK_TURNS = 20, 6
# A layer more has to show: on a second of audio a card waits for the host, whose unrest hid it in 5 of 10 comparisons.
_SECONDS_ON_CARD = 30.0

# Makes bursts, as a program does that trains, about as long as a pass of the base model, and pauses: a process that
# always has work slows all passes alike, by turns of the card that are shorter than a pass.
_BUSY_CARD = """\
import random, time, torch
matrix = torch.rand(4096, 4096, device={device!r})
torch.mm(matrix, matrix)
torch.cuda.synchronize({device!r})
print(flush=True)
while True:
    for _ in range(random.randrange(1, 10)):
        torch.mm(matrix, matrix)
    torch.cuda.synchronize({device!r})
    time.sleep(random.random() / 50)
"""


def judge_noise(context: Context) -> Iterator[Finding]:
    """The verdict on a quiet device, and beside processes that keep it busy."""
    yield attempt("the base model on 1 s, nothing else started", partial(_judge_quiet, context))
    yield attempt("the same beside a process that keeps the device busy", partial(_judge_loaded, context))


def judge_verdicts(context: Context) -> Iterator[Finding]:
    """Ten comparisons of a model with itself, and ten with a deeper one."""
    of = _QUICK_COMPARISONS if context.quick else _COMPARISONS
    seconds = _SECONDS_ON_CARD if context.on_cuda else 1.0
    itself, deeper = count_verdicts(context.device, of, _QUICK_TURNS if context.quick else _TURNS, seconds)
    least = of - of // 10
    kinds = (
        ("the base model against itself", itself, (Verdict.SAME, Verdict.AMBIGUOUS)),
        ("the base model against one with 13 layers of 12", deeper, (Verdict.SLOW,)),
    )
    for what, counted, right in kinds:
        figures: dict[str, Figure] = {verdict.value: counted[verdict] for verdict in Verdict}
        note = f"{' or '.join(verdict.value for verdict in right)} in {least} of {of} comparisons"
        if context.on_cuda:
            yield judged(what, sum(counted[verdict] for verdict in right) >= least, figures, note)
        else:
            yield noted(what, figures, f"on a quiet machine: {note}")


def _judge_quiet(context: Context, what: str) -> Finding:
    noisy, figures = _measure(context)
    if not context.on_cuda:
        return noted(
            what, figures, "a CPU that runs this script may be busy: python -m benchmarks.noise judges a quiet one"
        )
    return judged(what, not noisy, figures, "it is not called noisy")


def _judge_loaded(context: Context, what: str) -> Finding:
    hog = (sys.executable, "-c", _BUSY_CARD.format(device=context.device))
    hogs: Sequence[Sequence[str]] = [hog] if context.on_cuda else [BUSY_CORE] * (os.cpu_count() or 1)
    with competing(hogs):
        noisy, figures = _measure(context)
    return judged(what, noisy, figures, "it is called noisy")


def _measure(context: Context) -> tuple[bool, dict[str, Figure]]:
    noise = measure_noise(context.device, _QUICK_RUNS if context.quick else _RUNS)
    found = ", ".join(disturbance.criterion.name for disturbance in noise.disturbances)
    readings = noise.readings
    return noise.noisy, {
        "drift_share": readings.drift,
        "spread_share": readings.spread,
        "disturbances": found or "none",
    }

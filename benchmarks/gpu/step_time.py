"""How long a training step takes beside what `plan` says of the card."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from benchmarks.gpu.counter import free_bytes_now, with_spare
from benchmarks.gpu.findings import Attempt, Context, Figure, Finding, attempt_in_time, judged, noted
from benchmarks.gpu.graphs import lacking_compilers
from benchmarks.gpu.models import TWO_LAYERS, analysis_of, waveforms_of
from benchmarks.gpu.training_step import TrainingStep
from w2v_explore import Analysis, build_model
from w2v_explore.analysis.plan.cards import Card, known_cards
from w2v_explore.analysis.plan.utilisation import TimeEstimate, estimate_time
from w2v_explore.measure.clock import clock_for
from w2v_explore.model.device import current_device, find_device

# Compiling takes most of a step's time: the models whose kind was fitted come first.
_PRESETS = ("base", "large", "wavlm_base")
_SECONDS, _BATCH = 10.0, 8
_QUICK_SECONDS, _QUICK_BATCH = 0.1, 1
_WARM_UP, _RUNS, _QUICK_RUNS = 3, 30, 3

_NOTE = (
    "the median of forward, backward and AdamW lies between what plan calls low and high of an update of as many MACs "
    "on one such card"
)


def time_steps(context: Context) -> Iterator[Finding]:
    """A step of each preset as it is."""
    yield from _time_steps(context, compiled=False)


def time_compiled_steps(context: Context) -> Iterator[Finding]:
    """The same by torch.compile; on a CPU not in a hurry."""
    if context.quick and not context.on_cuda:
        why = "compiling for a CPU takes a minute: leave out --quick"
        yield Finding("compiled steps", "skipped", {}, why)
    elif lacking := lacking_compilers(context):
        why = f"torch.compile needs what is not here: {', '.join(lacking)}"
        yield Finding("compiled steps", "skipped", {}, why)
    else:
        yield from _time_steps(context, compiled=True)


def _time_steps(context: Context, *, compiled: bool) -> Iterator[Finding]:
    device = find_device(context.device)
    with current_device(device):
        yield from attempt_in_time(context, _attempts(context, device, compiled))


def _attempts(context: Context, device: torch.device, compiled: bool) -> Iterator[Attempt]:
    card = card_of(torch.cuda.get_device_name(device)) if context.on_cuda else None
    precision = "amp-float16" if card is not None and "bfloat16" not in card.flops else "amp-bfloat16"
    for preset in _PRESETS[:1] if context.quick else _PRESETS:
        small = (TWO_LAYERS,) if context.quick else ()
        seconds, batch = (_QUICK_SECONDS, _QUICK_BATCH) if context.quick else (_SECONDS, _BATCH)
        # Steps that drop layers at random take times of their own each.
        analysis = analysis_of(preset, seconds, "encoder_layer_drop=0", *small, batch=batch)
        what = f"{preset}, {precision}, {seconds:g} s × {batch}{', compiled' if compiled else ''}"
        runs = _QUICK_RUNS if context.quick else _RUNS
        time_one = partial(time_step, analysis, device, precision, card, runs, compiled)
        needed = analysis.training_in(precision).total_bytes(checkpointing=False)
        yield Attempt(what, time_one, with_spare(needed), free_bytes_now(device))


def card_of(device_name: str) -> Card | None:
    """The card of the table that torch names so."""
    return next((card for card in known_cards().values() if card.is_called(device_name)), None)


def time_step(
    analysis: Analysis, device: torch.device, precision: str, card: Card | None, runs: int, compiled: bool, what: str
) -> Finding:
    """The median of several steps once they are warm, over what `plan` estimates."""
    model = build_model(analysis.config, device=device).train()
    called: Any = torch.compile(model, dynamic=False) if compiled else model
    step = TrainingStep(called, waveforms_of(analysis, "cpu"), device, precision)
    clock = clock_for(device)
    for _ in range(_WARM_UP):
        step.run()
    times = []
    for _ in range(runs):
        clock.synchronize()
        start = clock.stamp()
        step.run()
        end = clock.stamp()
        clock.synchronize()
        times.append(clock.nanoseconds(start, end) / 1e9)
    estimate = None if card is None else estimate_of(analysis, precision, card, compiled)
    return judge_time(what, times, estimate)


def estimate_of(analysis: Analysis, precision: str, card: Card, compiled: bool) -> TimeEstimate:
    """What `plan` says of an update of this step's MACs on one card; no part of pre-training is in it."""
    training = analysis.training_in(precision)
    return estimate_time(
        training.macs.greatest,
        training.learned,
        card,
        precision,
        updates=1,
        compiled=compiled,
        fine_tuning=True,
        lengths_known=True,
        family=analysis.config.model.family,
    )


def judge_time(what: str, times: list[float], estimate: TimeEstimate | None) -> Finding:
    """The measured time over the estimate, within whose interval it is to lie; noted where there is none."""
    median = statistics.median(times)
    figures: dict[str, Figure] = {"measured_s": median, "fastest_s": min(times), "slowest_s": max(times)}
    if estimate is None:
        return noted(what, figures, "the device is none of the table of cards")
    planned = estimate.seconds_per_update
    figures |= {
        "planned_s": planned.estimate,
        "low_s": planned.low,
        "high_s": planned.high,
        "measured_over_planned": median / planned.estimate,
        "utilisation_share": estimate.utilisation.value * planned.estimate / median,
    }
    return judged(what, planned.low <= median <= planned.high, figures, _NOTE)

"""Predicted latency against measured, for every preset that is a model of its own and fits.

`calibrate` measures small reference models; none of the presets is built before its prediction is made. Each is then
measured in a process of its own, as a user would who runs one command.
"""

from __future__ import annotations

import statistics
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from w2v_explore import Analysis, Workload, analyze, load_config, preset_names
from w2v_explore.analysis.latency.calibration import Calibration
from w2v_explore.analysis.latency.interval import CONFIDENCE
from w2v_explore.analysis.latency.prediction import Prediction, predict
from w2v_explore.measure.calibrate import calibrate, time_pass
from w2v_explore.measure.process import Run, new_processes
from w2v_explore.model.device import find_device, free_bytes
from w2v_explore.report.prediction import describe_device
from w2v_explore.report.units import duration, percent, short, signed_percent

_SECONDS = (2.0, 8.0)
_RUNS = 4
_MAX_PARAMETERS = 1_000_000_000
_BUDGET_S = 480.0

_HOW = """\
By `python -m benchmarks.prediction`: the device was calibrated ({calibration_s:.0f} s; {device}, float32), then each
preset that is a model of its own was predicted, and only then built and measured, in a process of its own: the median
of {runs} passes on {seconds} of audio. Presets that differ in dropouts or the head alone are one. {skipped}"""

_HOW_GOOD = """\
Median absolute error {median_error}, largest {largest_error}; {within} of {of} lie within their interval, which is
meant to hold {confidence:.0f} %. The interval: {interval}"""

_SECTION = """\
## Latency that was predicted

{how}

| preset | parameters | audio | predicted | interval | measured | error | within |
| :--- | ---: | ---: | ---: | :--- | ---: | ---: | :--- |
{rows}

{how_good}
"""


class Trial(NamedTuple):
    """A preset, what was predicted of it, and what was measured then."""

    preset: str
    analysis: Analysis
    prediction: Prediction
    measured_s: float

    @property
    def error(self) -> float:
        """Predicted over measured, less 1."""
        return self.prediction.seconds / self.measured_s - 1

    @property
    def within(self) -> bool:
        """Whether the interval holds what was measured."""
        return self.prediction.low_s <= self.measured_s <= self.prediction.high_s


class PredictionFigures(NamedTuple):
    """All trials, what they rest on, and what was left out."""

    calibration: Calibration
    calibration_s: float
    trials: tuple[Trial, ...]
    skipped: tuple[str, ...]

    @property
    def median_error(self) -> float:
        """Of the absolute errors."""
        return statistics.median(abs(trial.error) for trial in self.trials)


def compare_predictions(
    seconds: Sequence[float] = _SECONDS,
    device: str = "cpu",
    presets: Sequence[str] | None = None,
    references: Sequence[tuple[str, Analysis]] | None = None,
    budget_s: float = _BUDGET_S,
) -> PredictionFigures:
    """Calibrate, predict all, then measure all, short ones first, as long as the budget lasts.

    Args:
        seconds: The durations of the audio.
        device: Which is calibrated, predicted and measured.
        presets: Which are predicted; None for every preset that is a model of its own.
        references: What `calibrate` measures; None for what it measures by itself.
        budget_s: After how many seconds no other measurement is begun.
    """
    with new_processes() as run:
        return _compare_predictions(seconds, device, presets, references, budget_s, run)


def _compare_predictions(
    seconds: Sequence[float],
    device: str,
    presets: Sequence[str] | None,
    references: Sequence[tuple[str, Analysis]] | None,
    budget_s: float,
    run: Run,
) -> PredictionFigures:
    start = time.monotonic()
    _say("calibrating")
    calibration = calibrate(device, references=references, run=run)
    calibration_s = time.monotonic() - start
    free = free_bytes(find_device(device)) or 0
    pending = []
    skipped = []
    one_second = Workload.of_seconds(1.0)
    named = ((preset, analyze(load_config(preset), one_second)) for preset in presets or ())
    for preset, analysis in named if presets else _distinct_presets():
        if analysis.parameters > _MAX_PARAMETERS or 2 * analysis.parameter_bytes > free:
            skipped.append(f"{preset} ({short(analysis.parameters)} parameters)")
            continue
        for duration_s in seconds:
            each = analyze(analysis.config, Workload.of_seconds(duration_s))
            pending.append((preset, each, predict(each, calibration)))
    trials = []
    for preset, analysis, prediction in sorted(pending, key=lambda item: item[2].seconds):
        if time.monotonic() - start > budget_s:
            skipped.append(f"{preset} at {analysis.workload.seconds:g} s")
            continue
        _say(f"{preset}, {analysis.workload.seconds:g} s of audio")
        timed = run(time_pass, analysis, device, calibration.threads or 1, _RUNS)
        trials.append(Trial(preset, analysis, prediction, timed.median_s))
    return PredictionFigures(calibration, calibration_s, tuple(trials), tuple(skipped))


def section() -> str:
    """A section of docs/performance.md."""
    figures = compare_predictions()
    trials = sorted(figures.trials, key=lambda trial: (trial.analysis.parameters, trial.preset, trial.measured_s))
    seconds = sorted({trial.analysis.workload.seconds for trial in trials})
    how = _HOW.format(
        calibration_s=figures.calibration_s,
        device=describe_device(figures.calibration),
        runs=_RUNS,
        seconds=" and ".join(f"{each:g} s" for each in seconds),
        skipped=f"Left out, for their size or the time: {', '.join(figures.skipped)}." if figures.skipped else "",
    )
    how_good = _HOW_GOOD.format(
        median_error=percent(figures.median_error),
        largest_error=percent(max(abs(trial.error) for trial in trials)),
        within=sum(trial.within for trial in trials),
        of=len(trials),
        confidence=100 * CONFIDENCE,
        interval=figures.calibration.interval.description,
    )
    return _SECTION.format(
        how=textwrap.fill(how, 120), rows="\n".join(map(_row, trials)), how_good=textwrap.fill(how_good, 120)
    )


def _row(trial: Trial) -> str:
    prediction = trial.prediction
    cells = (
        trial.preset,
        short(trial.analysis.parameters),
        f"{trial.analysis.workload.seconds:g} s",
        duration(prediction.seconds),
        f"{duration(prediction.low_s)} – {duration(prediction.high_s)}",
        duration(trial.measured_s),
        signed_percent(1 + trial.error),
        "yes" if trial.within else "no",
    )
    return f"| {' | '.join(cells)} |"


def _distinct_presets() -> Iterator[tuple[str, Analysis]]:
    """The preset of the shortest name of each model that computes something else, dropouts and the head apart."""
    seen = set()
    for preset in sorted(preset_names(), key=len):
        config = load_config(preset)
        fields = config.model.to_mapping()
        computed = tuple(
            (name, repr(value)) for name, value in fields.items() if "drop" not in name and name != "aux_num_out"
        )
        if computed not in seen:
            seen.add(computed)
            yield preset, analyze(config, Workload.of_seconds(1.0))


def _say(what: str) -> None:
    print(f"measuring: {what}", file=sys.stderr)


if __name__ == "__main__":
    print(section(), end="")

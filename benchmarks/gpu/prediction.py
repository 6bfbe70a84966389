"""Calibrating the device, predicting presets, and measuring them then."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator

from benchmarks.gpu.findings import Context, Figure, Finding, judged, noted
from benchmarks.gpu.models import analysis_of
from benchmarks.prediction import PredictionFigures, compare_predictions

# Each is a model of its own, and none is among those that `calibrate` measures as they are.
_PRESETS = (
    "lighthubert_small_subnet",
    "lighthubert_base_subnet",
    "base",
    "large_robust_12l",
    "large",
    "hubert_large",
    "mms_fa",
    "hubert_xlarge",
)
_SECONDS = (2.0, 8.0)

# Findings are kept once all trials are over: what is begun last has to end within the step's time.
_BUDGET_SHARE = 0.8

# Of trials that lie within an interval meant to hold 80 % each, fewer than this share would be chance once in 40 runs.
_LEAST_WITHIN = 0.6


def predict_presets(context: Context) -> Iterator[Finding]:
    """Predicted beside measured, and how good the predictions are together."""
    budget_s = _BUDGET_SHARE * context.limit_s
    if context.quick:
        references = [
            (f"{preset}, 1 layer, {seconds:g} s", analysis_of(preset, seconds, "encoder_num_layers=1"))
            for preset in ("base", "large_lv60k")
            for seconds in (0.5, 1.0)
        ]
        figures = compare_predictions((1.0,), context.device, ("lighthubert_small_subnet",), references, budget_s)
    else:
        figures = compare_predictions(_SECONDS, context.device, _PRESETS, budget_s=budget_s)
    for trial in figures.trials:
        row: dict[str, Figure] = {
            "predicted_s": trial.prediction.seconds,
            "low_s": trial.prediction.low_s,
            "high_s": trial.prediction.high_s,
            "measured_s": trial.measured_s,
            "error_share": trial.error,
            "within": trial.within,
        }
        yield noted(f"{trial.preset}, {trial.analysis.workload.seconds:g} s", row)
    if figures.skipped:
        yield Finding("other presets", "skipped", {}, f"for their size or the time: {', '.join(figures.skipped)}")
    if figures.trials:
        yield _judge(figures, context.quick)


def _judge(figures: PredictionFigures, quick: bool) -> Finding:
    trials = figures.trials
    within = sum(trial.within for trial in trials)
    error = statistics.median(abs(trial.error) for trial in trials)
    row: dict[str, Figure] = {"calibration_s": figures.calibration_s, "median_error_share": error, "within": within}
    if quick:
        return noted(f"{len(trials)} trials", row, "from a calibration of four small passes: no criterion")
    least = math.ceil(_LEAST_WITHIN * len(trials))
    return judged(f"{len(trials)} trials", within >= least, row, f"{least} of {len(trials)} lie within their interval")

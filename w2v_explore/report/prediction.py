"""What `summary --predict` says: a latency that was predicted and not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.report.table import Column, Share, Table
from w2v_explore.report.tree import tree_rows
from w2v_explore.report.units import duration, percent, short

if TYPE_CHECKING:
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.analysis.latency.prediction import Prediction

# A smaller share of the time is not worth a warning.
_NOTEWORTHY = 0.1


def prediction_table(analysis: Analysis, prediction: Prediction, depth: int | None) -> Table:
    """The predicted time of each layer, and the whole with its interval."""
    columns = [Column("Module", numeric=False), Column("Total"), Column("Share", numeric=False, priority=1)]
    table = Table("Latency (predicted)", columns)
    for label, _, row in tree_rows(analysis.layers, depth):
        seconds = sum(prediction.layer_seconds(analysis, path) for path in row.paths)
        share = Share(seconds / prediction.seconds) if seconds else ""
        table.rows.append((label, duration(seconds) if seconds else "–", share))
    rest = prediction.unattributed_s
    table.rows.append(("not attributed to a layer", duration(rest), Share(rest / prediction.seconds)))
    table.rows.append(("end to end", duration(prediction.seconds), Share(1.0)))
    table.remark = (
        f"Real-time factor {prediction.real_time_factor:.3g}. "
        f"The interval, {duration(prediction.low_s)} to {duration(prediction.high_s)}: "
        f"{prediction.interval.description} {describe_beyond(prediction)}"
    ).rstrip()
    return table


def describe_beyond(prediction: Prediction) -> str:
    """How much of the time rests on no operation of such a size; empty where it is little."""
    if prediction.beyond_share < _NOTEWORTHY:
        return ""
    return (
        f"{percent(prediction.beyond_share)} of the time is in operations smaller or larger than any of their "
        "kind that were calibrated; the interval does not know what happens there."
    )


def describe_prediction(prediction: Prediction) -> str:
    """The headline: the latency, its interval, and what it was predicted for."""
    low, high = duration(prediction.low_s), duration(prediction.high_s)
    day = prediction.calibration.created.partition("T")[0]
    return (
        f"predicted to take {duration(prediction.seconds)}, between {low} and {high}, on "
        f"{describe_device(prediction.calibration)}, calibrated on {day}; nothing was run"
    )


def describe_noise(calibration: Calibration) -> str:
    """Whether the machine was busy when it was calibrated, and what to do then; empty where it was quiet."""
    if not calibration.noise:
        return ""
    seen = "; ".join(mark.found for mark in calibration.noise)
    return f"NOISY: calibrated on a busy machine ({seen}); run `w2v-explore calibrate` again on a quiet one"


def describe_device(calibration: Calibration) -> str:
    """``cpu (Xeon), 2 threads, torch 2.13.0``."""
    threads = calibration.threads
    on = "" if threads is None else f", {threads} thread{'s' if threads > 1 else ''}"
    return f"{calibration.device} ({calibration.device_name}){on}, torch {calibration.torch_version}"


def describe_roof(calibration: Calibration | None) -> str:
    """What the column of roof shares means; without a calibration, how to get the column."""
    if calibration is None:
        return "For the share of the roof that each layer achieves, run `w2v-explore calibrate` once."
    roofs = calibration.roofs
    return (
        f"Of roof: the least time at {short(roofs.macs_per_s)}MAC/s and {short(roofs.bytes_per_s)}B/s over the "
        "measured one; above 100 %, data was still in a cache."
        f"{' The calibration is NOISY.' if calibration.noise else ''}"
    )

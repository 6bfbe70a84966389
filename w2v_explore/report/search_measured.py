"""What a device says of the designs that `search` found."""

from __future__ import annotations

from w2v_explore.report.table import Column, Lines, Table
from w2v_explore.report.units import duration, exact
from w2v_explore.search.measured import Measured, Timing

_LEAST_TURNS = 6
"""From fewer there is no 95 % interval: as in `measure.statistics`, which imports torch."""


def measured_table(measured: Measured, base: str) -> Table:
    """A row for each design that is best on the device, and one for the config that took turns with them.

    Args:
        measured: What was measured.
        base: The name of that config.
    """
    interval = "95 % interval" if measured.runs >= _LEAST_TURNS else "Range"
    columns = [
        Column("#", numeric=False),
        Column("Latency"),
        Column(interval, priority=2),
        Column("Real-time factor", priority=1),
        Column("Ratio"),
        Column(interval),
        Column("Verdict", numeric=False),
    ]
    device = measured.device
    where = device.device if device.device_name in ("", device.device) else f"{device.device}, {device.device_name}"
    table = Table(f"Measured on {where}", columns)
    table.rows.append((base, *_cells(measured.base), "", "", ""))
    for place in measured.best:
        timing = measured.designs[place]
        ratio = f"{timing.ratio:.3f}", f"{timing.ratio_low:.3f}–{timing.ratio_high:.3f}", timing.verdict or ""
        table.rows.append((exact(place + 1), *_cells(timing), *ratio))
    calibrated = f"calibrated {measured.calibrated}" if measured.calibrated else "not calibrated"
    threads = f"{device.threads} thread{'s' * (device.threads != 1)}, " if device.device == "cpu" else ""
    remarks = [
        f"{threads}torch {device.torch_version}, {calibrated}. Medians of {exact(measured.runs)} turns; ratios to "
        f"{base}. FAST or SLOW: the whole interval lies beyond 1 ± 1 %; SAME: within; AMBIGUOUS: neither (more --runs "
        "narrow it)."
    ]
    others = len(measured.designs) - len(measured.best)
    if others:
        remarks.append(f"{exact(others)} of the designs {'is' if others == 1 else 'are'} best on another device alone.")
    if measured.runs < _LEAST_TURNS:
        remarks.append(
            "So few turns have a range and no 95 % interval, and every verdict is AMBIGUOUS: from "
            f"--runs {_LEAST_TURNS} on there is one."
        )
    if measured.noise:
        remarks.append(f"The machine was not quiet: {'; '.join(measured.noise)}.")
    table.remark = Lines(*remarks)
    return table


def _cells(timing: Timing) -> tuple[str, str, str]:
    interval = f"{duration(timing.low_s)}–{duration(timing.high_s)}"
    return duration(timing.median_s), interval, f"{timing.real_time_factor:.3g}"

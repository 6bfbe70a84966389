"""What a device says of the designs that `search` found."""

from __future__ import annotations

from w2v_explore.report.table import Column, Lines, Table
from w2v_explore.report.units import duration, exact
from w2v_explore.search.measured import Measured, Timing


def measured_table(measured: Measured, base: str) -> Table:
    """A row for each design, and one for the config that took turns with them.

    Args:
        measured: What was measured.
        base: The name of that config.
    """
    columns = [
        Column("#", numeric=False),
        Column("Latency"),
        Column("95 % interval", priority=2),
        Column("Real-time factor", priority=1),
        Column("Ratio"),
        Column("95 % interval"),
        Column("Verdict", numeric=False),
    ]
    device = measured.device
    where = device.device if device.device_name in ("", device.device) else f"{device.device}, {device.device_name}"
    table = Table(f"Measured on {where}", columns)
    table.rows.append((base, *_cells(measured.base), "", "", ""))
    for number, timing in enumerate(measured.designs, 1):
        ratio = f"{timing.ratio:.3f}", f"{timing.ratio_low:.3f}–{timing.ratio_high:.3f}", timing.verdict or ""
        table.rows.append((exact(number), *_cells(timing), *ratio))
    calibrated = f"calibrated {measured.calibrated}" if measured.calibrated else "not calibrated"
    threads = f"{device.threads} thread{'s' * (device.threads != 1)}, " if device.device == "cpu" else ""
    remarks = [
        f"{threads}torch {device.torch_version}, {calibrated}. Medians of {exact(measured.runs)} turns; ratios to "
        f"{base}. FAST or SLOW: the whole interval lies beyond 1 ± 1 %; SAME: within; AMBIGUOUS: neither (more --runs "
        "narrow it)."
    ]
    if measured.noise:
        remarks.append(f"The machine was not quiet: {'; '.join(measured.noise)}.")
    table.remark = Lines(*remarks)
    return table


def _cells(timing: Timing) -> tuple[str, str, str]:
    interval = f"{duration(timing.low_s)}–{duration(timing.high_s)}"
    return duration(timing.median_s), interval, f"{timing.real_time_factor:.3g}"

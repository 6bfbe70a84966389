"""What devices say of the designs that a search found: a table of each device."""

from __future__ import annotations

from collections.abc import Iterator

from w2v_explore.report.table import Column, Table
from w2v_explore.report.units import duration, exact
from w2v_explore.search.answer import Answer
from w2v_explore.search.measured import Device, Measured, Timing

_HOW = (
    "Over the config as it is, which took turns with the designs. FAST or SLOW: the whole 95 % interval lies beyond "
    "1 ± 1 %; SAME: within; AMBIGUOUS: neither (more --runs narrow it)."
)


def measured_tables(answer: Answer) -> Iterator[Table]:
    """A table of each device, in the order of what is best on it; the config as it is comes first."""
    for measured in answer.measured:
        yield _table(answer, measured)


def _table(answer: Answer, measured: Measured) -> Table:
    columns = [
        Column("#"),
        Column("Latency"),
        Column("95 % interval"),
        Column("RTF"),
        Column("Verdict", numeric=False),
        Column("Ratio"),
        Column("Its interval"),
    ]
    table = Table(describe(measured.device), columns)
    table.rows.append(("as it is", *_latency(measured.base), "", "", ""))
    for place in measured.best:
        timing = measured.designs[place]
        interval = f"{timing.ratio_low:.3f}–{timing.ratio_high:.3f}"
        table.rows.append((exact(place + 1), *_latency(timing), timing.verdict or "", f"{timing.ratio:.3f}", interval))
    others = len(answer.designs) - len(measured.best)
    left_out = f" {exact(others)} of the designs are best on another device alone." if others else ""
    noisy = f" NOISY, so that these figures are doubtful: {'; '.join(measured.noise)}." if measured.noise else ""
    table.remark = f"{exact(measured.runs)} turns. {_HOW}{left_out}{noisy}"
    return table


def describe(device: Device) -> str:
    """``Measured on cpu (EPYC 7B13), 2 threads, torch 2.13.0``."""
    threads = f", {device.threads} thread{'s' if device.threads > 1 else ''}" if device.device == "cpu" else ""
    return f"Measured on {device.device} ({device.device_name}){threads}, torch {device.torch_version}"


def _latency(timing: Timing) -> tuple[str, str, str]:
    interval = f"{duration(timing.low_s)}–{duration(timing.high_s)}"
    return duration(timing.median_s), interval, f"{timing.real_time_factor:.3g}"

"""What `calibrate` found out about a device."""

from w2v_explore.analysis.latency.calibration import Calibration
from w2v_explore.analysis.latency.interval import CONFIDENCE
from w2v_explore.report.prediction import describe_device
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import duration, percent, short, signed_percent


def calibration_report(calibration: Calibration) -> Report:
    """The report on a calibration."""
    lines = [
        f"{describe_device(calibration)}, {calibration.dtype}, {calibration.created}",
        f"kept in {calibration.path}",
    ]
    tables = [_roofs(calibration), _operations(calibration), _references(calibration)]
    return Report("Calibration", lines, [*_noise(calibration), *tables])


def _noise(calibration: Calibration) -> list[Table]:
    """What disturbed the passes, and what to try; no table where all was quiet."""
    if not calibration.noise:
        return []
    columns = [Column("What was seen", numeric=False, wraps=True), Column("What to try", numeric=False, wraps=True)]
    table = Table("NOISY: predictions from this calibration are doubtful", columns)
    of = len(calibration.references)
    table.rows += [
        (f"{mark.found} (the worst of {mark.passes} of {of} passes)", mark.advice) for mark in calibration.noise
    ]
    table.remark = "Then run `w2v-explore calibrate` again."
    return [table]


def _roofs(calibration: Calibration) -> Table:
    roofs = calibration.roofs
    columns = [
        Column("Roof", numeric=False, wraps=True),
        Column("Value"),
        Column("Measured as", numeric=False, wraps=True, priority=1),
    ]
    table = Table("Roofs", columns)
    table.rows.append((
        "matrix throughput", f"{short(roofs.macs_per_s)}MAC/s", "the fastest product of two large square matrices",
    ))  # fmt: skip
    table.rows.append((
        "memory bandwidth", f"{short(roofs.bytes_per_s)}B/s", "the fastest triad a = b + s c, three arrays of 134 MB",
    ))  # fmt: skip
    table.rows.append(("ridge", f"{roofs.macs_per_s / roofs.bytes_per_s:.3g} MAC/B", "below it, memory is the bound"))
    return table


def _operations(calibration: Calibration) -> Table:
    headings = {"Measured": 2, "Least": 1, "Median": 0, "Most": 1}
    columns = [Column("Operation", numeric=False)]
    columns += [Column(heading, priority=needed) for heading, needed in headings.items()]
    table = Table("Share of the roof, by kind of operation", columns)
    for shares in calibration.kind_shares():
        figures = (shares.least, shares.median, shares.greatest)
        table.rows.append((_label(shares.kind), str(shares.operations), *map(percent, figures)))
    table.remark = (
        "Within forward passes of the reference models. Above 100 %, data was still in a cache. "
        "“Between” is what no operation takes: views, Python, freeing memory."
    )
    return table


def _label(kind: str) -> str:
    """``channels_first/gelu`` → ``gelu (channels first)``."""
    layout, slash, name = kind.rpartition("/")
    label = name.replace("_", " ")
    return f"{label} ({layout.replace('_', ' ')})" if slash else label


def _references(calibration: Calibration) -> Table:
    headings = {"Audio": 0, "Measured": 0, "IQR": 2, "From others": 1, "Error": 0}
    columns = [Column("Pass", numeric=False)]
    columns += [Column(heading, priority=needed) for heading, needed in headings.items()]
    table = Table("Forward passes", columns)
    for each in calibration.references:
        table.rows.append((
            each.name,
            f"{each.audio_seconds:g} s",
            duration(each.median_s),
            duration(each.iqr_s),
            duration(each.held_out_s),
            signed_percent(each.held_out_s / each.median_s),
        ))  # fmt: skip
    table.remark = (
        f"The interval of a prediction: {calibration.interval.description} "
        f"It is meant to hold {100 * CONFIDENCE:.0f} % of what is then measured, on a device that is as busy as it was."
    )
    return table

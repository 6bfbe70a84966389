"""What `latency` says, in words and tables; `summary` and `compare` share its tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from w2v_explore.report.curve import describe_crossing, draw_curve
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.prediction import describe_roof
from w2v_explore.report.table import Column, Report, Share, Table
from w2v_explore.report.tree import tree_rows
from w2v_explore.report.units import duration, exact, percent
from w2v_explore.report.workload import describe_features
from w2v_explore.results.curve import CONFIDENCE, Curve, latency_curves, latency_parts
from w2v_explore.results.layer_times import row_times
from w2v_explore.results.result import Result, by_config

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.measure.latency import Latency
    from w2v_explore.measure.ledger import Ledger
    from w2v_explore.measure.statistics import Ratio


def latency_reports(results: Sequence[Result], depth: int | None = None) -> list[Report]:
    """A report for each config.

    Args:
        results: Measured ones, all of a config together.
        depth: Levels of the tree to show, unfolded; None for the usual view.
    """
    return [_report(of_one, depth) for of_one in by_config(results)]


def ledger_table(result: Result, depth: int | None) -> Table | None:
    """Where the time of one measurement went; None for a compiled model."""
    latency = _latency(result)
    ledger = latency.ledger
    if ledger is None:
        return None
    roof = _calibration(result)
    columns = [
        Column("Module", numeric=False),
        Column("Self", priority=2),
        Column("Total"),
        Column("IQR", priority=4),
        *([Column("of roof", priority=3)] if roof else []),
        Column("Share", numeric=False, priority=1),
    ]
    table = Table("Where the time goes (the median hooked pass)", columns)
    whole = ledger.end_to_end_ns
    rows = tree_rows(result.analysis.layers, depth)
    for (label, _, _), time in zip(rows, row_times(result, [row.paths for *_, row in rows]), strict=True):
        table.rows.append((
            label,
            _nanoseconds(time.own_ns) if time.own_ns else "–",
            _nanoseconds(time.total_ns) if time.total_ns else "–",
            duration(time.iqr_s) if time.total_ns and time.iqr_s is not None else "",
            *([percent(time.roof_share) if time.roof_share is not None else ""] if roof else []),
            Share(time.total_ns / whole) if time.total_ns else "",
        ))  # fmt: skip
    rest, no_roof = ledger.unattributed_ns, [""] if roof else []
    table.rows.append(("not attributed to a layer", _nanoseconds(rest), "", "", *no_roof, Share(rest / whole)))
    spread = duration(ledger.hooked.iqr_s)
    table.rows.append(("hooked pass, end to end", "", _nanoseconds(whole), spread, *no_roof, Share(1.0)))
    table.remark = (
        f"Self times and what is not attributed add up to {exact(whole)} ns exactly. IQR: of the total, over "
        f"{ledger.passes} hooked passes. {describe_hooks(ledger)} {describe_roof(roof)}"
    ).rstrip()
    return table


def noise_table(results: Sequence[Result]) -> Table | None:
    """What disturbed the measurements, each at its worst, and what to try; None where all was quiet."""
    disturbances = [each for result in results for each in _latency(result).noise.disturbances]
    disturbances.sort(key=lambda each: abs(each.reading), reverse=True)
    criteria = dict.fromkeys(each.criterion for result in results for each in _latency(result).noise.disturbances)
    columns = [Column("What was seen", numeric=False, wraps=True), Column("What to try", numeric=False, wraps=True)]
    table = Table("NOISY: these figures are doubtful", columns)
    for criterion in criteria:
        same = [each for each in disturbances if each.criterion is criterion]
        often = f" (the worst of {len(same)} of {len(results)} measurements)" if len(results) > 1 else ""
        table.rows.append((same[0].found + often, criterion.advice))
    return table if table.rows else None


def verdict_table(results: Sequence[Result], names: Sequence[str]) -> Table:
    """The verdict on every config but the first, which took turns with it."""
    columns = [
        Column("Config", numeric=False, wraps=True),
        Column("Verdict", numeric=False),
        Column("Ratio"),
        Column("95 % interval"),
    ]
    table = Table(f"Latency against {names[0]}", columns)
    for name, result in zip(names[1:], results[1:], strict=True):
        ratio = _latency(result).against_first
        if ratio is not None:
            interval = f"{ratio.low:.3f}–{ratio.high:.3f}" if ratio.confidence >= CONFIDENCE else "–"
            table.rows.append((name, ratio.verdict.value, f"{ratio.ratio:.3f}", interval))
    table.remark = (
        f"Median of the ratios in {_latency(results[0]).runs} turns. FAST or SLOW: the whole interval "
        "lies beyond 1 ± 1 %; SAME: within; AMBIGUOUS: neither (more --runs narrow it)."
        f"{_describe_few(results[-1:])}"
    )
    return table


def describe_device(latency: Latency) -> str:
    """``measured on cpu (EPYC 7B13), 2 threads, torch 2.13.0: 24 plain and 11 hooked passes, after 3 to warm up``."""
    hooked = f" and {latency.ledger.passes} hooked" if latency.ledger else ""
    plural = "" if latency.runs == 1 and not hooked else "es"
    return (
        f"{describe_setting(latency)}: {latency.runs} plain{hooked} pass{plural} in turn, "
        f"after {latency.warm_up_runs} to warm up"
    )


def describe_setting(latency: Latency) -> str:
    """``measured on cpu (EPYC 7B13), 2 threads, torch 2.13.0``."""
    threads = f", {latency.threads} thread{'s' if latency.threads > 1 else ''}" if latency.device == "cpu" else ""
    compiled = "" if latency.compile_s is None else ", compiled"
    return f"measured on {latency.device} ({latency.device_name}){threads}, torch {latency.torch_version}{compiled}"


def describe_factor(factor: float) -> str:
    """A real-time factor and its inverse."""
    return f"Real-time factor {factor:.3g}: {1 / factor:.3g} seconds of audio for each second of computation."


def describe_hooks(ledger: Ledger) -> str:
    """What the hooks cost."""
    ratio = ledger.ratio
    return (
        f"Hooked passes took {ratio.ratio:.3f} of the plain ones ({_describe_interval(ratio)}); "
        f"{percent(ledger.unattributed_share)} is not attributed."
    )


def _describe_interval(ratio: Ratio) -> str:
    if ratio.confidence < CONFIDENCE:
        return "too few for an interval"
    return f"95 % interval {ratio.low:.3f}–{ratio.high:.3f}"


def _describe_few(results: Sequence[Result]) -> str:
    """What stands in for an interval of so few runs that there is none; empty where there are enough."""
    few = {_latency(result).runs: _latency(result).end_to_end.confidence for result in results}
    said = [
        f" n = {runs}, no 95 % interval"
        + (
            f": the range of the runs holds the median with a probability of {100 * confidence:.0f} %"
            if confidence
            else ""
        )
        + "; from --runs 6 on there is one."
        for runs, confidence in few.items()
        if confidence < CONFIDENCE
    ]
    return "".join(said)


def _report(results: Sequence[Result], depth: int | None) -> Report:
    first = results[0]
    workload, latency = first.analysis.workload, _latency(first)
    seconds = ", ".join(f"{result.analysis.workload.seconds:g}" for result in results)
    rate = f"{workload.sample_rate / 1000:g} kHz"
    config = first.analysis.config
    lines = [
        *([describe_origin(config)] if config.changes else []),
        f"{seconds} s of audio at {rate}, batch {workload.batch}, {workload.dtype}",
        *[line for result in results for line in describe_features(result.analysis)],
        *describe_reading(first.analysis.config),
        describe_setting(latency),
    ]
    noise = noise_table(results)
    tables = [noise] if noise else []
    tables.append(_headlines(results))
    picture = None
    if len(results) > 1:
        tables += [_parts(results), _totals(results, depth)] if latency.ledger else []
        [curve] = latency_curves(results)
        lines.append(describe_crossing(curve))
        picture = partial(_draw_curve, curve)
    else:
        ledger = ledger_table(first, depth)
        tables += [ledger] if ledger else []
    if latency.ledger is None:
        lines.append(
            "A compiled graph has no modules left to hook: the ledger of the layers is that of eager runs only."
        )
    return Report(config.name, lines, tables, picture)


def _draw_curve(curve: Curve, width: int, colour: bool) -> str:
    # Imported only where a terminal shows it.
    from w2v_explore.report.layout import wrap

    title = wrap("Time of one forward pass over seconds of audio, both axes logarithmic", width)
    return "\n".join([*title, "", draw_curve(curve, min(width, 100), colour=colour)])


def _headlines(results: Sequence[Result]) -> Table:
    estimates = [_latency(result).end_to_end for result in results]
    tails = [tail for tail in ("p90", "p99") if any(getattr(each, f"{tail}_s") is not None for each in estimates)]
    compiled = any(_latency(result).compile_s is not None for result in results)
    # By how little each is needed, on a terminal that is too narrow for all.
    interval = "95 % interval" if all(each.confidence >= CONFIDENCE for each in estimates) else "Range"
    headings = {"Audio": 0, "Median": 0, interval: 0, "": 4, "IQR": 5, **dict.fromkeys(tails, 6)}
    headings |= {"RTF": 2, "Speed": 3, "Runs": 7} | ({"Compiling": 1} if compiled else {})
    table = Table("Latency, end to end", [Column(name, priority=needed) for name, needed in headings.items()])
    for result, each in zip(results, estimates, strict=True):
        latency, factor = _latency(result), result.real_time_factor or 0.0
        row = [
            f"{result.analysis.workload.seconds:g} s",
            duration(each.median_s),
            f"{duration(each.low_s)}–{duration(each.high_s)}",
            f"±{100 * each.uncertainty:.1f} %" if each.confidence >= CONFIDENCE else "–",
            duration(each.iqr_s),
            *[_tail(getattr(each, f"{tail}_s")) for tail in tails],
            f"{factor:.3g}",
            f"{1 / factor:.3g}×",
            str(latency.runs),
        ]
        table.rows.append([*row, *([duration(latency.compile_s or 0.0)] if compiled else [])])
    table.remark = (
        (
            "Medians of plain passes. RTF: seconds of computation for each second of audio; speed is its inverse. "
            f"{_describe_target(results)}{_describe_few(results)}"
        )
        .rstrip()
        .replace("  ", " ")
    )
    return table


def _describe_target(results: Sequence[Result]) -> str:
    missed = [
        f"{result.analysis.workload.seconds:g} s"
        for result in results
        for latency in (_latency(result),)
        if latency.target is not None and latency.end_to_end.uncertainty > latency.target
    ]
    target = _latency(results[0]).target
    if target is None or not missed:
        return ""
    return f"Time ran out before ±{100 * target:g} % was reached at {', '.join(missed)}: raise --budget."


def _parts(results: Sequence[Result]) -> Table:
    """The curve's figures, and how well the hooked passes stand for the plain ones."""
    headings = {"Audio": 0, "Attention product": 0, "Feed-forward": 0, "Rest": 0}
    headings |= {"Hooked ÷ plain": 2, "Not attributed": 1}
    columns = [Column(heading, priority=needed) for heading, needed in headings.items()]
    table = Table("Parts (the median hooked pass)", columns)
    for result in results:
        ledger, parts = _latency(result).ledger, latency_parts(result)
        assert ledger is not None
        assert parts is not None
        table.rows.append((
            f"{result.analysis.workload.seconds:g} s",
            *map(duration, parts),
            f"{ledger.ratio.ratio:.3f}",
            percent(ledger.unattributed_share),
        ))  # fmt: skip
    return table


def _totals(results: Sequence[Result], depth: int | None) -> Table:
    """The total time of each module at each duration."""
    ledgers = [ledger for ledger in (_latency(result).ledger for result in results) if ledger]
    columns = [
        Column(f"{result.analysis.workload.seconds:g} s", priority=number) for number, result in enumerate(results)
    ]
    table = Table("Total time by module (the median hooked passes)", [Column("Module", numeric=False), *columns])
    for label, _, row in tree_rows(results[0].analysis.layers, depth):
        times = [sum(ledger.layers[path].total_ns for path in row.paths) for ledger in ledgers]
        table.rows.append((label, *[_nanoseconds(time) if time else "–" for time in times]))
    table.rows.append(("not attributed to a layer", *[_nanoseconds(ledger.unattributed_ns) for ledger in ledgers]))
    table.rows.append(("hooked pass, end to end", *[_nanoseconds(ledger.end_to_end_ns) for ledger in ledgers]))
    table.remark = "The model's total and what is not attributed add up to the end to end, to the nanosecond."
    return table


def _tail(seconds: float | None) -> str:
    return "–" if seconds is None else duration(seconds)


def _nanoseconds(nanoseconds: int) -> str:
    return duration(nanoseconds / 1e9)


def _calibration(result: Result) -> Calibration | None:
    assert result.measurement is not None
    return result.measurement.calibration


def _latency(result: Result) -> Latency:
    assert result.measurement is not None
    return result.measurement.latency

"""What `summary` answers first: the figures that most people come for, in one screen."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.figures import component_figures
from w2v_explore.config.load import Config, distinct_names
from w2v_explore.diagnostics import Rule
from w2v_explore.report.headline import headlines, latency_headlines
from w2v_explore.report.identity import describe_nearest, describe_origin, describe_reading, repeats_changes
from w2v_explore.report.table import Column, Lines, Report, Share, Table
from w2v_explore.report.units import first_few, short
from w2v_explore.report.workload import describe_features, describe_workload
from w2v_explore.results.result import Result

Linted = Sequence[tuple[Rule, str]]

_SHOWN_NAMES = 3
_MORE = "--full shows every module, the extractor's layers and all totals."
_MORE_OF_EACH = "--full shows every module, the extractor's layers and all totals of each."


def answer_report(result: Result, linted: Linted) -> Report:
    """The answer on one config: 22 lines of 80 columns for a published model.

    Args:
        result: Its figures.
        linted: What the linter finds in it.
    """
    analysis = result.analysis
    lines = [*_describe_config(analysis), describe_workload(analysis), *describe_features(analysis)]
    lines += [*describe_reading(analysis.config), *_noise([result]), *_doubts(result)]
    return Report(analysis.config.name, lines, [_figures(result, linted), _components(analysis)])


def answer_overview(results: Sequence[Result], linted: Sequence[Linted]) -> Report:
    """The answer on several configs: a row of figures for each, and what there is to know before they are compared.

    Args:
        results: The figures of each.
        linted: What the linter finds in each.
    """
    from w2v_explore.report.overview import overview_report

    heading, workloads, [table], *_ = overview_report(results)
    factors = [result.real_time_factor for result in results]
    if any(factors):
        table.columns = [*table.columns, Column("Real-time factor")]
        table.rows = [
            (*row, "" if factor is None else f"{factor:.3g}") for row, factor in zip(table.rows, factors, strict=True)
        ]
    names = distinct_names([result.analysis.config for result in results])
    said = [
        f"{name}: {line}"
        for name, result in zip(names, results, strict=True)
        for line in (
            *describe_features(result.analysis),
            *describe_reading(result.analysis.config),
            *_doubts(result),
        )
    ]
    warnings = _shared_warnings(
        names, [_warnings(result.analysis.config, found) for result, found in zip(results, linted, strict=True)]
    )
    tables = [table, *([warnings] if warnings.rows else [])]
    notes = [
        str(tables[-1].remark or ""),
        _describe_rules([rule for found in linted for rule, _ in found]),
        _MORE_OF_EACH,
    ]
    tables[-1].remark = Lines(*filter(None, notes))
    return Report(heading, [*workloads, *said, *_noise(results)], tables)


def totals_report(result: Result) -> Report:
    """The totals of one config alone, what was measured or predicted first."""
    from w2v_explore.report.summary import totals_table

    analysis = result.analysis
    table = totals_table(analysis)
    table.rows = [*((each.label, each.value, "", "") for each in latency_headlines(result)), *table.rows]
    lines = [*_describe_config(analysis), describe_workload(analysis), *describe_features(analysis)]
    lines += [*describe_reading(analysis.config), *_describe_device(result), *_noise([result]), *_doubts(result)]
    return Report(analysis.config.name, lines, [table])


def _describe_config(analysis: Analysis) -> list[str]:
    """Where a config was read, and the preset that it equals or is nearest to, unless that is said already."""
    config, nearest = analysis.config, analysis.nearest_preset
    origin = describe_origin(config)
    if repeats_changes(config, nearest) or [config.origin] == [f"preset {name}" for name in nearest.equals]:
        return [origin]
    return [origin, describe_nearest(nearest)]


def _figures(result: Result, linted: Linted) -> Table:
    table = Table("", [Column("", numeric=False), Column("", stands_out=True), Column("", numeric=False, wraps=True)])
    table.rows += [(each.label, each.value, each.detail) for each in headlines(result)]
    warnings = _warnings(result.analysis.config, linted)
    table.rows += [("" if number else "warnings", *warning) for number, warning in enumerate(warnings)]
    if not warnings:
        table.rows.append(("warnings", "none", ""))
    table.remark = _describe_rules([rule for rule, _ in linted])
    return table


def _describe_device(result: Result) -> list[str]:
    """On what was measured or predicted."""
    if result.prediction is not None:
        from w2v_explore.report.prediction import describe_prediction

        return [describe_prediction(result.prediction)]
    if result.measurement is None:
        return []
    from w2v_explore.report.latency import describe_device

    return [describe_device(result.measurement.latency)]


def _noise(results: Sequence[Result]) -> list[str]:
    """A line where the machine was busy while it was measured or calibrated; none where it was quiet."""
    if results[0].prediction is not None:
        from w2v_explore.report.prediction import describe_noise

        return list(filter(None, [describe_noise(results[0].prediction.calibration)]))
    if results[0].measurement is None:
        return []
    from w2v_explore.report.latency import noise_table

    noise = noise_table(results)
    if noise is None:
        return []
    first, *others = (str(row[0]) for row in noise.rows)
    # The answer has one screen, and says the worst.
    more = f"; {len(others)} more sign{'s' if len(others) > 1 else ''} of it" if others else ""
    return [f"NOISY, these figures are doubtful: {first}{more}; --full says all, and what to try"]


def _doubts(result: Result) -> list[str]:
    """What a prediction does not know, or a count of MACs that disagrees; nothing where all is well."""
    if result.prediction is not None:
        from w2v_explore.report.prediction import describe_beyond

        return list(filter(None, [describe_beyond(result.prediction)]))
    audit = result.measurement.macs_audit if result.measurement is not None else None
    if audit is None or audit.agrees:
        return []
    from w2v_explore.report.summary import describe_audit

    return [describe_audit(audit)]


def _warnings(config: Config, linted: Linted) -> list[tuple[str, str]]:
    """The code and the words of each warning, of the reading first."""
    of_reading = [(problem.rule.code, problem.message) for problem in config.warnings]
    return [*of_reading, *((rule.code, message) for rule, message in linted)]


def _describe_rules(broken: Sequence[Rule]) -> str:
    """By which rules the linter warns, and where one is explained; empty where it does not."""
    if not broken:
        return ""
    return f"By lint's default rules, not pyproject.toml's; w2v-explore rule {broken[0].code} says why."


def _shared_warnings(names: Sequence[str], warnings: Sequence[Sequence[tuple[str, str]]]) -> Table:
    """Each warning once, with the configs that it is about."""
    about: dict[tuple[str, str], list[str]] = {}
    for name, of_one in zip(names, warnings, strict=True):
        for warning in of_one:
            about.setdefault(warning, []).append(name)
    columns = [
        Column("Code", numeric=False),
        Column("Warning", numeric=False, wraps=True),
        Column("Configs", numeric=False, wraps=True),
    ]
    rows = [(*warning, first_few(of, _SHOWN_NAMES)) for warning, of in about.items()]
    return Table("Warnings", columns, [*rows])


def _components(analysis: Analysis) -> Table:
    columns = [Column("Component", numeric=False), Column("Params"), Column("Share", numeric=False, priority=1)]
    table = Table("", [*columns, Column("MACs"), Column("Share", numeric=False, priority=1)], remark=_MORE)
    components = analysis.config.model.family.components
    figures = component_figures(analysis, components)
    for component in components:
        parameters, macs = figures[f"{component}.parameters"], figures[f"{component}.macs"]
        if parameters or macs:
            table.rows.append((
                component.replace("_", " "),
                short(parameters) if parameters else "–",
                Share(parameters / analysis.parameters) if parameters else "",
                short(macs) if macs else "–",
                Share(macs / analysis.macs.total) if macs else "",
            ))  # fmt: skip
    return table

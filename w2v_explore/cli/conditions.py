"""``--baseline`` and ``--fail-if``: a saved summary, and conditions held against what summary and compare show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from w2v_explore.cli.streams import say
from w2v_explore.errors import ConditionError

if TYPE_CHECKING:
    from w2v_explore.analysis.comparing.baseline import Baseline
    from w2v_explore.analysis.comparing.compare import Comparison
    from w2v_explore.analysis.comparing.conditions import Condition
    from w2v_explore.analysis.figures import Number

    NamedFigures = tuple[str, Mapping[str, Number]]  # a config's name, and its figures under all of their names


def read_conditions(
    texts: Sequence[str] | None, baseline: str | None, *, measured: bool, has_reference: bool
) -> tuple[list[Condition], Baseline | None]:
    """The conditions and the baseline of a command line.

    Args:
        texts: The conditions.
        baseline: The file of the baseline.
        measured: Whether there will be latencies.
        has_reference: Whether changes have something to be against where there is no baseline.

    Raises:
        ConditionError: A condition is wrong, or about a figure that there will not be.
        SourceError: The file is no baseline.
    """
    if not texts and baseline is None:
        return [], None
    # Most calls have neither conditions nor a baseline, and do not wait for the imports.
    from w2v_explore.analysis.comparing.baseline import load_baseline
    from w2v_explore.analysis.comparing.conditions import parse_condition
    from w2v_explore.analysis.figures import with_aliases

    conditions = [parse_condition(text) for text in texts or ()]
    saved = load_baseline(baseline) if baseline is not None else None
    saved_figures = with_aliases(saved.figures, saved.workload.sample_rate) if saved is not None else {}
    for condition in conditions:
        said = f"--fail-if {condition.text!r}"
        if condition.is_measured and not measured:
            raise ConditionError(f"{said}: {condition.metric} is measured; give --device")
        if condition.is_change and saved is None and not has_reference:
            raise ConditionError(f"{said} is about a change; give --baseline FILE to change from")
        if condition.is_change and saved is not None and condition.metric not in saved_figures:
            raise ConditionError(f"{said}: the baseline {saved.path} has no {condition.metric}")
    return conditions, saved


def named_figures(comparison: Comparison) -> list[NamedFigures]:
    """What conditions are held against: each config of a comparison, a baseline before them."""
    from w2v_explore.analysis.figures import with_aliases

    rates = [analysis.workload.sample_rate for analysis in comparison.analyses]
    if comparison.baseline is not None:
        rates.insert(0, comparison.baseline.workload.sample_rate)
    figures = [with_aliases(figures, rate) for figures, rate in zip(comparison.figures, rates, strict=True)]
    return list(zip(comparison.names, figures, strict=True))


def report_broken(
    conditions: Sequence[Condition], configs: Sequence[NamedFigures], reference: NamedFigures | None = None
) -> bool:
    """Say on standard error which conditions hold, of which config, and by how much; returns whether any does.

    Args:
        conditions: They must not hold.
        configs: Whose figures the conditions are about.
        reference: What changes are against; None where no condition is about a change.
    """
    broken = False
    before = reference[1] if reference else {}
    for condition in conditions:
        for name, figures in configs:
            value = condition.value(figures, before)
            if not condition.holds(value):
                continue
            broken = True
            message = f"{name}: {condition.metric} is {_number(figures.get(condition.metric, 0))}"
            if condition.is_change and reference:
                change = _percent(condition, value) if condition.is_percent else f"{value:+,.10g}"
                message += f", {change} against {_number(before.get(condition.metric, 0))} of {reference[0]}"
            say(f"{message}; it fails if {condition.text}")
    return broken


def _percent(condition: Condition, value: float) -> str:
    """A change to four significant digits, or to as many as show that the condition holds."""
    for digits in range(4, 10):
        text = f"{value:+,.{digits}g}" if abs(value) < 1e4 else f"{value:+,.{digits - 4}f}"
        if condition.holds(float(text.replace(",", ""))):
            break
    return f"{text} %"


def _number(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"

"""Conditions on figures: ``parameters > +5%`` of a change, ``macs > 10G`` of a figure by itself."""

import operator
import re
from collections.abc import Callable, Mapping
from math import isclose
from typing import NamedTuple

from w2v_explore.analysis.figures import (
    ALIASES,
    COMPONENT_FIGURES,
    FIGURES,
    MEASURED,
    MEASURED_COMPONENT_FIGURES,
    USUAL,
    Number,
    figure_named,
    known_names,
    measured_names,
)
from w2v_explore.analysis.quantity import parse_quantity
from w2v_explore.config.family import FAMILIES, default_family, family_named
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ConditionError, QuantityError


def _equals(value: float, limit: float) -> bool:
    """Whether whole numbers are the same, and others to the ten digits in which messages show them."""
    return value == limit or (isinstance(value, float) and isclose(value, limit, rel_tol=1e-9))


OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "==": _equals,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([\w.]+)\s*(==|>=|<=|>|<)\s*([+−-])?\s*([^+−\s%-][^%]*?)\s*(%)?\s*", re.ASCII)
_TOTALS = [name for name in (*FIGURES, *MEASURED) if not name.startswith("macs.")]
_HOW = "write 'parameters > +5%' of a change, 'macs > 10G' of the figure by itself, or 'stride == 320'"


class Condition(NamedTuple):
    """A comparison of a figure, or of its change, with a limit: what must not hold, or what must.

    Attributes:
        text: As it was written.
        metric: The figure's name, or another name of a figure, as of a budget.
        operator: One of `OPERATORS`.
        limit: What the figure or its change is held against; percent as it was written.
        is_change: Whether it is about the change against a reference.
        is_percent: Whether that change is in percent of the reference.
    """

    text: str
    metric: str
    operator: str
    limit: float
    is_change: bool
    is_percent: bool

    @property
    def is_measured(self) -> bool:
        """Whether the figure comes from a device."""
        return self.metric in MEASURED or self.metric.rpartition(".")[2] in MEASURED_COMPONENT_FIGURES

    def value(self, figures: Mapping[str, Number], reference: Mapping[str, Number]) -> float:
        """What is held against the limit: the figure, or its change.

        Args:
            figures: Of the config, under all of their names (`figures.with_aliases`); what it lacks is a component's,
                which costs nothing there.
            reference: Of what a change is against.
        """
        value = figures.get(self.metric, 0)
        if not self.is_change:
            return value
        before = reference.get(self.metric, 0)
        if not self.is_percent or value == before:
            return value - before
        return 100 * (value - before) / before if before else float("inf")

    def holds(self, value: float) -> bool:
        """Whether it holds for a value."""
        return OPERATORS[self.operator](value, self.limit)


def is_figure(name: str) -> bool:
    """Whether a name is that of a figure, be it of a component that the models of one family alone have."""
    if name in FIGURES or name in MEASURED or name in ALIASES:
        return True
    component, _, figure = name.rpartition(".")
    if figure not in COMPONENT_FIGURES and figure not in MEASURED_COMPONENT_FIGURES:
        return False
    # No other family is imported for a component that the first has.
    return component in default_family().components or any(
        component in family_named(family).components for family in FAMILIES
    )


def instead_of_figure(name: str) -> str:
    """What to write instead of a name that no figure has."""
    # Imported only where something is wrong.
    from w2v_explore.config.suggest import did_you_mean, nearest

    within = [figure for figure in _TOTALS if name.lower() in re.split(r"[._]", figure)]
    components = default_family().components
    guesses = nearest(name, (*known_names(components), *measured_names(components))) or within
    return did_you_mean(guesses, USUAL)


def parse_condition(text: str, option: str = "--fail-if") -> Condition:
    """The condition that a text writes.

    Args:
        text: The text.
        option: What it was given for.

    Raises:
        ConditionError: It writes none, or of a figure that there is not.
    """
    match = _CONDITION.fullmatch(text)
    given = f"{option} {shorten(text)!r}"
    if match is None:
        raise ConditionError(f"{given} is no condition; {_HOW}")
    metric, comparison, sign, number, percent = match.groups()
    if not is_figure(metric):
        raise ConditionError(f"{given}: there is no figure {shorten(metric)}; {instead_of_figure(metric)}")
    if percent and not sign:
        raise ConditionError(f"{given}: a percentage is a change; write +{shorten(number)}% or -{shorten(number)}%")
    try:
        limit = parse_quantity(number, in_bytes=figure_named(metric).unit == "bytes" and not percent)
    except QuantityError as error:
        raise ConditionError(f"{given}: {error}") from error
    if sign in ("-", "−"):
        limit = -limit
    return Condition(text, metric, comparison, limit, sign is not None, percent is not None)

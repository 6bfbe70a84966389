"""What the user asked of the linter: on the command line, or in ``[tool.w2v-explore]`` of a pyproject.toml."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from w2v_explore.diagnostics import Rule, Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")


class Settings(NamedTuple):
    """Which rules run, and what they hold configs against.

    Attributes:
        select: Codes or their beginnings, where E, W and A stand for errors, warnings and advice; None for all errors
            and warnings, and advice where ``fail_on`` asks for it.
        ignore: What to leave out, in the same way.
        fail_on: The least severity at which the linter fails.
        seconds: A duration that configs have to give a frame for.
        budgets: Limits for every config, beside those that it states itself.
        allow_unknown: Whether fields of another program's config that are not known are warned of, and no error.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    fail_on: Severity = "warning"
    seconds: float | None = None
    budgets: Mapping[str, Any] = MappingProxyType({})
    allow_unknown: bool = False

    def selects(self, rule: Rule) -> bool:
        """Whether a rule runs."""
        if self.ignores(rule):
            return False
        if self.select is not None:
            return _matches(rule, self.select)
        return rule.severity != "advice" or self.fail_on == "advice"

    def ignores(self, rule: Rule) -> bool:
        """Whether a rule is left out by name."""
        return bool(self.ignore) and _matches(rule, self.ignore)

    def fails(self, severity: Severity) -> bool:
        """Whether a problem of this severity makes the linter fail."""
        return SEVERITIES.index(severity) <= SEVERITIES.index(self.fail_on)


def _matches(rule: Rule, prefixes: tuple[str, ...]) -> bool:
    # A letter is a severity, which a few rules have another one of than their code.
    letter = rule.severity[0].upper()
    return any(prefix == letter if len(prefix) == 1 else rule.code.startswith(prefix) for prefix in prefixes)

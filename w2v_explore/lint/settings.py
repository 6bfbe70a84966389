"""What the user asked of the linter: on the command line, or in ``[tool.w2v-explore]`` of a pyproject.toml."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import Rule, Severity
from w2v_explore.errors import ArgumentError
from w2v_explore.lint.codes import INPUT_TOO_SHORT, all_rules, is_known
from w2v_explore.lint.pyproject import Project

# A day and more, which at the highest sample rate is less than what any workload may have.
_MAX_SECONDS = 100_000
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


def settings_of(
    project: Project,
    *,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    fail_on: Severity | None = None,
    seconds: float | None = None,
    allow_unknown: bool = False,
) -> Settings:
    """What holds for a run: what was said, and for the rest what a pyproject.toml says.

    Raises:
        ArgumentError: A code is none, no rule is left to run, one is selected that cannot, or the duration is not
            positive.
    """
    chosen = project.select if select is None else _codes(select)
    ignored = project.ignore if ignore is None else _codes(ignore)
    if chosen == ():
        raise ArgumentError("no rule is selected, so that nothing would be checked; give E,W for the usual ones")
    duration = seconds if seconds is not None else project.seconds
    if duration is not None and not 0 < duration <= _MAX_SECONDS:
        how = f"at most {_MAX_SECONDS:,}" if duration > 0 else "a positive duration"
        raise ArgumentError(f"{describe(duration)} seconds are no length of audio; give {how}")
    if chosen is not None and INPUT_TOO_SHORT.code in chosen and duration is None:
        raise ArgumentError(
            f"{INPUT_TOO_SHORT.code} is selected, and runs only where it is said how long clips are; give --seconds"
        )
    settings = Settings(
        select=chosen,
        ignore=ignored,
        fail_on=fail_on or project.fail_on or "warning",  # type: ignore[arg-type]
        seconds=duration,
        budgets=project.budgets,
        allow_unknown=allow_unknown,
    )
    if (ignored or chosen is not None) and not any(map(settings.selects, all_rules())):
        raise ArgumentError("what is selected is ignored, so that nothing would be checked; leave a rule")
    return settings


def _matches(rule: Rule, prefixes: tuple[str, ...]) -> bool:
    # A letter is a severity, which a few rules have another one of than their code.
    letter = rule.severity[0].upper()
    return any(prefix == letter if len(prefix) == 1 else rule.code.startswith(prefix) for prefix in prefixes)


def _instead_of(code: str) -> str:
    named = [rule.code for rule in all_rules() if rule.name == code]
    return named[0] if named else "E234, or W for all warnings"


def _codes(values: Sequence[str]) -> tuple[str, ...]:
    codes = tuple(code.strip() for value in values for code in value.split(",") if code.strip())
    for code in codes:
        if not is_known(code):
            raise ArgumentError(f"{code} is no code of a rule; write {_instead_of(code)}")
    return codes

"""Linting a document: reading it, running the rules, leaving out what is ignored."""

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module

from w2v_explore.config.document import Document
from w2v_explore.config.load import Reading, read_config, rename_fields
from w2v_explore.diagnostics import Place, Problem, Rule, Severity
from w2v_explore.lint.codes import DOCUMENT_RULES, MODEL_RULES
from w2v_explore.lint.settings import Settings
from w2v_explore.lint.subject import Finding, Subject

_ADVICE = {rule.code for rule in (*DOCUMENT_RULES, *MODEL_RULES) if rule.severity == "advice"}
_Check = Callable[[Subject], Iterable[Finding]]


def lint_document(document: Document, settings: Settings) -> list[Problem]:
    """All problems of a config that the settings ask for, in the order of their places, each once.

    What is wrong in a file that it extends is among them, at its place there.
    """
    reading = read_config(document, allow_unknown=settings.allow_unknown)
    subject = Subject(reading, settings)
    problems = [problem for problem in reading.problems + reading.warnings if settings.selects(problem.rule)]
    is_own, is_valid = document.translation is None, reading.model is not None
    for rule, check in _checks(settings.select, settings.ignore, settings.fail_on, is_own, is_valid):
        for finding in check(subject):
            problem = _place(reading, rule, finding)
            if problem is not None:
                problems.append(problem)
    if "w2v:" in document.text:
        problems = _without_ignored(problems, document, settings)
    return sorted(problems, key=order)


def order(problem: Problem) -> tuple[str, int, int, str, str]:
    """Problems sort by file, line and column."""
    place = problem.place
    return place.path, place.line or 0, place.column or 0, problem.rule.code, problem.message


@cache
def _checks(
    select: tuple[str, ...] | None, ignore: tuple[str, ...], fail_on: Severity, is_own: bool, is_valid: bool
) -> list[tuple[Rule, _Check]]:
    """The rules that settings select, with their checks; the same for every file of a run."""
    settings = Settings(select=select, ignore=ignore, fail_on=fail_on)
    rules = (DOCUMENT_RULES if is_own else ()) + (MODEL_RULES if is_valid else ())
    return [(rule, _check_of(rule)) for rule in rules if settings.selects(rule)]


def _check_of(rule: Rule) -> _Check:
    module = import_module(f"w2v_explore.lint.rules.{rule.name.replace('-', '_')}")
    check: _Check = module.check
    return check


def _without_ignored(problems: list[Problem], document: Document, settings: Settings) -> list[Problem]:
    # Imported only for the files that have such comments.
    from w2v_explore.lint.ignores import apply_ignores, find_ignores

    def ran(code: str) -> bool:
        return settings.selects(Rule(code, "", "advice" if code in _ADVICE else None))

    left = apply_ignores(problems, find_ignores(document), document.source.name, ran)
    return [problem for problem in left if settings.selects(problem.rule)]


def _place(reading: Reading, rule: Rule, finding: Finding) -> Problem | None:
    """A finding at its place in the file; None where the file states none of the keys concerned."""
    document = reading.document
    stated = [key for key in finding.keys if key in document.entries]
    if finding.keys and not stated:
        # Another file says so, and is told when it is linted itself.
        return None
    if not stated:
        place, key = Place(document.source.name, document.start.line, document.start.column), None
    else:
        key = max(stated, key=list(document.entries).index)
        entry = document.entries[key]
        place = entry.value_place(*finding.item)
        if entry.names:
            key = entry.name(finding.item)
        else:
            key += "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in finding.item)
    message = finding.message
    if document.translation is not None:
        message = rename_fields(message, reading.entries, finding.item)
    return Problem(rule=rule, place=place, key=key, message=message, fix=finding.fix)

"""Linting a document: reading it, running the rules, leaving out what is ignored."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.config import codes
from w2v_explore.config.entries import Document
from w2v_explore.config.family import Family, ModelConfig
from w2v_explore.config.kinds import PerLayer
from w2v_explore.config.metadata import METADATA
from w2v_explore.config.reading import Reading, read_config, rename_fields
from w2v_explore.config.text.source import is_preset
from w2v_explore.diagnostics import Place, Problem, Rule, Severity
from w2v_explore.lint.codes import DOCUMENT_RULES, FOREIGN_RULES, MODEL_RULES, UNUSED_IGNORE
from w2v_explore.lint.settings import Settings
from w2v_explore.lint.subject import Finding, Subject

if TYPE_CHECKING:  # imported only for the files that have such comments
    from w2v_explore.lint.ignores import Ignore

_ADVICE = {rule.code for rule in (*DOCUMENT_RULES, *MODEL_RULES) if rule.severity == "advice"}
# A file that cannot be read is no answer to any question: it is reported whatever is selected.
UNREADABLE = frozenset(
    {codes.YAML_SYNTAX, codes.ENCODING, codes.TOO_DEEP_OR_BIG, codes.ALIAS_BOMB, codes.NOT_A_MAPPING}
)
_Check = Callable[[Subject], Iterable[Finding]]


class Examined(NamedTuple):
    """What is to be said of a config.

    Attributes:
        problems: What the settings ask for, in the order of their places, each once.
        hidden: Advice that holds and is not selected, and errors that were left out.
        counted: The rules of hidden findings that are the file's own, and are counted without a place: once for each.
    """

    problems: list[Problem]
    hidden: list[Problem]
    counted: list[Rule]


def lint_document(document: Document, settings: Settings) -> list[Problem]:
    """All problems of a config that the settings ask for, in the order of their places, each once.

    What is wrong in a file that it extends is among them, at its place there.
    """
    return examine_document(document, settings).problems


def examine_document(document: Document, settings: Settings) -> Examined:
    """As `lint_document`, with what holds and is not shown."""
    reading = read_config(document, allow_unknown=settings.allow_unknown)
    # Without a model the rules that look at one do not run.
    subject = Subject(reading, settings, reading.model)  # type: ignore[arg-type]
    found = reading.problems + reading.warnings
    counted: list[Rule] = []
    is_own, is_valid = document.translation is None, reading.model is not None
    with_ignores = [layer for layer in (document, *reading.bases) if "w2v:" in layer.text]
    checks = _checks(settings.select, settings.ignore, settings.fail_on, reading.family, is_own, is_valid, True)
    for rule, check, keys, is_shown in checks:
        for finding in check(subject):
            causes = keys if finding.keys is None else finding.keys
            if not (is_shown or with_ignores) and _is_of_the_file(document, causes):
                # To find the places of what nobody reads would cost as much as reading the config.
                counted.append(rule)
                continue
            problem = _place(reading, rule, finding, causes)
            if problem is not None:
                found.append(problem)
    for layer in with_ignores:
        found = _without_ignored(found, layer, settings, layer is document)
    problems, hidden = [], []
    for problem in found:
        if settings.selects(problem.rule) or (problem.rule in UNREADABLE and not settings.ignores(problem.rule)):
            problems.append(problem)
        elif _is_worth_a_word(problem.rule, settings):
            hidden.append(problem)
    return Examined(sorted(problems, key=order), hidden, counted)


def _is_worth_a_word(rule: Rule, settings: Settings) -> bool:
    """Whether a report says that it leaves a rule's findings out."""
    if rule == UNUSED_IGNORE:
        return False
    return rule.severity == "error" or (rule.severity == "advice" and not settings.ignores(rule))


def warnings_of_config(reading: Reading) -> list[tuple[Rule, str]]:
    """What the linter finds by default in a config that is right, overrides included: the rules and their words.

    What comments in its files excuse is left out, and its own budgets are held. What stands at no line of a file, as an
    override, is excused by any comment that names the rule. A pyproject.toml has no word in it: the answer on a config
    is the same in every folder.
    """
    assert reading.model is not None
    ignores: list[Ignore] = []
    layers = [layer for layer in (reading.document, *reading.bases) if "w2v:" in layer.text]
    if layers:
        # Imported only for the files that have such comments.
        from w2v_explore.lint.ignores import find_ignores

        ignores = [ignore for layer in layers for ignore in find_ignores(layer)]
    subject = Subject(reading, Settings(), reading.model)
    checks = _checks(None, (), "warning", reading.family, reading.document.translation is None, True, False)
    found = [
        (rule, rename_fields(finding.message, reading.entries, finding.item))
        for rule, check, keys, _ in checks
        for finding in check(subject)
        if not (ignores and _is_excused(reading, rule, finding, keys, ignores))
    ]
    return list(dict.fromkeys(found))


def _is_excused(
    reading: Reading, rule: Rule, finding: Finding, keys: tuple[str, ...], ignores: "Sequence[Ignore]"
) -> bool:
    """Whether a comment in a config's files excuses a finding."""
    problem = _place(reading, rule, finding, keys if finding.keys is None else finding.keys)
    if problem is None:
        return any(rule.code.startswith(ignore.codes) for ignore in ignores)
    return any(ignore.place.path == problem.place.path and ignore.covers(problem) for ignore in ignores)


def warnings_of_model(model: ModelConfig, reading: Reading) -> list[str]:
    """The codes of the warnings that the linter has of a model by itself, whatever file says it.

    Args:
        model: The model.
        reading: What says the sample rate.
    """
    return [rule.code for rule, warns in checks_of_models(model.family) if warns(model, reading)]


@cache
def checks_of_models(family: Family) -> list[tuple[Rule, Callable[[ModelConfig, Reading], bool]]]:
    """The rules that warn of models of a family by themselves, each with whether it does, as `warnings_of_model`."""
    of_models = (*MODEL_RULES, *family.rules)
    return [
        (rule, partial(_warns, check))
        for rule, check, _, _ in _checks(None, (), "warning", family, False, True, False)
        if rule.severity == "warning" and rule in of_models
    ]


def _warns(check: _Check, model: ModelConfig, reading: Reading) -> bool:
    return any(True for _ in check(Subject(reading, Settings(), model)))


def order(problem: Problem) -> tuple[str, int, int, str, str]:
    """Problems sort by file, line and column."""
    place = problem.place
    return place.path, place.line or 0, place.column or 0, problem.rule.code, problem.message


@cache
def _checks(
    select: tuple[str, ...] | None,
    ignore: tuple[str, ...],
    fail_on: Severity,
    family: Family,
    is_own: bool,
    is_valid: bool,
    counts_hidden: bool,
) -> list[tuple[Rule, _Check, tuple[str, ...], bool]]:
    """The rules that run on configs of a family, each with its check, its keys, and whether its findings are shown.

    Those whose findings are not shown run where they are counted; elsewhere their modules are not even imported.
    """
    settings = Settings(select=select, ignore=ignore, fail_on=fail_on)
    rules: tuple[Rule, ...] = DOCUMENT_RULES if is_own else ()
    if is_valid:
        rules += MODEL_RULES if is_own else MODEL_RULES + FOREIGN_RULES
    modules = [(rule, partial(rule_module, rule)) for rule in rules]
    modules += [(rule, partial(rule_module, rule, family)) for rule in family.rules if is_valid]
    checks = []
    for rule, module_of in modules:
        if not (settings.selects(rule) or (counts_hidden and _is_worth_a_word(rule, settings))):
            continue
        module = module_of()
        # A rule without a check is one that reading breaks.
        if hasattr(module, "check") and (rule in family.rules or _has_values(family, module.KEYS)):
            checks.append((rule, module.check, module.KEYS, settings.selects(rule)))
    return checks


def _has_values(family: Family, keys: tuple[str, ...]) -> bool:
    """Whether configs of a family have a value for each key; rules of all families know of none that has several."""
    fields = family.config.FIELDS
    return all(key in METADATA or (key in fields and not isinstance(fields[key].kind, PerLayer)) for key in keys)


def rule_module(rule: Rule, family: Family | None = None) -> ModuleType:
    """The module of a rule, which is named after it; of a rule of a family's own, with the family."""
    package = "lint" if family is None else f"families.{family.name}"
    return import_module(f"w2v_explore.{package}.rules.{rule.name.replace('-', '_')}")


def _without_ignored(problems: list[Problem], layer: Document, settings: Settings, is_own: bool) -> list[Problem]:
    # Imported only for the files that have such comments.
    from w2v_explore.lint.ignores import apply_ignores, find_ignores

    def ran(code: str) -> bool:
        # What the ignores of a base are for is found out where it is linted itself.
        grade: Severity | None = "advice" if code in _ADVICE else None if code[0] in "EWA" else "warning"
        return is_own and settings.selects(Rule(code, "", grade))

    return list(apply_ignores(problems, find_ignores(layer), layer.source.name, ran))


def _is_of_the_file(document: Document, keys: Sequence[str]) -> bool:
    """Whether the file itself states what a finding with such keys is about."""
    return not keys or not document.entries.keys().isdisjoint(keys)


def _place(reading: Reading, rule: Rule, finding: Finding, keys: Sequence[str]) -> Problem | None:
    """A finding at its place in the file, or in the file that it extends and that alone states the keys concerned.

    None where a preset states them: there, nobody can mend it.
    """
    layer = reading.document
    if keys and layer.entries.keys().isdisjoint(keys):
        base = _base_that_states(reading, keys)
        if base is None:
            return None
        layer = base
    stated = [key for key in keys if key in layer.entries]
    if not stated:
        place, key = Place(layer.source.name, layer.start.line, layer.start.column), None
    else:
        key = max(stated, key=list(layer.entries).index)
        entry = layer.entries[key]
        place = entry.value_place(*finding.item)
        if entry.names:
            key = entry.name(finding.item)
        else:
            key += "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in finding.item)
    message = finding.message
    if layer.translation is not None:
        message = rename_fields(message, reading.entries, finding.item)
    return Problem(rule=rule, place=finding.place or place, key=key, message=message, fix=finding.fix)


def _base_that_states(reading: Reading, keys: Sequence[str]) -> Document | None:
    """The last file, among those that a config extends, whose word on one of the keys holds."""
    paths = {reading.entries[key].path for key in keys if key in reading.entries}
    bases = (base for base in reversed(reading.bases) if base.source.name in paths and not is_preset(base.source))
    return next(bases, None)

"""A rule's page: what it does, why that is bad, an example, what to write instead, and what torch does with it.

A rule is a module of `w2v_explore.lint.rules`, or of the ``rules`` folder of a family whose configs alone it is about,
with a ``RULE``, a ``TORCH`` and a docstring in this form; the docstring is the documentation, printed by
``w2v-explore rule`` and written to docs/rules/ by docs/generate.py. What is checked once a config has been read has a
``check`` as well, and ``KEYS``: the fields that it looks at, without which it does not run::

    The heads do not divide the width.

    What it does
        Checks that …
    Why is this bad
        …
    Example
        extends: base
        encoder_num_heads: 7
    Use instead
        extends: base
        encoder_num_heads: 8

The example and its replacement are whole files: a test lints both, and gives both to torchaudio.
"""

import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import NamedTuple

from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.diagnostics import Rule
from w2v_explore.lint import rules
from w2v_explore.lint.engine import rule_module

TORCH = {
    "building raises": "Building the model raises.",
    "forward raises": "The model is built; its forward pass raises.",
    "training raises": "The model is built and runs in evaluation; a forward pass in training raises.",
    "accepts": "Accepts it without a word.",
    "never sees it": "Never sees it: this is about the file, not the model.",
}
"""What torch and torchaudio 2.11 do with a config that breaks a rule; a rule's ``TORCH`` is one of the keys."""


class Page(NamedTuple):
    """The documentation of a rule.

    Attributes:
        rule: Code, name and severity.
        title: The rule in a sentence: what is wrong where it is broken.
        what: What it checks.
        why: Why it is bad.
        example: YAML that breaks it.
        instead: YAML that does not.
        torch: What torch does.
    """

    rule: Rule
    title: str
    what: str
    why: str
    example: str
    instead: str
    torch: str


def load_pages() -> list[Page]:
    """The pages of all rules, by code."""
    return sorted(map(_page, _modules()))


def find_page(called: str) -> Page | None:
    """The page of the rule with a code or a name, in letters of any case; None where no rule is called so."""
    modules = (module for module in _modules() if called.lower() in (module.RULE.code.lower(), module.RULE.name))
    return next(map(_page, modules), None)


def _modules() -> Iterator[ModuleType]:
    """The modules of all rules; those of single families come last, since that imports the families."""
    for module in iter_modules(rules.__path__):
        yield import_module(f"{rules.__name__}.{module.name}")
    for family in map(family_named, FAMILIES):
        yield from (rule_module(rule, family) for rule in family.rules)


def _page(module: ModuleType) -> Page:
    title, _, body = (inspect.getdoc(module) or "").partition("\n\n")
    sections = dict(_sections(body))
    return Page(
        module.RULE,
        title,
        " ".join(sections["What it does"].split()),
        " ".join(sections["Why is this bad"].split()),
        sections["Example"],
        sections["Use instead"],
        TORCH[module.TORCH],
    )


def _sections(body: str) -> Iterator[tuple[str, str]]:
    heading, lines = "", list[str]()
    for line in [*body.splitlines(), "end"]:
        if line and not line.startswith(" "):
            if heading:
                yield heading, textwrap.dedent("\n".join(lines)).strip()
            heading, lines = line, []
        else:
            lines.append(line)


def page_markdown(page: Page) -> str:
    """The page as docs/rules/ has it."""
    return (
        f"# {page.rule.code} {page.rule.name}\n\n"
        f"<!-- Made by `python docs/generate.py` from the rule's module in w2v_explore/lint/rules/. -->\n\n"
        f"{page.title} Severity: {page.rule.severity}.\n\n"
        f"## What it does\n\n{page.what}\n\n"
        f"## Why is this bad\n\n{page.why}\n\n"
        f"## Example\n\n```yaml\n{page.example}\n```\n\n"
        f"## Use instead\n\n```yaml\n{page.instead}\n```\n\n"
        f"## What torch does\n\n{page.torch}\n"
    )

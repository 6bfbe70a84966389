"""``w2v-explore rule``."""

import textwrap
from enum import Enum
from typing import Annotated

import typer

from w2v_explore.lint.page import Page, load_pages
from w2v_explore.report.json import dump

app = typer.Typer(add_completion=False)


class Format(str, Enum):
    """How the catalogue is written."""

    TEXT = "text"
    JSON = "json"


@app.command()
def rule(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="A rule's code or name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List all rules.")] = False,
    format: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.TEXT,
) -> None:
    """What a rule of the linter checks, why, and what to write instead."""
    pages = load_pages()
    if every == (code is not None):
        raise typer.BadParameter("name one rule, as E234, or give --all")
    if code is not None:
        pages = [page for page in pages if code.lower() in (page.rule.code.lower(), page.rule.name)]
        if not pages:
            raise typer.BadParameter(f"there is no rule {code}; `w2v-explore rule --all` lists them")
    if format is Format.JSON:
        documents = [_document(page) for page in pages]
        print(dump(documents if every else documents[0]))
    elif every:
        for page in pages:
            print(f"{page.rule.code}  {page.rule.severity:<8} {page.rule.name:<24} {page.title}")
    else:
        print(_text(pages[0]))


def _document(page: Page) -> dict[str, str]:
    rule = {"code": page.rule.code, "name": page.rule.name, "severity": page.rule.severity}
    return rule | {name: value for name, value in page._asdict().items() if name != "rule"}


def _text(page: Page) -> str:
    sections = {
        "What it does": page.what,
        "Why is this bad": page.why,
        "Example": page.example,
        "Use instead": page.instead,
        "What torch does": page.torch,
    }
    parts = [f"{page.rule.code} {page.rule.name} ({page.rule.severity})", page.title]
    for heading, text in sections.items():
        parts.append(f"{heading}\n" + "\n".join(f"    {line}" for line in _lines(heading, text)))
    return "\n\n".join(parts)


def _lines(heading: str, text: str) -> list[str]:
    return text.splitlines() if heading in ("Example", "Use instead") else textwrap.wrap(text, 76)

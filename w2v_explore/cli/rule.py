"""``w2v-explore rule``."""

import textwrap
from enum import Enum
from typing import Annotated

import typer

from w2v_explore.cli.options import OUTPUT
from w2v_explore.encoding import dump_json
from w2v_explore.lint.page import Page, find_page, load_pages
from w2v_explore.report.table import Column, Table
from w2v_explore.report.terminal import print_table, stdout_console

app = typer.Typer(add_completion=False)

_WIDTH = 80
_LEAST_WIDTH = 20


class Format(str, Enum):
    """How the catalogue is written."""

    TEXT = "text"
    JSON = "json"


@app.command()
def rule(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="A rule's code or name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List all rules.", rich_help_panel=OUTPUT)] = False,
    format: Annotated[
        Format, typer.Option("--format", help="How to write them.", rich_help_panel=OUTPUT)
    ] = Format.TEXT,
) -> None:
    """What a rule of the linter checks, why, and what to write instead."""
    if every == (code is not None):
        raise typer.BadParameter("name one rule, as E234, or give --all")
    if code is None:
        pages = load_pages()
    else:
        page = find_page(code)
        if page is None:
            raise typer.BadParameter(f"there is no rule {code or repr(code)}; {_instead_of(code)}")
        pages = [page]
    if format is Format.JSON:
        documents = [_document(page) for page in pages]
        print(dump_json(documents if every else documents[0]))
    elif every:
        columns = [Column("", numeric=False), Column("", numeric=False), Column("", numeric=False, wraps=True)]
        table = Table("", [*columns, Column("", numeric=False, wraps=True)])
        table.rows += [(page.rule.code, page.rule.severity, page.rule.name, page.title) for page in pages]
        print_table(table, stdout_console())
    else:
        print(_text(pages[0], max(_LEAST_WIDTH, min(stdout_console().width, _WIDTH))))


def _instead_of(code: str) -> str:
    """What to say of a code or a name that no rule has."""
    # Imported only where there is none.
    from w2v_explore.config.suggest import did_you_mean, nearest

    rules = [page.rule for page in load_pages()]
    begun = [rule.code for rule in rules if code.upper() in (rule.code[: len(code)], rule.code[1:])]
    guesses = begun or nearest(code, [rule.name for rule in rules])
    return did_you_mean(guesses, "`w2v-explore rule --all` lists them")


def _document(page: Page) -> dict[str, str]:
    rule = {"code": page.rule.code, "name": page.rule.name, "severity": page.rule.severity}
    return rule | {name: value for name, value in page._asdict().items() if name != "rule"}


def _text(page: Page, width: int) -> str:
    sections = {
        "What it does": page.what,
        "Why is this bad": page.why,
        "Example": page.example,
        "Use instead": page.instead,
        "What torch does": page.torch,
    }
    parts = [f"{page.rule.code} {page.rule.name} ({page.rule.severity})", textwrap.fill(page.title, width)]
    for heading, text in sections.items():
        parts.append(f"{heading}\n" + "\n".join(f"    {line}" for line in _lines(heading, text, width - 4)))
    return "\n\n".join(parts)


def _lines(heading: str, text: str, width: int) -> list[str]:
    return text.splitlines() if heading in ("Example", "Use instead") else textwrap.wrap(text, width)

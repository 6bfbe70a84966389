"""Reports as GitHub-flavoured Markdown, fit for a pull request."""

import re
from collections.abc import Sequence

from w2v_explore.encoding import fit
from w2v_explore.report.table import Report, Table

# Emphasis, code, HTML, links, cells, entities, strikethrough and formulas; then what GitHub makes a link or a picture
# of without any markup: people, issues, addresses, emoji.
_MARKUP = re.compile(
    r"(?P<sign>[\\|*_`<>\[\]&~$])|@(?=\w)|(?:#|\bGH-)(?=\d)|:(?=//|[a-z+-][\w+-]*:)|\bwww(?=\.)|\bmailto(?=:)",
    re.IGNORECASE,
)
# Of no width: a backslash before it would not keep GitHub from making a link.
_BREAK = "&#8203;"
# Up to what would make a paragraph a list, a heading, a rule, or the line above it a heading.
_BLOCK = re.compile(r"\d{1,9}(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|--|=+\s*$)")
_BACKTICKS = re.compile("`+")
_CLOSING = re.compile(r"#+\s*$")


def report_markdown(reports: Sequence[Report]) -> str:
    """Each report under a heading of the second level, each table under one of the third."""
    return "\n".join(_report(report) for report in reports)


def _report(report: Report) -> str:
    parts = [
        f"## {_heading(report.heading)}",
        *map(_paragraph, report.lines),
        *map(_table, report.tables),
        *[_command(what, command) for what, command in report.commands],
    ]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = [f"### {_heading(table.title)}", ""]
    lines.append(_row([_escape(column.heading) for column in table.columns]))
    lines.append(_row(["---:" if column.numeric else ":---" for column in table.columns]))
    lines += [_row([_escape(str(cell)) for cell in row]) for row in table.rows]
    if table.remark:
        lines += ["", _paragraph(str(table.remark))]
    return "\n".join(lines)


def _command(what: str, command: str) -> str:
    """A block of code, which no text ends that stands in it."""
    text = fit(command)
    fence = "`" * max([3, *[len(run) + 1 for run in _BACKTICKS.findall(text)]])
    return f"{_paragraph(f'{what}:')}\n\n{fence}sh\n{text}\n{fence}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _heading(text: str) -> str:
    return _CLOSING.sub(r"\\\g<0>", _escape(text))


def _paragraph(text: str) -> str:
    text = _escape(text)
    begins = _BLOCK.match(text)
    return f"{text[: begins.end()]}\\{text[begins.end() :]}" if begins else text


def _escape(text: str) -> str:
    """Leave nothing in one line that Markdown, HTML or GitHub would take for markup, and keep the indent of a tree."""
    text = fit(text)
    shown = text.lstrip(" ")
    return "&nbsp;" * (len(text) - len(shown)) + _MARKUP.sub(_escape_markup, shown)


def _escape_markup(found: re.Match[str]) -> str:
    return f"\\{found[0]}" if found["sign"] else f"{found[0]}{_BREAK}"

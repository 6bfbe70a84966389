"""A page as text: one file, with its styles and scripts inside."""

from __future__ import annotations

from html import escape
from typing import Any

from w2v_explore.report.html.page import Page, Picture, Sliders
from w2v_explore.report.table import Table


def html_text(page: Page, document: Any) -> str:
    """The file.

    Args:
        page: What it shows.
        document: The result as plain data, which a reader can copy as JSON.
    """
    lines = ["<!doctype html>", f"<title>{escape(page.title)}</title>"]
    for section in page.sections:
        lines.append(f"<h2>{escape(section.heading)}</h2>")
        for part in section.parts:
            match part:
                case Table():
                    lines.append(f"<table><caption>{escape(part.title)}</caption>")
                    lines += [
                        f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in part.rows
                    ]
                    lines.append("</table>")
                case Picture():
                    lines.append(part.svg)
                case Sliders():
                    pass
    return "\n".join([*lines, ""])

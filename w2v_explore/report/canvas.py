"""What curves are drawn on in characters: plotext's figure, of which there is one in a process."""

from collections.abc import Iterable
from typing import Any

from w2v_explore.encoding import printable
from w2v_explore.report.layout import wrap


def blank_canvas(width: int, rows: int) -> Any:
    """The figure without what was drawn before, and as large as asked, whatever the terminal's size; needs plotext."""
    import plotext

    figure = plotext.figure
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.plot_size(width, rows)
    figure.theme("colorless")
    figure.legend(False)
    return figure


def canvas_text(figure: Any, *, colour: bool) -> str:
    """What is drawn, in lines."""
    drawn: str = figure.build().string(colorless=not colour)
    return drawn.rstrip("\n")


def legend_lines(entries: Iterable[str], width: int) -> list[str]:
    """The entries of a legend, printable, in lines of at most a width; one that is longer is broken between words."""
    lines: list[str] = []
    for entry in map(printable, entries):
        if lines and len(lines[-1]) + 3 + len(entry) <= width:
            lines[-1] += f"   {entry}"
        else:
            lines += wrap(entry, width)
    return lines

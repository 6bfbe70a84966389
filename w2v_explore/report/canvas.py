"""What curves are drawn on in characters: plotext's figure, of which there is one in a process."""

import re
from typing import Any

_ZEROS = re.compile(r"\.0+(?=\D|$)|(?<=\.\d)0+(?=\D|$)")


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


def tick_text(text: str) -> str:
    """A round number without the decimals of a measured one: ``50.00 M`` → ``50 M``."""
    return _ZEROS.sub("", text)

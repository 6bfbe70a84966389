"""A table before it is drawn: what the terminal and Markdown renderers share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from w2v_explore.report.units import percent


class Share(NamedTuple):
    """A part of a whole: a bar on a terminal, a percentage elsewhere."""

    fraction: float

    def __str__(self) -> str:
        """The percentage."""
        return percent(self.fraction)


class Stacked(NamedTuple):
    """A part of a whole that begins where the part above it ends: a bar on a terminal, a percentage elsewhere.

    Attributes:
        start: Where it begins, as a fraction of the whole.
        fraction: The part.
    """

    start: float
    fraction: float

    def __str__(self) -> str:
        """The percentage."""
        return percent(self.fraction)


class Crossed(NamedTuple):
    """A figure that is out of the question: struck through on a terminal, and marked with a word everywhere."""

    text: str

    def __str__(self) -> str:
        """In words."""
        return f"{self.text} no"


class Change(NamedTuple):
    """A change: ``+221.1 M (+234.2 %)``, or the percentage alone where the whole text is too wide.

    A terminal has one colour for what goes up and another for what goes down; the sign says it too.

    Attributes:
        amount: By how much the figure changed, with its sign.
        percent: The amount in percent of the figure before; empty where there is no such ratio.
    """

    amount: str
    percent: str = ""

    def __str__(self) -> str:
        """In full."""
        return f"{self.amount} ({self.percent})" if self.percent else self.amount


class Lines:
    """A text of several lines; a plain string is one line, whatever is in it."""

    # No NamedTuple: making its class takes a summary longer than all of its texts.
    __slots__ = ("lines",)

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def __str__(self) -> str:
        """In one line."""
        return " ".join(self.lines)


Cell = str | Lines | Share | Stacked | Crossed | Change


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        heading: What stands above it.
        numeric: Whether its cells are numbers.
        wraps: Whether it gives way on a narrow terminal: its text is broken, or stands above its row.
        priority: 0 for a column that is always shown; columns with the greatest number are left out first where a
            terminal is too narrow.
        stands_out: Whether its cells are what is looked for first: bold on a terminal.
    """

    heading: str
    numeric: bool = True
    wraps: bool = False
    priority: int = 0
    stands_out: bool = False


@dataclass(slots=True)
class Table:
    """Rows under headings, with a title and the lines of a remark below."""

    title: str
    columns: Sequence[Column]
    rows: list[Sequence[Cell]] = field(default_factory=list)
    remark: str | Lines | None = None


class Report(NamedTuple):
    """What is said of one config or of several.

    Attributes:
        heading: What it is about.
        lines: A few, on what was done.
        tables: The figures.
        picture: Draws what a terminal shows below the tables, so many columns wide, with colour or without.
        commands: What a reader may copy, below all else: what each command does, and the command, quoted for a shell.
    """

    heading: str
    lines: Sequence[str]
    tables: list[Table]
    picture: Callable[[int, bool], str] | None = None
    commands: Sequence[tuple[str, str]] = ()

"""A page before it is written: what the pages of all commands are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.report.table import Table

if TYPE_CHECKING:
    from w2v_explore.config.load import Config
    from w2v_explore.report.table import Report


class Picture(NamedTuple):
    """A picture.

    Attributes:
        title: What it shows.
        svg: The markup, in which every text of a config is escaped (`markup`), and nothing has a ``style``.
        words: What is to be seen in it, for who does not see it, and as its caption.
        script: The script that adds to it, a file of `assets` without its ending; empty where none does.
        data: What the script needs for that, plain data.
    """

    title: str
    svg: str
    words: str
    script: str = ""
    data: Any = None


class Sliders(NamedTuple):
    """Duration, batch and dtype to move, and the figures that follow from them.

    Attributes:
        title: What moves.
        data: The formulas, plain data.
        remark: What holds of all of it.
    """

    title: str
    data: Any
    remark: str


Part = Table | Picture | Sliders


class Tile(NamedTuple):
    """A figure that matters, at the top of a section.

    Attributes:
        label: What it is of.
        value: In a few characters.
        exact: The same in full, or what else it is; empty where there is no more to say.
    """

    label: str
    value: str
    exact: str = ""


class Section(NamedTuple):
    """What a page says of one thing, as one config.

    Attributes:
        heading: What it is about.
        lines: A few, on what was done.
        parts: What is to be seen, in order.
        commands: What a reader may copy: what each command does, and the command, quoted for a shell.
        tiles: The figures that matter most, above all else.
    """

    heading: str
    lines: Sequence[str]
    parts: Sequence[Part]
    commands: Sequence[tuple[str, str]] = ()
    tiles: Sequence[Tile] = ()


class Page(NamedTuple):
    """All that a page shows.

    Attributes:
        title: Of the page.
        configs: What the figures are of; a reader can copy the YAML of each.
        sections: What it says.
    """

    title: str
    configs: Sequence[Config]
    sections: Sequence[Section]


def section_of(report: Report, pictures: Sequence[Part] = (), tiles: Sequence[Tile] = ()) -> Section:
    """A report as a section, with the figures that matter and pictures above its tables."""
    return Section(report.heading, report.lines, [*pictures, *report.tables], report.commands, tiles)

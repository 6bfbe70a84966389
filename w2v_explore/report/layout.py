"""Where the cells of a table go at a width: which columns are shown, how wide each is, where text is broken.

A figure is never broken. Where the columns are too wide together, bars go first, then the amounts of changes, which
stand beside their percentages, then the columns that are needed least; a label that is too long for its column stands
on a line of its own, above its figures.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from rich.text import Text

from w2v_explore.report.table import Cell, Change, Column, Crossed, Share, Stacked, Table

_NARROW = 100
_LEAST_TEXT = 12
# Neither says that more or less is better.
_DIRECTIONS = {"+": "magenta", "−": "cyan", "-": "cyan"}
_EIGHTHS = " ▏▎▍▌▋▊▉█"
# By the width of a bar of a share, that of a bar whose parts lie one behind the other in rows of their own.
_STACKED_WIDTHS = {12: 36, 3: 24}
# Between a number and what belongs to it.
_GLUED = re.compile(
    r"(?<=\d) (?=(?:[kMGTP]?B(?:/s)?|[kMGTP](?:Hz|MAC/s)?|Hz|[mµn]?s|[KMGT]iB|samples)(?!\w)|[%×±])|(?<=[×±]) (?=\d)"
)
_GLUE = "\0"
# Where a name or a path that is longer than a line is broken.
_JOINT = re.compile(r"(?<=[./])(?=[^\W\d])")
_WEAK_JOINT = re.compile(r"(?<=[._/-])(?=[^\W\d])")


class Layout(NamedTuple):
    """A table at a width.

    Attributes:
        lines: What is printed, the headings first.
        left_out: The headings of the columns that are not shown.
    """

    lines: list[Text]
    left_out: list[str]


class _Shown(NamedTuple):
    """A column as it is drawn.

    Attributes:
        number: Its place in the table.
        column: What it is.
        cells: Its cells, without the heading.
        natural: The width at which nothing in it is broken.
        least: The smallest width that breaks no figure, and nothing where the column does not wrap.
    """

    number: int
    column: Column
    cells: list[Text]
    natural: int
    least: int


def lay_out(table: Table, width: int) -> Layout:
    """The lines of a table, none of them wider than the width."""
    gap = 1 if width < _NARROW else 2

    def least(columns: Sequence[_Shown]) -> int:
        return sum(each.least for each in columns) + gap * (len(columns) - 1)

    def natural(columns: Sequence[_Shown]) -> int:
        return sum(each.natural for each in columns) + gap * (len(columns) - 1)

    columns: list[_Shown] = []
    ways = [(12, False), (3, False), (0, False), (0, True)]
    for bar_width, brief in ways[width < _NARROW :]:
        columns = [_draw_column(table, number, bar_width, brief) for number in range(len(table.columns))]
        if least(columns) <= width:
            break
    changes = any(isinstance(cell, Change) and cell.percent for row in table.rows for cell in row)
    if changes and width < _NARROW and table.columns[0].wraps and natural(columns) > width:
        # A step in one line is read more easily than amounts beside percentages.
        in_percent = [_draw_column(table, number, 0, brief=True) for number in range(len(table.columns))]
        if natural(in_percent) <= width:
            columns, brief = in_percent, True
    shown = columns
    while least(shown) > width and (priority := max(each.column.priority for each in shown)):
        shown = [each for each in shown if each.column.priority != priority]
    for relax in (_break_text, _break_long_words):
        if least(shown) > width:
            shown = list(map(relax, shown))
    while least(shown) > width and len(shown) > 1:
        shown = shown[:-1]
    kept = {each.number for each in shown}
    left_out = [each.column.heading for each in columns if each.number not in kept and each.column.heading]
    if brief and changes and "Change" not in left_out:
        left_out.append("amounts of changes")
    widths = _fit([each.natural for each in shown], [each.least for each in shown], width - gap * (len(shown) - 1))
    return Layout(list(_lines(shown, widths, gap, width)), left_out)


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of at most a width, broken between words and never between a number and its unit."""
    return [line for part in text.split("\n") for line in _wrap_words(_words(part), width)]


def _draw_column(table: Table, number: int, bar_width: int, brief: bool) -> _Shown:
    column = table.columns[number]
    cells = [_draw(row[number], bar_width, brief) for row in table.rows]
    if column.stands_out:
        for cell in cells:
            cell.stylize("bold")
    natural = max(map(cell_len, [column.heading, *[line for cell in cells for line in cell.plain.split("\n")]]))
    shown = _Shown(number, column, cells, natural, natural)
    if column.numeric:
        pieces = [piece for cell in cells for piece in _pieces(cell.plain, column)]
        return shown._replace(least=max(map(cell_len, [*_words(column.heading), *pieces]), default=0))
    if not column.wraps:
        return shown
    if number == 0 and _is_label(table.columns):
        return shown._replace(least=max(map(cell_len, _words(column.heading)), default=0))
    return shown._replace(least=_longest_word(shown))


def _break_long_words(shown: _Shown) -> _Shown:
    """A column of text that gives way even within its words."""
    return shown._replace(least=min(shown.least, _LEAST_TEXT)) if _is_breakable(shown.column) else shown


def _break_text(shown: _Shown) -> _Shown:
    """A column of text that gives way though it should not."""
    if shown.column.numeric:
        return shown
    least = _longest_word(shown, _WEAK_JOINT) if not shown.column.wraps else shown.least
    return shown._replace(column=shown.column._replace(wraps=True), least=min(least, shown.least))


def _is_breakable(column: Column) -> bool:
    return column.wraps and not column.numeric


def _is_label(columns: Sequence[Column]) -> bool:
    """Whether the first column's cells may stand above their rows: all further columns are figures or bars."""
    return not columns[0].numeric and not any(map(_is_breakable, columns[1:]))


def _longest_word(shown: _Shown, joint: re.Pattern[str] = _JOINT) -> int:
    words = [
        part
        for cell in shown.cells
        for line in cell.plain.split("\n")
        for word in _words(line)
        for part in joint.split(word)
    ]
    return max(map(cell_len, [*_words(shown.column.heading), *words]), default=0)


def _words(text: str) -> list[str]:
    return [word.replace(_GLUE, " ") for word in _GLUED.sub(_GLUE, text).split()]


def _pieces(text: str, column: Column) -> list[str]:
    """What a cell may be broken into."""
    return _words(text) if column.wraps or not column.numeric else [text]


def _fit(widths: list[int], least: Sequence[int], available: int) -> list[int]:
    """Widths that are available: the widest columns give way first, each down to its least."""
    if sum(widths) <= available:
        return widths
    floors = [min(width, max(lowest, 1)) for width, lowest in zip(widths, least, strict=True)]
    if sum(floors) > available:
        # A single column is left, and one of its words is longer than the line.
        return [min(floor, max(available, 1)) for floor in floors]

    def at_most(level: int) -> list[int]:
        return [max(floor, min(width, level)) for width, floor in zip(widths, floors, strict=True)]

    # The greatest level at which the columns fit; of two columns as wide the first gives way.
    level = bisect_right(range(max(widths, default=0)), available, key=lambda level: sum(at_most(level + 1)))
    fitted, wider = at_most(level), at_most(level + 1)
    for number in reversed(range(len(fitted))):
        if sum(fitted) < available:
            fitted[number] = wider[number]
    return fitted


def _lines(shown: Sequence[_Shown], widths: Sequence[int], gap: int, width: int) -> Iterator[Text]:
    columns = [each.column for each in shown]
    if any(column.heading for column in columns):
        headings = [
            [Text(line, "dim") for line in _wrap_words(_words(column.heading), wide)]
            for column, wide in zip(columns, widths, strict=True)
        ]
        yield from _row(headings, columns, widths, gap)
    stacks = _is_label(columns) and len(columns) > 1
    for cells in zip(*[each.cells for each in shown], strict=True):
        broken = [_break(cell, column, wide) for cell, column, wide in zip(cells, columns, widths, strict=True)]
        if stacks and cell_len(cells[0].plain) > widths[0]:
            yield from (Text(line) for line in _fold(cells[0].plain, width))
            broken[0] = []
        yield from _row(broken, columns, widths, gap)


def _row(cells: Sequence[Sequence[Text]], columns: Sequence[Column], widths: Sequence[int], gap: int) -> Iterator[Text]:
    for number in range(max(map(len, cells), default=0)):
        line, column_start = Text(), 0
        for cell, column, width in zip(cells, columns, widths, strict=True):
            if number < len(cell) and cell[number].plain:
                indent = width - cell[number].cell_len if column.numeric else 0
                line.append(" " * (column_start + indent - line.cell_len)).append_text(cell[number])
            column_start += width + gap
        yield line


def _break(cell: Text, column: Column, width: int) -> list[Text]:
    """A cell in lines."""
    if cell.cell_len <= width and "\n" not in cell.plain:
        return [cell]
    if column.numeric:
        return [Text(piece) for piece in _wrap_words(_pieces(cell.plain, column), width)]
    return [Text(line) for line in wrap(cell.plain, width)]


def _fold(text: str, width: int) -> list[str]:
    """A label over the whole width; its own blanks, the guides of a tree, stay where it fits."""
    return [text] if cell_len(text) <= width else wrap(text, width)


def _wrap_words(words: Sequence[str], width: int) -> list[str]:
    lines: list[list[str]] = []
    # The width of the last line, kept up to date: measuring it again for each of thousands of words takes long.
    taken = 0
    for word in words:
        length = cell_len(word)
        if lines and taken + 1 + length <= width:
            lines[-1].append(word)
            taken += 1 + length
        else:
            lines += [[line] for line in _chop(word, width)]
            taken = cell_len(lines[-1][0]) if lines else 0
    return [" ".join(line) for line in lines] or [""]


def _chop(word: str, width: int) -> list[str]:
    """A word in lines of at most a width."""
    if cell_len(word) <= width:
        return [word]
    lines: list[list[str]] = [[]]
    taken = 0
    for part in (_JOINT if max(map(cell_len, _JOINT.split(word))) <= width else _WEAK_JOINT).split(word):
        length = cell_len(part)
        if taken + length <= width:
            lines[-1].append(part)
            taken += length
        else:
            lines += [[piece] for piece in ([part] if length <= width else chop_cells(part, width))]
            taken = cell_len(lines[-1][0])
    return [line for line in map("".join, lines) if line]


def _draw(cell: Cell, bar_width: int, brief: bool) -> Text:
    if isinstance(cell, Change):
        text = cell.percent if brief and cell.percent else str(cell)
        return Text(text, _DIRECTIONS.get(text[:1], ""))
    if isinstance(cell, Share):
        return _with_bar(f"{cell!s:>7}", _bar(cell.fraction, bar_width))
    if isinstance(cell, Stacked):
        return _with_bar(f"{cell!s:>7}", _part_of_a_bar(cell, _STACKED_WIDTHS.get(bar_width, 0)))
    if isinstance(cell, Crossed):
        return Text.assemble((cell.text, "strike"), str(cell).removeprefix(cell.text))
    return Text(str(cell))


def _with_bar(figure: str, bar: str) -> Text:
    return Text.assemble(f"{figure} ", (bar, "cyan")) if bar.strip() else Text(figure)


def _bar(fraction: float, width: int) -> str:
    """A bar of at most ``width`` characters, to an eighth of one."""
    eighths = round(max(0.0, min(fraction, 1.0)) * width * 8)
    return _EIGHTHS[8] * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")


def _part_of_a_bar(cell: Stacked, width: int) -> str:
    """A bar behind the space of those before it, to half a character; the least part has as much."""
    if not width:
        return ""
    halves = [round(min(end, 1.0) * width * 2) for end in (cell.start, cell.start + cell.fraction)]
    first, last = halves[0], max(halves[1], halves[0] + 1)
    before, whole = divmod(first, 2)
    bar = " " * before + ("▐" if whole else "")
    return bar + "█" * ((last - first - whole) // 2) + ("▌" if (last - first - whole) % 2 else "")

"""How columns share a width, and words a line: as one character after the other would, however long they are."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from w2v_explore.report import layout
from w2v_explore.report.table import Column, Crossed, Stacked, Table


def fit_one_by_one(widths: list[int], least: list[int], available: int) -> list[int]:
    while sum(widths) > available:
        reducible = [number for number, width in enumerate(widths) if width > max(least[number], 1)]
        if not reducible:
            return [min(width, max(available, 1)) for width in widths]
        widths[max(reducible, key=lambda number: widths[number])] -= 1
    return widths


def test_the_widest_column_gives_way_first() -> None:
    draw = random.Random(1)
    for _ in range(2_000):
        widths, least = ([draw.randint(0, most) for _ in range(draw.randint(1, 5))] for most in (30, 20))
        widths, least = widths[: len(least)], least[: len(widths)]
        available = draw.randint(-3, 90)
        assert layout._fit([*widths], least, available) == fit_one_by_one([*widths], least, available)


def test_a_text_of_any_length_is_laid_out_at_once() -> None:
    words = "a 模 " * 100_000
    lines = layout.wrap(words, 10_000)
    assert " ".join(lines) == words.strip()
    assert max(map(layout.cell_len, lines)) <= 10_000
    name = "a.b/" * 100_000
    assert "".join(layout.wrap(name, 100_000)) == name
    assert layout._fit([10**6, 10**6, 3], [1, 1, 3], 100) == [48, 49, 3]


@pytest.mark.parametrize("width", [12, 24, 36])
def test_parts_of_a_bar_begin_where_the_last_one_ended(width: int) -> None:
    draw = random.Random(2)
    for _ in range(500):
        halves = sorted(draw.randint(0, 2 * width) for _ in range(4))
        ends = [end / (2 * width) for end in halves]
        for start, end in pairwise(ends):
            bar = layout._part_of_a_bar(Stacked(start, end - start), width)
            taken = [half for at, mark in enumerate(bar) for half in MARKS[mark](2 * at)]
            # Of the least part something is shown.
            first, last = round(2 * width * start), round(2 * width * end)
            assert taken == list(range(first, max(last, first + 1)))


MARKS = {
    " ": lambda at: (),
    "█": lambda at: (at, at + 1),
    "▌": lambda at: (at,),
    "▐": lambda at: (at + 1,),
}


def test_what_is_out_of_the_question_is_struck_through_and_said() -> None:
    table = Table("", [Column("GB")], [(Crossed("40.1"),), ("7",)])
    lines = layout.lay_out(table, 80).lines
    assert [line.plain for line in lines] == ["     GB", "40.1 no", "      7"]
    assert [(str(span.style), lines[1].plain[span.start : span.end]) for span in lines[1].spans] == [("strike", "40.1")]

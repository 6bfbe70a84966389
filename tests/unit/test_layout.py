"""How columns share a width, and words a line: as one character after the other would, however long they are."""

from __future__ import annotations

import random

from w2v_explore.report import layout


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

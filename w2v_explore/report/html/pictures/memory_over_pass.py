"""The memory that is held over a pass, with the module that runs when it is most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from w2v_explore.analysis.memory.over_pass import MemoryOverPass
from w2v_explore.report.html.markup import element
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.axes import (
    TEXT_SIZE,
    WIDTH,
    Axis,
    axis_over,
    draw_axes,
    fitting,
    picture,
    room_left_of,
    said,
    width_of,
    words_at,
)
from w2v_explore.report.units import size_bytes

_TOP, _BOTTOM, _LEFT, _RIGHT, _LINE = 58, 258, 63, 6, 19
# More parts than this are drawn by what holds them.
_MOST_PARTS = 150
_MODEL = "the model"


class _Part(NamedTuple):
    """Steps in a row in which one module, or those inside it, run in one pass."""

    path: str
    phase: str
    start: int
    end: int


def memory_picture(over: MemoryOverPass, what: str, states: str) -> Picture:
    """The picture of what is held.

    Args:
        over: What is held.
        what: The pass: ``a forward pass of 10 s, float32``.
        states: What is held all along: ``weights``.
    """
    in_training = any(over.gradient_bytes)
    # In inference weights are often nearly all, and activations what there is to see.
    floor = over.resident_bytes if in_training else 0
    totals = [floor + live for live in over.live_bytes]
    steps, peak = len(totals), max(totals)
    at = totals.index(peak)
    y = axis_over([0, peak], _BOTTOM, _TOP, size_bytes, most=5)
    x = Axis(0, steps, room_left_of(y, _LEFT), WIDTH - _RIGHT, False, ())
    peak_part = _where(over, at)
    title = f"Memory over {what}"
    columns = min(steps, int(x.end - x.start))
    # Of the steps that share a column the one with the most is drawn: no peak is lost.
    most = [
        max(range(steps * column // columns, steps * (column + 1) // columns), key=totals.__getitem__)
        for column in range(columns)
    ]
    levels, names = [[totals[step] for step in most]], [("activations", "k1")]
    if in_training:
        levels += [[floor + over.gradient_bytes[step] for step in most], [floor] * columns]
        names = [("activations and their gradients", "k1"), ("gradients of parameters", "k2"), (states, "k0")]
    parts = [_area(level, x, y, class_) for level, (_, class_) in zip(levels, names, strict=True)]
    parts += draw_axes(x, y, "", "held at once" if in_training else f"held at once beside {states}")
    parts += _phases(over, x, y)
    legend, height = _legend(names, _BOTTOM + (58 if in_training else 40))
    parts += legend
    place = round(x.at(at + 0.5), 1)
    parts.append(element("circle", class_="k5 strong", cx=place, cy=round(y.at(peak), 1), r=4))
    label = f"{size_bytes(peak)} in {_end_of(peak_part.path, WIDTH - width_of(size_bytes(peak) + ' in '))}"
    left = min(max(place - width_of(label) / 2, 0), WIDTH - width_of(label))
    parts.append(words_at(label, left, _TOP - 14))
    parts += _bands(over, totals, x, y)
    state, together = size_bytes(over.resident_bytes), size_bytes(over.peak_bytes)
    if in_training:
        words = (
            f"Most is held in the {peak_part.phase} pass of {peak_part.path}: {together}, of which {state} are "
            f"{states}, there all along. From left to right each tensor as it is allocated or freed, which is no time. "
            "Memory of training is another figure: all gradients of parameters beside all activations that are kept."
        )
    else:
        words = (
            f"Most is held in {peak_part.path}: {size_bytes(peak)} of activations, {together} with the {states}. "
            "From left to right each operation that makes a tensor, which is no time."
        )
    return Picture(title, picture(height, title, *parts), words, "chart")


def _area(level: Sequence[int], x: Axis, y: Axis, class_: str) -> str:
    """What lies below a level, in steps."""
    bottom, width = round(y.start, 1), (x.end - x.start) / len(level)
    path, column = f"M{x.start:g} {bottom:g}", 0
    for height, equal in groupby(level):
        column += len(list(equal))
        path += f"V{y.at(height):.1f}H{x.start + column * width:.1f}".replace(".0", "")
    return element("path", class_=f"{class_} soft area", d=f"{path}V{bottom:g}z")


def _where(over: MemoryOverPass, step: int) -> _Part:
    """The module that runs in a step, by its own path."""
    start, path, phase = next(mark for mark in reversed(over.marks) if mark[0] <= step)
    return _Part(path or _MODEL, phase, start, step + 1)


def _end_of(path: str, width: float) -> str:
    """As much of the end of a module's path as there is room for."""
    shown = path
    while width_of(shown) > width and "." in path:
        path = path.partition(".")[2]
        shown = f"…{path}"
    return fitting(shown, width)


def _parts(over: MemoryOverPass, depth: int | None) -> list[_Part]:
    """What runs, in order: modules so many levels down, or without a depth the numbered ones of lists."""
    starts = [start for start, *_ in over.marks]
    ends = [*starts[1:], len(over.live_bytes)]
    spans = [
        _Part(_outer(path, depth), phase, start, end)
        for (start, path, phase), end in zip(over.marks, ends, strict=True)
        if end > start
    ]
    merged = []
    for _, equal in groupby(spans, key=lambda part: part[:2]):
        same = list(equal)
        merged.append(same[0]._replace(end=same[-1].end))
    return merged


def _outer(path: str, depth: int | None) -> str:
    names = path.split(".")
    if depth is not None:
        return ".".join(names[:depth]) or _MODEL
    number = next((number for number, name in enumerate(names) if name.isdecimal()), 1)
    return ".".join(names[: number + 1]) or _MODEL


def _bands(over: MemoryOverPass, totals: Sequence[int], x: Axis, y: Axis) -> list[str]:
    """What is to be pointed at: the modules, over strips from top to bottom."""
    parts = _parts(over, None)
    if len(parts) > _MOST_PARTS:
        parts = _parts(over, 2)
    bands = []
    for part in parts:
        most = max(totals[part.start : part.end])
        left = round(x.at(part.start), 1)
        bands.append(
            element(
                "rect",
                said(f"{part.path}, {part.phase}: at most {size_bytes(most)}"),
                class_="tip hit",
                x=left,
                y=y.end,
                width=round(x.at(part.end) - left, 1),
                height=y.start - y.end,
            )
        )
    return bands


def _phases(over: MemoryOverPass, x: Axis, y: Axis) -> list[str]:
    """Below the axis: which of the model's parts run where, and in which pass."""
    drawn = []
    both = len({phase for *_, phase in over.marks}) > 1
    for part in _parts(over, 1):
        left, right = round(x.at(part.start), 1), round(x.at(part.end), 1)
        room = right - left
        if room < TEXT_SIZE:
            continue
        drawn.append(element("path", class_="axis", d=f"M{left + 1:g} {y.start + 4:g}v5H{right - 1:g}v-5"))
        name = fitting(part.path, room)
        if len(name) > 3:
            drawn.append(words_at(name, (left + right) / 2, y.start + 24, anchor="middle", class_="muted"))
    if both:
        turn = next(start for start, _, phase in over.marks if phase == "backward")
        drawn.append(element("path", class_="axis", stroke_dasharray="3 3", d=f"M{x.at(turn):.1f} {y.start}V{y.end}"))
        for phase, start, end in (("forward", 0, turn), ("backward", turn, len(over.live_bytes))):
            drawn.append(words_at(phase, x.at((start + end) / 2), y.start + 44, anchor="middle"))
    return drawn


def _legend(names: Sequence[tuple[str, str]], y: float) -> tuple[list[str], float]:
    """What the colours stand for, in as many lines as it takes, and where they end."""
    drawn, x = [], 0.0
    for name, class_ in names:
        width = 17 + width_of(name)
        if x + width > WIDTH:
            x, y = 0.0, y + _LINE
        drawn.append(element("rect", class_=f"{class_} soft area", x=x, y=y, width=12, height=12))
        drawn.append(words_at(name, x + 17, y + 11))
        x += width + 10
    return drawn, y + _LINE

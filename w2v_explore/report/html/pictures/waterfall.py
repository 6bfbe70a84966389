"""What makes the difference between two configs: from one's figure to the other's, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from w2v_explore.analysis.comparing.attribution import Contribution
from w2v_explore.analysis.comparing.compare import Comparison
from w2v_explore.analysis.figures import Figure, figure_named
from w2v_explore.report.html.markup import element
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.axes import (
    WIDTH,
    Axis,
    axis_over,
    draw_axis,
    fitting,
    picture,
    said,
    width_of,
    words_at,
)
from w2v_explore.report.units import exact, figure_text, signed, signed_exact

WATERFALLS = ("parameters", "macs", "memory.inference_bytes", "memory.training_bytes")
"""The figures that have one."""

_ROW, _TOP, _BAR, _BOTTOM = 34, 4, 12, 22
_NAMED = 10
# Of a bar of hardly any length.
_THIN = 1.5
# Where changes are smaller than this part of the figures, bars that began at 0 would hide them.
_SMALL = 0.4


class Step(NamedTuple):
    """A field, or several that can only change together.

    Attributes:
        label: Their names.
        before: The figure before they change.
        change: What they contribute.
    """

    label: str
    before: Fraction
    change: Fraction


def steps_of(contributions: Sequence[Contribution], figure: str, first: Fraction) -> list[Step]:
    """From a config's figure to another's, the greatest changes first; of many the smallest are one step.

    Args:
        contributions: Of all changed fields.
        figure: Its name.
        first: The first config's.
    """
    changes = [
        (" and ".join(fields), figures[figure]) for fields, figures in contributions if figures.get(figure, 0) != 0
    ]
    changes.sort(key=lambda each: abs(each[1]), reverse=True)
    if len(changes) > _NAMED:
        rest = changes[_NAMED - 1 :]
        changes[_NAMED - 1 :] = [(f"{len(rest)} further changes", sum([change for _, change in rest], Fraction(0)))]
    steps = []
    for label, change in changes:
        steps.append(Step(label, first, change))
        first += change
    return steps


def waterfall_pictures(comparison: Comparison) -> list[Picture]:
    """A waterfall for each config but the first and each figure of which it is known what makes the difference."""
    pictures = []
    names = comparison.names
    for number, contributions in enumerate(comparison.attributions, start=1):
        for name in WATERFALLS:
            metric = comparison.metrics.get(name)
            if metric is None:  # a baseline of an older version lacks it
                continue
            first, last = Fraction(metric.values[0]), Fraction(metric.values[number])
            steps = steps_of(contributions, name, first)
            # Of a baseline's older figures, and of some precisions, contributions are not known.
            if steps and steps[-1].before + steps[-1].change == last:
                pictures.append(_waterfall(figure_named(name), steps, names[0], names[number], last, len(names) > 2))
    return pictures


def _waterfall(
    figure: Figure, steps: Sequence[Step], first: str, last: str, after: Fraction, are_several: bool
) -> Picture:
    write = figure_text(figure.unit)
    before = steps[0].before
    heights = [before, *[step.before + step.change for step in steps]]
    axis, begins_at_0 = _axis(heights, figure)
    bars = [_bar(0, first, write(float(before)), exact(int(before)), "muted", axis.start, axis.at(float(before)))]
    for number, step in enumerate(steps, start=1):
        ends = sorted((axis.at(float(step.before)), axis.at(float(step.before + step.change))))
        amount, is_more = signed(float(step.change), write), step.change > 0
        bars.append(
            _bar(number, step.label, amount, _exactly(step.change), "k2 strong" if is_more else "k1 strong", *ends)
        )
    count = len(steps) + 1
    bars.append(_bar(count, last, write(float(after)), exact(int(after)), "muted", axis.start, axis.at(float(after))))
    below = _TOP + _ROW * (count + 1)
    title = f"What makes the difference in {figure.label}"
    greatest = steps[0]
    words = (
        f"From {first} with {write(float(before))} to {last} with {write(float(after))}: the greatest change is that "
        f"of {greatest.label}, {signed(float(greatest.change), write)}."
    )
    if not begins_at_0:
        words += " The bars do not begin at 0."
    svg = picture(below + _BOTTOM, title, *draw_axis(axis, _TOP, below), *_joints(heights, axis), *bars)
    return Picture(f"{title}: {last}" if are_several else title, svg, words, "chart")


def _axis(heights: Sequence[Fraction], figure: Figure) -> tuple[Axis, bool]:
    """The axis, and whether it begins at 0."""
    values = [float(height) for height in heights]
    low, high = min(values), max(values)
    begins_at_0 = low < 0 or high - low > _SMALL * high
    values.append(min(low, 0.0) if begins_at_0 else low - (high - low) / 2)
    axis = axis_over(values, 0, WIDTH, figure_text(figure.unit), most=5)
    return axis, begins_at_0


def _joints(heights: Sequence[Fraction], axis: Axis) -> list[str]:
    """Lines from where a bar ends to where the next begins."""
    parts = []
    for number, height in enumerate(heights):
        place, top = round(axis.at(float(height)), 1), _TOP + _ROW * number + _ROW - 6
        parts.append(element("line", class_="axis", x1=place, x2=place, y1=top, y2=top + _ROW - _BAR))
    return parts


def _bar(number: int, label: str, amount: str, exactly: str, colour: str, left: float, right: float) -> str:
    top = _TOP + _ROW * number
    room = WIDTH - width_of(amount) - 12
    return element(
        "g",
        words_at(fitting(label, room), 0, top + 12),
        words_at(amount, WIDTH, top + 12, anchor="end"),
        element(
            "rect", class_=colour, x=round(min(left, WIDTH - _THIN), 1), y=top + _ROW - _BAR - 6,
            width=round(max(right - left, _THIN), 1), height=_BAR,
        ),
        element(
            "rect", said(f"{label}: {exactly}"), class_="tip hit", x=0, y=top, width=WIDTH,
            height=_ROW,
        ),
    )  # fmt: skip


def _exactly(change: Fraction) -> str:
    """A contribution to the unit; a part of a unit that an average over orders leaves with three digits."""
    return signed_exact(change.numerator) if change.denominator == 1 else f"{float(change):+,.3f}".replace("-", "−")

"""What a search found as points of two figures, beside published models: each says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from w2v_explore.report.html.markup import element, text
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
)
from w2v_explore.report.labels import Box, Point, along, around, place_labels
from w2v_explore.report.scatter import Named, Scatter, all_of, describe_far
from w2v_explore.report.search_scatter import scatter_of
from w2v_explore.report.units import exact, field_value
from w2v_explore.search.answer import Answer

_HEIGHT, _TOP, _BOTTOM, _LEFT, _RIGHT = 400, 34, 42, 66, 14
_RADIUS, _SMALL_RADIUS, _MANY = 5.0, 3.0, 60
# Of more designs than so many each by itself is not worth its words.
_MOST_TOLD = 400
_DIAMOND = "m0-6l6 6-6 6-6-6z"
_STAR = "m0-9 2.4 6 6.4.4-5 4 1.7 6.3-5.5-3.5-5.5 3.5 1.7-6.3-5-4 6.4-.4z"
_NAME_SIZE = 12.0
_LONGEST_NAME = 0.6 * WIDTH


def scatter_pictures(answer: Answer) -> list[Picture]:
    """The designs of a frontier, or of a match, beside the config itself and published models; none of other answers.

    Args:
        answer: What was found.
    """
    scatter = scatter_of(answer)
    if scatter is None:
        return []
    title = scatter.designs[:1].upper() + scatter.designs[1:]
    svg = picture(
        _HEIGHT, f"{title}: {scatter.y.title} over {scatter.x.title}", *_draw(scatter, _told(answer, scatter))
    )
    return [Picture(title, svg, _words(scatter), "chart")]


def _words(scatter: Scatter) -> str:
    signs = [
        f"{name}: {what}"
        for name, what, is_there in (
            ("Discs", scatter.designs, scatter.points),
            ("circles", scatter.doubtful, scatter.misses),
            ("the star", "the config itself", scatter.own),
            ("diamonds", "published models", scatter.published),
        )
        if is_there
    ]
    words = "; ".join(signs)
    far = describe_far(scatter)
    return f"{words[:1].upper()}{words[1:]}. {far[:1].upper()}{far[1:]}".rstrip(". ") + "."


def _told(answer: Answer, scatter: Scatter) -> list[list[str]]:
    """What is said of each point, and then of each miss, when it is pointed at."""
    if len(scatter.numbers) > _MOST_TOLD:
        return []
    told = []
    points = [*scatter.points, *scatter.misses]
    for number, point in zip(scatter.numbers, points, strict=True):
        fields = [f"{name}: {field_value(value)}" for name, value in answer.designs[number].fields.items()]
        told.append([f"Design {exact(number + 1)}", *_figures(scatter, point), *fields])
    return told


def _figures(scatter: Scatter, point: Point) -> list[str]:
    return [f"{axis.title}: {axis.text(value)}" for axis, value in zip((scatter.x, scatter.y), point, strict=True)]


def _draw(scatter: Scatter, told: Sequence[Sequence[str]]) -> list[str]:
    axis = partial(axis_over, logarithmic=scatter.logarithmic, margin=0.05)
    y = axis(all_of(scatter, 1), _HEIGHT - _BOTTOM, _TOP, scatter.y.text, most=7)
    x = axis(all_of(scatter, 0), room_left_of(y, _LEFT), WIDTH - _RIGHT, scatter.x.text, most=6)
    parts = draw_axes(x, y, scatter.x.title, scatter.y.title)
    if scatter.line:
        line = " ".join(f"{x.at(each):.1f},{y.at(other):.1f}" for each, other in scatter.line)
        parts.append(element("polyline", points=line, class_="k1 line", stroke_opacity="0.5"))
    radius = _RADIUS if len(scatter.points) <= _MANY else _SMALL_RADIUS
    tips = [said(*lines) for lines in told]
    for number, (each, other) in enumerate((*scatter.points, *scatter.misses)):
        kind = "strong" if number < len(scatter.points) else "line"
        parts.append(
            element(
                "circle", *tips[number : number + 1], class_=f"k1 {kind} tip" if tips else f"k1 {kind}",
                cx=round(x.at(each), 1), cy=round(y.at(other), 1), r=radius,
            )
        )  # fmt: skip
    for model in scatter.published:
        parts.append(_named(scatter, model, x, y, _DIAMOND, "k4"))
    if scatter.own:
        parts.append(_named(scatter, scatter.own, x, y, _STAR, "k2"))
    return [*parts, *_names(scatter, x, y)]


def _named(scatter: Scatter, point: Named, x: Axis, y: Axis, shape: str, colour: str) -> str:
    return element(
        "path",
        said(point.name, *_figures(scatter, (point.x, point.y))),
        class_=f"{colour} strong tip",
        d=f"M{x.at(point.x):.1f} {y.at(point.y):.1f}{shape}",
    )


def _names(scatter: Scatter, x: Axis, y: Axis) -> list[str]:
    """The names where they hide no point, no line and no other name, as near to their points as may be."""
    named = [*([scatter.own] if scatter.own else []), *scatter.published]

    def at(point: Point) -> Point:
        return x.at(point[0]), y.at(point[1])

    points = [at((each.x, each.y)) for each in named]
    names = [fitting(each.name, _LONGEST_NAME) for each in named]
    step = 4.0
    drawn = [*map(at, (*scatter.points, *scatter.misses)), *along([*map(at, scatter.line)], step)]
    # Of points that are drawn over one another one is enough.
    cells = sorted({(round(each / step), round(other / step)) for each, other in drawn})
    taken = [*[around((step * each, step * other), step + 1) for each, other in cells], *[around(p, 8) for p in points]]
    sizes = [(_NAME_SIZE / TEXT_SIZE * width_of(name), _NAME_SIZE + 2) for name in names]
    bounds = Box(x.start - 20, _TOP, WIDTH, _HEIGHT - _BOTTOM)
    parts = []
    labels = place_labels(points, sizes, taken, bounds, 1.0)
    for each, name, point, (box, is_led) in zip(named, names, points, labels, strict=True):
        if is_led:
            end_x, end_y = box.nearest(point)
            parts.append(
                element(
                    "line", class_="axis", x1=round(point[0], 1), y1=round(point[1], 1), x2=round(end_x, 1),
                    y2=round(end_y, 1),
                )
            )  # fmt: skip
        middle = (box.left + box.right) / 2
        weight = "bold" if each is scatter.own else None
        place = {"x": round(middle, 1), "y": round(box.high - 4, 1), "text_anchor": "middle"}
        parts.append(element("text", text(name), class_="name", font_weight=weight, **place))
    return parts

"""Points of two figures as a picture, the named ones with their names beside them; needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from w2v_explore.encoding import printable
from w2v_explore.report.importing import importing_matplotlib
from w2v_explore.report.labels import Box, along, around, place_labels
from w2v_explore.report.layout import wrap
from w2v_explore.report.scatter import Scatter, all_of, describe_far
from w2v_explore.report.ticks import round_numbers, tick_text

# Okabe and Ito's colours, which people who see few colours can tell apart.
_DESIGNS, _OWN, _PUBLISHED = "#0072B2", "#D55E00", "#4D4D4D"
_MANY = 60
_LABEL_SIZE = 8.5
# Characters that have room above the plot.
_LINE = 125
_LEADER = {"arrowstyle": "-", "color": "0.6", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 4}


def plot_scatter(scatter: Scatter, title: str, lines: Sequence[str], format: str) -> bytes:
    """The points with their names; the same bytes for the same points, whenever it is drawn.

    Args:
        scatter: The points.
        title: What is drawn.
        lines: What was asked, and of what, below the title.
        format: ``svg`` or ``png``.
    """
    with importing_matplotlib():
        import matplotlib
        from matplotlib.figure import Figure

    # Names of what is drawn twice are made of the salt, which is else a random one.
    with matplotlib.rc_context({"svg.hashsalt": "w2v-explore"}):
        figure = Figure(figsize=(9, 5.6), layout="constrained")
        axes = figure.subplots()
        _draw(axes, scatter)
        heading = figure.suptitle(printable(title), ha="left", fontsize=13, fontweight="bold", parse_math=False)
        said = [part for line in lines for part in wrap(printable(line), _LINE)]
        axes.set_title("\n".join(said), loc="left", fontsize="small", color="0.35", parse_math=False)
        figure.draw_without_rendering()
        # What is laid out stays where it is.
        figure.set_layout_engine("none")
        heading.set_x(axes.get_position().x0)
        _name(figure, axes, scatter)
        content = io.BytesIO()
        figure.savefig(content, format=format, dpi=150, metadata={"Date": None} if format == "svg" else None)
    return content.getvalue()


def _draw(axes: Any, scatter: Scatter) -> None:
    for number, axis in enumerate((scatter.x, scatter.y)):
        values = all_of(scatter, number)
        which = axes.xaxis if number == 0 else axes.yaxis
        if scatter.logarithmic:
            (axes.set_xscale if number == 0 else axes.set_yscale)("log")
        ticks = round_numbers(values, 8, logarithmic=scatter.logarithmic)
        which.set_ticks(ticks, [tick_text(axis.text(tick)) for tick in ticks])
        which.set_ticks([], minor=True)
        which.set_label_text(printable(axis.title), parse_math=False)
    size = 30 if len(scatter.points) <= _MANY else 10
    if scatter.line:
        axes.plot(*zip(*scatter.line, strict=True), color=_DESIGNS, linewidth=1.2, alpha=0.7, zorder=2)
    if scatter.points:
        axes.scatter(*zip(*scatter.points, strict=True), s=size, color=_DESIGNS, label=scatter.designs, zorder=3)
    if scatter.misses:
        axes.scatter(
            *zip(*scatter.misses, strict=True), s=size, facecolors="none", edgecolors=_DESIGNS, label=scatter.doubtful,
            zorder=3,
        )  # fmt: skip
    if scatter.published:
        at = [(each.x, each.y) for each in scatter.published]
        axes.scatter(*zip(*at, strict=True), s=26, marker="D", color=_PUBLISHED, label="published models", zorder=4)
    if scatter.own:
        axes.scatter(scatter.own.x, scatter.own.y, s=150, marker="*", color=_OWN, label="the config itself", zorder=5)
    axes.grid(alpha=0.3)
    axes.margins(0.08)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize="small", frameon=False, loc="best")
    if far := describe_far(scatter):
        axes.annotate(
            printable(far), (1, 0), xytext=(0, 4), xycoords="axes fraction", textcoords="offset points", ha="right",
            fontsize=7.5, color="0.35", parse_math=False,
        )  # fmt: skip


def _name(figure: Any, axes: Any, scatter: Scatter) -> None:
    """Write the names where they hide no point, no line and no other name, as near to their points as may be."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    unit = figure.dpi / 72

    def extent(artist: Any) -> Box:
        found = artist.get_window_extent(renderer)
        return Box(found.x0, found.y0, found.x1, found.y1)

    def at(point: Sequence[float]) -> tuple[float, float]:
        x, y = axes.transData.transform(point)
        return float(x), float(y)

    named = [*([scatter.own] if scatter.own else []), *scatter.published]
    points = [at((each.x, each.y)) for each in named]
    step = 4 * unit
    drawn = [*map(at, (*scatter.points, *scatter.misses)), *along([*map(at, scatter.line)], step)]
    # Of points that are drawn over one another one is enough.
    cells = sorted({(round(x / step), round(y / step)) for x, y in drawn})
    taken = [
        *[around((step * x, step * y), step) for x, y in cells],
        *[around(point, (9 if each is scatter.own else 5) * unit) for each, point in zip(named, points, strict=True)],
        *map(extent, (axes.get_legend(), *axes.texts)),
    ]
    looks = [_look(is_own=each is scatter.own) for each in named]
    sizes = []
    for each, look in zip(named, looks, strict=True):
        text = axes.text(0, 0, printable(each.name), transform=None, **look)
        box = extent(text)
        sizes.append((box.right - box.left, box.high - box.low))
        text.remove()
    labels = place_labels(points, sizes, taken, extent(axes), unit)
    for each, look, (x, y), (box, is_led) in zip(named, looks, points, labels, strict=True):
        end_x, end_y = box.nearest((x, y))
        ends_at = ((end_x - box.left) / (box.right - box.left), (end_y - box.low) / (box.high - box.low))
        axes.annotate(
            printable(each.name), (each.x, each.y), xytext=((box.left - x) / unit, (box.low - y) / unit),
            textcoords="offset points", arrowprops={**_LEADER, "relpos": ends_at} if is_led else None, **look,
        )  # fmt: skip


def _look(*, is_own: bool) -> dict[str, Any]:
    return {
        "fontsize": _LABEL_SIZE, "color": _OWN if is_own else _PUBLISHED, "parse_math": False, "va": "bottom",
        "ha": "left", "fontweight": "bold" if is_own else "normal", "zorder": 6,
    }  # fmt: skip

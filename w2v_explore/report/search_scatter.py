"""What a search found, as points: a frontier by its first two figures, matched designs by depth and width."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from w2v_explore.analysis.figures import Figures
from w2v_explore.report.figure_columns import figure_cell, figure_label
from w2v_explore.report.scatter import MAX_NAMED, Axis, Named, Scatter
from w2v_explore.report.units import first_few, scalar
from w2v_explore.search.answer import Answer
from w2v_explore.search.question.match import DEPTH, Match
from w2v_explore.search.question.pareto import Pareto

_WIDTH = "encoder_embed_dim"
# Published models are drawn that lie no further beside what was found than a part of its extent.
_BESIDE = 0.25


def scatter_of(answer: Answer) -> Scatter | None:
    """The points of an answer; None where they have not two sizes."""
    mode = answer.question.mode
    if not answer.designs:
        return None
    match mode:
        case Pareto() if len(mode.figures) > 1:
            return _of_frontier(answer, mode)
        case Match():
            return _of_match(answer)
    return None


def _of_frontier(answer: Answer, mode: Pareto) -> Scatter:
    names = mode.figures[:2]
    points = [(float(each.figures[names[0]]), float(each.figures[names[1]])) for each in answer.designs]
    worse = [min if name in mode.maximized else max for name in names]
    # Between two designs nothing is better than the worse of both in either figure.
    corners = [(worse[0](one[0], next[0]), worse[1](one[1], next[1])) for one, next in pairwise(points)]
    figures = Figures(answer.analysis)
    own = Named(answer.analysis.config.name, float(figures[names[0]]), float(figures[names[1]]))
    published = [
        Named(first_few(model.presets, 1), float(model.figures[names[0]]), float(model.figures[names[1]]))
        for model in answer.published
    ]
    drawn = _beside([*points, (own.x, own.y)], published)[:MAX_NAMED]
    further = f", in the first two of {len(mode.figures)} figures" if len(mode.figures) > 2 else ""
    return Scatter(
        *[Axis(figure_label(name), partial(figure_cell, name)) for name in names],
        designs=f"the frontier{further}",
        points=points,
        corners=corners if len(mode.figures) == 2 else [],
        own=own,
        published=drawn,
        left_out=len(published) - len(drawn),
    )


def _beside(points: Sequence[tuple[float, float]], models: Sequence[Named]) -> list[Named]:
    """The models that lie among the points or near them."""
    found = list(models)
    for axis in (0, 1):
        low, high = min(point[axis] for point in points), max(point[axis] for point in points)
        margin = _BESIDE * (high - low or high)
        found = [each for each in found if low - margin <= (each.x, each.y)[axis] <= high + margin]
    return found


def _of_match(answer: Answer) -> Scatter:
    config = answer.analysis.config

    def text(value: float) -> str:
        return scalar(round(value))

    def sizes(model: object) -> tuple[float, float]:
        return float(getattr(model, _WIDTH)), float(getattr(model, DEPTH))

    return Scatter(
        Axis(_WIDTH, text),
        Axis(DEPTH, text),
        designs="of each depth the nearest",
        points=[sizes(design.config.model) for design in answer.designs],
        corners=[],
        own=Named(config.name, *sizes(config.model)),
        published=[],
        left_out=0,
    )

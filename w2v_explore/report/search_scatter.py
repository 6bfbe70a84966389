"""What a search found, as points: a frontier by two of its figures, matched designs by depth and width."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from math import isclose

from w2v_explore.analysis.figures import Figures
from w2v_explore.report.figure_columns import figure_cell, figure_label
from w2v_explore.report.scatter import MAX_NAMED, Axis, Named, Scatter
from w2v_explore.report.units import first_few
from w2v_explore.search.answer import Answer
from w2v_explore.search.published import Published
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.match import DEPTH, Match
from w2v_explore.search.question.pareto import Pareto

_WIDTH = "encoder_embed_dim"
# What lies further from the designs than this part of their extent would press them together.
_NEAR = 0.25
_NEAR_OWN = 1.0
_SAME = 0.01
# Where the greatest value is so many times the least.
_LOGARITHMIC_FROM = 20.0
# A match that is off by more is none.
_MISSES_FROM = 1.05
_WITHIN = "5 %"


def scatter_of(answer: Answer) -> Scatter | None:
    """The points of an answer; None where it has no two sizes to draw, or no designs."""
    mode = answer.question.mode
    if not answer.designs or not is_drawn(mode):
        return None
    return _of_match(answer, mode) if isinstance(mode, Match) else _of_frontier(answer)


def is_drawn(mode: Mode) -> bool:
    """Whether what a mode finds has two sizes to draw."""
    return isinstance(mode, Match) or (isinstance(mode, Pareto) and len(mode.figures) > 1)


def is_near(values: Sequence[float], designs: Sequence[Sequence[float]], part: float = _NEAR) -> bool:
    """Whether some figures are within the designs' extent in each, or beside it by no more than a part of it."""
    for value, column in zip(values, zip(*designs, strict=True), strict=True):
        low, high = min(column), max(column)
        margin = part * (high - low or high)
        if not low - margin <= value <= high + margin:
            return False
    return True


def _of_frontier(answer: Answer) -> Scatter:
    mode = answer.question.mode
    assert isinstance(mode, Pareto)
    # What all designs have alike is no axis.
    varying = [name for name in mode.figures if len({design.figures[name] for design in answer.designs}) > 1]
    names = varying[:2] if len(varying) > 1 else mode.figures[:2]
    points = [(float(each.figures[names[0]]), float(each.figures[names[1]])) for each in answer.designs]
    worse = [min if name in mode.maximized else max for name in names]
    # Between two designs nothing is better than the worse of both in either figure.
    corners = [(worse[0](one[0], next[0]), worse[1](one[1], next[1])) for one, next in pairwise(points)]
    figures = Figures(answer.analysis)
    x, y = (Axis(figure_label(name), partial(figure_cell, name)) for name in names)
    own = Named(answer.analysis.config.name, float(figures[names[0]]), float(figures[names[1]]))
    own_is_near = is_near((own.x, own.y), points, _NEAR_OWN)
    published = _together(answer.published, names)
    drawn = [model for model in published if is_near((model.x, model.y), points)][:MAX_NAMED]
    named = [(each.x, each.y) for each in (*([own] if own_is_near else []), *drawn)]
    logarithmic = all(value > 0 for point in (*points, *named) for value in point) and any(
        max(values) >= _LOGARITHMIC_FROM * min(values) for values in zip(*points, strict=True)
    )
    further = f", in two of its {len(mode.figures)} figures" if len(mode.figures) > 2 else ""
    return Scatter(
        x,
        y,
        designs=f"the frontier{further}",
        points=points,
        corners=corners if len(mode.figures) == 2 else [],
        own=own if own_is_near else None,
        published=drawn,
        logarithmic=logarithmic,
        far=[*([] if own_is_near else [own]), *[model for model in published if model not in drawn]],
        numbers=range(len(points)),
    )


def _together(models: Sequence[Published], names: Sequence[str]) -> list[Named]:
    """The models as points; those that a picture does not tell apart are one."""
    found: dict[tuple[float, float], list[str]] = {}
    for model in models:
        x, y = (float(model.figures[name]) for name in names)
        near = (at for at in found if isclose(x, at[0], rel_tol=_SAME) and isclose(y, at[1], rel_tol=_SAME))
        found.setdefault(next(near, (x, y)), []).extend(model.presets)
    return [Named(first_few(presets, 1), *at) for at, presets in found.items()]


def _of_match(answer: Answer, mode: Match) -> Scatter:
    matching: list[int] = []
    missing: list[int] = []
    for number, design in enumerate(answer.designs):
        quotients = [design.figures[name] / wanted for name, wanted in mode.wanted]
        matches = all(1 / _MISSES_FROM <= quotient <= _MISSES_FROM for quotient in quotients)
        (matching if matches else missing).append(number)
    points, misses = (
        [_sizes(answer.designs[number].config.model) for number in numbers] for numbers in (matching, missing)
    )
    config = answer.analysis.config
    return Scatter(
        Axis(_WIDTH, "{:g}".format),
        Axis(DEPTH, "{:g}".format),
        designs=f"of each depth the best match, within {_WITHIN}",
        points=points,
        corners=[],
        own=Named(config.name, *_sizes(config.model)),
        published=[],
        far=[],
        doubtful=f"further off than {_WITHIN}",
        misses=misses,
        numbers=[*matching, *missing],
    )


def _sizes(model: object) -> tuple[float, float]:
    return float(getattr(model, _WIDTH)), float(getattr(model, DEPTH))

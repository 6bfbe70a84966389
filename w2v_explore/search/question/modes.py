"""What is written of a mode: targets to reach, names to keep, ratios to a teacher, figures to be the best in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.comparing.asked import require_figures
from w2v_explore.analysis.comparing.conditions import Condition, is_figure
from w2v_explore.analysis.figures import ALIASES, MEASURED, Figures, known_names
from w2v_explore.config.family import Family
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, ConditionError
from w2v_explore.search.question.constraints import parse_constraint
from w2v_explore.search.question.match import Match
from w2v_explore.search.question.nearest import Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.question.survivors import Survivors
from w2v_explore.search.space.held import held
from w2v_explore.search.space.space import Space

MOST_FIGURES = 5
"""The figures that a frontier may have: of more, nearly every config is a part of it."""

_GREATEST_RATIO = 1e15
"""Of a figure to a teacher's; what comes of it is a number with a fraction, and so is its quotient by any figure."""

_CHANGE = re.compile(r"\s*([\w.]+)\s*([+−-])\s*([^+−\s%<>=-][^%<>=]*?)\s*(%)?\s*", re.ASCII)
_RATIO = re.compile(r"\s*([\w.]+)\s*=\s*(-?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15}))(?:/(\d{1,15}))?\s*", re.ASCII)
_HOW_TO_AIM = (
    "write 'macs -50%' for at least so much less, 'macs +20%' for at least so much more, or a comparison, as "
    "'macs <= 3G' or 'stride == 320'"
)
_HOW_TO_BE_BEST = "give a figure to minimize or to maximize, as macs"
_HOW_TO_RELATE = "write FIGURE=RATIO, as parameters=0.25 or parameters=1/4"


def pareto(minimize: Sequence[str], maximize: Sequence[str], family: Family) -> Pareto:
    """The mode that asks for the frontier of some figures.

    Args:
        minimize: Those of which less is better, by any of their names.
        maximize: Those of which more is.
        family: Of the configs.

    Raises:
        ArgumentError: There is no such figure, one is named twice, or there are none or too many.
    """
    figures = (*minimize, *maximize)
    require_figures(figures, family)
    _require_each_once(figures)
    if not figures:
        raise ArgumentError(f"nothing is to be minimized or maximized; {_HOW_TO_BE_BEST}")
    _require_few(figures)
    return Pareto(figures, frozenset(maximize))


def rank(minimize: Sequence[str], maximize: Sequence[str], top: int, family: Family) -> Rank:
    """The mode that asks for the first configs in the order of the one figure that is named; as in `pareto`."""
    figures = (*minimize, *maximize)
    require_figures(figures, family)
    if len(figures) != 1:
        are = "nothing is" if not figures else f"{len(figures)} figures are"
        raise ArgumentError(f"{are} to be minimized or maximized, and configs are ranked by one; give one figure")
    return Rank(figures[0], bool(maximize), _at_least_one(top))


def survivors(minimize: Sequence[str], maximize: Sequence[str], top: int | None, family: Family) -> Survivors:
    """The mode that asks for what is left to be measured, since some of the figures to be best in come from a device.

    Args:
        minimize: The figures of which less is better, by any of their names.
        maximize: Those of which more is.
        top: How many come first in the order of the one figure; None for their frontier.
        family: Of the configs.

    Raises:
        ArgumentError: As in `pareto`.
    """
    figures = (*minimize, *maximize)
    closed = tuple([name for name in figures if name not in MEASURED])
    require_figures(closed, family)
    _require_each_once(figures)
    _require_few(figures)
    return Survivors(closed, figures, frozenset(maximize), top)


def nearest(
    space: Space, targets: Sequence[str], keep: Sequence[str], top: int, option: str = "--target"
) -> tuple[Space, Nearest, tuple[Condition, ...]]:
    """The mode that asks for the configs that reach targets and differ least from the one that the space is around.

    Args:
        space: The space.
        targets: ``macs -50%``, ``macs <= 3G``.
        keep: Figures by any of their names, or fields, that are to stay as they are.
        top: How many.
        option: What the targets were given for, in messages.

    Returns:
        The part of the space in which the fields are kept, the mode, and what has to hold: the targets, and that the
        figures are kept.

    Raises:
        ConditionError: A target is none, or of a figure that there is not.
        ArgumentError: There is no target, no such name to keep, or no config that keeps a field.
    """
    family = space.config.model.family
    aimed = tuple([parse_target(text, family, option) for text in targets])
    if not aimed:
        raise ArgumentError(f"nothing is to be reached; {_HOW_TO_AIM}")
    kept: list[Condition] = []
    for name in dict.fromkeys(keep):
        if name in family.config.FIELDS:
            space = held(space, name)
            continue
        _require_name(name, family)
        kept.append(Condition(f"keep {name}", name, "==", 0.0, is_change=True, is_percent=False))
    return space, Nearest(aimed, _at_least_one(top)), (*aimed, *kept)


def parse_target(text: str, family: Family, option: str = "--target") -> Condition:
    """The target that a text writes: at least so much less or more than the figure is, or any comparison.

    Args:
        text: The text.
        family: Of the configs.
        option: What it was given for, in messages.

    Raises:
        ConditionError: It writes none, or of a figure that there is not.
    """
    change = _CHANGE.fullmatch(text)
    if change is not None:
        figure, sign, number, percent = change.groups()
        comparison = ">=" if sign == "+" else "<="
        return parse_constraint(f"{figure} {comparison} {sign}{number}{percent or ''}", family, option)._replace(
            text=text.strip()
        )
    if not re.search("[<>]|==", text):
        raise ConditionError(f"{option} {shorten(text)!r} is no target; {_HOW_TO_AIM}")
    return parse_constraint(text, family, option)


def match(teacher: Analysis, ratios: Mapping[str, Fraction | float], family: Family, top: int = 1) -> Match:
    """The mode that asks, of each depth, for the config whose figures are nearest to parts of a teacher's.

    Args:
        teacher: The teacher, of any family, under the workload of the search.
        ratios: By figure, under any of its names, what part of the teacher's is wanted.
        family: Of the configs.
        top: How many of each depth.

    Raises:
        ArgumentError: There is no ratio, no such figure, one is named twice, a ratio is not above 0 or past any use,
            or the teacher's figure is 0.
    """
    require_figures(ratios, family)
    require_figures(ratios, teacher.config.model.family)
    _require_each_once(tuple(ratios))
    if not ratios:
        raise ArgumentError(f"no figure of the teacher is wanted in part; {_HOW_TO_RELATE}")
    figures = Figures(teacher)
    wanted: list[tuple[str, float]] = []
    for name, ratio in ratios.items():
        if not ratio > 0:
            raise ArgumentError(f"the ratio of {name} is {ratio}; give one above 0, as 0.25")
        if not 1 / _GREATEST_RATIO <= ratio <= _GREATEST_RATIO:
            raise ArgumentError(f"the ratio of {name} is past any use; give one near 1, as 0.25")
        if not figures[name]:
            raise ArgumentError(
                f"{name} of {teacher.config.name} is 0, of which every part is 0; give another figure, as parameters"
            )
        # A number with a fraction is meant as it is written.
        wanted.append((name, float(Fraction(str(ratio)) * Fraction(figures[name]))))
    return Match(tuple(wanted), _at_least_one(top), teacher=teacher.config.name)


def parse_ratios(texts: Iterable[str], option: str = "--ratio") -> dict[str, Fraction]:
    """The ratios by figure that texts write, each ``parameters=0.25``.

    Raises:
        ArgumentError: One is none, or is of a figure that has another.
    """
    ratios: dict[str, Fraction] = {}
    for text in texts:
        written = _RATIO.fullmatch(text)
        if written is None or (written[3] is not None and not int(written[3])):
            raise ArgumentError(f"{option} {shorten(text)!r} is no ratio; {_HOW_TO_RELATE}")
        if written[1] in ratios:
            raise ArgumentError(f"{option}: {written[1]} is named twice; give each figure once")
        ratios[written[1]] = Fraction(written[2]) / int(written[3] or 1)
    return ratios


def _require_few(figures: Sequence[str]) -> None:
    if len(figures) > MOST_FIGURES:
        raise ArgumentError(f"a frontier of {len(figures)} figures is too wide; give {MOST_FIGURES} at most")


def _require_each_once(names: Sequence[str]) -> None:
    """Refuse a figure that is named twice, be it by two of its names.

    Raises:
        ArgumentError: One is.
    """
    seen: dict[str, str] = {}
    for name in names:
        figure = ALIASES[name].figure if name in ALIASES else name
        if figure in seen:
            also = f"as {seen[figure]} and as {name}" if seen[figure] != name else "twice"
            raise ArgumentError(f"{figure} is named {also}; give each figure once")
        seen[figure] = name


def _require_name(name: str, family: Family) -> None:
    """Refuse what is neither a figure nor a field.

    Raises:
        ArgumentError: It is none, with what was most likely meant.
    """
    if not is_figure(name):
        # Imported only where something is wrong.
        from w2v_explore.config.suggest import did_you_mean
        from w2v_explore.config.suggest import nearest as nearest_names

        guesses = nearest_names(name, (*family.config.FIELDS, *known_names(family.components), *ALIASES))
        otherwise = "give a figure, as stride, or a field, as encoder_embed_dim"
        raise ArgumentError(
            f"there is no figure or field {shorten(name) or repr(name)} to keep; {did_you_mean(guesses, otherwise)}"
        )
    require_figures([name], family)


def _at_least_one(top: int) -> int:
    if top < 1:
        raise ArgumentError(f"the first {top} are asked for; give 1 or more")
    return top

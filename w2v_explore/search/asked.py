"""What a search is asked with, under the names of the command's options, and the question that it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.comparing.asked import require_figures, require_names
from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.analysis.figures import ALIASES, Figures
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.family import Family
from w2v_explore.config.load import Config
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.constraints import parse_constraint
from w2v_explore.search.question.match import Match
from w2v_explore.search.question.nearest import Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.space.space import Space

MAX_FIGURES = 5
"""The figures of a frontier. Of more, most configs are on it."""

MAX_TOP = 10_000
"""The designs that an order may end after: each is analysed by itself in some thousandths of a second."""

_NOTHING_ASKED = (
    "say what to look for: --minimize and --maximize FIGURE for a frontier, with --top for the first of an order; "
    "--target CONDITION for the fewest edits; or --like TEACHER"
)
_TOGETHER = "give one of the two"


class Asked(NamedTuple):
    """What is asked; what is empty or None is not.

    Attributes:
        minimize: Figures of which less is better.
        maximize: Figures of which more is better.
        target: Conditions that the nearest configs must reach, as ``macs -50%``.
        keep: What must stay as it is for them: figures, or fields.
        like: The teacher whose figures are matched.
        ratio: By figure, how much of the teacher's is wanted.
        top: How many designs, of each depth where a teacher is matched.
        require: Conditions that must hold.
        lint_clean: Whether the linter must have no warning of a design.
    """

    minimize: Sequence[str] = ()
    maximize: Sequence[str] = ()
    target: Sequence[str] = ()
    keep: Sequence[str] = ()
    like: Config | None = None
    ratio: Mapping[str, float] = {}
    top: int | None = None
    require: Sequence[str] = ()
    lint_clean: bool = False

    def check(self) -> None:
        """Refuse what there cannot be, and what contradicts itself.

        Raises:
            ArgumentError: A value is out of its range, nothing is asked, or two options ask different things.
            TypeError: A value is of another type.
        """
        for name in ("minimize", "maximize", "keep"):
            require_names(name, getattr(self, name))
        for name in ("target", "require"):
            _check_conditions(name, getattr(self, name))
        _check_top(self.top)
        _check_ratio(self.ratio)
        if self.keep and not self.target:
            raise ArgumentError("--keep says what a --target leaves as it is; give --target too")
        if self.ratio and self.like is None:
            raise ArgumentError("--ratio is of a teacher's figure; give --like TEACHER too")
        if self.like is not None and not self.ratio:
            raise ArgumentError("--like needs how large the student is; give --ratio FIGURE=R, as parameters=0.25")
        ordered = "--minimize" if self.minimize else "--maximize"
        modes = {
            ordered: bool(self.minimize or self.maximize),
            "--target": bool(self.target),
            "--like": self.like is not None,
        }
        given = [option for option, is_given in modes.items() if is_given]
        if len(given) > 1:
            raise ArgumentError(f"{given[0]} and {given[1]} ask different things; {_TOGETHER}")
        if not given:
            goes = "--top says how many, and not of what; " if self.top is not None else ""
            raise ArgumentError(f"{goes}{_NOTHING_ASKED}")
        self._check_figures()

    def _check_figures(self) -> None:
        figures = [*self.minimize, *self.maximize]
        meant: dict[str, str] = {}
        for name in figures:
            figure = ALIASES[name].figure if name in ALIASES else name
            if figure in meant:
                again = shorten(name) if name == meant[figure] else f"{shorten(meant[figure])} as {shorten(name)}"
                raise ArgumentError(f"{again} is given twice; leave one out")
            meant[figure] = name
        if len(figures) > MAX_FIGURES:
            raise ArgumentError(f"a frontier of {len(figures)} figures is too wide; give {MAX_FIGURES} at most")
        if self.top is not None and len(figures) > 1:
            raise ArgumentError(
                f"--top takes the first by one figure, and {len(figures)} are given; leave --top out for their frontier"
            )


def question_of(space: Space, workload: Workload, asked: Asked) -> Question:
    """The question that something asked of a space comes to.

    Args:
        space: The space.
        workload: Of the figures.
        asked: What is asked.

    Raises:
        ArgumentError: It contradicts itself, or a figure or a field is none.
        ConditionError: A text is no condition.
        TypeError: A value is of another type.
    """
    asked.check()
    family = space.config.model.family
    required = tuple(parse_constraint(text, family, "--require") for text in asked.require)
    mode, constraints = _mode(space, workload, asked, family)
    return Question(space, workload, mode, (*constraints, *required), asked.lint_clean)


def _mode(space: Space, workload: Workload, asked: Asked, family: Family) -> tuple[Mode, tuple[Condition, ...]]:
    """The mode, and the constraints that come with it."""
    if asked.target:
        targets = tuple(parse_constraint(text, family, "--target") for text in asked.target)
        return Nearest(targets, *_top(asked)), targets
    if asked.like is not None:
        require_figures(asked.ratio, family)
        return Match(tuple(_wanted(asked.like, workload, asked.ratio).items()), *_top(asked)), ()
    figures = (*asked.minimize, *asked.maximize)
    require_figures(figures, family)
    if asked.top is not None:
        return Rank(figures[0], bool(asked.maximize), asked.top), ()
    return Pareto(figures, frozenset(asked.maximize)), ()


def _top(asked: Asked) -> tuple[int, ...]:
    """What a mode that has a number of its own is given."""
    return () if asked.top is None else (asked.top,)


def _wanted(teacher: Config, workload: Workload, ratio: Mapping[str, float]) -> dict[str, float]:
    """What each figure should be: the teacher's, for as many seconds of audio, by its ratio."""
    own = Workload.of(
        teacher,
        seconds=workload.seconds,
        batch=workload.batch,
        dtype=workload.dtype,
        precision=workload.precision,
    )
    figures = Figures(analyze(teacher, own))
    require_figures(ratio, teacher.model.family)
    wanted = {name: float(figures[name]) * each for name, each in ratio.items()}
    for name, value in wanted.items():
        if not value:
            raise ArgumentError(f"{name} of {teacher.name} is 0, and no ratio of it is more; give another figure")
    return wanted


def _check_conditions(name: str, texts: object) -> None:
    how = "give a list of conditions, as ['macs <= 5G']"
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Sequence):
        raise TypeError(f"{name} is {kind_of(texts)}; {how}")
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} holds {kind_of(text)}; {how}")


def _check_top(top: object) -> None:
    if top is None:
        return
    if isinstance(top, bool) or not isinstance(top, int):
        raise TypeError(f"top is {top if isinstance(top, float) else kind_of(top)}; give a whole number")
    if not 1 <= top <= MAX_TOP:
        raise ArgumentError(f"--top is {shorten(str(top))}; give a number from 1 to {MAX_TOP:,}")


def _check_ratio(ratio: object) -> None:
    how = "give a mapping of figures to numbers, as {'parameters': 0.25}"
    if not isinstance(ratio, Mapping):
        raise TypeError(f"ratio is {kind_of(ratio)}; {how}")
    for name, value in ratio.items():
        if not isinstance(name, str):
            raise TypeError(f"ratio has {kind_of(name)} for a figure's name; {how}")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"ratio has {kind_of(value)} for {shorten(name)}; {how}")
        if not (isfinite(value) and value > 0):
            raise ArgumentError(f"--ratio {shorten(name)} is {value:g}; give a number above 0, as 0.25")

"""What a search is asked with, under the names of the command's options, and the question that it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.comparing.asked import require_names
from w2v_explore.analysis.figures import MEASURED
from w2v_explore.analysis.workload import Workload, as_long
from w2v_explore.arguments import kind_of
from w2v_explore.config.load import Config
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, WorkloadError
from w2v_explore.search.question import modes
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.constraints import parse_constraint
from w2v_explore.search.question.question import Question
from w2v_explore.search.space.space import Space

MAX_TOP = 10_000
"""The designs that an order may end after: each is made into a config, with its edits and its command."""

_NEAREST_TOP = 5
_MATCH_TOP = 1


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
        device: On what designs are measured; None where none are.
    """

    minimize: Sequence[str] = ()
    maximize: Sequence[str] = ()
    target: Sequence[str] = ()
    keep: Sequence[str] = ()
    like: Config | None = None
    ratio: Mapping[str, Fraction | float] = {}
    top: int | None = None
    require: Sequence[str] = ()
    lint_clean: bool = False
    device: str | None = None

    @property
    def measured(self) -> list[str]:
        """The figures to be best in that come from a device."""
        return [name for name in (*self.minimize, *self.maximize) if name in MEASURED]

    def check(self, dashes: str = "") -> None:
        """Refuse what there cannot be, and what contradicts itself.

        Args:
            dashes: What stands before a name where it is said.

        Raises:
            ArgumentError: A value is out of its range, nothing is asked, or two of them ask different things.
            TypeError: A value is of another type.
        """
        for name in ("minimize", "maximize", "keep"):
            require_names(name, getattr(self, name))
        for name in ("target", "require"):
            _check_conditions(name, getattr(self, name))
        if self.measured and self.device is None:
            raise ArgumentError(f"{self.measured[0]} is measured; give a {dashes}device to measure on")
        _check_top(self.top)
        _check_ratio(self.ratio)
        if self.keep and not self.target:
            raise ArgumentError(f"{dashes}keep says what stays as it is while a target is reached; give {dashes}target")
        if self.ratio and self.like is None:
            raise ArgumentError(f"{dashes}ratio is of a teacher's figure; give {dashes}like, the teacher")
        if self.like is not None and not self.ratio:
            example = "parameters=0.25" if dashes else "{'parameters': 0.25}"
            raise ArgumentError(
                f"{dashes}like names a teacher, and not how much of it to have; give {dashes}ratio, as {example}"
            )
        ways = {
            "minimize" if self.minimize else "maximize": self.minimize or self.maximize,
            "target": self.target,
            "like": self.like,
        }
        given = [name for name, value in ways.items() if value]
        if len(given) > 1:
            raise ArgumentError(f"{dashes}{given[0]} and {dashes}{given[1]} ask different things; give one of the two")
        if not given:
            found = f"{dashes}top says how many, and not of what" if self.top is not None else "nothing is asked"
            raise ArgumentError(
                f"{found}; give figures to {dashes}minimize or {dashes}maximize, a {dashes}target, or a teacher to be "
                f"{dashes}like"
            )
        if self.top is not None and len([*self.minimize, *self.maximize]) > 1:
            raise ArgumentError(
                f"{dashes}top takes the first by one figure, and several are given; leave it out for their frontier"
            )


def question_of(space: Space, workload: Workload, asked: Asked, dashes: str = "") -> Question:
    """The question that something asked of a space comes to.

    Args:
        space: The space.
        workload: Of the figures.
        asked: What is asked.
        dashes: What stands before a name where it is said.

    Raises:
        ArgumentError: It contradicts itself, or a figure or a field is none.
        ConditionError: A text is no condition.
        WorkloadError: The input is too short for the teacher.
        TypeError: A value is of another type.
    """
    asked.check(dashes)
    family = space.config.model.family
    required = tuple(parse_constraint(text, family, f"{dashes}require") for text in asked.require)
    mode: Mode
    if asked.target:
        space, mode, aimed = modes.nearest(
            space, asked.target, asked.keep, asked.top or _NEAREST_TOP, f"{dashes}target"
        )
        required = (*aimed, *required)
    elif asked.like is not None:
        try:
            teacher = analyze(asked.like, as_long(workload, asked.like))
        except WorkloadError as error:
            raise WorkloadError(f"{asked.like.name}, the teacher: {error}") from error
        mode = modes.match(teacher, asked.ratio, family, asked.top or _MATCH_TOP)
    elif asked.measured:
        mode = modes.survivors(asked.minimize, asked.maximize, asked.top, family)
    elif asked.top is not None:
        mode = modes.rank(asked.minimize, asked.maximize, asked.top, family)
    else:
        mode = modes.pareto(asked.minimize, asked.maximize, family)
    return Question(space, workload, mode, required, asked.lint_clean)


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
        raise ArgumentError(f"top is {shorten(str(top))}; give a number from 1 to {MAX_TOP:,}")


def _check_ratio(ratio: object) -> None:
    how = "give a mapping of figures to numbers, as {'parameters': 0.25}"
    if not isinstance(ratio, Mapping):
        raise TypeError(f"ratio is {kind_of(ratio)}; {how}")
    for name, value in ratio.items():
        if not isinstance(name, str):
            raise TypeError(f"ratio has {kind_of(name)} for a figure's name; {how}")
        if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
            raise TypeError(f"ratio has {kind_of(value)} for {shorten(name)}; {how}")

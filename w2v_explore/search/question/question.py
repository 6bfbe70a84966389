"""A question, whole: what every worker has to know, and what tells one question from another."""

from __future__ import annotations

from dataclasses import dataclass

from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.analysis.workload import Workload
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.space.space import Space


@dataclass(frozen=True)
class Question:
    """What is asked of a space.

    Attributes:
        space: The space.
        workload: Of the figures.
        mode: What is asked of the configs that satisfy the constraints.
        constraints: Comparisons of figures that must hold.
        lint_clean: Whether the linter must have no warning of a config.
    """

    space: Space
    workload: Workload
    mode: Mode
    constraints: tuple[Condition, ...] = ()
    lint_clean: bool = False

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that have to be worked out of every config."""
        return tuple(dict.fromkeys((*self.mode.figures, *[each.metric for each in self.constraints])))

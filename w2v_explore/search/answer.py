"""What a search answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.figures import Number
from w2v_explore.config.load import Config
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Found


class Edit(NamedTuple):
    """A field that differs from the config that the space is around.

    Attributes:
        field: The field.
        before: Its value there.
        after: Its value here.
        shares: Of the change of each figure that the question targets, what the field contributes (its Shapley value);
            empty where none is a target. Fields that cannot change without one another have the share of all of them.
    """

    field: str
    before: Any
    after: Any
    shares: Mapping[str, Number]


class Design(NamedTuple):
    """A config that was found.

    Attributes:
        member: Its number in the space.
        config: The config.
        edits: What makes it of the config that the space is around.
        figures: All figures of a model as a whole, worked out by `analyze`.
        ties: How many further configs of the space are equal to it in what was asked.
    """

    member: int
    config: Config
    edits: tuple[Edit, ...]
    figures: Mapping[str, Number]
    ties: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """What a search answers.

    Attributes:
        question: What was asked.
        analysis: The config that the space is around, and the workload.
        found: What was counted.
        designs: What was found, in the order of the mode: a frontier by its first figure from the least, nearest and
            ranked first come first, matched by depth.
    """

    question: Question
    analysis: Analysis
    found: Found
    designs: tuple[Design, ...]

    def __repr__(self) -> str:
        return f"<Answer of {self.analysis.config.name!r}: {len(self.designs)} of {self.question.space.size} configs>"

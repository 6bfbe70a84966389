"""What a search answers: designs with all their figures, and the document of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze, config_and_workload
from w2v_explore.analysis.figures import FIGURES, Figures, Number
from w2v_explore.config.load import Config
from w2v_explore.search.edits import Edit, edits_of
from w2v_explore.search.formulas.many import Formulas, TooLargeError
from w2v_explore.search.measured import Measured
from w2v_explore.search.nothing import Nothing
from w2v_explore.search.published import Published, published_beside
from w2v_explore.search.question.candidates import Candidates, Mode, in_order
from w2v_explore.search.question.match import Match
from w2v_explore.search.question.nearest import Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.question.survivors import Survivors
from w2v_explore.search.reproduce import origin_of
from w2v_explore.search.running.chunk import Found, figures_of_base
from w2v_explore.search.running.run import Progress
from w2v_explore.search.space.members import Members

if TYPE_CHECKING:  # what samples needs Optuna
    from w2v_explore.search.sampling.sample import Sampled

LISTS = {"pareto": "front", "nearest": "nearest", "rank": "ranked", "match": "matched"}
"""By mode, what the document calls its designs."""

_ANALYSED = 64
"""Designs whose figures `analyze` works out, each by itself; of more, so many, spread evenly, are held against it."""

# An average under LayerDrop is rounded otherwise in its last digits where many are worked out at once.
_NEARLY = 1e-12


class Design(NamedTuple):
    """A config that was found.

    Attributes:
        member: Its number in the space.
        config: The config.
        fields: The values of the fields that vary.
        edits: What makes it of the config that the space is around.
        figures: All figures of a model as a whole, and those that were asked for by other names; as `analyze` has them.
        ties: How many further configs of the space are equal to it in what was asked.
        command: The command that shows its figures again, quoted for a shell.
    """

    member: int
    config: Config
    fields: Mapping[str, Any]
    edits: tuple[Edit, ...]
    figures: Mapping[str, Number]
    ties: int
    command: str

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "edits": [
                {"field": edit.field, "before": edit.before, "after": edit.after, "shares": dict(edit.shares)}
                for edit in self.edits
            ],
            "fields": dict(self.fields),
            "figures": dict(self.figures),
            "set": self.command,
            "ties": self.ties,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answer:
    """What a search answers.

    Attributes:
        question: What was asked.
        analysis: The config that the space is around, and the workload.
        found: What was counted.
        designs: What was found, in the order of the mode: a frontier by its first figure from the least, nearest and
            ranked first come first, matched by depth.
        published: Beside a frontier the published models that satisfy the constraints.
        nothing: Why there is no design; None where there is one, or not all of the space was looked through.
        sampled: How the space was sampled; None where all of it was to be looked through.
        measured: What each device says of the designs, where they were measured.
    """

    question: Question
    analysis: Analysis
    found: Found
    designs: tuple[Design, ...]
    published: tuple[Published, ...] = ()
    nothing: Nothing | None = None
    sampled: Sampled | None = None
    measured: tuple[Measured, ...] = ()

    @property
    def is_broken_off(self) -> bool:
        """Whether Ctrl-C came before all was looked at that was to be."""
        return not self.found.complete if self.sampled is None else self.sampled.is_interrupted

    def __repr__(self) -> str:
        return f"<Answer of {self.analysis.config.name!r}: {len(self.designs)} of {self.question.space.size} configs>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``search`` (docs/json.md), as plain data."""
        question, found = self.question, self.found
        return {
            **config_and_workload(self.analysis),
            "mode": question.mode.name,
            "asked": {
                **_asked(question.mode),
                "require": [constraint.text for constraint in question.constraints],
                "lint_clean": question.lint_clean,
            },
            "space": {
                "axes": [{"name": axis.name, "values": list(axis.values)} for axis in question.space.axes],
                "size": question.space.size,
                "evaluated": found.evaluated,
                "pruned": found.pruned,
                "invalid": found.invalid,
                "satisfying": found.satisfying,
            },
            "complete": found.complete,
            "sampled": self.sampled and self.sampled.to_dict(),
            "nothing": self.nothing and self.nothing.to_dict(),
            LISTS[question.mode.name]: [design.to_dict() for design in self.designs],
            **({"measured": [each.to_dict() for each in self.measured]} if self.measured else {}),
            **(
                {"published": [model.to_dict() for model in self.published]}
                if isinstance(question.mode, Pareto)
                else {}
            ),
        }


def answer_of(
    question: Question,
    found: Found,
    *,
    nothing: Nothing | None = None,
    sampled: Sampled | None = None,
    progress: Progress | None = None,
) -> Answer:
    """What a search answers, from what its chunks came to.

    Args:
        question: What was asked.
        found: What the chunks come to.
        nothing: Why that is nothing.
        sampled: What says more of what was found, where it is of a sample.
        progress: Called with what is done, how much of it is, and how much there is.

    Returns:
        The answer; after Ctrl-C with the designs so far, and not complete.
    """
    base = analyze(question.space.config, question.workload)
    designs: list[Design] = []
    candidates = in_order(question.mode, found.candidates)
    try:
        designs.extend(_designs(question, base, candidates, progress))
    except KeyboardInterrupt:
        # The first Ctrl-C asks for what there is; one more for nothing.
        if not found.complete:
            raise
        found = found._replace(complete=False)
    published: tuple[Published, ...] = ()
    if isinstance(question.mode, Pareto):
        published = published_beside(
            question, question.mode, figures_of_base(question), [design.figures for design in designs]
        )
    return Answer(
        question=question, analysis=base, found=found, designs=tuple(designs), published=published, nothing=nothing,
        sampled=sampled,
    )  # fmt: skip


def _designs(question: Question, base: Analysis, candidates: Candidates, progress: Progress | None) -> Iterator[Design]:
    space, mode = question.space, question.mode
    origin = origin_of(space.config)
    # What an edit contributes is told of what was to be reached.
    targets = mode.figures if isinstance(mode, Nearest) else ()
    names = tuple(dict.fromkeys((*FIGURES, *question.figures)))
    members = candidates.members.tolist()
    by_formulas = {name: column.tolist() for name, column in candidates.columns.items()}
    every = 1
    if len(members) > _ANALYSED:
        # Of a figure that was not asked for more than 64 bits may be needed; `analyze` has as many as it takes.
        with suppress(TooLargeError):
            by_formulas, every = _figures_of_many(question, candidates, names), -(-len(members) // _ANALYSED)
    for place, member in enumerate(members):
        if progress is not None:
            progress("designs", place, len(members))
        config = space.config_of(member)
        figures = {name: column[place] for name, column in by_formulas.items()}
        if place % every == 0:
            by_name = Figures(analyze(config, question.workload))
            found, figures = figures, {name: by_name[name] for name in names}
            _check(member, figures, found)
        yield Design(
            member=member,
            config=config,
            fields=space.fields(member),
            edits=edits_of(base, config, targets),
            figures=figures,
            ties=int(candidates.ties[place]),
            command=origin.command(config, question.workload),
        )


def _figures_of_many(question: Question, candidates: Candidates, names: Sequence[str]) -> dict[str, list[Number]]:
    """Figures of candidates by the formulas that they were found by."""
    members = Members(question.space)
    formulas = Formulas(question.space.config.model.family, members.base(), question.workload, names)
    _, figures = formulas.figures(members.columns(members.varied(members.codes(candidates.members))))
    return {name: column.tolist() for name, column in figures.items()}


def _check(member: int, figures: Mapping[str, Number], columns: Mapping[str, Number]) -> None:
    """Hold what `analyze` says against what the config was found by.

    Raises:
        AssertionError: They differ, which is a defect of the program.
    """
    for name in figures.keys() & columns.keys():
        if not isclose(figures[name], columns[name], rel_tol=_NEARLY if isinstance(figures[name], float) else 0):
            raise AssertionError(f"{name} of config {member} is {figures[name]}, and {columns[name]} by the formulas")


def _asked(mode: Mode) -> dict[str, Any]:
    """What the mode asks, as plain data."""
    match mode:
        case Pareto():
            return {
                "minimize": [name for name in mode.figures if name not in mode.maximized],
                "maximize": [name for name in mode.figures if name in mode.maximized],
            }
        case Rank():
            return {"maximize" if mode.is_maximized else "minimize": mode.figure, "top": mode.top}
        case Survivors(top=None):
            return {
                "minimize": [name for name in mode.asked if name not in mode.maximized],
                "maximize": [name for name in mode.asked if name in mode.maximized],
            }
        case Survivors(asked=(name,)):
            return {"maximize" if name in mode.maximized else "minimize": name, "top": mode.top}
        case Nearest():
            return {"target": [target.text for target in mode.targets], "top": mode.top}
        case Match():
            return {"wanted": dict(mode.wanted), "top": mode.top}
    raise NotImplementedError(mode)

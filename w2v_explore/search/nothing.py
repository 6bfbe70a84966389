"""Why a search finds nothing: which constraints leave nothing, and what comes nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.analysis.figures import Figures, Number
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ConfigError, WorkloadError
from w2v_explore.search.question.candidates import Candidates
from w2v_explore.search.question.clean import Clean
from w2v_explore.search.question.constraints import Range, ranges_of
from w2v_explore.search.question.misses import Misses
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import CHUNK, Found, Worker, figures_of_base, joined
from w2v_explore.search.running.run import Progress, run
from w2v_explore.search.space.held import Held
from w2v_explore.search.space.members import Members, members_in
from w2v_explore.search.space.space import NO_VALUE, Quotient, Ratio, Space, in_words

ALWAYS_COUNTED = 2**21
"""Combinations of the largest space that is gone through once more, however little of it the search worked out."""

MOST_COUNTED = 2**24
"""Combinations of the largest space that is gone through once more where the search worked out half of it."""

SAMPLE = 2**18
"""Combinations that are looked at of another one."""

_TRIED = 200
"""Combinations that are looked at where none is a config: each is made by itself."""


class Required(NamedTuple):
    """A constraint by itself.

    Attributes:
        text: As it was written.
        satisfying: The configs that satisfy it, whatever else they do.
    """

    text: str
    satisfying: int


class Missed(NamedTuple):
    """What a config misses a constraint by.

    Attributes:
        text: The constraint, as it was written.
        figure: Its figure.
        operator: One of `conditions.OPERATORS`.
        value: What the config has.
        nearest: The value nearest to that for which the constraint holds; None where there is none.
    """

    text: str
    figure: str
    operator: str
    value: Number
    nearest: Number | None


class NearestMiss(NamedTuple):
    """The config that breaks the fewest constraints, and of those that break as few the one that misses by the least.

    Attributes:
        member: Its number in the space.
        fields: Those of its fields that differ from the config that the space is around.
        missed: The constraints that it breaks.
    """

    member: int
    fields: Mapping[str, Any]
    missed: tuple[Missed, ...]


class NoConfig(NamedTuple):
    """Why combinations are no config.

    Attributes:
        reason: What is wrong with the first of them.
        combinations: How many have that wrong with them.
        fields: Those of the first one's fields that differ from the config that the space is around.
    """

    reason: str
    combinations: int
    fields: Mapping[str, Any]


class Nothing(NamedTuple):
    """Why a search finds nothing.

    Attributes:
        combinations: How many combinations were looked at.
        is_sample: Whether these are not all of the space.
        configs: How many of them are configs.
        required: The constraints.
        contradicting: Pairs of constraints each of which holds of some configs, and both of none.
        nearest: The nearest miss, of a sample one that no change on one axis brings nearer; None where there is no
            config, or where the linter is what leaves nothing. It misses nothing where the search looked at other
            combinations than these, as one that samples does.
        no_config: Why combinations are no config, the most frequent reason first; only where all are none.
        satisfying: The configs that satisfy the constraints: the linter warns of each.
        warned: The fields that differ, in the first of these, from the config that the space is around.
        warnings: The codes of what the linter warns of in it.
    """

    combinations: int
    is_sample: bool
    configs: int
    required: tuple[Required, ...] = ()
    contradicting: tuple[tuple[str, str], ...] = ()
    nearest: NearestMiss | None = None
    no_config: tuple[NoConfig, ...] = ()
    satisfying: int = 0
    warned: Mapping[str, Any] = {}
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        nearest = self.nearest
        return {
            **self._asdict(),
            "required": [each._asdict() for each in self.required],
            "contradicting": [list(pair) for pair in self.contradicting],
            "nearest": nearest and {**nearest._asdict(), "missed": [each._asdict() for each in nearest.missed]},
            "no_config": [each._asdict() for each in self.no_config],
            "warnings": list(self.warnings),
        }

    @property
    def message(self) -> str:
        """The same in a sentence."""
        sample = " of a sample" if self.is_sample else ""
        if self.satisfying:
            example = f", as {', '.join(self.warnings)} of {in_words(self.warned)}" if self.warnings else ""
            the = (
                "the config that satisfies"
                if self.satisfying == 1
                else f"each of the {self.satisfying:,} configs that satisfy"
            )
            return f"the linter warns of {the} what is required{example}"
        if not self.configs:
            combinations = f"{self.combinations:,} combination{'s' * (self.combinations != 1)}"
            return f"none of {combinations}{sample} is a config{_reason(self.no_config)}"
        among = f"{self.configs:,} config{'s' * (self.configs != 1)}{sample}"
        if self.nearest is not None and not self.nearest.missed:
            example = in_words(self.nearest.fields)
            return f"of {among} some satisfy what is required, as {example}; look at more of the space"
        impossible = [repr(shorten(each.text)) for each in self.required if not each.satisfying]
        counted = {each.text: f"{shorten(each.text)!r} (which {each.satisfying:,} do)" for each in self.required}
        if impossible:
            why = f"none of {among} satisfies {' or '.join(impossible)}"
        elif self.contradicting:
            pairs = [" and ".join([counted[text] for text in pair]) for pair in self.contradicting]
            why = f"none of {among} satisfies both {', or both '.join(pairs)}"
        else:
            why = f"none of {among} satisfies all of {', '.join(counted.values())}"
        return why if self.nearest is None else f"{why}; nearest is {_nearest(self.nearest)}"


def why_nothing(
    question: Question,
    found: Found,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Nothing:
    """Why a question finds nothing in a space that was gone through.

    The space is gone through once more, without the constraints: what bounds rule out is looked at as well. Where that
    would take much longer than the search did, or is too much, a sample is looked at, which is always the same.

    Args:
        question: What was asked.
        found: What was found, which is nothing.
        workers: As in `run`.
        scheduler: As in `run`.
        progress: As in `run`.
    """
    size = question.space.size
    is_counted = size <= ALWAYS_COUNTED or size <= min(MOST_COUNTED, 2 * (found.evaluated + found.invalid))

    def look(asked: Question) -> Found:
        if not is_counted:
            return _look_at_sample(asked)
        return run(asked, workers=workers, scheduler=scheduler, progress=progress)

    if not (found.evaluated or found.pruned):
        return Nothing(_combinations(found), not found.complete, 0, no_config=_no_config(question))
    mode = Misses(ranges_of(question.constraints, figures_of_base(question)))
    looked = look(Question(question.space, question.workload, mode))
    if found.satisfying:
        return _unclean(question, found.satisfying, mode, looked)
    if not looked.evaluated:
        return Nothing(_combinations(looked), not looked.complete, 0, no_config=_no_config(question))
    return _missing(question, mode, looked)


def _unclean(question: Question, satisfying: int, mode: Misses, looked: Found) -> Nothing:
    """The linter is what leaves nothing of the configs that satisfy the constraints."""
    space = question.space
    # Of those that miss nothing the first enumerated is kept; a sample may have none.
    place = mode.holding(looked.candidates).get(frozenset(range(len(question.constraints))))
    numbers = [] if place is None else [int(looked.candidates.members[place])]
    return Nothing(
        combinations=_combinations(looked),
        is_sample=not looked.complete,
        configs=looked.evaluated,
        satisfying=satisfying,
        warned=space.differing(numbers[0]) if numbers else {},
        warnings=tuple(Clean(Members(space)).warnings(numbers[0])) if numbers else (),
    )


def _missing(question: Question, mode: Misses, looked: Found) -> Nothing:
    """The constraints are what leaves nothing."""
    texts = [each.text for each in question.constraints]
    holding = mode.holding(looked.candidates)
    configs = {held: 1 + int(looked.candidates.ties[place]) for held, place in holding.items()}

    def satisfying(*numbers: int) -> int:
        return sum(number for held, number in configs.items() if held.issuperset(numbers))

    alone = [satisfying(number) for number in range(len(texts))]
    pairs = [
        (texts[one], texts[other])
        for one, other in combinations(range(len(texts)), 2)
        if alone[one] and alone[other] and not satisfying(one, other)
    ]
    candidates = looked.candidates if looked.complete else _approached(question, mode, looked.candidates)
    held, place = _nearest_among(mode, candidates)
    member = int(candidates.members[place])
    figures = Figures(analyze(question.space.config_of(member), question.workload))
    missed = [
        _missed(each, allowed, figures[each.metric])
        for number, (each, (_, allowed)) in enumerate(zip(question.constraints, mode.constraints, strict=True))
        if number not in held
    ]
    return Nothing(
        combinations=_combinations(looked),
        is_sample=not looked.complete,
        configs=looked.evaluated,
        required=tuple([Required(text, number) for text, number in zip(texts, alone, strict=True)]),
        contradicting=tuple(pairs),
        nearest=NearestMiss(member, question.space.differing(member), tuple(missed)),
    )


def _combinations(found: Found) -> int:
    return found.evaluated + found.pruned + found.invalid


def _look_at_sample(question: Question) -> Found:
    """What a question finds in a sample of its space."""
    return _look_at(Worker(question), _sample(question.space, SAMPLE))


def _look_at(worker: Worker, numbers: Sequence[int]) -> Found:
    """What a question finds in some combinations."""
    space = worker.question.space
    starts = range(0, len(numbers), CHUNK)
    parts = [worker.examine(members_in(space, numbers[start : start + CHUNK])) for start in starts]
    return joined(worker.question, parts)._replace(complete=False)


def _approached(question: Question, mode: Misses, candidates: Candidates) -> Candidates:
    """The nearest miss that changes on one axis after the other lead to, from the nearest among some candidates."""
    space = question.space
    worker = Worker(Question(space, question.workload, mode))
    nearest, before = candidates.take(np.array([_nearest_among(mode, candidates)[1]])), -1
    while before != nearest.members[0]:
        before = nearest.members[0]
        for axis, (_, values) in enumerate(space.axes):
            codes = space.codes(int(nearest.members[0]))
            numbers = [space.member((*codes[:axis], code, *codes[axis + 1 :])) for code in range(len(values))]
            # The nearest so far is among them.
            found = _look_at(worker, numbers).candidates
            nearest = found.take(np.array([_nearest_among(mode, found)[1]]))
    return nearest


def _nearest_among(mode: Misses, candidates: Candidates) -> tuple[frozenset[int], int]:
    """The constraints that hold of the nearest miss among candidates, and its place."""
    # Places rise with the numbers of the configs.
    return min(
        mode.holding(candidates).items(), key=lambda item: (-len(item[0]), mode.missed(candidates, item[1]), item[1])
    )


def _sample(space: Space, number: int) -> list[int]:
    """Numbers of combinations in order, which lie all over a space; all of them where they are few."""
    return sorted({*space.spread(number)}) if space.size > number else list(range(space.size))


def _no_config(question: Question) -> tuple[NoConfig, ...]:
    """Why combinations are no config, where none is of those that were looked at."""
    space = question.space
    reasons: dict[str, list[tuple[str, int]]] = {}
    for number in _sample(space, _TRIED):
        without = next((name for name, value in space.fields(number).items() if value == NO_VALUE), None)
        if without is not None:
            reasons.setdefault(without, []).append((_without_value(space, without), number))
            continue
        try:
            analyze(space.config_of(number), question.workload)
        except ConfigError as error:
            rule, message = error.problems[0].rule.code, error.problems[0].message
        except WorkloadError as error:
            rule, message = "", str(error)
        else:
            # A sample may have missed it.
            continue
        reasons.setdefault(rule, []).append((message, number))
    most_first = sorted(reasons.values(), key=lambda those: -len(those))
    return tuple([NoConfig(those[0][0], len(those), space.differing(those[0][1])) for those in most_first])


def _without_value(space: Space, field: str) -> str:
    """Why a field has no value in a combination."""
    match space.rules[field]:
        case Quotient(of=(other,), quotient=quotient):
            return (
                f"{field} follows {other}, one for each {quotient} of it; give {other} multiples of {quotient}, or "
                f"vary {field} too"
            )
        case Ratio(of=(other,)):
            return f"{field} is a ratio to {other}, which has no value; give {other} values"
        case Held():
            return f"{field} is to be kept, and is another"
    return f"no list of {field} comes of that, or one that another combination makes too"


def _missed(constraint: Condition, allowed: Range, value: Number) -> Missed:
    """What a figure that is not allowed misses a constraint by."""
    nearest = None if allowed.least > allowed.most else allowed.least if value < allowed.least else allowed.most
    return Missed(constraint.text, constraint.metric, constraint.operator, value, nearest)


def _reason(reasons: Sequence[NoConfig]) -> str:
    if not reasons:
        return ""
    first = reasons[0]
    tried = sum(each.combinations for each in reasons)
    how_many = f"; {first.combinations:,} of {tried:,} that were looked at" if len(reasons) > 1 else ","
    return f"{how_many} as {in_words(first.fields)}: {first.reason}"


def _nearest(miss: NearestMiss) -> str:
    """The nearest miss in words."""
    return f"{in_words(miss.fields)}, where {', and '.join([_miss(each) for each in miss.missed])}"


def _miss(missed: Missed) -> str:
    value = f"{missed.figure} is {_number(missed.value)}"
    if missed.nearest is None:
        return f"{value} (no value of it satisfies {shorten(missed.text)!r})"
    bound = {"<": "at most ", ">": "at least "}.get(missed.operator[0], "")
    return f"{value} instead of {bound}{_number(missed.nearest)}"


def _number(value: Number) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.10g}"

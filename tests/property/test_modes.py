"""What modes select, held against plain loops over all configs: of random candidates, and of random spaces."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from math import log, prod
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.property.test_many import random_value
from w2v_explore import Config, ConfigError, Workload, WorkloadError, analyze, load_preset
from w2v_explore.analysis.figures import Figures
from w2v_explore.config.family import family_named
from w2v_explore.config.kinds import meaning
from w2v_explore.errors import ArgumentError
from w2v_explore.search.question import pareto as pareto_module
from w2v_explore.search.question.candidates import Candidates, Mode, in_order, select, together
from w2v_explore.search.question.match import DEPTH, DIFFERENCE, Match
from w2v_explore.search.question.modes import match, nearest, pareto
from w2v_explore.search.question.nearest import CHANGED, DISTANCE, Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.running.chunk import Chunk, Found, Worker, joined
from w2v_explore.search.space.space import Axis, Given, Space

FIGURES = ("macs", "parameters", "stride", "memory.training_bytes", "macs_per_audio_second")
SEEDS = st.integers(0, 2**32)


def random_mode(rng: random.Random) -> tuple[Mode, Mapping[str, Sequence[Any]], int]:
    """A mode, the values that its columns may have, and how many candidates."""
    # Floats cannot tell the last of these apart.
    whole: Sequence[Any] = rng.choice([range(3), range(8), range(100), [2**62 + number for number in range(4)]])
    figures = {name: whole if rng.random() < 0.8 else [0.1, 0.2, 0.1 + 0.2, 0.3] for name in FIGURES}
    top = rng.randint(1, 4)
    match rng.randrange(5):
        case 0:
            return Rank("macs", rng.random() < 0.5, top), {"macs": figures["macs"]}, rng.randint(0, 30)
        case 1:
            return Nearest((), top), {CHANGED: range(3), DISTANCE: whole}, rng.randint(0, 30)
        case 2:
            return Match((), top), {DEPTH: range(3), DIFFERENCE: [1.0, 1.5, 2.0]}, rng.randint(0, 30)
    names = FIGURES[: rng.randint(1, 5)]
    maximized = frozenset(name for name in names if rng.random() < 0.5)
    return Pareto(names, maximized), {name: figures[name] for name in names}, rng.randint(0, 80)


def by_loops(mode: Mode, rows: Mapping[int, Sequence[Any]], names: Sequence[str]) -> dict[int, int]:
    """The members that are selected of rows of values, with how many each is equal to, by their definition."""

    def equal(member: int) -> int:
        return sum(rows[other] == rows[member] for other in rows) - 1

    if isinstance(mode, Pareto):
        signs = [-1 if name in mode.maximized else 1 for name in names]
        costs = {member: [sign * value for sign, value in zip(signs, row, strict=True)] for member, row in rows.items()}

        def is_dominated(member: int) -> bool:
            own = costs[member]
            return any(
                other != own and all(theirs <= ours for theirs, ours in zip(other, own, strict=True))
                for other in costs.values()
            )

        first = {tuple(row): member for member, row in sorted(rows.items(), reverse=True)}
        return {member: equal(member) for member in first.values() if not is_dominated(member)}
    sign = -1 if isinstance(mode, Rank) and mode.is_maximized else 1
    groups: dict[Any, list[tuple[Any, int]]] = {}
    for member, row in rows.items():
        group = row[0] if isinstance(mode, Match) else None
        groups.setdefault(group, []).append(([sign * value for value in row], member))
    assert isinstance(mode, (Rank, Nearest, Match))
    return {member: equal(member) for group in groups.values() for _, member in sorted(group)[: mode.top]}


def selected(mode: Mode, candidates: Candidates) -> dict[int, int]:
    """The members of what was selected, with their ties."""
    listed = in_order(mode, candidates)
    return dict(zip(listed.members.tolist(), listed.ties.tolist(), strict=True))


def select_by_parts(rng: random.Random, mode: Mode, parts: list[Candidates]) -> Candidates:
    """The same in any order, a few parts at a time."""
    while len(parts) > 1:
        rng.shuffle(parts)
        some = rng.randint(1, 3)
        parts = [select(mode, together(parts[:some])), *parts[some:]]
    return select(mode, parts[0])


@settings(max_examples=60)
@given(seed=SEEDS)
def test_modes_select_from_parts_what_loops_select_from_all(seed: int) -> None:
    rng = random.Random(seed)
    mode, values, size = random_mode(rng)
    members = rng.sample(range(1000), size)
    if rng.random() < 0.2:
        members = [member + 2**70 for member in members]
    columns = {name: [rng.choice(each) for _ in members] for name, each in values.items()}
    rows = {member: [column[place] for column in columns.values()] for place, member in enumerate(members)}
    candidates = Candidates(
        np.array(members, object if any(member > 2**63 for member in members) else np.int64),
        {name: np.array(column, np.int64 if not column else None) for name, column in columns.items()},
        np.zeros(size, np.int64),
    )
    note(f"{mode} {rows}")
    with pytest.MonkeyPatch.context() as patch:
        if rng.random() < 0.7:
            patch.setattr(pareto_module, "_BLOCK", rng.randint(1, 9))
            patch.setattr(pareto_module, "_TILE", rng.randint(1, 9))
            patch.setattr(pareto_module, "_NEAR", rng.randint(0, 3))
        whole = select(mode, candidates)
        assert selected(mode, whole) == by_loops(mode, rows, list(columns))
        assert whole.members.tolist() == sorted(whole.members.tolist())
        groups = [rng.randrange(4) for _ in members]
        parts = [
            candidates.take(np.flatnonzero(np.array([each == number for each in groups], bool))) for number in range(4)
        ]
        again = select_by_parts(rng, mode, parts)
        assert again.members.tolist() == whole.members.tolist()
        assert again.ties.tolist() == whole.ties.tolist()
        # Asked of few, and the same as if asked of all before.
        wanted = {member for member in members if rng.random() < 0.6}
        some = select(mode, candidates, lambda asked: np.isin(asked, [*wanted]))
        left = {member: row for member, row in rows.items() if member in wanted}
        assert selected(mode, some) == by_loops(mode, left, list(columns))


class Member(NamedTuple):
    """A config of a space, worked out by itself."""

    number: int
    values: Mapping[str, Any]
    config: Config
    figures: Figures


class Problem(NamedTuple):
    """A random space, and all of its configs."""

    space: Space
    workload: Workload
    members: Sequence[Member]
    base: Figures


FAMILIES = ("wav2vec2", "wav2vec2", "wavlm", "wav2vec2_conformer", "pruned_wav2vec2")


# Of each family those that its figures go by most; other fields are drawn beside them.
SHAPES = (DEPTH, "encoder_embed_dim", "encoder_ff_interm_features", "encoder_num_heads", "extractor_conv_layer_config")


def random_problem(rng: random.Random) -> Problem:
    model = load_preset(family_named(rng.choice(FAMILIES)).reference).model
    base = Config(name="base", origin="test", model=model)
    shapes = rng.sample([name for name in SHAPES if name in model.FIELDS], rng.randint(1, 3))
    values: dict[str, list[Any]] = {}
    for name in dict.fromkeys([*shapes, *rng.sample(list(model.FIELDS), rng.randint(0, 2))]):
        own = model.to_mapping()[name]
        few = [random_value(rng, model.FIELDS[name].kind, own) for _ in range(rng.randint(2, 4))]
        plain = [own, *few] if rng.random() < 0.8 else few
        values[name] = list({repr(value): value for value in plain}.values())
        rng.shuffle(values[name])
    while prod(map(len, values.values())) > 60:
        del values[rng.choice(list(values))]
    workload = Workload(samples=rng.choice([16_000, 160_000]))
    members = []
    for number, combination in enumerate(product(*values.values())):
        fields = dict(zip(values, combination, strict=True))
        try:
            config = replace(base, model=type(model)(**{**model.to_mapping(), **fields}))
            members.append(Member(number, fields, config, Figures(analyze(config, workload))))
        except (ConfigError, WorkloadError):
            continue
    axes = tuple([Axis(name, tuple(each)) for name, each in values.items()])
    space = Space(base, axes, {name: Given(number) for number, name in enumerate(values)})
    note(f"{model.family.name} {values} {workload}")
    return Problem(space, workload, members, Figures(analyze(base, workload)))


def found(rng: random.Random, question: Question) -> Found:
    """What a question finds in chunks of any size in any order."""
    ends = sorted({0, question.space.size, *[rng.randint(0, question.space.size) for _ in range(3)]})
    chunks = [Chunk(*each) for each in pairwise(ends)]
    rng.shuffle(chunks)
    worker = Worker(question)
    return joined(question, [worker.work(chunk) for chunk in chunks])


def change(before: Any, after: Any) -> tuple[int, Fraction]:
    """How much a value changes: how often by 1, and by the logarithm of what beside that."""
    are_lists = isinstance(before, list) and isinstance(after, list) and len(before) == len(after)
    if are_lists and not any(isinstance(item, bool) for item in before):
        return added(change(*each) for each in zip(before, after, strict=True) if each[0] != each[1])
    numbers = [value for value in (before, after) if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) < 2 or not before * after > 0:
        return 1, Fraction(1)
    # As they are written: 0.3 is three times 0.1.
    ratio = Fraction(str(after)) / Fraction(str(before))
    return 0, max(ratio, 1 / ratio)


def added(changes: Iterable[tuple[int, Fraction]]) -> tuple[int, Fraction]:
    every = list(changes)
    return sum(ones for ones, _ in every), prod([ratio for _, ratio in every], start=Fraction(1))


def meanings(space: Space, field: str) -> list[Any]:
    """What the values of a field mean that a space has."""
    kind = space.config.model.FIELDS[field].kind
    return [meaning(value, kind) for axis in space.axes if axis.name == field for value in axis.values]


def check_nearest(rng: random.Random) -> None:
    problem = random_problem(rng)
    figure = rng.choice(["macs", "parameters", "peak_memory_bytes", "receptive_field_ms"])
    percent, top = rng.choice([-50, -20, -5, 0, 5, 20]), rng.randint(1, 5)
    keep = rng.sample(["stride", "parameters", *problem.space.rules], rng.choice([0, 0, 1, 2]))
    sign = "-" if percent < 0 or (percent == 0 and rng.random() < 0.5) else "+"
    target = f"{figure} {sign}{abs(percent)}%"
    reached = rng.choice(problem.members).figures[figure] if problem.members and rng.random() < 0.7 else None
    if isinstance(reached, int):
        target = f"{figure} {'<=' if sign == '-' else '>='} {reached}{'B' if figure == 'peak_memory_bytes' else ''}"
    note(f"{target} keep {keep} top {top}")
    before = problem.space.config.model.meaning()

    def is_answer(member: Member) -> bool:
        after, was = Fraction(member.figures[figure]), Fraction(problem.base[figure])
        limit = reached if isinstance(reached, int) else was * (100 + percent) / 100
        return (after <= limit if sign == "-" else after >= limit) and all(
            member.config.model.meaning()[name] == before[name]
            if name in before
            else member.figures[name] == problem.base[name]
            for name in keep
        )

    def key(member: Member) -> tuple[int, float, tuple[int, Fraction]]:
        after = member.config.model.meaning()
        changed = [name for name in before if after[name] != before[name]]
        ones, ratio = added(change(before[name], after[name]) for name in changed)
        # Equal ratios have the same logarithm; others differ by far more than it is rounded.
        return len(changed), ones + log(ratio.numerator) - log(ratio.denominator), (ones, ratio)

    answers = [member for member in problem.members if is_answer(member)]
    keys = {member.number: key(member) for member in answers}
    expected = [
        (member.values, list(keys.values()).count(keys[member.number]) - 1)
        for member in sorted(answers, key=lambda member: (*keys[member.number], member.number))[:top]
    ]
    if any(name in before and before[name] not in meanings(problem.space, name) for name in keep):
        assert not expected
        with pytest.raises(ArgumentError, match="is to be kept"):
            nearest(problem.space, [target], keep, top)
        return
    space, mode, conditions = nearest(problem.space, [target], keep, top)
    got = found(rng, Question(space, problem.workload, mode, conditions))
    assert got.satisfying == len(answers)
    listed = in_order(mode, got.candidates)
    members = listed.members.tolist()
    assert list(zip([space.fields(member) for member in members], listed.ties.tolist(), strict=True)) == expected


def check_match(rng: random.Random) -> None:
    problem = random_problem(rng)
    teacher = analyze(rng.choice(["large", "base", "wavlm_base"]), problem.workload)
    ratios = {name: Fraction(rng.randint(1, 20), 20) for name in rng.sample(FIGURES, rng.randint(1, 3))}
    note(f"{teacher} {ratios}")
    wanted = {name: float(ratio * Fraction(Figures(teacher)[name])) for name, ratio in ratios.items()}
    depths: dict[int, list[tuple[Fraction, int]]] = {}
    for member in problem.members:
        quotients = [Fraction(member.figures[name]) / Fraction(wanted[name]) for name in wanted]
        # What orders like |ln(figure / wanted)|, exactly.
        difference = max(max(quotient, 1 / quotient) for quotient in quotients)
        depths.setdefault(member.config.model.encoder_num_layers, []).append((difference, member.number))
    mode = match(teacher, ratios, problem.space.config.model.family)
    got = selected(mode, found(rng, Question(problem.space, problem.workload, mode)).candidates)
    least = {depth: min(each) for depth, each in depths.items()}
    ties = {depth: [each[0] for each in depths[depth]].count(least[depth][0]) - 1 for depth in depths}
    assert got == {least[depth][1]: ties[depth] for depth in sorted(depths)}
    assert list(got) == [least[depth][1] for depth in sorted(depths)]


def check_front(rng: random.Random) -> None:
    problem = random_problem(rng)
    names = rng.sample(FIGURES, rng.randint(1, 5))
    maximized = [name for name in names if rng.random() < 0.5]
    mode = pareto([name for name in names if name not in maximized], maximized, problem.space.config.model.family)
    rows = {member.number: [member.figures[name] for name in mode.figures] for member in problem.members}
    got = selected(mode, found(rng, Question(problem.space, problem.workload, mode)).candidates)
    assert got == by_loops(mode, rows, mode.figures)


CHECKS = [check_nearest, check_match, check_front]


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=3)
@given(seed=SEEDS)
def test_modes_find_in_a_space_what_loops_find(check: Callable[[random.Random], None], seed: int) -> None:
    check(random.Random(seed))


@pytest.mark.slow
@settings(max_examples=200)
@given(seed=SEEDS)
def test_nearest_is_what_loops_find_in_200_spaces(seed: int) -> None:
    check_nearest(random.Random(seed))

"""What bounds rule out of a space, against the same space worked out whole; and the intervals that they rest on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.property.test_many import Formula, formulas, random_value
from w2v_explore import ArgumentError, Workload, analyze, analyze_many, load_preset
from w2v_explore.analysis.comparing.conditions import Condition, parse_condition
from w2v_explore.analysis.figures import ALIASES, Figures, Number, known_names
from w2v_explore.analysis.formulas.sizes import Path
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS, ConvLayers, Kind, PerLayer
from w2v_explore.search.formulas.intervals import between, interval, take
from w2v_explore.search.formulas.paths import Fork, Paths
from w2v_explore.search.formulas.tracing import Traced
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.running import bounds
from w2v_explore.search.running.chunk import Chunk, Found, Worker, joined
from w2v_explore.search.space import members
from w2v_explore.search.space.space import Axis, Given, Parts, Rule, Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GREATEST = 2**31 - 1
_VALUES = 6
_NUMBERS = st.integers(1, 40) | st.integers(1, _GREATEST)


@given(
    formula=formulas(),
    configs=st.lists(st.tuples(_NUMBERS, _NUMBERS, _NUMBERS), min_size=6, max_size=6),
    wide=st.lists(st.sampled_from([0, 0, 1, 5, 1000]), min_size=6, max_size=6),
)
def test_what_is_in_a_box_lies_between_its_bounds(
    formula: Formula, configs: list[tuple[int, int, int]], wide: list[int]
) -> None:
    def figures_of(fields: Sequence[Any]) -> dict[str, Any]:
        made = formula(fields)
        return {"made": made, "real": 0.3 - made / (fields[0] + 1) * 1.1 + made, "power": 0.9 ** (fields[1] % 60)}

    def path_of(place: int) -> Traced:
        path = Path()
        return Traced(
            path, figures_of([path.field(number, value, 1, _GREATEST) for number, value in enumerate(configs[place])])
        )

    values, width = np.array(configs), np.array(wide)[:, np.newaxis]
    low, high = np.maximum(values - width, 1), np.minimum(values + width // 2, _GREATEST)
    paths = Paths()
    ends = paths.lead({number: values[:, number] for number in range(3)}, np.arange(6), path_of)
    assert sum(len(places) for _, places in ends) == 6
    fields = {number: interval(low[:, number], high[:, number]) for number in range(3)}

    def may_be(fork: Fork, boxes: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        no, yes = fork.may_be(take(fields, boxes), len(boxes))
        is_unsure[boxes] |= no & yes
        return no, yes

    is_unsure, is_between = np.zeros(6, bool), np.zeros(6, bool)
    for end, boxes in paths.may_lead(6, may_be):
        found = None if end is None or end.figures is None else between(end.figures, take(fields, boxes))
        for number, box in enumerate(boxes.tolist()):
            if found is None:
                is_between[box] = True
                continue
            expected = figures_of(configs[box])
            least, most = [
                [np.broadcast_to(side, len(boxes))[number] for side in sides]
                for sides in zip(*[each[:2] for each in found], strict=True)
            ]
            is_between[box] |= all(
                one <= each <= other for one, each, other in zip(least, expected.values(), most, strict=True)
            )
            if not wide[box] and not is_unsure[box]:
                # Bounds of one config are the very figures, but where 64 bits are not enough for a question.
                assert least[:2] == most[:2] == [expected["made"], expected["real"]]
    assert is_between.all()


def random_space(rng: random.Random, family: str) -> Space:
    """A space of a few fields with a few values each, some of them wrong; of lists also of some items."""
    config = load_preset(family_named(family).reference)
    fields = config.model.FIELDS
    axes: list[Axis] = []
    rules: dict[str, Rule] = {}

    def add(name: str, values: Sequence[Any]) -> int:
        axes.append(Axis(name, tuple({repr(value): value for value in values}.values())))
        return len(axes) - 1

    for name in rng.sample(list(fields), rng.randint(2, 5)):
        kind, base = fields[name].kind, getattr(config.model, name)
        items = _items(kind, base)
        if items and rng.random() < 0.7:
            chosen = rng.sample(items, min(len(items), 3))
            own = tuple([add(f"{name}{item}", rng.sample(range(3 - len(item), 9), 2)) for item in chosen])
            firsts = tuple([axes[axis].values[0] for axis in own])
            rules[name] = Parts(own, tuple(chosen), (None,) * len(own), firsts)
        else:
            rules[name] = Given(add(name, [random_value(rng, kind, base) for _ in range(rng.randint(2, _VALUES))]))
    return Space(config, tuple(axes), rules)


def _items(kind: Kind, base: Any) -> list[tuple[int, ...]]:
    """The ways to the whole numbers in a list."""
    if isinstance(kind, ConvLayers):
        return [(layer, part) for layer in range(len(base or STANDARD_CONV_LAYERS)) for part in range(3)]
    return [(layer,) for layer in range(len(base))] if isinstance(kind, PerLayer) and type(base[0]) is int else []


def random_constraint(rng: random.Random, name: str, values: Sequence[Any], before: Number) -> Condition:
    """A constraint whose limit is one of the values of a figure that there are."""
    limit, way = rng.choice(values), rng.randrange(3)
    if way:
        limit -= before
    if way == 2:
        limit = 100 * limit / before if before else 5.0
    return Condition("", name, rng.choice(["<=", ">=", "<", ">", "=="]), limit, way > 0, way == 2)


def small_boxes(patch: pytest.MonkeyPatch) -> None:
    """Bounds are for small spaces too."""
    for name, value in {"LEAST_SIZE": 0, "BLOCK": 40, "_LEAST_BOX": 2, "_FACTOR": 2, "_WORTH": 0.01}.items():
        patch.setattr(bounds, name, value)


def run(question: Question, chunk: int) -> Found:
    worker, size = Worker(question), question.space.size
    parts = [worker.work(Chunk(start, min(start + chunk, size))) for start in range(0, size, chunk)]
    return joined(question, parts)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=1)
@given(rng=st.randoms(use_true_random=False))
def test_bounds_rule_out_nothing_that_satisfies(family: str, rng: random.Random) -> None:
    space = random_space(rng, family)
    workload = Workload(samples=rng.choice([800, 16_000, rng.randint(300, 400_000)]), batch=rng.choice([1, 2]))
    names = rng.sample([*known_names(tuple(space.config.model.family.components)), *ALIASES], 2)
    columns = {name: [space.fields(member)[name] for member in range(space.size)] for name in space.rules}
    many = analyze_many(space.config, columns, workload, names)
    if not many.valid.any():
        return
    before = Figures(analyze(space.config, workload))
    constraints = tuple([random_constraint(rng, name, many[name][many.valid].tolist(), before[name]) for name in names])
    note(f"{space.axes} {workload} {constraints}")
    question = Question(space, workload, Pareto(tuple(names)), constraints)
    whole = run(question, 50)
    assert whole.pruned == 0
    with pytest.MonkeyPatch.context() as patch:
        # Lists of which several items vary have more values than are listed then.
        patch.setattr(members, "_MOST_LISTED", rng.choice([_VALUES, 20_000]))
        small_boxes(patch)
        found = run(question, 50)
        # What is ruled out depends neither on the chunk nor on what was worked out before.
        assert run(question, 17).pruned == found.pruned
    assert found.evaluated + found.pruned + found.invalid == space.size
    assert found.satisfying == whole.satisfying
    assert found.candidates.members.tolist() == whole.candidates.members.tolist()
    assert found.candidates.ties.tolist() == whole.candidates.ties.tolist()
    for name in names:
        assert found.candidates.columns[name].tobytes() == whole.candidates.columns[name].tobytes()


@pytest.mark.parametrize(
    ("constraints", "least_pruned"),
    [
        ((), 0),
        (("parameters <= 1G",), 0),
        (("parameters <= -50%",), 0.9),
        (("memory.training_bytes < 1GiB", "macs_per_audio_second >= 2G"), 0.8),
    ],
)
def test_bounds_rule_out_most_of_what_does_not_satisfy(
    constraints: tuple[str, ...], least_pruned: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_boxes(monkeypatch)
    axes = (
        Axis("encoder_dropout", (0.0, 0.1)),
        Axis("encoder_num_layers", tuple(range(1, 25))),
        Axis("encoder_embed_dim", (192, 384, 576, 768, 960)),
        Axis("encoder_pos_conv_kernel", (32, 64, 96, 128)),
    )
    space = Space(load_preset("base"), axes, {axis.name: Given(number) for number, axis in enumerate(axes)})
    conditions = tuple([parse_condition(each) for each in constraints])
    found = run(Question(space, Workload.of_seconds(10), Pareto(("macs",)), conditions), 100)
    others = space.size - found.satisfying
    assert least_pruned * others <= found.pruned <= others
    # So some are ruled out where most have to be, and none where there is nothing to rule out.
    assert (others > 0) == (least_pruned > 0)


def test_a_figure_past_64_bits_is_refused_as_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    small_boxes(monkeypatch)
    axes = (Axis("encoder_num_layers", tuple(range(1, 25))), Axis("encoder_embed_dim", (192, 192 * 2**21)))
    space = Space(load_preset("base"), axes, {axis.name: Given(number) for number, axis in enumerate(axes)})
    constraint = parse_condition("macs <= 10G")
    with pytest.raises(ArgumentError, match="figures of many configs are whole numbers of 64 bits"):
        run(Question(space, Workload.of_seconds(10), Pareto(("macs",)), (constraint,)), 100)

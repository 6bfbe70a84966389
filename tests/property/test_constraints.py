"""Constraints of many configs at once, against the conditions that say what holds of one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from w2v_explore import load_config
from w2v_explore.analysis.comparing.conditions import OPERATORS, Condition
from w2v_explore.search.question.candidates import Candidates, select, together
from w2v_explore.search.question.constraints import Range, range_of, satisfied
from w2v_explore.search.question.misses import Misses
from w2v_explore.search.space.members import Varied
from w2v_explore.search.space.space import Space

_GREATEST = 2**63 - 1
_WHOLE = st.one_of(st.integers(0, 200), st.integers(2**53 - 3, 2**53 + 3), st.integers(0, _GREATEST))
_REAL = st.one_of(st.floats(0, 200), st.floats(0, 1e300), _WHOLE.map(float))
_LIMITS = st.one_of(
    st.integers(-300, 300), st.floats(-300, 300), _WHOLE, _WHOLE.map(lambda limit: -limit), _WHOLE.map(float), _REAL
)


@given(st.data())
def test_constraints_hold_of_many_as_of_each(data: st.DataObject) -> None:
    is_whole = data.draw(st.booleans())
    name, numbers = ("macs", _WHOLE) if is_whole else ("stride_ms", _REAL)
    is_change = data.draw(st.booleans())
    before = data.draw(st.one_of(numbers, _WHOLE))
    limit = data.draw(_LIMITS)
    operator = data.draw(st.sampled_from(sorted(OPERATORS)))
    condition = Condition("", name, operator, limit, is_change, is_change and data.draw(st.booleans()))
    # The values next to where it begins to hold and ceases to are the ones that are easily got wrong.
    ends = [end for end in (*range_of(condition, before, is_whole), before, limit) if 0 <= end <= _GREATEST]
    near = [value for end in ends for value in _around(end, is_whole)]
    values = near + data.draw(st.lists(numbers, min_size=1))
    columns = {name: np.array(values, np.int64 if is_whole else np.float64)}
    [found] = satisfied([condition], columns, {name: before}, len(values))
    assert found.tolist() == [condition.holds(condition.value({name: each}, {name: before})) for each in values]


def _around(value: float, is_whole: bool) -> list[float]:
    if is_whole:
        return [each for each in range(int(value) - 2, int(value) + 3) if 0 <= each <= _GREATEST]
    found = [float(value)]
    for end in (math.inf, 0.0):
        found += [math.nextafter(found[0], end), math.nextafter(math.nextafter(found[0], end), end)]
    return found


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1), st.data())
def test_misses_are_those_of_all_configs_whatever_the_parts(
    figures: list[tuple[int, int]], data: st.DataObject
) -> None:
    ranges = (("macs", Range(4, 8)), ("parameters", Range(10, 11)), ("parameters", Range(1, 0)))
    mode = Misses(ranges)
    columns = {
        "macs": np.array([macs for macs, _ in figures]),
        "parameters": np.array([parameters for _, parameters in figures]),
    }
    space = Space(load_config("base"), (), {})
    none = np.zeros(len(figures), np.int64)
    varied = [Varied("encoder_num_layers", [12], none, True)]
    every = Candidates(np.arange(len(figures)), mode.columns(space)(columns, varied), none)
    order = data.draw(st.permutations(range(len(figures))))
    ends = sorted(data.draw(st.lists(st.integers(0, len(figures)), max_size=3)))
    places = np.split(np.array(order), ends)
    found = select(mode, together([select(mode, every.take(part)) for part in places]))
    by_set: dict[frozenset[int], list[tuple[float, int]]] = {}
    for member, values in enumerate(figures):
        missed = [_missed(values[name == "parameters"], allowed) for name, allowed in ranges]
        held = frozenset(number for number, each in enumerate(missed) if not each)
        by_set.setdefault(held, []).append((math.fsum(missed), member))
    holding = mode.holding(found)
    assert holding.keys() == by_set.keys()
    for held, place in holding.items():
        nearest = min(by_set[held], key=lambda each: (round(each[0], 12), each[1]))
        assert math.isclose(mode.missed(found, place), nearest[0], abs_tol=1e-12)
        assert found.members[place] == nearest[1]
        assert found.ties[place] == len(by_set[held]) - 1


def _missed(value: int, allowed: Range) -> float:
    least, most = allowed
    if least > most:
        return 1.0
    return (least - value) / least if value < least else (value - most) / value if value > most else 0.0

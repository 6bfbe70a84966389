"""Constraints of many configs at once, against the conditions that say what holds of one."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from w2v_explore.analysis.comparing.conditions import OPERATORS, Condition
from w2v_explore.search.question.constraints import range_of, satisfied

_GREATEST = 2**63 - 1
_WHOLE = st.one_of(st.integers(0, 200), st.integers(2**53 - 3, 2**53 + 3), st.integers(0, _GREATEST))
_REAL = st.one_of(st.floats(0, 200), st.floats(0, 1e300), _WHOLE.map(float))
_LIMITS = st.one_of(
    st.integers(-300, 300), st.floats(-300, 300), _WHOLE, _WHOLE.map(lambda limit: -limit), _WHOLE.map(float), _REAL
)


@given(st.data())
def test_constraints_hold_of_many_as_of_each(data: st.DataObject) -> None:
    is_whole = data.draw(st.booleans())
    numbers = _WHOLE if is_whole else _REAL
    is_change = data.draw(st.booleans())
    before = data.draw(st.one_of(numbers, _WHOLE))
    limit = data.draw(_LIMITS)
    operator = data.draw(st.sampled_from(sorted(OPERATORS)))
    condition = Condition("", "macs", operator, limit, is_change, is_change and data.draw(st.booleans()))
    # The values next to where it begins to hold and ceases to are the ones that are easily got wrong.
    ends = [end for end in (*range_of(condition, before, is_whole), before, limit) if 0 <= end <= _GREATEST]
    near = [value for end in ends for value in _around(end, is_whole)]
    values = near + data.draw(st.lists(numbers, min_size=1))
    columns = {"macs": np.array(values, np.int64 if is_whole else np.float64)}
    [found] = satisfied([condition], columns, {"macs": before}, len(values))
    assert found.tolist() == [condition.holds(condition.value({"macs": each}, {"macs": before})) for each in values]


def _around(value: float, is_whole: bool) -> list[float]:
    if is_whole:
        return [each for each in range(int(value) - 2, int(value) + 3) if 0 <= each <= _GREATEST]
    found = [float(value)]
    for end in (math.inf, 0.0):
        found += [math.nextafter(found[0], end), math.nextafter(math.nextafter(found[0], end), end)]
    return found

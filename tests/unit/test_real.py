"""A field that holds a number in a range: what it takes, and what the schema, `explain` and steps make of the range."""

from __future__ import annotations

import math
from typing import Any

import jsonschema
import pytest

from w2v_explore.analysis.comparing.steps import _in_range
from w2v_explore.config.json_schema import _type
from w2v_explore.config.kinds import Field, Real
from w2v_explore.config.validate import checks_of, validate
from w2v_explore.diagnostics import Rule
from w2v_explore.report.catalogue import legal_values

RULE = Rule("E398", "share")
CLOSED = Real(RULE, 0.0, 1.5)
OPEN = Real(RULE, 0.0, 1.0, is_open=True, optional=True)


def field(kind: Real) -> Field:
    return Field(kind, "A share.", "None.")


@pytest.mark.parametrize(
    ("kind", "value", "code", "message", "fix"),
    [
        (CLOSED, 0.0, None, "", None),
        (CLOSED, 1.5, None, "", None),
        (CLOSED, 1, None, "", None),
        (CLOSED, -0.1, "E398", "share is -0.1; write a number from 0 to 1.5", None),
        (CLOSED, 2, "E398", "share is 2; write a number from 0 to 1.5", None),
        (CLOSED, None, "E212", "share is null; write a number from 0 to 1.5", None),
        (CLOSED, True, "E212", "share is true; write a number from 0 to 1.5", None),
        (CLOSED, [], "E212", "share is a list; write a number from 0 to 1.5", None),
        (CLOSED, "1e0", "E212", "share is text '1e0'; write 1.0", "1.0"),
        (CLOSED, "2.0", "E212", "share is text '2.0'; write a number from 0 to 1.5", None),
        (CLOSED, math.nan, "E213", "share is nan; write a number from 0 to 1.5", None),
        (CLOSED, math.inf, "E213", "share is inf; write a number from 0 to 1.5", None),
        (OPEN, None, None, "", None),
        (OPEN, 0.5, None, "", None),
        (OPEN, 0.0, "E398", "share is 0.0; write a number between 0 and 1, or null", None),
        (OPEN, 1.0, "E398", "share is 1.0; write a number between 0 and 1, or null", None),
        (OPEN, "1e-1", "E212", "share is text '1e-1'; write 0.1", "0.1"),
        (OPEN, "1.0", "E212", "share is text '1.0'; write a number between 0 and 1, or null", None),
    ],
)
def test_validator_and_schema_take_the_same_numbers(
    kind: Real, value: Any, code: str | None, message: str, fix: str | None
) -> None:
    faults = validate({"share": value}, checks_of({"share": field(kind)}), ())
    assert [(fault.rule.code, fault.message, fault.fix) for fault in faults] == ([(code, message, fix)] if code else [])
    if value != value:
        return  # JSON has no such number
    assert jsonschema.Draft7Validator(_type(kind)).is_valid(value) == (code is None)


def test_the_range_is_told_in_words() -> None:
    assert legal_values(CLOSED) == "a number from 0 to 1.5"
    assert legal_values(OPEN) == "a number between 0 and 1, or null"
    assert legal_values(Real(RULE, 0.0, 2.0**31 - 1)) == "a number from 0 to 2,147,483,647"


@pytest.mark.parametrize(
    ("before", "kind", "tried"),
    [(0.8, CLOSED, [0.7, 0.9]), (0.0, CLOSED, [-0.1875, 0.1875]), (None, OPEN, [-0.125, 0.125])],
)
def test_a_step_is_an_eighth(before: float | None, kind: Real, tried: list[float]) -> None:
    assert list(_in_range(before, kind)) == tried

"""Floats are added by `math.fsum`: from Python 3.12 on `sum` compensates, and gives other last digits than before."""

from __future__ import annotations

from fractions import Fraction

import pytest

from w2v_explore.analysis.plan.fill import by_their_sum, utterances_of


def test_what_is_summed_is_rounded_once() -> None:
    utterances = utterances_of("librispeech")
    seconds = sum(Fraction(length * share) for length, share in utterances)
    squares = sum(Fraction(length * length * share) for length, share in utterances)
    assert by_their_sum(utterances, 100.0, 50.0).utterance_seconds == float(squares) / float(seconds)


@pytest.mark.usefixtures("no_float_sums")
def test_a_report_may_not_sum_floats() -> None:
    assert eval("sum([1, 2]), sum([0.5])", {"__name__": "tests"}) == (3, 0.5)
    with pytest.raises(AssertionError, match=r"math\.fsum"):
        eval("sum([1, 0.5])", {"__name__": "w2v_explore.analysis"})

"""One duration at two sample rates is one workload, though neither comes to it in whole samples."""

from hypothesis import given
from hypothesis import strategies as st

from w2v_explore import Workload

RATES = st.integers(100, 200_000)


@given(st.floats(0.02, 40), RATES, RATES)
def test_a_duration_is_as_long_at_any_rate(seconds: float, one: int, other: int) -> None:
    first, second = (Workload.of_seconds(seconds, sample_rate=rate) for rate in (one, other))
    assert first.is_as_long_as(second)
    assert second.is_as_long_as(first)


def test_other_lengths_are_others() -> None:
    odd = Workload.of_seconds(0.33333)
    assert (odd.samples, Workload.of_seconds(0.33333, sample_rate=8000).samples) == (5333, 2667)
    assert not odd.is_as_long_as(Workload(samples=5334))
    assert odd.is_as_long_as(Workload(samples=5333, sample_rate=8000))
    for samples in (2665, 2668):
        assert not odd.is_as_long_as(Workload(samples=samples, sample_rate=8000))

"""E259 codevector-size, E262 codevector-groups-divide."""

import pytest

from tests.rules.helper import found

BASE = "extends: wav2vec2_pretrain_base\n"


@pytest.mark.parametrize(
    "field", ["num_codevector_groups", "num_codevectors_per_group", "codevector_dim", "proj_codevector_dim"]
)
def test_no_size_is_less_than_1(field: str) -> None:
    start = len(field) + 3
    assert found("E259", f"{BASE}{field}: 0\n") == [f"2:{start}-2:{start + 1}"]
    assert found("E259", f"{BASE}{field}: 2\n") == []


@pytest.mark.parametrize(("groups", "places"), [(3, ["2:24-2:25"]), (4, [])])
def test_codebooks_divide_the_width(groups: int, places: list[str]) -> None:
    assert found("E262", f"{BASE}num_codevector_groups: {groups}\n") == places

"""E259 codevector-size."""

import pytest

from tests.rules.helper import found

BASE = "extends: wav2vec2_pretrain_base\n"
FIELDS = ["num_codevector_groups", "num_codevectors_per_group", "codevector_dim", "proj_codevector_dim"]


@pytest.mark.parametrize("field", FIELDS)
def test_found(field: str) -> None:
    start = len(field) + 3
    assert found("E259", f"{BASE}{field}: 0\n") == [f"2:{start}-2:{start + 1}"]


@pytest.mark.parametrize("field", FIELDS)
def test_not_found(field: str) -> None:
    assert found("E259", f"{BASE}{field}: 2\n") == []

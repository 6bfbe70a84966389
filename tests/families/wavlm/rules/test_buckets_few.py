"""E238 buckets-few."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("buckets", [-1, 0, 3])
def test_found(buckets: int) -> None:
    text = f"extends: wavlm_base\nencoder_num_buckets: {buckets}\n"
    assert found("E238", text) == [f"2:22-2:{22 + len(str(buckets))}"]


@pytest.mark.parametrize("text", ["extends: wavlm_base\nencoder_num_buckets: 4\n", "extends: base\n"])
def test_not_found(text: str) -> None:
    assert found("E238", text) == []

"""E239 distance-short."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: wavlm_base\nencoder_max_distance: 80\n", ["2:23-2:25"]),
        ("extends: wavlm_base\nencoder_num_buckets: 3200\n", ["2:22-2:26"]),
        ("extends: wavlm_base\nencoder_max_distance: 9\nencoder_num_buckets: 36\n", ["2:23-2:24"]),
        ("extends: wavlm_base\nencoder_max_distance: 0\n", ["2:23-2:24"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E239", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: wavlm_base\nencoder_max_distance: 81\n",
        "extends: wavlm_base\nencoder_max_distance: 2\nencoder_num_buckets: 7\n",
        "extends: wavlm_base\nencoder_max_distance: 80\nencoder_num_buckets: 3\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E239", text) == []

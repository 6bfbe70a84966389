"""W286 label-rate."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: hubert\n  label_rate: 100\n", ["3:15-3:18"]),
        ("task:\n  label_rate: 25.0\nmodel:\n  _name: hubert\n", ["2:15-2:19"]),
        ("task:\n  sample_rate: 8000\nmodel:\n  _name: hubert\n  label_rate: 50\n", ["5:15-5:17"]),
        ("task:\n  label_rate: 100\nmodel:\n  _name: hubert\n  label_rate: ${task.label_rate}\n", ["5:15-5:33"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W286", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  _name: hubert\n  label_rate: 50\n",
        "model:\n  _name: hubert\n  label_rate: ???\n",
        "task:\n  label_rate: -1\nmodel:\n  _name: hubert\n",
        "task:\n  sample_rate: 8000\n  label_rate: 25\nmodel:\n  _name: hubert\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W286", text) == []

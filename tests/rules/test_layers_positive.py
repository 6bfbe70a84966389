"""E235 layers-positive: the transformer has no layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.helper import BASE, found, found_in, marked


@pytest.mark.parametrize("value", ["0", "-1", "-12", "-9223372036854775809"])
def test_below_1(value: str) -> None:
    text = f"{BASE}encoder_num_layers: {value}  # comment\n"
    assert found(text) == [("E235", 2, 21)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["1", "12", "10000"])
def test_from_1_on(value: str) -> None:
    assert found(f"{BASE}encoder_num_layers: {value}\n") == []


def test_a_fault_of_the_base_is_reported_there(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("extends: base\nencoder_num_layers: 0\n")
    (tmp_path / "c.yaml").write_text("name: c\nextends: wrong.yaml\n")
    assert found_in(tmp_path / "c.yaml") == [("wrong.yaml", "E235", 2, 21)]
    (tmp_path / "c.yaml").write_text("extends: wrong.yaml\nencoder_num_layers: 6\n")
    assert found_in(tmp_path / "c.yaml") == []

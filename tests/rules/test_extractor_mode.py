"""E220 extractor-mode: extractor_mode is neither group_norm nor layer_norm."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked, messages


@pytest.mark.parametrize(
    "value", ["default", "group", "layer", "batch_norm", "Group_Norm", "''", "null", "1", "[group_norm]"]
)
def test_wrong(value: str) -> None:
    text = f"{BASE}extractor_mode: {value}  # comment\n"
    assert found(text) == [("E220", 2, 17)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["group_norm", "layer_norm", "'layer_norm'"])
def test_right(value: str) -> None:
    assert found(f"{BASE}extractor_mode: {value}\n") == []


@pytest.mark.parametrize(
    ("value", "meant"),
    [("default", "group_norm"), ("group", "group_norm"), ("layer", "layer_norm"), ("rms", "group_norm or layer_norm")],
)
def test_other_programs_words_are_understood(value: str, meant: str) -> None:
    (message,) = messages(f"{BASE}extractor_mode: {value}\n")
    assert message == f"c.yaml:2:17: error E220 extractor-mode: extractor_mode is text '{value}'; write {meant}"

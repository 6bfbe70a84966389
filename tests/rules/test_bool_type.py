"""E211 bool-type: a switch is not true or false."""

from __future__ import annotations

import pytest

from tests.rules.helper import BASE, found, marked, messages


@pytest.mark.parametrize("key", ["extractor_conv_bias", "encoder_layer_norm_first"])
@pytest.mark.parametrize("value", ["'false'", '"no"', "0", "1", "2", "1.0", "null", "f", "[false]", "{}"])
def test_wrong(key: str, value: str) -> None:
    text = f"{BASE}{key}: {value}  # comment\n"
    assert found(text) == [("E211", 2, len(key) + 3)]
    assert marked(text) == [value]


@pytest.mark.parametrize("value", ["true", "false", "False", "TRUE", "yes", "no", "on", "Off"])
def test_right(value: str) -> None:
    assert found(f"{BASE}encoder_layer_norm_first: {value}\n") == []


@pytest.mark.parametrize(("value", "meant"), [("'false'", "false"), ("'Yes'", "true"), ("0", "false"), ("1", "true")])
def test_what_is_plainly_meant_is_offered(value: str, meant: str) -> None:
    (message,) = messages(f"{BASE}extractor_conv_bias: {value}\n")
    assert message.endswith(f"; write {meant}")

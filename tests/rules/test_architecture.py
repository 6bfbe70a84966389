"""E203 architecture."""

from tests.rules.helper import found


def test_the_place_is_the_value() -> None:
    assert found("E203", "extends: base\narchitecture: wav2vec\n") == ["2:15-2:22"]


def test_the_family_of_the_base_may_be_stated_again() -> None:
    assert found("E203", "extends: base\narchitecture: wav2vec2\n") == []

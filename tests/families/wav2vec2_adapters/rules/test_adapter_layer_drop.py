"""A440 adapter-layer-drop."""

import pytest

from tests.rules.helper import found


def test_found() -> None:
    text = "extends: mms_1b_all\nadd_adapter: true\nencoder_layer_drop: 0.1\n"
    assert found("A440", text) == ["3:21-3:24"]


@pytest.mark.parametrize("changes", ["add_adapter: true\n", "encoder_layer_drop: 0.1\n"])
def test_not_found(changes: str) -> None:
    assert found("A440", f"extends: mms_1b_all\n{changes}") == []

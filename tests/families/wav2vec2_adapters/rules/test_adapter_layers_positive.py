"""E242 adapter-layers-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("layers", [-1, 0])
def test_found(layers: int) -> None:
    text = f"extends: mms_1b_all\nadapter_num_layers: {layers}\n"
    assert found("E242", text) == [f"2:21-2:{21 + len(str(layers))}"]


@pytest.mark.parametrize("layers", [1, 100])
def test_not_found(layers: int) -> None:
    assert found("E242", f"extends: mms_1b_all\nadapter_num_layers: {layers}\n") == []

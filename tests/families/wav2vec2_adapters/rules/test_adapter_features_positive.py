"""E241 adapter-features-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("features", [-1, 0])
def test_found(features: int) -> None:
    text = f"extends: mms_1b_all\nencoder_adapter_features: {features}\n"
    assert found("E241", text) == [f"2:27-2:{27 + len(str(features))}"]


@pytest.mark.parametrize("features", ["1", "null"])
def test_not_found(features: str) -> None:
    assert found("E241", f"extends: mms_1b_all\nencoder_adapter_features: {features}\n") == []

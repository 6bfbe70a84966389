"""W346 adapter-unused."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ("encoder_layer_norm_first: false\n", ["2:27-2:32"]),
        ("encoder_layer_norm_first: false\nencoder_adapter_features: 8\n", ["3:27-3:28"]),
    ],
)
def test_found(changes: str, places: list[str]) -> None:
    assert found("W346", f"extends: mms_1b_all\n{changes}") == places


@pytest.mark.parametrize("changes", ["", "encoder_layer_norm_first: false\nencoder_adapter_features: null\n"])
def test_not_found(changes: str) -> None:
    assert found("W346", f"extends: mms_1b_all\n{changes}") == []

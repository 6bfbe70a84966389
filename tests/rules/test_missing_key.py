"""E201 missing-key."""

import pytest
import yaml

from tests.rules.helper import found
from w2v_explore import load_config

COMPLETE = yaml.safe_dump(load_config("base").model.to_mapping(), sort_keys=False)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (COMPLETE.replace("encoder_dropout: 0.1\n", ""), ["1:1"]),
        ("name: x\nencoder_num_layers: 3\n", ["1:1"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("E201", text) == places


@pytest.mark.parametrize(
    "text",
    [
        COMPLETE,
        "extends: base\n",
        "extends: nowhere\n",
        COMPLETE.replace("encoder_num_layers", "encoder_num_layer"),
    ],
)
def test_not_found(text: str) -> None:
    assert found("E201", text) == []

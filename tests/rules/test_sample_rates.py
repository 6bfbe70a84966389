"""W287 sample-rates."""

import json
from pathlib import Path

import pytest

from tests.rules.helper import found
from w2v_explore.config.load import load_config


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("task:\n  sample_rate: 16000\nmodel:\n  _name: hubert\n  sample_rate: 8000\n", ["5:16-5:20"]),
        ("task:\n  sample_rate: 8000\n  sampling_rate: 16000\nmodel:\n  _name: hubert\n", ["3:18-3:23"]),
        ("sample_rate: 8000\ncfg:\n  sample_rate: 16000\n  model:\n    _name: hubert\n", ["1:14-1:18"]),
        (
            "task: {sample_rate: 16000}\n"
            "model: {_name: hubert_ctc, w2v_args: {task: {sample_rate: 8000}, model: {_name: hubert}}}\n",
            ["2:59-2:63"],
        ),
        ('{"model_type": "hubert", "sampling_rate": 16000, "sample_rate": 8000}', ["1:65-1:69"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W287", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "task:\n  sample_rate: 8000\nmodel:\n  _name: hubert\n  sample_rate: 8000\n",
        "rate: 8000\ntask:\n  sample_rate: ${rate}\nmodel:\n  _name: hubert\n  sample_rate: 8000\n",
        "model:\n  _name: hubert\n  sampling_rate: 8000\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W287", text) == []


def test_a_config_and_its_feature_extractor_agree_or_the_config_is_pointed_at(tmp_path: Path) -> None:
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": 16000}))
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"model_type": "hubert", "sampling_rate": 8000}))
    [warning] = load_config(config).warnings
    assert (warning.rule.code, warning.place.path, warning.key) == ("W287", str(config), "sampling_rate")
    assert load_config(config).sample_rate == 16000
    assert load_config(config, {"sample_rate": 16000}).warnings == ()

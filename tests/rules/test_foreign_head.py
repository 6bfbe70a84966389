"""W282 foreign-head."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("model:\n  _name: wav2vec2\n  target_glu: true\n", ["3:15-3:19"]),
        ("model:\n  _name: data2vec_audio\n", ["2:10-2:24"]),
        ('{"model_type": "wav2vec2", "use_weighted_layer_sum": true}', ["1:54-1:58"]),
        ('{"model_type": "hubert", "architectures": ["HubertForSequenceClassification"]}', ["1:43-1:78"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W282", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "model:\n  _name: hubert\n  target_glu: false\n",
        '{"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"], "use_weighted_layer_sum": false}',
    ],
)
def test_not_found(text: str) -> None:
    assert found("W282", text) == []

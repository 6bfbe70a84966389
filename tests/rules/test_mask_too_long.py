"""W310 mask-too-long, and what transformers does with such a mask."""

import json
from types import ModuleType

import pytest
import torch

from tests.rules.helper import found
from w2v_explore.analysis.receptive_field import num_frames
from w2v_explore.config.load import config_from_mapping

SECONDS = 0.2  # 9 frames


def huggingface(**fields: object) -> str:
    return json.dumps({"model_type": "wav2vec2", **fields}, indent=1)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (huggingface(mask_time_length=10), ["3:22-3:24"]),
        # It holds where nothing is said, too.
        (huggingface(), ["1:1"]),
        (huggingface(mask_time_prob=0, mask_feature_prob=0.1, mask_feature_length=800), ["5:25-5:28"]),
        ("model:\n  _name: wav2vec2\n  encoder_layers: 12\n  mask_length: 10\n", ["4:16-4:18"]),
        (
            "model:\n  _name: wav2vec_ctc\n  apply_mask: true\n  mask_length: 12\n  w2v_args:\n    model:\n"
            "      _name: wav2vec2\n      mask_length: 3\n",
            ["4:16-4:18"],
        ),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W310", text, SECONDS) == places


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (huggingface(mask_time_length=9), SECONDS),
        (huggingface(mask_time_length=10), None),
        (huggingface(mask_time_length=10), 0.3),
        (huggingface(mask_time_length=10, mask_time_prob=0.0), SECONDS),
        (huggingface(mask_time_length=10, apply_spec_augment=False), SECONDS),
        (huggingface(mask_time_length="ten"), SECONDS),
        (huggingface(mask_feature_length=800), 1.0),
        (huggingface(mask_feature_prob=0.1, mask_feature_length=768), None),
        # No frame at all is E250's matter.
        (huggingface(mask_time_length=10), 0.01),
        # Fine-tuning masks where it is told to, and what is under w2v_args masked in pre-training.
        ("model:\n  _name: wav2vec_ctc\n  mask_length: 12\n  w2v_args: {model: {_name: wav2vec2}}\n", SECONDS),
        ("model:\n  _name: wav2vec2\n  encoder_layers: 12\n  mask_length: 10\n  mask_prob: 0\n", SECONDS),
        ("extends: base\n", SECONDS),
    ],
)
def test_not_found(text: str, seconds: float | None) -> None:
    assert found("W310", text, seconds) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"mask_time_length": 10},
        {"mask_time_length": 9},
        {"mask_time_length": 10, "mask_time_prob": 0.0},
        {"mask_time_length": 10, "apply_spec_augment": False},
        {"mask_time_prob": 0.0, "mask_feature_prob": 0.1, "mask_feature_length": 17},
        {"mask_time_prob": 0.0, "mask_feature_prob": 0.1, "mask_feature_length": 16},
    ],
)
def test_transformers_stops_training_exactly_where_the_rule_warns(
    torchaudio_models: ModuleType, fields: dict[str, object]
) -> None:
    # transformers looks for torchaudio, whose stand-in is there by now.
    from transformers import Wav2Vec2Config, Wav2Vec2Model

    small = {
        "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
        "conv_dim": [8] * 7, "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2,
    }  # fmt: skip
    samples = round(SECONDS * 16_000)
    assert num_frames(config_from_mapping({"model_type": "wav2vec2", **small}, "x").model, samples) == 9
    model = Wav2Vec2Model(Wav2Vec2Config(**small, **fields))
    waveforms = torch.randn(2, samples)
    assert model.eval()(waveforms).last_hidden_state.shape[1] == 9
    model.train()
    if found("W310", huggingface(**small, **fields), SECONDS):
        with pytest.raises(ValueError, match="mask_length"):
            model(waveforms)
    else:
        model(waveforms)

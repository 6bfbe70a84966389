"""The words for what is trained, against the methods of transformers by which people freeze the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from tests.parity.test_transformers_models import transformers as transformers
from w2v_explore import load_config, memory


def freeze_all_but_adapters(model: Any) -> None:
    """As MMS is fine-tuned for a language."""
    model.freeze_base_model()
    for parameter in model._get_adapters().values():
        parameter.requires_grad = True


@pytest.mark.parametrize(
    ("train", "freeze"),
    [
        ("all", lambda model: None),
        ("not-extractor", lambda model: model.freeze_feature_encoder()),
        ("head", lambda model: model.freeze_base_model()),
        ("adapters", freeze_all_but_adapters),
    ],
)
def test_as_many_parameters_train_as_transformers_leaves(
    transformers: ModuleType, tmp_path: Path, train: str, freeze: Callable[[Any], None]
) -> None:
    sizes = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 3, "intermediate_size": 48}
    theirs = transformers.Wav2Vec2Config(
        adapter_attn_dim=8, vocab_size=30, architectures=["Wav2Vec2ForCTC"], do_stable_layer_norm=True,
        feat_extract_norm="layer", mask_time_prob=0.0, **sizes,
    )  # fmt: skip
    path = tmp_path / "config.json"
    path.write_text(json.dumps(theirs.to_dict()), encoding="utf-8")
    with torch.device("meta"):
        model = transformers.Wav2Vec2ForCTC(theirs)
    freeze(model)
    trained = sum(each.numel() for each in model.parameters() if each.requires_grad)
    assert memory(load_config(str(path)), train=train).training["float32"].learned == trained

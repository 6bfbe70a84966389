"""The functions that make models of HuBERT in pre-training, beside torchaudio's."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest
import torch

import w2v_explore
from tests.families.hubert_pretrain.model import POST_NORM
from w2v_explore import ConfigError, HuBERTPretrainModel, hubert_pretrain_model, load_config
from w2v_explore.model import factories

FUNCTIONS = ["hubert_pretrain_base", "hubert_pretrain_large", "hubert_pretrain_xlarge"]


@pytest.mark.parametrize("name", ["hubert_pretrain_model", *FUNCTIONS])
def test_arguments_and_defaults_are_torchaudios(torchaudio_models: ModuleType, name: str) -> None:
    ours, theirs = (inspect.signature(getattr(module, name)) for module in (w2v_explore, torchaudio_models))
    assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
        (p.name, p.kind, p.default) for p in theirs.parameters.values()
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_factories_make_the_presets_models(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factories, "build_model", lambda config: config)
    built = getattr(w2v_explore, name)(0.25, mask_prob=0.65, feature_grad_mult=0.5)
    changes = {"encoder_projection_dropout": 0.25, "mask_prob": 0.65, "feature_grad_mult": 0.5}
    assert built == load_config(name, changes).model


def test_a_model_can_be_made_on_meta() -> None:
    with torch.device("meta"):
        model = w2v_explore.hubert_pretrain_base(num_classes=500)
    assert isinstance(model, HuBERTPretrainModel)
    assert tuple(model.logit_generator.label_embeddings.shape) == (500, 256)


def test_wrong_arguments_are_all_named() -> None:
    with pytest.raises(ConfigError) as raised:
        hubert_pretrain_model(**{**POST_NORM, "mask_prob": 1.5, "feature_grad_mult": 1.0, "num_classes": 0})
    assert [(problem.key, problem.rule.code) for problem in raised.value.problems] == [
        ("mask_prob", "E255"),
        ("num_classes", "E257"),
        ("feature_grad_mult", "E255"),
    ]


def test_features_come_from_the_encoder() -> None:
    model = hubert_pretrain_model(**POST_NORM).eval()
    waveforms = torch.randn(1, 3000)
    layers, _ = model.extract_features(waveforms)
    assert [tuple(layer.shape) for layer in layers] == [(1, 149, 48)] * 2
    assert torch.equal(layers[-1], model.wav2vec2(waveforms)[0])

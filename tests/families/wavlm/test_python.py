"""The functions that make WavLM's models, beside torchaudio's."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest
import torch

import w2v_explore
from tests.families.wavlm.model import PRE_NORM
from w2v_explore import ConfigError, Wav2Vec2Model, load_config, wavlm_model
from w2v_explore.model import factories


@pytest.mark.parametrize("name", ["wavlm_model", "wavlm_base", "wavlm_large"])
def test_arguments_and_defaults_are_torchaudios(torchaudio_models: ModuleType, name: str) -> None:
    ours, theirs = (inspect.signature(getattr(module, name)) for module in (w2v_explore, torchaudio_models))
    assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
        (p.name, p.kind, p.default) for p in theirs.parameters.values()
    ]


@pytest.mark.parametrize("name", ["wavlm_base", "wavlm_large"])
def test_factories_make_torchaudios_models(torchaudio_models: ModuleType, name: str) -> None:
    with torch.device("meta"):
        ours, theirs = getattr(w2v_explore, name)(aux_num_out=5), getattr(torchaudio_models, name)(aux_num_out=5)
    assert isinstance(ours, Wav2Vec2Model)
    assert [(key, value.shape) for key, value in ours.state_dict().items()] == [
        (key, value.shape) for key, value in theirs.state_dict().items()
    ]
    dropouts = [
        [(path, module.p) for path, module in model.named_modules() if isinstance(module, torch.nn.Dropout)]
        for model in (ours, theirs)
    ]
    assert dropouts[0] == dropouts[1]


@pytest.mark.parametrize("name", ["wavlm_base", "wavlm_large"])
def test_a_factorys_arguments_replace_its_presets_values(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factories, "build_model", lambda config: config)
    built = getattr(w2v_explore, name)(0.25, aux_num_out=7)
    others = {"encoder_ff_interm_dropout": 0.1} if name == "wavlm_base" else {}
    changes = {"encoder_projection_dropout": 0.25, "encoder_layer_drop": 0.1, "aux_num_out": 7, **others}
    assert built == load_config(name, changes).model


def test_wrong_arguments_are_all_named() -> None:
    with pytest.raises(ConfigError) as raised:
        wavlm_model(**{**PRE_NORM, "encoder_num_buckets": 3, "encoder_dropout": 2.0})
    assert [problem.key for problem in raised.value.problems] == ["encoder_num_buckets", "encoder_dropout"]

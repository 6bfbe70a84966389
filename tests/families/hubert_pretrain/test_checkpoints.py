"""Weights of HuBERT in pre-training, named as torchaudio and fairseq name them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.families.contract import torchaudio_model
from tests.families.hubert_pretrain.model import PRE_NORM
from w2v_explore import ModelConfig, UnusedWeightsWarning, Wav2Vec2Model, inspect_checkpoint, load_checkpoint
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.checkpoint.shapes import infer_from_shapes
from w2v_explore.config.checkpoint import expected_shapes
from w2v_explore.families.hubert_pretrain import FAMILY
from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig
from w2v_explore.families.hubert_pretrain.keys import KEYS

CONFIG = HuBERTPretrainConfig.from_mapping(PRE_NORM)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "weights.pt"


def save(path: Path, dialect: Dialect) -> dict[str, torch.Tensor]:
    """A file of torchaudio's weights in a program's words; they, by our names."""
    weights = torchaudio_model(CONFIG).state_dict()
    theirs = keys_in_dialect(weights, KEYS, dialect)
    torch.save({name: weights[part.name] for name, part in theirs.items()}, path)
    return weights


@pytest.mark.parametrize("dialect", ["torchaudio", "fairseq"])
def test_weights_in(path: Path, dialect: Dialect) -> None:
    weights = save(path, dialect)
    model = load_checkpoint(path, CONFIG)
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name]), name


def test_fairseqs_names(path: Path) -> None:
    save(path, "fairseq")
    names = set(torch.load(path, weights_only=True))
    assert {"mask_emb", "label_embs_concat", "final_proj.weight", "post_extract_proj.bias"} < names


def test_without_a_config_they_are_the_encoders(path: Path) -> None:
    weights = save(path, "torchaudio")
    assert inspect_checkpoint(path).fit.fits
    values = {**PRE_NORM, "aux_num_out": None, "architecture": "wav2vec2"}
    encoder = {name: value for name, value in values.items() if name.startswith(("enc", "ext", "aux", "arch"))}
    with pytest.warns(UnusedWeightsWarning, match="mask_generator|logit_generator"):
        model = load_checkpoint(path, ModelConfig.from_mapping(encoder))
    assert isinstance(model, Wav2Vec2Model)
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[f"wav2vec2.{name}"]), name


def test_shapes_tell_the_sizes() -> None:
    shapes = {name: tuple(value.shape) for name, value in torchaudio_model(CONFIG).state_dict().items()}
    told = infer_from_shapes(shapes, KEYS.told, KEYS.conv_weight)
    stated = CONFIG.to_mapping()
    assert told.values == {name: stated[name] for name in KEYS.told}
    assert dict(expected_shapes(FAMILY, KEYS, told, len(shapes))) == shapes
    assert translate_keys(shapes, (KEYS,)).unknown == ()

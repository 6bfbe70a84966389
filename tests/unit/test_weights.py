"""Weights from files and state_dicts: every dialect and format gives the same model, and what does not fit is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.checkpoint_files import named
from tests.small import overrides
from w2v_explore import (
    CheckpointError,
    SourceError,
    UnusedWeightsWarning,
    Wav2Vec2Model,
    build_model,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.key_table import Dialect
from w2v_explore.checkpoint.keys import WeightNormSpelling

SMALL = overrides(encoder_num_layers=3, aux_num_out=5)
CONFIG = load_config("base", SMALL).model
CONV = "encoder.transformer.pos_conv_embed.conv.parametrizations.weight"


@pytest.fixture(scope="module")
def model() -> Wav2Vec2Model:
    torch.manual_seed(0)
    return build_model(CONFIG)


@pytest.fixture
def weights(model: Wav2Vec2Model) -> dict[str, Tensor]:
    return dict(model.state_dict())


def save_sharded(weights: dict[str, Tensor], folder: Path) -> Path:
    half = len(weights) // 2
    shards = {"a.safetensors": dict([*weights.items()][:half]), "b.safetensors": dict([*weights.items()][half:])}
    for name, shard in shards.items():
        save_file(shard, folder / name)
    index = {"weight_map": {tensor: name for name, shard in shards.items() for tensor in shard}}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps(index))
    return path


def save_safetensors(weights: dict[str, Tensor], folder: Path) -> Path:
    save_file(weights, folder / "model.safetensors")
    return folder / "model.safetensors"


def save_folder(weights: dict[str, Tensor], folder: Path) -> Path:
    torch.save(weights, folder / "pytorch_model.bin")
    return folder


def save_nested(weights: dict[str, Tensor], folder: Path) -> Path:
    torch.save({"model": weights, "optimizer": {"lr": 0.1}}, folder / "checkpoint.pt")
    return folder / "checkpoint.pt"


def save_legacy(weights: dict[str, Tensor], folder: Path) -> Path:
    torch.save({"state_dict": weights}, folder / "old.ckpt", _use_new_zipfile_serialization=False)
    return folder / "old.ckpt"


@pytest.mark.parametrize("save", [save_safetensors, save_sharded, save_folder, save_nested, save_legacy])
@pytest.mark.parametrize(
    ("dialect", "prefix", "spelling"),
    [
        ("torchaudio", "", "parametrizations"),
        ("torchaudio", "model.", "weight_g"),
        ("huggingface", "hubert.", "weight_g"),
        ("fairseq", "w2v_encoder.w2v_model.", "weight_g"),
    ],
)
def test_every_format_and_dialect_gives_the_same_model(
    weights: dict[str, Tensor],
    save: Callable[[dict[str, Tensor], Path], Path],
    dialect: Dialect,
    prefix: str,
    spelling: WeightNormSpelling,
    tmp_path: Path,
) -> None:
    mode = CONFIG.extractor_mode
    theirs = named(weights, dialect, prefix=prefix, extractor_mode=mode, weight_norm=spelling)
    path = save(theirs, tmp_path)
    loaded = load_checkpoint(str(path), CONFIG)
    assert loaded.training
    assert list(loaded.state_dict()) == list(weights)
    for name, weight in weights.items():
        assert torch.equal(loaded.state_dict()[name], weight), name


def test_the_config_of_what_transformers_saves_is_inferred(torchaudio_models: ModuleType, tmp_path: Path) -> None:
    import transformers

    config = transformers.HubertConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=20, vocab_size=5,
        conv_dim=(8, 12), conv_kernel=(10, 3), conv_stride=(5, 2), num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=4,
    )  # fmt: skip
    original = transformers.HubertForCTC(config).eval()
    original.save_pretrained(tmp_path)
    with pytest.warns(UnusedWeightsWarning, match="masked_spec_embed"):
        loaded = load_checkpoint(str(tmp_path)).eval()
    waveforms = torch.randn(2, 400)
    with torch.no_grad():
        torch.testing.assert_close(loaded(waveforms)[0], original(waveforms).logits, rtol=1e-5, atol=1e-5)


def test_half_precision_becomes_float32(weights: dict[str, Tensor], tmp_path: Path) -> None:
    halves = {name: weight.half() for name, weight in weights.items()}
    loaded = load_checkpoint(str(save_safetensors(halves, tmp_path)), CONFIG)
    for name, weight in loaded.state_dict().items():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, halves[name].float()), name


def test_all_that_does_not_fit_is_listed_at_once(weights: dict[str, Tensor], tmp_path: Path) -> None:
    del weights["encoder.transformer.layers.0.feed_forward.output_dense.bias"]
    del weights["encoder.transformer.layers.1.feed_forward.output_dense.bias"]
    weights["aux.weight"] = torch.zeros(6, 24)
    weights["aux.bias"] = torch.zeros(5, dtype=torch.int32)
    weights["encoder.transformer.layers.7.layer_norm.bias"] = torch.zeros(24)
    weights["surprise\x1b[2J"] = torch.zeros(1)
    path = str(save_safetensors(weights, tmp_path))
    with pytest.raises(CheckpointError) as raised:
        load_checkpoint(path, CONFIG)
    assert str(raised.value).splitlines() == [
        f"the weights of {path} do not fit the config:",
        "  missing: encoder.transformer.layers.0-1.feed_forward.output_dense.bias",
        "  unexpected: encoder.transformer.layers.7.layer_norm.bias",
        "  unexpected: surprise\\x1b[2J",
        "  misshapen: aux.weight is [6, 24], where [5, 24] is wanted",
        "  misshapen: aux.bias is int32, and no floating-point number",
    ]


def test_a_long_list_ends(weights: dict[str, Tensor], tmp_path: Path) -> None:
    path = str(save_safetensors(weights, tmp_path))
    wider = load_config("base", [*SMALL, "encoder_embed_dim=48"]).model
    with pytest.raises(CheckpointError, match=r"\n  and \d+ more$"):
        load_checkpoint(path, wider)


def test_a_fairseq_model_without_a_projection_is_told_why(weights: dict[str, Tensor], tmp_path: Path) -> None:
    theirs = named(weights, "fairseq", extractor_mode=CONFIG.extractor_mode, weight_norm="weight_g")
    del theirs["post_extract_proj.weight"], theirs["post_extract_proj.bias"]
    with pytest.raises(CheckpointError, match="fairseq has no projection where the last convolution is as wide"):
        load_checkpoint(str(save_safetensors(theirs, tmp_path)), CONFIG)


@pytest.mark.parametrize(("preset", "title"), [("base", r"wav2vec 2\.0"), ("wavlm_base", "WavLM")])
def test_weights_of_something_else_are_refused(preset: str, title: str, tmp_path: Path) -> None:
    path = save_safetensors({"bert.embeddings.weight": torch.zeros(2, 2)}, tmp_path)
    with pytest.raises(CheckpointError, match=f"are of no {title} model: none is named as the first convolution is"):
        load_checkpoint(str(path), load_config(preset, SMALL).model)


def test_what_has_no_place_is_named_with_what_it_is(weights: dict[str, Tensor], tmp_path: Path) -> None:
    weights |= {"logit_generator.label_embeddings": torch.zeros(1)}
    with pytest.warns(UnusedWeightsWarning) as record:
        load_checkpoint(str(save_safetensors(weights, tmp_path)), CONFIG)
    assert "left out: logit_generator.label_embeddings (part of the pre-training loss)" in str(record[0].message)
    assert record[0].filename == __file__


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        load_checkpoint(str(tmp_path / "none.safetensors"), CONFIG)

"""Folders that transformers writes, and what it says of them itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.program import Runner
from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import load_config

SIZES: dict[str, Any] = {
    "conv_dim": (6, 6, 10), "conv_kernel": (4, 3, 2), "conv_stride": (2, 2, 1), "num_feat_extract_layers": 3,
    "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 12,
    "num_conv_pos_embeddings": 5, "num_conv_pos_embedding_groups": 2, "vocab_size": 7, "layerdrop": 0.25,
    "codevector_dim": 8, "proj_codevector_dim": 8, "num_codevectors_per_group": 4, "classifier_proj_size": 8,
}  # fmt: skip


def save_model(folder: Path, class_name: str, **options: Any) -> Any:
    """A small random model of a class of transformers, written by it."""
    import_torchaudio_models()
    import transformers

    kind = "Hubert" if class_name.startswith("Hubert") else "Wav2Vec2"
    sizes = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True, **SIZES}
    model = getattr(transformers, class_name)(getattr(transformers, f"{kind}Config")(**sizes))
    model.save_pretrained(folder, **options)
    return model


@pytest.mark.parametrize(
    ("class_name", "head"),
    [
        ("Wav2Vec2Model", 0),
        ("Wav2Vec2ForCTC", 7 * 9),
        ("Wav2Vec2ForPreTraining", 0),
        ("Wav2Vec2ForSequenceClassification", 0),
        ("HubertModel", 0),
        ("HubertForCTC", 7 * 9),
    ],
)
def test_a_folder_that_transformers_wrote_is_inspected_whole(
    class_name: str, head: int, tmp_path: Path, run: Runner
) -> None:
    model = save_model(tmp_path, class_name)
    document = json.loads(run("inspect", str(tmp_path), "--format", "json").out)
    assert (document["missing"], document["conflicts"], document["unknown"]) == ({}, [], [])
    assert document["fit"]["fits"] is True
    parameters = document["parameters"]
    assert parameters["total"] == sum(parameter.numel() for parameter in model.parameters())
    assert parameters["head"] == head
    model_parameters = sum(parameter.numel() for parameter in model.base_model.parameters())
    # transformers' own models hold the vector that stands for masked frames.
    assert parameters["backbone"] == model_parameters - model.config.hidden_size
    config = load_config(str(tmp_path)).model
    assert config.conv_layers == ((6, 4, 2), (6, 3, 2), (10, 2, 1))
    assert (config.encoder_num_heads, config.encoder_layer_norm_first, config.encoder_layer_drop) == (4, True, 0.25)
    assert config.aux_num_out == (7 if head else None)
    assert run("check", str(tmp_path), str(tmp_path)).code == 0


@pytest.mark.filterwarnings("ignore")
def test_all_ways_to_write_one_model_are_read_the_same(tmp_path: Path) -> None:
    from w2v_explore.checkpoint.read import read_checkpoint

    model = save_model(tmp_path / "whole", "Wav2Vec2ForCTC")
    model.save_pretrained(tmp_path / "sharded", max_shard_size="5KB")
    state = model.state_dict()
    for name, is_zip in (("zip.bin", True), ("legacy.bin", False)):
        torch.save(state, tmp_path / name, _use_new_zipfile_serialization=is_zip)
    bins = tmp_path / "bins"
    bins.mkdir()
    names = sorted(state)
    halves = {"one.bin": names[:20], "two.bin": names[20:]}
    for file, half in halves.items():
        torch.save({name: state[name] for name in half}, bins / file)
    weight_map = {name: file for file, half in halves.items() for name in half}
    (bins / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": weight_map}))
    read = {path.name: read_checkpoint(str(path)) for path in tmp_path.iterdir()}
    assert {name: checkpoint.format for name, checkpoint in read.items()} == {
        "whole": "safetensors",
        "sharded": f"safetensors, {len(read['sharded'].files)} shards",
        "zip.bin": "PyTorch (zip)",
        "legacy.bin": "PyTorch (legacy)",
        "bins": "PyTorch (zip), 2 shards",
    }
    assert len(read["sharded"].files) > 1
    expected = {(name, "float32", tuple(tensor.shape)) for name, tensor in state.items()}
    for checkpoint in read.values():
        assert set(checkpoint.tensors) == expected


@pytest.mark.parametrize("bundle", ["wav2vec2_base", "wav2vec2_large_lv60k"])
def test_torchaudios_own_models_are_told(bundle: str, tmp_path: Path, run: Runner) -> None:
    factory = getattr(import_torchaudio_models(), bundle)
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in factory(aux_num_out=29).state_dict().items()}
    path = tmp_path / "model.pt"
    # One number stands for each tensor's data.
    torch.save({name: torch.zeros(1).expand(shape) for name, shape in shapes.items()}, path)
    preset = bundle.removeprefix("wav2vec2_")
    assert run("check", str(path), preset, "--set", "aux_num_out=29").code == 0
    assert run("check", str(path), "large" if preset == "base" else "base").code == 1

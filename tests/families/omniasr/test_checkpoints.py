"""omniASR's weights by the names of transformers, which are ours: read, checked, loaded and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from tests.checkpoint_files import safetensors_bytes
from tests.families.omniasr.reference import SMALL, transformers_model
from tests.families.omniasr.strategies import omniasr_configs
from tests.program import Runner
from w2v_explore import (
    CheckpointError,
    ConfigError,
    build_architecture,
    build_model,
    check_checkpoint,
    inspect_checkpoint,
    load_checkpoint,
    load_config,
)
from w2v_explore.checkpoint.keys import keys_in_dialect, translate_keys
from w2v_explore.config.family import key_tables
from w2v_explore.families.omniasr.fields import OmniASRConfig
from w2v_explore.families.omniasr.keys import KEYS

HEADLESS = {**SMALL, "aux_num_out": None}
UNTOLD = {
    "extractor_conv_layer_config", "encoder_num_heads", "encoder_attention_dropout", "encoder_ff_interm_dropout",
    "encoder_dropout", "encoder_layer_drop",
}  # fmt: skip


def shapes_of(values: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return dict(build_architecture(OmniASRConfig(**values)).state_dict_shapes())


def in_transformers(values: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    with torch.device("meta"):
        model = transformers_model(OmniASRConfig(**values))
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


@given(model=omniasr_configs())
@settings(max_examples=10)
def test_the_names_are_all_that_transformers_has(model: OmniASRConfig) -> None:
    theirs = in_transformers(model.to_mapping())
    read = translate_keys(theirs, key_tables())
    assert (read.table, read.dialect, read.unknown, read.extras) == (KEYS, "huggingface", (), {})
    assert read.prefix == ("" if model.aux_num_out is None else "model.audio_tower.")
    ours = shapes_of(model.to_mapping())
    assert read.shapes(theirs.items()) == ours
    assert keys_in_dialect(ours, KEYS, "huggingface", prefix=read.prefix).keys() == theirs.keys()


@pytest.mark.parametrize("values", [SMALL, HEADLESS], ids=["ctc", "encoder"])
def test_shapes_tell_all_but_what_leaves_no_trace(values: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(in_transformers(values)))
    found = inspect_checkpoint(path)
    assert found.family.name == "omniasr"
    assert found.fit.fits
    assert set(found.missing) == UNTOLD
    told = [name for name in OmniASRConfig.FIELDS if name not in UNTOLD]
    assert {name: found.values[name] for name in told} == {name: values[name] for name in told}
    with pytest.raises(ConfigError, match="give --set encoder_num_heads=1"):
        load_config(str(path))


@pytest.mark.parametrize("values", [SMALL, HEADLESS], ids=["ctc", "encoder"])
def test_what_transformers_saves_is_read_and_what_is_exported_loads_there(
    values: dict[str, Any], tmp_path: Path, run: Runner
) -> None:
    original = transformers_model(OmniASRConfig(**values)).eval()
    original.save_pretrained(tmp_path / "saved")
    saved = str(tmp_path / "saved")
    assert load_config(saved).model == OmniASRConfig(**values)
    assert run("check", saved, saved).code == 0
    assert run("export", saved, "--to", "huggingface", "-o", str(tmp_path / "exported")).code == 0
    model, info = type(original).from_pretrained(tmp_path / "exported", output_loading_info=True)
    assert {name: [*found] for name, found in info.items() if found} == {}
    waveforms = torch.randn(2, 1, 900, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(model.eval()(waveforms)[0], original(waveforms)[0])
    assert run("export", saved, "--to", "safetensors", "-o", str(tmp_path / "ours.safetensors")).code == 0
    ours = load_checkpoint(tmp_path / "ours.safetensors").state_dict()
    assert ours.keys() == shapes_of(values).keys()
    for name, weight in load_checkpoint(saved).state_dict().items():
        assert torch.equal(ours[name], weight), name


def test_a_weight_normed_wav2vec2_is_no_omniasr(tmp_path: Path) -> None:
    torch.save(
        build_model(load_config("xlsr_300m", ["encoder_num_layers=1"]).model).state_dict(), tmp_path / "model.pt"
    )
    assert not check_checkpoint(tmp_path / "model.pt", OmniASRConfig(**HEADLESS)).fit.fits
    with pytest.raises(
        CheckpointError, match=r"no omniASR model: none is named as the first convolution is in transformers$"
    ):
        load_checkpoint(tmp_path / "model.pt", OmniASRConfig(**HEADLESS))


def test_what_is_missing_is_told_by_its_name(tmp_path: Path, run: Runner) -> None:
    shapes = shapes_of(HEADLESS)
    del shapes["encode_positions.conv.bias"]
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes(shapes))
    beside = tmp_path / "model.yaml"
    beside.write_text(json.dumps({"architecture": "omniasr", **HEADLESS}))
    found = run("check", str(path), str(beside))
    assert found.code == 1
    assert "Hugging Face's name" in found.out
    assert "encode_positions.conv.bias" in found.out

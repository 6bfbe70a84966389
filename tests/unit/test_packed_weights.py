"""A tensor of ours that another program has in three: loaded, checked, inspected and exported in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.checkpoint_files import SMALL
from w2v_explore import ModelConfig, check_checkpoint, export, inspect_checkpoint, load_checkpoint
from w2v_explore.checkpoint.key_table import Packed
from w2v_explore.errors import CheckpointError
from w2v_explore.families.wav2vec2 import keys
from w2v_explore.model.build import build_model

CONFIG = ModelConfig.from_mapping(SMALL)
OURS = "encoder.transformer.layers.{i}.feed_forward.intermediate_dense"
THEIRS = "encoder.layers.{i}.feed_forward"


@pytest.fixture(autouse=True)
def _a_program_with_three_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hugging Face as a program that has the inner layer of a feed-forward block in three parts."""
    parts = tuple(
        Packed(f"{OURS}.{name}", tuple(f"{THEIRS}.{part}.{name}" for part in ("one", "two", "three")), ("", "", ""))
        for name in ("weight", "bias")
    )
    monkeypatch.setattr(keys, "KEYS", keys.KEYS.with_modules(*parts, without=(OURS,)))


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return dict(build_model(CONFIG).state_dict())


@pytest.fixture
def folder(weights: dict[str, Tensor], tmp_path: Path) -> Path:
    """What Hugging Face would load."""
    save_file(weights, tmp_path / "ours.safetensors")
    folder = tmp_path / "exported"
    export(str(tmp_path / "ours.safetensors"), "huggingface", folder, config=CONFIG)
    return folder


def test_a_tensor_is_exported_in_its_parts(weights: dict[str, Tensor], folder: Path) -> None:
    theirs = load_file(folder / "model.safetensors")
    for number in range(CONFIG.encoder_num_layers):
        start = "wav2vec2." + THEIRS.replace("{i}", str(number))
        for name in ("weight", "bias"):
            parts = [theirs.pop(f"{start}.{part}.{name}") for part in ("one", "two", "three")]
            assert torch.equal(torch.cat(parts), weights[f"{OURS.replace('{i}', str(number))}.{name}"])
    assert len(theirs) == len(weights) - 2 * CONFIG.encoder_num_layers


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_parts_are_loaded_into_the_tensor(weights: dict[str, Tensor], folder: Path, dtype: torch.dtype) -> None:
    path = folder / "model.safetensors"
    save_file({name: tensor.to(dtype) for name, tensor in load_file(path).items()}, path)
    for name, tensor in load_checkpoint(folder).state_dict().items():
        assert torch.equal(tensor, weights[name].to(dtype).float()), name


def test_check_and_inspect_know_the_parts(folder: Path) -> None:
    checked = check_checkpoint(folder, CONFIG)
    assert checked.fits
    assert checked.fit.matched == checked.fit.expected
    inspection = inspect_checkpoint(folder)
    assert inspection.config is not None
    assert inspection.config.model == CONFIG
    assert inspection.fit.fits
    assert inspection.to_dict()["parameters"]["unknown"] == inspection.to_dict()["parameters"]["buffers"] == 0


def test_a_missing_part_is_named(folder: Path) -> None:
    path = folder / "model.safetensors"
    name = f"wav2vec2.{THEIRS.replace('{i}', '1')}.two.weight"
    save_file({other: tensor for other, tensor in load_file(path).items() if other != name}, path)
    [missing] = check_checkpoint(folder, CONFIG).to_dict()["missing"]
    ours = f"{OURS.replace('{i}', '1')}.weight"
    assert missing == {"name": ours, "part": "two.weight", "shape": [4, 8]}
    with pytest.raises(CheckpointError, match=r"missing: .*layers\.1\..*intermediate_dense\.weight \(two\.weight\)"):
        load_checkpoint(folder, CONFIG)

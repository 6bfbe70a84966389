"""`inspect` accounts for every byte of a file, by kind."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.checkpoint_files import model_shapes, safetensors_bytes
from tests.program import Runner
from w2v_explore.checkpoint.contents import Kind

FORMATS = pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])


def parts_of(path: Path, run: Runner) -> dict[str, tuple[int, int]]:
    document = json.loads(run("inspect", str(path), "--format", "json").out)["bytes"]
    files = [path] if path.is_file() else [*path.iterdir()]
    assert document["total"] == sum(map(os.path.getsize, files))
    assert document["total"] == sum(part["bytes"] for part in document["parts"])
    return {part["part"]: (part["tensors"], part["bytes"]) for part in document["parts"]}


def weights() -> dict[str, torch.Tensor]:
    return {name: torch.randn(shape) for name, shape in model_shapes().items()}


@FORMATS
def test_a_training_checkpoint_is_accounted_for_to_the_byte(is_zip: bool, tmp_path: Path, run: Runner) -> None:
    model = torch.nn.Linear(10, 10)
    content: dict[str, Any] = {"model": {**weights(), "mask_generator.mask_embedding": torch.zeros(8)}}
    for name, optimizer in {
        "optimizer": torch.optim.AdamW(model.parameters(), foreach=False),
        "sgd_optimizer": torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, foreach=False),
    }.items():
        model(torch.ones(10)).sum().backward()
        optimizer.step()
        content[name] = optimizer.state_dict()
    content |= {
        "optimizer_fp32": {"fp32_params": torch.zeros(50)},
        "ema_state_dict": {"weight": torch.zeros(30)},
        "extra_state": {"ema": {"weight": torch.zeros(20)}, "seen": [torch.zeros(7)]},
        "shared": content["model"]["aux.weight"],
    }
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    parts = parts_of(path, run)
    head = 7 * 8 + 7
    backbone = sum(torch.Size(shape).numel() for shape in model_shapes().values()) - head
    assert parts["weights of the backbone"][1] == 4 * backbone
    assert parts["weights of the head"] == (2, 4 * head)
    assert parts["weights without a place in the model"] == (1, 32)
    assert parts[Kind.FIRST_MOMENT.value] == parts[Kind.SECOND_MOMENT.value] == parts[Kind.MOMENTUM.value] == (2, 440)
    assert parts[Kind.OPTIMIZER.value] == (2, 8)
    assert parts[Kind.MASTER.value] == (1, 200)
    assert parts[Kind.AVERAGE.value] == (2, 200)
    assert parts[Kind.TENSORS.value][1] == 28
    assert Kind.PICKLE.value in parts
    assert Kind.CONTAINER.value in parts
    table = run("inspect", str(path), columns=80).out
    assert "optimizer: first moment" in table
    assert max(map(len, table.splitlines())) <= 80


@FORMATS
def test_what_a_part_leaves_of_its_storage_counts_for_the_part(is_zip: bool, tmp_path: Path, run: Runner) -> None:
    content = weights()
    content["aux.bias"] = torch.randn(1_000)[:7]
    path = tmp_path / "model.pt"
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    assert parts_of(path, run)["weights of the head"] == (2, 4 * 7 * 8 + 4_000)


def test_a_safetensors_file_is_weights_and_a_header(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors_bytes({**model_shapes(), "surprise": (3,)}))
    parts = parts_of(path, run)
    assert list(parts) == ["weights of the backbone", "weights of the head", "unknown weights", "header"]
    assert parts["unknown weights"] == (1, 12)


def test_shards_and_their_index_are_summed(tmp_path: Path, run: Runner) -> None:
    shapes = list(model_shapes().items())
    shards = {"a.safetensors": dict(shapes[:20]), "b.safetensors": dict(shapes[20:])}
    for name, shard in shards.items():
        (tmp_path / name).write_bytes(safetensors_bytes(shard))
    index = {"weight_map": {tensor: name for name, shard in shards.items() for tensor in shard}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert list(parts_of(tmp_path, run)) == [
        "weights of the backbone",
        "weights of the head",
        "header",
        "index of the shards",
    ]

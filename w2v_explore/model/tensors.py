"""The tensors of a checkpoint: what `w2v_explore.checkpoint` checked and listed, read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from w2v_explore.checkpoint.pytorch import STATE_DICT_KEYS
from w2v_explore.checkpoint.read import read_checkpoint
from w2v_explore.checkpoint.safetensors import FORMAT
from w2v_explore.errors import CheckpointError, missing_extra


def read_tensors(path: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint by their names, on the CPU.

    Args:
        path: A file, the index of several, or a folder in Hugging Face's format.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
        CheckpointError: It holds no tensors, or is corrupt.
        MissingExtraError: It is a safetensors file, and safetensors is not installed.
    """
    checkpoint = read_checkpoint(path)
    load = _safetensors_loader() if checkpoint.format.startswith(FORMAT) else _load_pytorch
    tensors: dict[str, Tensor] = {}
    for file in checkpoint.files:
        try:
            tensors |= load(file)
        except Exception as error:
            # The header was sound; what is wrong with the data, each library has its own exceptions for.
            raise CheckpointError(f"cannot read {file}: {error}") from error
    return tensors


def _safetensors_loader() -> Callable[[str], dict[str, Tensor]]:
    try:
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise missing_extra("loading a safetensors file", error.name) from error
    return load_file


def _load_pytorch(file: str) -> dict[str, Tensor]:
    content: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    nested = (content[key] for key in STATE_DICT_KEYS if isinstance(content.get(key), Mapping))
    state_dict = next(nested, content)
    return {name: value for name, value in state_dict.items() if isinstance(value, Tensor) and isinstance(name, str)}

"""The tensors of a checkpoint: what `w2v_explore.checkpoint` checked and listed, read."""

from __future__ import annotations

import mmap
from collections.abc import Callable

import torch
from torch import Tensor

from w2v_explore.checkpoint.pytorch import PyTorchFile, check_bounds, open_pytorch
from w2v_explore.checkpoint.safetensors import FORMAT
from w2v_explore.checkpoint.stand_ins import ITEM_BYTES, StoredTensor
from w2v_explore.config.checkpoint import open_checkpoint
from w2v_explore.errors import CheckpointError, missing_extra
from w2v_explore.files.read import open_file


def read_tensors(path: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint by their names, on the CPU.

    Args:
        path: A file, the index of several, or a folder in Hugging Face's format.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
        CheckpointError: It holds no tensors, or is corrupt.
        MissingExtraError: It is a safetensors file, and safetensors is not installed.
    """
    checkpoint = open_checkpoint(path)
    if not checkpoint.format.startswith(FORMAT):
        return {name: tensor for file in checkpoint.files for name, tensor in _load_pytorch(file).items()}
    load = _safetensors_loader()
    tensors: dict[str, Tensor] = {}
    for file in checkpoint.files:
        try:
            tensors |= load(file)
        except Exception as error:
            # The header was sound; what is wrong with the data, the library has its own exceptions for.
            raise CheckpointError(f"cannot read {file}: {error}") from error
    return tensors


def _safetensors_loader() -> Callable[[str], dict[str, Tensor]]:
    try:
        from safetensors.torch import load_file
    except ModuleNotFoundError as error:
        raise missing_extra("loading a safetensors file", error.name) from error
    return load_file


def _load_pytorch(path: str) -> dict[str, Tensor]:
    """The weights of a PyTorch file, their numbers mapped from it rather than read."""
    found = open_pytorch(path)
    with open_file(path) as (file, _):
        # A copy on write: torch takes no memory that cannot be written to.
        numbers = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return {name: _tensor(found, numbers, name, tensor) for name, tensor in found.tensors().items()}


def _tensor(found: PyTorchFile, numbers: mmap.mmap, name: str, stored: StoredTensor) -> Tensor:
    dtype = getattr(torch, stored.dtype, None)
    if dtype is None or stored.dtype.startswith("q"):
        # What it is, is known; its codes are no weights without their scale.
        return torch.empty(stored.shape, dtype=torch.int8, device="meta")
    check_bounds(found, name, stored)
    if stored.end == 0:
        return torch.empty(stored.shape, dtype=dtype)
    place = found.places[stored.storage.key]
    start = place.start + (stored.storage.start + stored.offset) * ITEM_BYTES[stored.dtype]
    count = stored.end - stored.offset
    flat = torch.frombuffer(numbers, dtype=dtype, count=count, offset=start)
    return flat.as_strided(stored.shape, stored.strides)

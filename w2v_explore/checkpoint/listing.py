"""`Checkpoint`: the names, dtypes and shapes of the tensors that a file of weights, or a folder of them, holds."""

from collections.abc import Iterable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

from w2v_explore.checkpoint.contents import SizeOfKind
from w2v_explore.diagnostics import shorten
from w2v_explore.encoding import printable

Shape = tuple[int, ...]

_MAX_SHOWN = 100


class TensorInfo(NamedTuple):
    """A tensor that was not read.

    Attributes:
        name: Its key, as the file has it.
        dtype: torch's name: ``float32``, ``bfloat16``.
        shape: Its sizes; empty for a scalar.
    """

    name: str
    dtype: str
    shape: Shape

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


class ForeignConfig(NamedTuple):
    """A config that comes with a checkpoint, undecoded.

    Attributes:
        origin: Where it stands: ``model/config.json``, ``checkpoint.pt (cfg)``.
        path: Its file; None where it stands inside the checkpoint.
        values: Its plain data; None where it is a file, which is read as any config is.
        fault: What keeps it from being read; who needs no config need not know.
    """

    origin: str
    path: str | None = None
    values: Mapping[str, Any] | None = None
    fault: str | None = None


class Checkpoint(NamedTuple):
    """What a file of weights, or a folder of them, holds.

    Attributes:
        origin: The path as it was given.
        format: ``safetensors``, ``PyTorch (zip)``, ``PyTorch (legacy)``.
        files: The files that hold the tensors.
        tensors: All of them, in the order of the files.
        metadata: What a safetensors header says beside them.
        config: The config inside or beside it, if there is one.
        weight_bytes: The bytes that each tensor takes in the files, by its name; 0 where it shares those of another.
        other: What the rest of the files is, by kind.
        other_configs: Further configs inside or beside it, of the same model or of another.
    """

    origin: str
    format: str
    files: tuple[str, ...]
    tensors: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    config: ForeignConfig | None = None
    weight_bytes: Mapping[str, int] = MappingProxyType({})
    other: tuple[SizeOfKind, ...] = ()
    other_configs: tuple[ForeignConfig, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(self.weight_bytes.values()) + sum(part.bytes for part in self.other)

    def __repr__(self) -> str:
        elements = count_elements(self.tensors)
        return f"<Checkpoint {self.origin!r}, {self.format}: {len(self.tensors)} tensors, {elements:,} elements>"

    @property
    def dtypes(self) -> dict[str, int]:
        """Elements by dtype, the most frequent first."""
        counts: dict[str, int] = {}
        for tensor in self.tensors:
            counts[tensor.dtype] = counts.get(tensor.dtype, 0) + tensor.elements
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


def count_elements(tensors: Iterable[TensorInfo]) -> int:
    """The numbers in tensors, together."""
    return sum(tensor.elements for tensor in tensors)


def shown(name: str) -> str:
    """A name from a file, fit to print: nothing in it moves a terminal's cursor, and it ends."""
    return shorten(printable(name), _MAX_SHOWN)

"""Weights in several files, with an index that says which tensor lies in which."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from w2v_explore.checkpoint.contents import Kind, SizeOfKind
from w2v_explore.checkpoint.listing import Checkpoint, TensorInfo, shown
from w2v_explore.checkpoint.recognize import INDEX_SUFFIX
from w2v_explore.checkpoint.strict_json import parse_strict_json
from w2v_explore.errors import CheckpointError
from w2v_explore.files.links import leads_away
from w2v_explore.files.read import read_whole

MAX_INDEX_BYTES = 4 * 1024 * 1024
# The largest models that are published have some 200 shards.
_MAX_SHARDS = 10_000


def read_sharded(path: str, read_shard: Callable[[str], Checkpoint]) -> Checkpoint:
    """All that an index leads to.

    Args:
        path: The index: ``model.safetensors.index.json``, or ``pytorch_model.bin.index.json``.
        read_shard: Reads one file.

    Raises:
        SourceError: A file cannot be opened.
        CheckpointError: The index is wrong, names what lies outside of its folder, also by a link, or says other than
            the shards.
    """
    folder = os.path.dirname(path)
    if leads_away(path, folder):
        raise CheckpointError(f"cannot read {path}: it is a link to an index elsewhere; name that one")
    shard_of = _read_index(path)
    names = sorted(set(shard_of.values()))
    missing = [name for name in names if not os.path.exists(os.path.join(folder, name))]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError(f"cannot read {path}: its shard {shown(missing[0])}{more} is missing")
    away = next((name for name in names if leads_away(os.path.join(folder, name), folder)), None)
    if away is not None:
        raise CheckpointError(
            f"cannot read {path}: its shard {shown(away)} is a link out of the folder; put the file itself there"
        )
    shards = {name: read_shard(os.path.join(folder, name)) for name in names}
    tensors: dict[str, TensorInfo] = {}
    for name, shard in shards.items():
        for tensor in shard.tensors:
            _check_tensor(path, tensor.name, name, shard_of, tensors)
            tensors[tensor.name] = tensor
    absent = [tensor for tensor in shard_of if tensor not in tensors]
    if absent:
        raise CheckpointError(
            f"cannot read {path}: it puts {shown(absent[0])} into {shown(shard_of[absent[0]])}, which has none "
            f"({len(absent)} such tensors)"
        )
    first = next(iter(shards.values()))
    return Checkpoint(
        origin=path,
        format=f"{first.format}, {len(shards)} shards",
        files=tuple(file for shard in shards.values() for file in shard.files),
        tensors=tuple(tensors.values()),
        metadata=first.metadata,
        weight_bytes={name: size for shard in shards.values() for name, size in shard.weight_bytes.items()},
        other=(*_sum_kinds(shards.values()), SizeOfKind(Kind.INDEX, 0, os.path.getsize(path))),
    )


def _sum_kinds(shards: Iterable[Checkpoint]) -> Iterator[SizeOfKind]:
    parts = [part for shard in shards for part in shard.other]
    for kind in dict.fromkeys(part.kind for part in parts):
        of_kind = [part for part in parts if part.kind is kind]
        yield SizeOfKind(kind, sum(part.tensors for part in of_kind), sum(part.bytes for part in of_kind))


def _check_tensor(
    path: str, tensor: str, shard: str, shard_of: Mapping[str, str], seen: Mapping[str, TensorInfo]
) -> None:
    if tensor in seen:
        raise CheckpointError(f"cannot read {path}: {shown(tensor)} lies in two shards, {shown(shard)} the second")
    if tensor not in shard_of:
        raise CheckpointError(f"cannot read {path}: it says nothing of {shown(tensor)}, which lies in {shown(shard)}")


def _read_index(path: str) -> dict[str, str]:
    """The shard of each tensor."""
    try:
        index = parse_strict_json(read_whole(path, MAX_INDEX_BYTES))
    except CheckpointError:
        raise
    except ValueError as error:
        raise CheckpointError(f"cannot read {path}: {error}") from error
    weight_map = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(weight_map, dict) or not weight_map:
        raise CheckpointError(f"cannot read {path}: it has no weight_map, from the names of tensors to those of files")
    shards = set()
    for tensor, shard in weight_map.items():
        if not _is_file_name(shard):
            raise CheckpointError(
                f"cannot read {path}: the shard of {shown(tensor)} is {shown(repr(shard))}, no file beside the index"
            )
        shards.add(shard)
    if len(shards) > _MAX_SHARDS:
        raise CheckpointError(
            f"cannot read {path}: it names {len(shards):,} shards; the most allowed is {_MAX_SHARDS:,}"
        )
    return weight_map


def _is_file_name(name: Any) -> bool:
    """Whether it names a file of the index's own folder, and not one above, below or elsewhere."""
    return (
        isinstance(name, str)
        and name.isprintable()
        and name not in ("", ".", "..")
        and not any(character in name for character in "/\\:")
        and not name.endswith(INDEX_SUFFIX)
    )

"""From a path to what it holds: which of the formats it is, and the config that lies beside it."""

import json
import os
from collections.abc import Iterator

from w2v_explore.checkpoint.keys import CONFIG_METADATA_KEY
from w2v_explore.checkpoint.listing import Checkpoint, ForeignConfig
from w2v_explore.checkpoint.recognize import (
    FOLDER_FILES,
    INDEX_SUFFIX,
    SAFETENSORS_SUFFIX,
    START_BYTES,
    looks_like_pytorch,
    looks_like_safetensors,
)
from w2v_explore.checkpoint.safetensors import read_safetensors
from w2v_explore.checkpoint.sharded import read_sharded
from w2v_explore.errors import CheckpointError, SourceError
from w2v_explore.files.read import read_start

CONFIG_FILES = ("config.json", "{stem}.yaml", "config.yaml")
"""A config beside the weights: Hugging Face's, then what `inspect --write` is likely to have made."""

# What Git leaves in the place of a large file that was not fetched.
_LFS_START = b"version https:"


def read_checkpoint(path: str) -> Checkpoint:
    """What a file of weights, an index of several, or a Hugging Face folder holds.

    Reads what names and describes the tensors, and none of their numbers.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is in none of the formats, or corrupt.
    """
    if "\0" in path:
        raise SourceError(f"{path!r} is no path: it holds a NUL character")
    weights = _find_weights(path) if os.path.isdir(path) else path
    checkpoint = read_sharded(weights, _read_file) if weights.endswith(INDEX_SUFFIX) else _read_file(weights)
    configs = [checkpoint.config] if checkpoint.config else []
    configs += [*checkpoint.other_configs, *_config_in_metadata(checkpoint), *_configs_beside(weights)]
    return checkpoint._replace(origin=path, config=configs[0] if configs else None, other_configs=tuple(configs[1:]))


def _config_in_metadata(checkpoint: Checkpoint) -> Iterator[ForeignConfig]:
    """Ours, in the metadata of a safetensors file that this program wrote."""
    text = checkpoint.metadata.get(CONFIG_METADATA_KEY)
    if text is None:
        return
    origin = f"{checkpoint.origin} ({CONFIG_METADATA_KEY})"
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"cannot read the config in {origin}: it is no JSON") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"cannot read the config in {origin}: it is no JSON object")
    yield ForeignConfig(origin, values=values)


def _configs_beside(weights: str) -> Iterator[ForeignConfig]:
    folder, file = os.path.split(weights)
    stem = file.partition(".")[0]
    for name in CONFIG_FILES:
        path = os.path.join(folder, name.format(stem=stem))
        # What cannot be read is said once the config is asked for.
        if os.path.lexists(path) and not os.path.isdir(path):
            yield ForeignConfig(path, path=path)


def _find_weights(folder: str) -> str:
    for name in FOLDER_FILES:
        if os.path.exists(path := os.path.join(folder, name)):
            return path
    raise CheckpointError(f"cannot read {folder}: it holds none of {', '.join(FOLDER_FILES)}")


def _read_file(path: str) -> Checkpoint:
    start = read_start(path, START_BYTES)
    if looks_like_pytorch(start):
        # Imported only where there is one: archives bring a dozen modules along.
        from w2v_explore.checkpoint.pytorch import read_pytorch

        return read_pytorch(path)
    if start.startswith(_LFS_START):
        raise CheckpointError(
            f"cannot read {path}: it is a pointer of Git LFS that stands for the file; `git lfs pull` fetches it"
        )
    if looks_like_safetensors(start) or path.endswith(SAFETENSORS_SUFFIX):
        return read_safetensors(path)
    if not start:
        raise CheckpointError(f"cannot read {path}: the file is empty")
    raise CheckpointError(f"cannot read {path}: it is neither a safetensors file nor one that torch.save wrote")

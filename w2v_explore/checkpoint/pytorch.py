"""PyTorch's own files, by torch's weights-only loading: names and shapes, on the meta device, without the data.

Both formats hold pickles, which may run any program when they are unpickled. Weights-only loading knows a short list of
harmless types and refuses everything else; what it wanted is named. Before torch sees a file, what it trusts is
checked: a zip's records are stored and lie within the file, and a legacy file is no tar archive besides, which torch
before 2.6 unpickled whatever it was told (CVE-2025-32434).
"""

import re
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from w2v_explore.checkpoint.files import open_file
from w2v_explore.checkpoint.listing import Checkpoint, ForeignConfig, TensorInfo, shown
from w2v_explore.checkpoint.recognize import ZIP_START
from w2v_explore.errors import CheckpointError, missing_extra

if TYPE_CHECKING:
    import torch

STATE_DICT_KEYS = ("model", "state_dict", "model_state_dict")
"""Where trainers put the weights: fairseq, Lightning, and the tutorial of PyTorch."""

CONFIG_KEY = "cfg"
"""Where fairseq puts its config, as plain data since its release of 2021."""

# The names and shapes of a model of 10 billion parameters take 300 KB.
_MAX_PICKLE_BYTES = 64 * 1024 * 1024
_WANTED = re.compile(r"GLOBAL ([^\s]+)")


def read_pytorch(path: str) -> Checkpoint:
    """What a PyTorch file holds, and the config inside it where that is plain data.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is cut off or corrupt, wants more than weights, or holds none.
        MissingExtraError: torch is not installed.
    """
    with open_file(path) as (file, file_bytes):
        is_zip = file.read(len(ZIP_START)) == ZIP_START
    _check_zip(path) if is_zip else _check_legacy(path)
    content = _load(path)
    state_dict = _find_state_dict(content)
    if not state_dict:
        places = ", ".join(STATE_DICT_KEYS)
        raise CheckpointError(f"cannot read {path}: it holds no tensors by name, neither itself nor under {places}")
    _check_sizes(path, state_dict, file_bytes)
    tensors = tuple(
        TensorInfo(name, str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))
        for name, tensor in state_dict.items()
    )
    config = None
    if isinstance(content, Mapping) and isinstance(values := content.get(CONFIG_KEY), Mapping):
        config = ForeignConfig(f"{path} ({CONFIG_KEY})", values=values)
    return Checkpoint(path, f"PyTorch ({'zip' if is_zip else 'legacy'})", (path,), tensors, {}, config)


def _check_zip(path: str) -> None:
    """Refuse an archive that unpacks to more than it is, and one that is no state_dict's."""
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError) as error:
        raise CheckpointError(
            f"cannot read {path} as PyTorch's zip format: {shown(str(error))}; the file was cut off"
        ) from error
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
            raise CheckpointError(f"cannot read {path}: {shown(record.filename)} is compressed, which torch never does")
        if record.filename.endswith(".pkl") and record.file_size > _MAX_PICKLE_BYTES:
            raise CheckpointError(
                f"cannot read {path}: {shown(record.filename)} has {record.file_size:,} bytes; "
                f"the most allowed is {_MAX_PICKLE_BYTES:,}"
            )
    names = {record.filename.rpartition("/")[2] for record in records}
    if "constants.pkl" in names:
        raise CheckpointError(f"cannot read {path}: it is a TorchScript program; save the model's state_dict instead")
    if "data.pkl" not in names:
        raise CheckpointError(f"cannot read {path}: it is a zip archive, and none that torch.save wrote")


def _check_legacy(path: str) -> None:
    if tarfile.is_tarfile(path):
        raise CheckpointError(f"cannot read {path}: it is a tar archive, which weights-only loading does not cover")


def _load(path: str) -> Any:
    """What weights-only loading makes of a file, its tensors on the meta device."""
    try:
        import torch
    except ModuleNotFoundError as error:
        raise missing_extra("a PyTorch checkpoint, unlike a safetensors file,", error.name) from error
    try:
        return torch.load(path, map_location="meta", weights_only=True)
    except Exception as error:
        # Corrupt pickles raise whatever their bytes lead to: KeyError, TypeError, struct.error, RuntimeError.
        raise CheckpointError(f"cannot read {path}: {_explain(str(error))}") from error


def _explain(message: str) -> str:
    """What went wrong, from torch's many lines."""
    wanted = _WANTED.search(message)
    if wanted is not None:
        return (
            f"its pickle wants {shown(wanted[1])}, which is more than weights, and it was not unpickled; where you "
            "trust it, load it yourself and save the state_dict alone, best as safetensors"
        )
    lines = [line for line in message.splitlines() if line.strip()]
    reason = next((line.partition("error: ")[2] for line in lines if "Unpickler error: " in line), None)
    return f"weights-only loading refuses it ({shown(reason or (lines or ['no reason given'])[0])})"


def _find_state_dict(content: Any) -> "dict[str, torch.Tensor]":
    """The tensors by name, at the top or where trainers put them; what else lies beside them is left out."""
    if not isinstance(content, Mapping):
        return {}
    for key in STATE_DICT_KEYS:
        if isinstance(content.get(key), Mapping):
            return dict(_tensors(content[key]))
    return dict(_tensors(content))


def _tensors(mapping: Mapping[Any, Any]) -> "Iterator[tuple[str, torch.Tensor]]":
    import torch

    for name, value in mapping.items():
        if isinstance(name, str) and isinstance(value, torch.Tensor):
            yield name, value


def _check_sizes(path: str, state_dict: "Mapping[str, torch.Tensor]", file_bytes: int) -> None:
    """Refuse a tensor that claims more bytes than the file has: its data were not read, and are not there."""
    for name, tensor in state_dict.items():
        # Not their sum: tensors may share their data.
        claimed = tensor.untyped_storage().nbytes()
        if claimed > file_bytes:
            raise CheckpointError(
                f"cannot read {path}: {shown(name)} takes {claimed:,} bytes, and the file has {file_bytes:,}"
            )

"""PyTorch's own files, without torch: names, shapes and plain data, and where the numbers lie.

Both formats hold pickles, which may run any program when they are unpickled; here they are read as data
(`w2v_explore.checkpoint.pickle_reader`), and what would have to be called is refused by name. The newer format is a zip
archive of stored records: ``data.pkl``, and the numbers of each storage under ``data/``. The legacy format is five
pickles (a magic number, a version, what the machine was, the content, the keys of the storages), and then of each
storage how many elements it has and the elements.
"""

import struct
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from w2v_explore.checkpoint.command_line import without_training
from w2v_explore.checkpoint.contents import Kind, SizeOfKind, kind_of
from w2v_explore.checkpoint.listing import Checkpoint, ForeignConfig, TensorInfo, shown
from w2v_explore.checkpoint.pickle_reader import MAX_STEPS, read_pickle
from w2v_explore.checkpoint.recognize import ZIP_START
from w2v_explore.checkpoint.stand_ins import (
    ITEM_BYTES,
    Budget,
    Instance,
    PickleError,
    StoredTensor,
    plain,
)
from w2v_explore.errors import CheckpointError
from w2v_explore.files.read import open_file, read_at

FORMAT = "PyTorch"

STATE_DICT_KEYS = ("model", "state_dict", "model_state_dict", "Distiller")
"""Where trainers put the weights: fairseq, Lightning, the tutorial of PyTorch, and s3prl."""

ARGUMENTS_KEY = "args"
CONFIG_KEYS = ("cfg", ARGUMENTS_KEY)
"""Where fairseq puts its config: since its release of 2021, and the arguments of its command line before."""
_OTHER_CONFIGS = {"config": {"extractor_mode", "encoder_num_layers"}, "Config": {"distiller"}}
"""Where others put theirs, and what stands in those that are of a model: DPHuBERT and s3prl."""

# The names and shapes of a model of 10 billion parameters take 300 KB.
_MAX_PICKLE_BYTES = 64 * 1024 * 1024
_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_LENGTH_BYTES = 8
_LOCAL_HEADER = struct.Struct("<4s22xHH")


class Place(NamedTuple):
    """Where the numbers of a storage lie in a file, in bytes."""

    start: int
    size: int


class PyTorchFile(NamedTuple):
    """What ``torch.save`` wrote.

    Attributes:
        path: The file.
        is_zip: Which of the two formats it is.
        size: The bytes of the file.
        content: What was saved, as plain data and stand-ins.
        places: The place of each storage, by its key.
        other_bytes: The bytes of what holds no numbers: the pickles, other records.
    """

    path: str
    is_zip: bool
    size: int
    content: Any
    places: Mapping[str, Place]
    other_bytes: Mapping[Kind, int]

    def tensors(self) -> dict[str, StoredTensor]:
        """The weights by their names, at the top or where trainers put them."""
        for key in STATE_DICT_KEYS:
            if isinstance(self.content, Mapping) and isinstance(self.content.get(key), Mapping):
                return dict(_tensors(self.content[key]))
        return dict(_tensors(self.content)) if isinstance(self.content, Mapping) else {}


def read_pytorch(path: str) -> Checkpoint:
    """What a PyTorch file holds, and the config inside it.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is cut off or corrupt, wants more than weights, or holds none.
    """
    file = open_pytorch(path)
    tensors = file.tensors()
    if not tensors:
        places = ", ".join(STATE_DICT_KEYS)
        raise CheckpointError(f"cannot read {path}: it holds no tensors by name, neither itself nor under {places}")
    for name, tensor in tensors.items():
        check_bounds(file, name, tensor)
    infos = tuple(TensorInfo(name, tensor.dtype, tensor.shape) for name, tensor in tensors.items())
    weight_bytes, other = _account(file, tensors)
    configs = tuple(_configs_inside(file))
    return Checkpoint(
        origin=path,
        format=f"{FORMAT} ({'zip' if file.is_zip else 'legacy'})",
        files=(path,),
        tensors=infos,
        metadata={},
        config=configs[0] if configs else None,
        weight_bytes=weight_bytes,
        other=other,
        other_configs=configs[1:],
    )


def open_pytorch(path: str) -> PyTorchFile:
    """What a PyTorch file holds, without the numbers.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is cut off or corrupt, or wants more than weights.
    """
    with open_file(path) as (file, size):
        try:
            if read_at(file, 0, len(ZIP_START)) == ZIP_START:
                return _open_zip(path, file, size)
            file.seek(0)
            if tarfile.is_tarfile(file):
                raise PickleError("it is a tar archive, as torch 0.1 wrote")
            return _open_legacy(path, file, size)
        except PickleError as error:
            raise CheckpointError(f"cannot read {path}: {error}") from error


def check_bounds(file: PyTorchFile, name: str, tensor: StoredTensor) -> None:
    """Refuse a tensor whose numbers are not there.

    Raises:
        CheckpointError: It reaches beyond its storage, or the storage beyond what the file has of it.
    """
    claimed = (tensor.storage.start + tensor.end) * ITEM_BYTES[tensor.dtype]
    have = file.places[tensor.storage.key].size if tensor.storage.key in file.places else 0
    if claimed > have:
        raise CheckpointError(
            f"cannot read {file.path}: {shown(name)} takes {claimed:,} bytes, and the file has {have:,} for it"
        )


def _open_zip(path: str, file: BinaryIO, size: int) -> PyTorchFile:
    try:
        with zipfile.ZipFile(file) as archive:
            records = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, OSError, struct.error) as error:
        raise PickleError(
            f"it is no zip archive as PyTorch writes them: {shown(str(error))}; was it cut off?"
        ) from error
    _check_records(records, size)
    by_name = {record.filename: record for record in records}
    [pickle] = [name for name in by_name if name.rpartition("/")[2] == "data.pkl"][:1]
    folder = pickle.removesuffix("data.pkl")
    if f"{folder}byteorder" in by_name and _read_record(file, by_name[f"{folder}byteorder"], size) != b"little":
        raise PickleError("its numbers have the greatest byte first")
    content = read_pickle(_read_record(file, by_name[pickle], size)).value
    start = f"{folder}data/"
    places = {
        name.removeprefix(start): _place(file, record, size)
        for name, record in by_name.items()
        if name.startswith(start)
    }
    pickle_bytes = by_name[pickle].file_size
    rest = sum(record.file_size for record in records) - pickle_bytes - sum(place.size for place in places.values())
    return PyTorchFile(path, True, size, content, places, {Kind.PICKLE: pickle_bytes, Kind.RECORDS: rest})


def _check_records(records: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive that unpacks to more than it is, and one that is no state_dict's."""
    seen: set[str] = set()
    for record in records:
        if record.compress_type != zipfile.ZIP_STORED or record.file_size != record.compress_size:
            raise PickleError(f"{shown(record.filename)} is compressed, which torch never does")
        if record.flag_bits & 1:
            raise PickleError(f"{shown(record.filename)} is encrypted")
        if record.filename.endswith(".pkl") and record.file_size > _MAX_PICKLE_BYTES:
            raise PickleError(
                f"{shown(record.filename)} has {record.file_size:,} bytes; the most allowed is {_MAX_PICKLE_BYTES:,}"
            )
        if record.filename in seen:
            raise PickleError(f"{shown(record.filename)} stands in it twice")
        seen.add(record.filename)
    names = {record.filename.rpartition("/")[2] for record in records}
    if "constants.pkl" in names:
        raise PickleError("it is a TorchScript program; save the model's state_dict instead")
    if "data.pkl" not in names:
        raise PickleError("it is a zip archive, and none that torch.save wrote")
    if sum(record.file_size for record in records) > size:
        raise PickleError("the records of its archive lie one over the other")


def _place(file: BinaryIO, record: zipfile.ZipInfo, size: int) -> Place:
    """Where the bytes of a record lie: behind a header of its own, which may be longer than the directory says."""
    # Where bytes are missing in front, the places of the first records are negative.
    header = read_at(file, record.header_offset, _LOCAL_HEADER.size) if record.header_offset >= 0 else b""
    if len(header) < _LOCAL_HEADER.size:
        raise PickleError(f"{shown(record.filename)} lies outside of the file; it was cut off")
    signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
    start = record.header_offset + _LOCAL_HEADER.size + name_bytes + extra_bytes
    if signature != ZIP_START or start + record.file_size > size:
        raise PickleError(f"{shown(record.filename)} is not where its archive says; the file was cut off, or changed")
    return Place(start, record.file_size)


def _read_record(file: BinaryIO, record: zipfile.ZipInfo, size: int) -> bytes:
    place = _place(file, record, size)
    return read_at(file, place.start, place.size)


def _open_legacy(path: str, file: BinaryIO, size: int) -> PyTorchFile:
    # The numbers come last: of a larger file, this is enough for all of the pickles.
    start = read_at(file, 0, _MAX_PICKLE_BYTES)
    budget, end, pickles = Budget(MAX_STEPS), 0, []
    for _ in range(5):
        pickles.append(read_pickle(start, end, budget))
        end = pickles[-1].end
    magic, protocol, machine, content, keys = (pickle.value for pickle in pickles)
    if magic != _MAGIC or protocol != _PROTOCOL or not isinstance(machine, dict) or not isinstance(keys, list):
        raise PickleError("it does not begin as the files of torch.save do")
    if machine.get("little_endian") is not True:
        raise PickleError("its numbers have the greatest byte first")
    storages = pickles[3].storages
    places: dict[str, Place] = {}
    pickle_bytes = end
    for key in map(str, keys):
        storage = storages.get(key)
        length = int.from_bytes(read_at(file, end, _LENGTH_BYTES), "little")
        if storage is None or key in places:
            raise PickleError(f"it holds a storage, {shown(key)}, that its content does not name once")
        end += _LENGTH_BYTES
        places[key] = Place(end, length * ITEM_BYTES[storage.dtype])
        end += places[key].size
        if end > size:
            raise PickleError("the numbers of its tensors reach beyond its end; the file was cut off")
    return PyTorchFile(path, False, size, content, places, {Kind.PICKLE: pickle_bytes})


def _walk(content: Any) -> Iterator[tuple[tuple[str, ...], StoredTensor]]:
    """Every tensor of the content once, and the keys and attributes that lead to it."""
    seen: set[int] = set()
    todo: list[tuple[tuple[str, ...], Any]] = [((), content)]
    while todo:
        path, value = todo.pop()
        if id(value) in seen:
            continue
        if isinstance(value, StoredTensor):
            seen.add(id(value))
            yield path, value
        elif isinstance(value, Instance):
            seen.add(id(value))
            todo.append((path, value.state))
        elif isinstance(value, dict):
            seen.add(id(value))
            # Deeper than any trainer goes, the keys say nothing more.
            inner = ((*path, str(key)) if len(path) < _MAX_PATH else path for key in value)
            todo += reversed(list(zip(inner, value.values(), strict=True)))
        elif isinstance(value, (list, tuple)):
            seen.add(id(value))
            todo += ((path, item) for item in reversed(value))


_MAX_PATH = 8


def _account(file: PyTorchFile, weights: Mapping[str, StoredTensor]) -> tuple[dict[str, int], tuple[SizeOfKind, ...]]:
    """The bytes of each weight, and of all else in the file by kind; each storage counts for the first that has it."""
    taken: set[str] = set()

    def take(tensor: StoredTensor) -> int:
        if tensor.storage.key in taken or tensor.storage.key not in file.places:
            return 0
        taken.add(tensor.storage.key)
        return file.places[tensor.storage.key].size

    weight_bytes = {name: take(tensor) for name, tensor in weights.items()}
    own = {id(tensor) for tensor in weights.values()}
    counts: dict[Kind, list[int]] = {}
    for path, tensor in _walk(file.content):
        if id(tensor) not in own:
            count = counts.setdefault(kind_of(path), [0, 0])
            count[0] += 1
            count[1] += take(tensor)
    unused = sum(place.size for key, place in file.places.items() if key not in taken)
    rest = dict(file.other_bytes)
    rest[Kind.UNUSED] = unused
    accounted = sum(weight_bytes.values()) + sum(size for _, size in counts.values()) + sum(rest.values())
    rest[Kind.CONTAINER] = file.size - accounted
    others = [
        SizeOfKind(kind, *count) for kind, count in sorted(counts.items(), key=lambda item: [*Kind].index(item[0]))
    ]
    return weight_bytes, (*others, *(SizeOfKind(kind, 0, size) for kind, size in rest.items() if size))


def _tensors(mapping: Mapping[Any, Any]) -> Iterator[tuple[str, StoredTensor]]:
    return (
        (name, value) for name, value in mapping.items() if isinstance(name, str) and isinstance(value, StoredTensor)
    )


def _configs_inside(file: PyTorchFile) -> Iterator[ForeignConfig]:
    for key in (*CONFIG_KEYS, *_OTHER_CONFIGS):
        config = file.content.get(key) if isinstance(file.content, Mapping) else None
        if key in _OTHER_CONFIGS and not (isinstance(config, Mapping) and _OTHER_CONFIGS[key] <= config.keys()):
            continue
        if isinstance(config, (Mapping, Instance)):
            origin = f"{file.path} ({key})"
            try:
                values = plain(config)
            except PickleError as error:
                yield ForeignConfig(origin, fault=str(error))
                continue
            if isinstance(values, Mapping) and values:
                # A namespace is the whole command line.
                yield ForeignConfig(origin, values=without_training(values) if key == ARGUMENTS_KEY else values)

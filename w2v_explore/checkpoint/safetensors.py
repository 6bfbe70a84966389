"""The header of a safetensors file: the tensors in it, whatever its size, from one short read and without torch.

The format (huggingface/safetensors, README): eight bytes of little-endian length, so many bytes of JSON that may end in
blanks, then the data. The JSON gives each tensor its dtype, shape and offsets into the data; the tensors follow each
other without holes up to the end of the file. All of that is checked, and nothing of the data is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from w2v_explore.checkpoint.contents import Kind, SizeOfKind
from w2v_explore.checkpoint.listing import Checkpoint, Shape, TensorInfo, shown
from w2v_explore.checkpoint.strict_json import parse_strict_json
from w2v_explore.errors import CheckpointError
from w2v_explore.files.read import open_file

FORMAT = "safetensors"
LENGTH_BYTES = 8
# Some 30,000 tensors; the largest published model of the family has 800. The format itself ends at 100 MB.
MAX_HEADER_BYTES = 4 * 1024 * 1024

_MAX_SIZE = 2**64 - 1
# As numpy has it; a convolution has three.
_MAX_DIMENSIONS = 64
_METADATA = "__metadata__"
_ENTRY = {"dtype", "shape", "data_offsets"}

# torch's name, and bits of one element.
DTYPES = {
    "BOOL": ("bool", 8),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "U16": ("uint16", 16),
    "I16": ("int16", 16),
    "U32": ("uint32", 32),
    "I32": ("int32", 32),
    "U64": ("uint64", 64),
    "I64": ("int64", 64),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "F32": ("float32", 32),
    "F64": ("float64", 64),
    "C64": ("complex64", 64),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E4M3": ("float8_e4m3fn", 8),
    "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6),
    "F4": ("float4_e2m1", 4),
}


class Header(NamedTuple):
    """The tensors of a header, in its order, the texts under ``__metadata__``, and the bytes of each tensor."""

    tensors: tuple[TensorInfo, ...]
    metadata: Mapping[str, str]
    bytes: Mapping[str, int]


def read_safetensors(path: str) -> Checkpoint:
    """What a safetensors file holds.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: Its header is wrong.
    """
    with open_file(path) as (file, size):
        try:
            start = file.read(LENGTH_BYTES)
            header_bytes = header_length(start, size)
            content = file.read(header_bytes)
            header = parse_header(content, size - LENGTH_BYTES - header_bytes)
        except ValueError as error:
            raise CheckpointError(f"cannot read {path} as safetensors: {error}") from error
    return Checkpoint(
        origin=path,
        format=FORMAT,
        files=(path,),
        tensors=header.tensors,
        metadata=header.metadata,
        weight_bytes=header.bytes,
        other=(SizeOfKind(Kind.HEADER, 0, LENGTH_BYTES + header_bytes),),
    )


def header_length(start: bytes, file_bytes: int) -> int:
    """The length of the header, from a file's first eight bytes and its size.

    Raises:
        ValueError: The file is shorter than that, or the header longer than is read here.
    """
    if file_bytes == 0:
        raise ValueError("the file is empty")
    if len(start) < LENGTH_BYTES:
        raise ValueError(f"the file ends after {len(start)} bytes, within the length of the header")
    length = int.from_bytes(start, "little")
    if length > file_bytes - LENGTH_BYTES:
        raise ValueError(
            f"the header should be {length:,} bytes long, and only {file_bytes - LENGTH_BYTES:,} follow; "
            "the file was cut off, or is something else"
        )
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"the header is {length:,} bytes long; the most allowed is {MAX_HEADER_BYTES:,}")
    return length


def parse_header(content: bytes, data_bytes: int) -> Header:
    """The header of a file with so many bytes of data.

    Raises:
        ValueError: It is wrong; the message says what.
    """
    try:
        header = parse_strict_json(content)
    except ValueError as error:
        raise ValueError(f"the header cannot be read: {error}") from error
    if not isinstance(header, dict):
        raise ValueError("the header is no JSON object")
    metadata = _metadata(header.pop(_METADATA, None))
    places = [_entry(name, entry) for name, entry in header.items()]
    _check_places(places, data_bytes)
    return Header(
        tuple(tensor for tensor, _, _ in places), metadata, {tensor.name: end - start for tensor, start, end in places}
    )


def _metadata(metadata: Any) -> dict[str, str]:
    if metadata is None:
        return {}
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError(f"{_METADATA} is no object of texts")
    for text in (*metadata, *metadata.values()):
        _check_text(text)
    return metadata


def _entry(name: str, entry: Any) -> tuple[TensorInfo, int, int]:
    """A tensor, and where its data begin and end."""
    _check_text(name)
    if not isinstance(entry, dict) or entry.keys() != _ENTRY:
        raise ValueError(f"{shown(name)} is not described by dtype, shape and data_offsets alone")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ValueError(f"{shown(name)} has the dtype {shown(repr(dtype))}, which no safetensors file has")
    if not _are_sizes(shape):
        raise ValueError(f"the shape of {shown(name)} is no list of whole numbers")
    if len(shape) > _MAX_DIMENSIONS:
        raise ValueError(f"{shown(name)} has {len(shape):,} dimensions; the most allowed is {_MAX_DIMENSIONS}")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"the data_offsets of {shown(name)} are not two whole numbers")
    torch_dtype, element_bits = DTYPES[dtype]
    start, end = offsets
    bits = _size_bits(name, shape, element_bits)
    if bits != 8 * (end - start):
        raise ValueError(
            f"{shown(name)} is {dtype} of shape {_shape(shape)} and takes {bits / 8:,g} bytes, "
            f"and its data_offsets [{start}, {end}] give it {end - start:,}"
        )
    return TensorInfo(name, torch_dtype, tuple(shape)), start, end


def _size_bits(name: str, shape: Shape, element_bits: int) -> int:
    """The bits that a tensor takes; every step must fit 64 bits, as it must for every other reader."""
    elements = 1
    for size in (*shape, element_bits):
        elements *= size
        if elements > _MAX_SIZE:
            raise ValueError(f"the shape of {shown(name)}, {_shape(shape)}, is too large for any memory")
    return elements


def _check_places(places: list[tuple[TensorInfo, int, int]], data_bytes: int) -> None:
    """Refuse data that overlap, leave holes, or do not end where the file does."""
    reached, before = 0, "the header"
    for tensor, start, end in sorted(places, key=lambda place: place[1:]):
        if start != reached:
            what = "overlap with" if start < reached else "leave a hole after"
            raise ValueError(f"the data of {shown(tensor.name)} {what} {before}")
        reached, before = end, f"those of {shown(tensor.name)}"
    if reached > data_bytes:
        raise ValueError(
            f"the tensors take {reached:,} bytes, and only {data_bytes:,} follow the header; the file was cut off"
        )
    if reached < data_bytes:
        raise ValueError(f"{data_bytes - reached:,} bytes follow the last tensor and belong to none")


def _are_sizes(value: Any) -> bool:
    # Whole numbers are not negative here: the JSON was read so.
    return isinstance(value, list) and all(type(size) is int and size <= _MAX_SIZE for size in value)


def _check_text(text: str) -> None:
    # JSON can write half of a surrogate pair, which is no character and can be printed nowhere.
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{shown(text)} is no text")


def _shape(shape: Iterator[int] | Shape) -> str:
    return shown(f"[{', '.join(map(str, shape))}]")

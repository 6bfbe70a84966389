"""Our reader of safetensors headers against the library that defines the format."""

from __future__ import annotations

import json
import struct
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, deserialize
from safetensors.torch import save

from w2v_explore.checkpoint.listing import TensorInfo
from w2v_explore.checkpoint.safetensors import DTYPES, LENGTH_BYTES, Header, header_length, parse_header

TORCH_DTYPES = [
    torch.bool, torch.uint8, torch.int8, torch.uint16, torch.int16, torch.uint32, torch.int32, torch.uint64,
    torch.int64, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e5m2, torch.float8_e4m3fn,
]  # fmt: skip

NAMES = st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda name: name != "__metadata__")
SHAPES = st.lists(st.integers(0, 4), max_size=4)


def parse(content: bytes) -> Header:
    start = LENGTH_BYTES + header_length(content[:LENGTH_BYTES], len(content))
    return parse_header(content[LENGTH_BYTES:start], len(content) - start)


def theirs(content: bytes) -> set[TensorInfo]:
    return {
        TensorInfo(name, DTYPES[info["dtype"]][0], tuple(info["shape"])) for name, info in deserialize(content)
    }  # fmt: skip


@given(
    st.dictionaries(NAMES, st.tuples(SHAPES, st.sampled_from(TORCH_DTYPES)), max_size=6),
    st.none() | st.dictionaries(NAMES, NAMES, min_size=1, max_size=3),
)
def test_what_the_library_writes_is_read_as_torch_has_it(
    tensors: dict[str, tuple[list[int], torch.dtype]], metadata: dict[str, str] | None
) -> None:
    content = save({name: torch.zeros(shape, dtype=dtype) for name, (shape, dtype) in tensors.items()}, metadata)
    header = parse(content)
    assert set(header.tensors) == {
        TensorInfo(name, str(dtype).removeprefix("torch."), tuple(shape)) for name, (shape, dtype) in tensors.items()
    }
    assert header.metadata == (metadata or {})


# Headers that are nearly right: what differs from what others accept lies close to what is written.
SIZES = st.integers(-1, 5) | st.sampled_from([0.0, 1.5, True, None, "1", 2**63, 2**64, 10**30])
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from([*DTYPES, "f32", None, 1]),
        "shape": st.lists(SIZES, max_size=3) | SIZES,
        "data_offsets": st.lists(SIZES, min_size=1, max_size=3),
        "more": st.none(),
    },
)


@st.composite
def fitting_entries(draw: st.DrawFn) -> tuple[dict[str, Any], int]:
    """Entries one after the other, and the bytes of their data."""
    entries, end = {}, 0
    for name in draw(st.lists(st.sampled_from("abcdef"), unique=True)):
        dtype = draw(st.sampled_from(list(DTYPES)))
        shape = draw(st.lists(st.integers(0, 4), max_size=3))
        bits = DTYPES[dtype][1]
        for size in shape:
            bits *= size
        start, end = end, end + bits // 8 + draw(st.sampled_from([0] * 9 + [1]))
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    return entries, end


@given(
    fitting_entries(),
    st.dictionaries(st.sampled_from(["a", "x", "__metadata__"]), ENTRIES, max_size=1),
    st.sampled_from([0] * 9 + [-1, 1]),
    st.sampled_from([b"", b" ", b"\n", b"\0", b"}", b"\xff"]),
)
def test_what_is_accepted_here_the_library_accepts_and_reads_the_same(
    fitting: tuple[dict[str, Any], int], odd: dict[str, Any], more_bytes: int, padding: bytes
) -> None:
    entries, data_bytes = fitting
    text = json.dumps({**entries, **odd}).encode() + padding
    content = struct.pack("<Q", len(text)) + text + b"\0" * max(data_bytes + more_bytes, 0)
    try:
        header = parse(content)
    except ValueError:
        return
    assert set(header.tensors) == theirs(content)


@given(fitting_entries())
def test_what_the_library_accepts_of_plain_headers_is_accepted_here(fitting: tuple[dict[str, Any], int]) -> None:
    entries, data_bytes = fitting
    text = json.dumps(entries).encode()
    content = struct.pack("<Q", len(text)) + text + b"\0" * data_bytes
    try:
        expected = theirs(content)
    except SafetensorError:
        return
    assert set(parse(content).tensors) == expected

"""Coverage-guided fuzzing of the safetensors reader: ``python -m tests.fuzz.fuzz_safetensors -runs=20000 CORPUS``.

Any exception but the one message is a finding; so is a file that is accepted here and refused, or read otherwise, by
the safetensors library. libFuzzer's options apply; it writes what it finds interesting to the first folder it is given.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["w2v_explore"]):
    from w2v_explore.checkpoint.keys import translate_keys
    from w2v_explore.checkpoint.listing import TensorInfo, shown
    from w2v_explore.checkpoint.safetensors import DTYPES, LENGTH_BYTES, header_length, parse_header
    from w2v_explore.checkpoint.shapes import infer_from_shapes
    from w2v_explore.config.family import key_tables
    from w2v_explore.encoding import printable

from safetensors import deserialize


def read(content: bytes) -> None:
    try:
        header_bytes = header_length(content[:LENGTH_BYTES], len(content))
        start = LENGTH_BYTES + header_bytes
        header = parse_header(content[LENGTH_BYTES:start], len(content) - start)
    except ValueError as refused:
        message = str(refused)
        assert printable(message) == message
        return
    theirs = {TensorInfo(name, DTYPES[info["dtype"]][0], tuple(info["shape"])) for name, info in deserialize(content)}
    assert set(header.tensors) == theirs
    assert all(printable(shown(tensor.name)) == shown(tensor.name) for tensor in header.tensors)
    read = translate_keys((tensor.name for tensor in header.tensors), key_tables())
    if read.table is not None:
        shapes = read.shapes((tensor.name, tensor.shape) for tensor in header.tensors)
        infer_from_shapes(shapes, read.table.told, read.table.conv_weight)


def main() -> None:
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

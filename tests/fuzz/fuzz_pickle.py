"""Coverage-guided fuzzing of the reader of pickles: ``python -m tests.fuzz.fuzz_pickle -runs=20000 CORPUS``.

Any exception but the one message is a finding; so is plain data that Python's own unpickler reads otherwise. A file is
read as PyTorch's too, in both of its formats. libFuzzer's options apply; it writes what it finds interesting to the
first folder it is given.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import tempfile
from typing import Any

import atheris

with atheris.instrument_imports(include=["w2v_explore"]):
    from w2v_explore.checkpoint.pickle_reader import read_pickle
    from w2v_explore.checkpoint.pytorch import read_pytorch
    from w2v_explore.checkpoint.recognize import looks_like_pytorch
    from w2v_explore.checkpoint.stand_ins import Budget, PickleError, plain
    from w2v_explore.encoding import printable
    from w2v_explore.errors import CheckpointError

_FOLDER = tempfile.mkdtemp()
_STEPS = 20_000


class _NoNames(pickle._Unpickler):  # type: ignore[misc, name-defined]
    """Python's own, which raises where a name or a reference would be looked up."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(name)


def read(content: bytes) -> None:
    if looks_like_pytorch(content):
        read_file(content)
        return
    try:
        value = read_pickle(content, 0, Budget(_STEPS)).value
    except PickleError as refused:
        require_printable(refused)
        return
    try:
        written = plain(value)
    except PickleError:
        return
    try:
        theirs = _NoNames(io.BytesIO(content)).load()
    except Exception:
        # A name, or what that unpickler takes no notice of, such as a mark in an odd place.
        return
    assert repr(plain(theirs)) == repr(written)


def require_printable(refused: Exception) -> None:
    message = str(refused)
    assert printable(message) == message


def read_file(content: bytes) -> None:
    path = os.path.join(_FOLDER, "model.pt")
    with open(path, "wb") as file:
        file.write(content)
    try:
        checkpoint = read_pytorch(path)
    except CheckpointError as refused:
        require_printable(refused)
        return
    assert checkpoint.bytes == len(content)


def main() -> None:
    atheris.Setup(sys.argv, read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

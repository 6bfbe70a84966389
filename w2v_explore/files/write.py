"""Putting a file in its place whole or not at all: made under a temporary name beside it, then renamed."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = ".w2v-explore-"


def write_atomically(path: str, content: bytes) -> None:
    """Write a file under a temporary name in its folder, with the old one's permissions, and rename it.

    What is there and is no regular file, a pipe or a device as /dev/null, is written to: a rename would put a file in
    its place. A link stays one.

    Raises:
        OSError: It cannot be written.
    """
    if not path or path == "-":
        raise FileNotFoundError(errno.ENOENT, "give the name of a file")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(content)
        return
    path = os.path.realpath(path)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=_PREFIX)
    try:
        with open(handle, "wb") as file:
            file.write(content)
        if os.path.exists(path):
            shutil.copymode(path, temporary)
        else:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def in_place_of(path: Path) -> Iterator[Path]:
    """A temporary path of the same name; all that is beside it once it was written goes to where ``path`` is."""
    umask = os.umask(0)
    os.umask(umask)
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=_PREFIX))
    try:
        yield folder / path.name
        # The data of an ONNX file before the file that names them.
        for written in sorted(folder.iterdir(), key=lambda written: written.name == path.name):
            for file in written.iterdir() if written.is_dir() else [written]:
                file.chmod(0o666 & ~umask)  # safetensors writes for its owner alone
            os.replace(written, path.parent / written.name)
    finally:
        shutil.rmtree(folder)

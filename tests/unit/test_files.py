"""The one way in: what is no regular file, or has more than is wanted, is refused at once; and nothing goes past it."""

from __future__ import annotations

import ast
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import w2v_explore
from w2v_explore.errors import SourceError
from w2v_explore.files.read import noting_files, open_file, read_if_there, read_start, read_whole, state_of

_MOST = 1000
_READERS: list[Callable[[str], object]] = [
    lambda path: open_file(path).__enter__(),
    lambda path: read_start(path, _MOST),
    lambda path: read_whole(path, _MOST),
    lambda path: read_if_there(path, _MOST),
]


def _make(kind: str, folder: Path) -> str:
    path = folder / kind
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "socket":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(os.path.relpath(path))
            listener.close()
        case "link":
            path.symlink_to("/dev/zero")
        case "loop":
            path.symlink_to(path)
        case "device":
            return "/dev/zero"
        case "descriptor":
            return f"/dev/fd/{os.pipe()[0]}"
    return str(path)


@pytest.mark.parametrize("read", _READERS)
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("fifo", "it is no regular file"),
        ("socket", "it is no regular file"),
        ("link", "it is no regular file"),
        ("device", "it is no regular file"),
        ("descriptor", "it is no regular file"),
        ("folder", "it is a folder"),
        ("loop", "Too many levels"),
        ("\0", "it holds a NUL character"),
        ("\ud800", "no file's name can have its characters"),
    ],
)
def test_what_is_no_file_is_refused(
    read: Callable[[str], object], kind: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = kind if kind in "\0\ud800" else _make(kind, tmp_path)
    with pytest.raises(SourceError, match=message):
        read(path)


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    huge.touch()
    os.truncate(huge, 10 * 2**30)
    assert read_start(str(huge), 3) == bytes(3)
    with pytest.raises(SourceError, match="it has 10,737,418,240 bytes; the most allowed is 1,000"):
        read_whole(str(huge), _MOST)


@pytest.mark.parametrize("size", [0, 1, _MOST - 1, _MOST])
def test_a_file_is_read_as_it_is(size: int, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(content := os.urandom(size))
    assert read_whole(str(file), _MOST) == read_if_there(str(file), _MOST) == read_start(str(file), _MOST) == content


def test_a_file_that_states_no_size() -> None:
    assert os.path.getsize("/proc/self/maps") == 0
    with pytest.raises(SourceError, match="it has more than 1,000 bytes"):
        read_whole("/proc/self/maps", _MOST)
    assert len(read_start("/proc/self/maps", _MOST)) == _MOST
    assert read_whole("/proc/self/maps", 10**8).endswith(b"\n")


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"x")
    read = os.read

    def grow(descriptor: int, num_bytes: int) -> bytes:
        with file.open("ab") as log:
            log.write(bytes(num_bytes))
        return read(descriptor, num_bytes)

    monkeypatch.setattr(os, "read", grow)
    with pytest.raises(SourceError, match="it has more than 1,000 bytes"):
        read_whole(str(file), _MOST)


@pytest.mark.parametrize("content", [None, b"", b"old"])
def test_a_file_that_is_saved_between_two_looks_is_another_than_was_noted(
    content: bytes | None, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    with noting_files() as noted:
        read_if_there(str(file), _MOST)
        file.write_bytes(b"new!")
        read_if_there(str(file), _MOST)
    assert noted[str(file)] != state_of(str(file))


def test_what_is_looked_for_need_not_be_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("nothing", "file/inside", "dangling"):
        assert read_if_there(str(tmp_path / name), _MOST) is None


_PACKAGE = Path(w2v_explore.__file__).parent
# Each opens what no user can have put there: standard streams, what the kernel tells of the machine, and a table of the
# package, at each tab.
_OTHERS = {
    "files/read.py",
    "files/write.py",
    "cli/completion/table.py",
    "cli/streams.py",
    "host.py",
    "measure/noise.py",
    "model/device.py",
}
_OPENING = {
    "open", "os.open", "io.open", "codecs.open", "os.fdopen", "json.load", "tomllib.load", "tomli.load", "yaml.load",
    "torch.load", "torch.jit.load", "torch.export.load", "numpy.load", "np.load", "pickle.load", "gzip.open",
    "lzma.open", "bz2.open", "tarfile.open", "tokenize.open", "linecache.getlines", "fileinput.input", "os.popen",
    "runpy.run_path", "shutil.copyfile", "shutil.copy", "os.mkfifo", "mmap.mmap",
}  # fmt: skip
_OPENING_METHODS = {"read_text", "read_bytes", "open"}
# A descriptor, an open file or what was read of one is handed to these, never a path.
_HANDED = {
    ("analysis/plan/tables.py", "yaml.load"),
    ("analysis/presets/results.py", "yaml.load"),
    ("child_process.py", "os.fdopen"),
    ("model/tensors.py", "mmap.mmap"),
    ("measure/process.py", "os.fdopen"),
}


def _calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in _OPENING or (isinstance(node.func, ast.Attribute) and node.func.attr in _OPENING_METHODS):
                yield name, node.lineno


def test_nothing_else_opens_files() -> None:
    """A new reader calls `read_whole`, `read_start` or `open_file` of files/read.py."""
    found = [
        f"{name}:{line}: {call}"
        for path in sorted(_PACKAGE.rglob("*.py"))
        if (name := path.relative_to(_PACKAGE).as_posix()) not in _OTHERS
        for call, line in _calls(ast.parse(path.read_text(encoding="utf-8")))
        if (name, call) not in _HANDED
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    ["open(path)", "Path(path).read_text()", "path.open('rb')", "os.open(path, 0)", "json.load(x)", "torch.load(path)"],
)
def test_the_visitor_sees_them(code: str) -> None:
    assert list(_calls(ast.parse(code)))

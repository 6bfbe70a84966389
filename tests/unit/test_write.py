"""Files that are written whole or not at all, and what is left beside them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from w2v_explore.errors import SourceError
from w2v_explore.files import write
from w2v_explore.files.read import noting_files, read_start, unnoted
from w2v_explore.files.write import (
    in_place_of,
    require_unread,
    require_writable,
    rewrite_atomically,
    write_atomically,
)

# Is killed, or waits for a line, while it writes.
WRITER = """\
import os, signal, sys
from pathlib import Path
from w2v_explore.files.write import in_place_of
with in_place_of(Path(sys.argv[1])) as temporary:
    temporary.write_text('new')
    print('writes', flush=True)
    sys.stdin.readline() or os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def _in_a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "_tidied", set())


def start(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writes\n"
    return process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    start(tmp_path / "a").communicate("")
    assert len(names(tmp_path)) == 1
    write_atomically(str(tmp_path / "b"), b"other")
    assert names(tmp_path) == ["b"]


def test_what_a_living_writer_makes_is_left_alone(tmp_path: Path) -> None:
    writer = start(tmp_path / "a")
    write_atomically(str(tmp_path / "b"), b"other")
    writer.communicate("\n")
    assert writer.returncode == 0
    assert names(tmp_path) == ["a", "b"]
    assert (tmp_path / "a").read_text() == "new"


def test_only_folders_of_ours_are_removed(tmp_path: Path) -> None:
    token = "0123456789abcdef"
    for kept in (".w2v-explore-notes", f".w2v-explore-{token}-2", f"w2v-explore-{token}"):
        (tmp_path / kept).mkdir()
    (tmp_path / f".w2v-explore-{token[::-1]}").mkdir()
    (tmp_path / f".w2v-explore-{token[::-1]}" / "a user's file").touch()
    (tmp_path / f".w2v-explore-{token}").mkdir()  # killed before it made the lock
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    (tmp_path / f".w2v-explore-{'f' * 16}").symlink_to(elsewhere)
    before = set(names(tmp_path))
    write_atomically(str(tmp_path / "a"), b"")
    assert set(names(tmp_path)) == before - {f".w2v-explore-{token}"} | {"a"}
    assert names(elsewhere) == ["file"]


@pytest.mark.parametrize("name", ["lock", "content", "a" * 255])
def test_any_name_will_do(name: str, tmp_path: Path) -> None:
    with in_place_of(tmp_path / name) as temporary:
        temporary.write_bytes(b"1")
    assert (tmp_path / name).read_bytes() == b"1"
    write_atomically(str(tmp_path / name), b"2")
    assert names(tmp_path) == [name]


def test_permissions_stay(tmp_path: Path) -> None:
    for path in (tmp_path / "a", tmp_path / "b"):
        path.touch(mode=0o600)
    write_atomically(str(tmp_path / "a"), b"")
    with in_place_of(tmp_path / "b") as temporary:
        temporary.touch()
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in "ab"] == [0o600, 0o600]


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(TypeError), in_place_of(tmp_path / "a") as temporary:
        temporary.write_text(1)  # type: ignore[arg-type]
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    require_writable(str(tmp_path / "a"))
    require_writable("/dev/null")
    assert names(tmp_path) == []
    for path in ("", "-", str(tmp_path / "nowhere" / "a"), "/proc/a", "a\0b", "a\ud800"):
        with pytest.raises(SourceError, match=r"^cannot write "):
            require_writable(path)


# Kills itself at the n-th file that it removes, when all is written but not renamed.
KILLED_AT = """\
import os, signal, sys
from pathlib import Path
from w2v_explore.files.write import in_place_of
left = int(sys.argv[2])
def watch(event, arguments):
    global left
    if event in ('os.remove', 'os.rmdir'):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
try:
    with in_place_of(Path(sys.argv[1])) as temporary:
        for number in range(3):
            temporary.with_name(str(number)).touch()
        sys.addaudithook(watch)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
"""


@pytest.mark.parametrize("removal", range(1, 7))
def test_who_is_killed_while_tidying_up_leaves_what_is_removed_too(removal: int, tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_AT, str(tmp_path / "a"), str(removal)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1
    write_atomically(str(tmp_path / "b"), b"")
    assert names(tmp_path) == ["b"]


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_an_open_file_is_added_to(path: str, tmp_path: Path) -> None:
    """As after `>>`: a rename, and an opening by the name, would lose what it holds."""
    (tmp_path / "link").symlink_to("/dev/stdout")
    (tmp_path / "log").write_text("old\n")
    code = "import sys; from w2v_explore.files.write import *\nrequire_writable(sys.argv[1])\nprint('1', flush=True)\n"
    code += "write_atomically(sys.argv[1], b'2\\n')\nprint('3')"
    with (tmp_path / "log").open("a") as log:
        subprocess.run([sys.executable, "-c", code, path], stdout=log, cwd=tmp_path, check=True)
    assert (tmp_path / "log").read_text() == "old\n1\n2\n3\n"
    assert names(tmp_path) == ["link", "log"]


def test_a_read_only_file_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)  # root may write everything
    for step in (lambda: require_writable(str(path)), lambda: write_atomically(str(path), b"new")):
        with pytest.raises(SourceError, match="Permission denied"):
            step()
    assert (names(tmp_path), path.read_text()) == (["a"], "old")


def test_the_name_of_a_folder_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="it ends as the name of a folder does"):
        write_atomically(f"{tmp_path}/new/", b"")
    assert names(tmp_path) == []


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "any").touch()
    write_atomically(str(tmp_path / "a"), b"")
    with in_place_of(tmp_path / "b") as temporary:
        temporary.touch(mode=0o600)
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


def test_a_lint_run_beside_it_sees_none_of_it(tmp_path: Path) -> None:
    from w2v_explore.lint.discovery import find_files

    start(tmp_path / "a.yaml").communicate("")
    assert os.listdir(tmp_path)
    assert list(find_files([str(tmp_path)], lambda *_: None, lambda *_: None)) == []


def test_what_was_read_is_replaced_only_where_nothing_is_noted_or_that_is_meant(tmp_path: Path) -> None:
    path, other = str(tmp_path / "a"), str(tmp_path / "b")
    for each in (path, other):
        Path(each).write_text("old")
    with noting_files():
        read_start(path, 1)
        with unnoted():
            read_start(other, 1)
        with noting_files():  # what is noted outside holds inside
            for refused in (lambda: write_atomically(path, b"new"), lambda: in_place_of(Path(path)).__enter__()):
                with pytest.raises(SourceError, match="a would be replaced by what is made from it; give another file"):
                    refused()
        write_atomically(other, b"new")
        write_atomically(path, b"old")  # it is this already
        rewrite_atomically(path, b"newer")  # another file of the same name
        with pytest.raises(SourceError, match="would be replaced"):
            require_unread(path)
        os.unlink(path)
        write_atomically(path, b"nothing is lost")
    write_atomically(path, b"new")
    assert (Path(path).read_text(), Path(other).read_text()) == ("new", "new")


def test_what_one_thread_reads_another_may_replace(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with noting_files():
        read_start(str(path), 1)
        writer = Thread(target=write_atomically, args=(str(path), b"new"))
        writer.start()
        writer.join()
    assert path.read_text() == "new"


def test_what_is_written_to_and_not_replaced_may_have_been_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("old\n")
    with path.open("r+") as file, noting_files():
        read_start(str(path), 1)
        os.lseek(file.fileno(), 0, os.SEEK_END)
        write_atomically(f"/dev/fd/{file.fileno()}", b"new\n")
    assert path.read_text() == "old\nnew\n"

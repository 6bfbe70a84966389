"""What Windows and macOS have otherwise, with simulated names: the tests run on Linux alone."""

from __future__ import annotations

import os
import runpy
import signal
from pathlib import Path

import platformdirs
import pytest
from platformdirs.macos import MacOS
from platformdirs.windows import Windows

from w2v_explore import interrupt
from w2v_explore.errors import SourceError
from w2v_explore.files import write
from w2v_explore.host import cache_folder


@pytest.mark.parametrize(
    ("system", "folder"),
    [(MacOS, "home/Library/Caches/w2v-explore"), (Windows, "home/AppData/Local/w2v-explore/Cache")],
)
def test_a_calibration_lies_where_each_system_keeps_such_things(
    system: type[MacOS | Windows], folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("W2V_EXPLORE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(
        "platformdirs.windows.get_win_folder", lambda name: str(tmp_path / "home" / "AppData" / "Local")
    )
    monkeypatch.setattr(platformdirs, "PlatformDirs", system)
    assert cache_folder() == tmp_path / folder


def test_files_are_written_whole_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "fcntl", None)
    (tmp_path / "a.txt").write_text("old")
    abandoned = tmp_path / f"{write.TEMPORARY}{'0' * 16}"
    abandoned.mkdir()
    (abandoned / "lock").touch()
    write.write_atomically(str(tmp_path / "a.txt"), b"new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "new"}


def test_a_folder_ends_in_either_separator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "altsep", "\\")
    with pytest.raises(SourceError, match="ends as the name of a folder does"):
        write.write_atomically(f"{tmp_path}\\reports\\", b"text")


def test_signals_that_a_system_lacks_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGHUP")
    # A module of its own: that of the program has the state of this process.
    module = runpy.run_path(str(interrupt.__file__))
    assert [each.name for each in module["SIGNALS"]] == ["SIGINT", "SIGTERM"]

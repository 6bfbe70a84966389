"""Where a config is read from: a file, a preset by its name, standard input."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.program import Runner


def test_closed_standard_input(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.config.text import source

    class Closed:
        stdin = None
        stdout, stderr = sys.stdout, sys.stderr

    monkeypatch.setattr(source, "sys", Closed)
    finished = run("summary", "-")
    assert finished.code == 2
    assert "standard input: it is closed" in finished.err


def test_a_folder_hides_no_preset(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run("summary", "base").code == 0

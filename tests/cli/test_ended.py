"""Signals at any moment: the old file or the new one, nothing beside it, and no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cli.ended import COMMANDS, SMALL
from tests.program_files import plant

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


# Those of a group share a start of Python. What takes seconds is ended twice, by other signals each.
GROUPS = [
    ("4", "7", "fix", "lint", "convert", "inspect", "schema"),
    ("4", "7", "safetensors", "huggingface"),
    ("2", "1", "onnx", "calibrate"),
    ("2", "3", "torch-export", "latency"),
]


def test_every_command_is_ended() -> None:
    assert sorted(name for group in GROUPS for name in group[2:]) == sorted(COMMANDS)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "-".join(group[2:]))
def test_at_random_moments(group: tuple[str, ...]) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.cli.ended", *group],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
        check=False,
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


# The script that pip installs: its own folder is on Python's path, and the current one is not.
SCRIPT = "from w2v_explore.cli import main\nmain()\n"


@pytest.mark.parametrize("command", ["calibrate", "latency", "export"])
def test_what_lies_in_the_current_directory_is_not_run(command: str, tmp_path: Path) -> None:
    arguments = {
        "calibrate": ["calibrate"],
        "latency": ["latency", "small.yaml", "--seconds", "0.1", "--runs", "1"],
        "export": ["export", "small.yaml", "--to", "safetensors"],
    }[command]
    script = tmp_path / "bin" / "w2v-explore"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    folder = tmp_path / "folder"
    folder.mkdir()
    plant(folder)
    (folder / "small.yaml").write_text(SMALL)
    process = subprocess.Popen(
        [sys.executable, script, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "W2V_EXPLORE_CACHE": str(tmp_path)},
    )  # fmt: skip
    if command == "calibrate":  # once something is measured, everything was imported
        while len(psutil.Process(process.pid).children(recursive=True)) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in err) == (-signal.SIGTERM if command == "calibrate" else 0, False)
    assert not list(folder.glob("*.was_run"))


def test_python_m_does_not_run_it_either(tmp_path: Path) -> None:
    plant(tmp_path)
    for name in ("runpy.py", "typing.py"):  # what Python and the package import before the program begins
        (tmp_path / name).unlink()
    finished = subprocess.run(
        [sys.executable, "-m", "w2v_explore", "lint", "--format", "junit", "--allow-empty", "."],
        capture_output=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False,
    )  # fmt: skip
    assert (finished.returncode, finished.stderr) == (0, b"")
    assert not list(tmp_path.glob("*.was_run"))

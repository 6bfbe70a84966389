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


# Those of a group share a start of Python. What takes seconds is ended once.
GROUPS = [
    ("fix:4:7", "lint:4:7", "convert:4:7", "inspect:4:7", "schema:4:7"),
    ("onnx:1:1", "calibrate:1:1"),
    ("torch-export:1:3", "latency:1:3", "safetensors:4:7", "huggingface:4:7"),
]


def test_every_command_is_ended() -> None:
    assert sorted(each.split(":")[0] for group in GROUPS for each in group) == sorted(COMMANDS)


@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
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


# The script that pip installs: its own folder is on Python's path, and the current one is not. Commands that import
# torch share a start of Python.
SCRIPT = """\
import sys
from w2v_explore.cli import main
for command in sys.argv[1:]:
    sys.argv[1:] = command.split()
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
LATENCY, EXPORT = "latency small.yaml --seconds 0.1 --runs 1", "export small.yaml --to safetensors"


@pytest.mark.parametrize("commands", [("calibrate",), (LATENCY, EXPORT)], ids=["calibrate", "latency and export"])
def test_what_lies_in_the_current_directory_is_not_run(commands: tuple[str, ...], tmp_path: Path) -> None:
    script = tmp_path / "bin" / "w2v-explore"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    folder = tmp_path / "folder"
    folder.mkdir()
    plant(folder)
    (folder / "small.yaml").write_text(SMALL)
    process = subprocess.Popen(
        [sys.executable, script, *commands],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "W2V_EXPLORE_CACHE": str(tmp_path)},
    )  # fmt: skip
    is_endless = commands == ("calibrate",)
    if is_endless:  # once something is measured, everything was imported
        while len(psutil.Process(process.pid).children(recursive=True)) < 2:
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in err) == (-signal.SIGTERM if is_endless else 0, False)
    assert (folder / "small.safetensors").exists() != is_endless
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

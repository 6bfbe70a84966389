"""Processes that measure: none outlives who started it, and none runs what lies in the current directory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.program_files import HOSTILE, plant
from w2v_explore.measure.process import new_processes

STARTER = """\
import time
from w2v_explore.measure.process import new_processes
with new_processes() as run:
    print(run(abs, -3), flush=True)
    run(time.sleep, 600)
"""


def descendants(process: subprocess.Popen[str], number: int) -> list[psutil.Process]:
    while len(found := psutil.Process(process.pid).children(recursive=True)) < number:
        assert process.poll() is None
        time.sleep(0.01)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_no_process_outlives_who_started_it(number: signal.Signals) -> None:
    process = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "3\n"
    children = descendants(process, 2)  # the server, and what it forked
    process.send_signal(number)
    process.communicate(timeout=60)
    assert psutil.wait_procs(children, timeout=60)[1] == []


@pytest.mark.slow
def test_what_was_forked_outlives_no_server() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    children = descendants(process, 2)
    psutil.Process(process.pid).children()[0].kill()
    process.kill()
    process.communicate(timeout=60)
    assert psutil.wait_procs(children, timeout=60)[1] == []


def test_a_server_ends_whatever_is_wrong_at_its_end() -> None:
    """What it wants to kill may have ended by itself at that moment."""
    code = (
        "import sys, threading; from w2v_explore.child_process import serving\n"
        "serving(lambda: 1 / 0)\n"
        "for thread in threading.enumerate()[1:]: thread.join()\n"
        "sys.exit('it goes on')"
    )
    ended = subprocess.run([sys.executable, "-c", code], input="", capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_none_is_left_at_the_end() -> None:
    with new_processes() as run:
        server = run(os.getppid)
        first, second = run(os.getpid), run(os.getpid)
    assert len({os.getpid(), server, first, second}) == 4
    assert not any(map(psutil.pid_exists, (server, first, second)))


def test_what_is_printed_is_no_answer() -> None:
    with new_processes() as run:
        assert run(os.write, 1, b"") == 0
        assert run(print, "said on standard error") is None
        assert run(len, b"1" * 10_000_000) == 10_000_000
        assert run(bytes, 10_000_000) == bytes(10_000_000)


WHERE = "from w2v_explore.measure.process import new_processes\n"


@pytest.mark.parametrize(
    "prefix", ["", "import sys; sys.path.insert(0, ''); ", "import sys, os; sys.path.append('.'); "]
)
def test_the_current_directory_is_on_no_path(prefix: str, tmp_path: Path) -> None:
    plant(tmp_path)
    code = f"{WHERE}{prefix}\nwith new_processes() as run: print(run(eval, '__import__(\"socket\").__file__'))"
    safe = f"import sys\nsys.path.remove('')\n{code}"
    finished = subprocess.run(
        [sys.executable, "-c", safe], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert finished.stderr == ""
    assert str(tmp_path) not in finished.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(HOSTILE)


def test_a_directory_that_pythonpath_spells_out_is_the_user_s_wish(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def answer():\n    return 42\n")
    code = f"{WHERE}import mine\nwith new_processes() as run: print(run(mine.answer))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120, check=False,
    )  # fmt: skip
    assert (finished.stdout, finished.stderr) == ("42\n", "")

"""Ctrl-C at any moment: 130, not a word, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cli.test_export import SMALL, options

# A library's module that is imported at the moment that is meant, and presses Ctrl-C there.
AT = """\
import os, signal, sys
from importlib.abc import MetaPathFinder
class Press(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Press())
sys.argv = ['w2v-explore', *{arguments!r}]
from w2v_explore.cli import main
main()
"""
EXPORT = ["export", "base", "--to", "onnx", *options(SMALL)]


def run(code: str, folder: Path) -> tuple[int, str, str]:
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, timeout=120, check=False
    )
    return finished.returncode, finished.stdout, finished.stderr


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (["summary", "base"], "typer"),
        (["summary", "base"], "w2v_explore.cli.summary"),
        (["summary", "base"], "w2v_explore.report.terminal"),
        (["lint", "."], "w2v_explore.cli.lint"),
        (["latency", "base"], "torch"),
        (["calibrate"], "torch.nn"),
        (EXPORT, "torch.export"),
    ],
)
def test_while_something_is_imported(arguments: list[str], module: str, tmp_path: Path) -> None:
    assert run(AT.format(module=module, arguments=arguments), tmp_path) == (130, "", "")


@pytest.mark.slow
def test_designs_that_were_found_are_shown_though_they_are_not_measured(tmp_path: Path) -> None:
    searched = ["search", "base", "--free", "encoder_num_layers=2,3", "--minimize", "macs", "--maximize", "parameters"]
    arguments = [*searched, "--device", "cpu", "--format", "csv", "--write", "designs"]
    code, out, err = run(AT.format(module="w2v_explore.measure.latency", arguments=arguments), tmp_path)
    assert (code, err) == (130, "broken off while designs were measured; what is said of them is in closed form\n")
    assert [line.partition(",")[0] for line in out.splitlines()] == ["encoder_num_layers", "2", "3"]
    assert not list(tmp_path.iterdir())


def test_before_it_is_listened_for() -> None:
    """Python prints a traceback of whatever is interrupted then: all that is imported is the package's first lines."""
    code = "import sys; before = set(sys.modules); import w2v_explore.cli; print(*sorted({*sys.modules} - before))"
    finished = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.split() == ["__future__", "gc", "w2v_explore", "w2v_explore.cli", "w2v_explore.version"]


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("module", ["w2v_explore.interrupt", "atexit", "w2v_explore.cli.app"])
def test_while_it_begins_to_be_listened_for(module: str, number: str, tmp_path: Path) -> None:
    begin = "from w2v_explore.cli import main\nsys.modules.pop('atexit', None)\n"
    code = AT.format(module=module, arguments=["schema"]).replace(
        "sys.meta_path.insert", f"{begin}sys.meta_path.insert"
    )
    code = code.replace("signal.SIGINT", f"signal.{number}")
    quiet_end = (130, -2) if number == "SIGINT" else (-15,)
    code, out, err = run(code, tmp_path)
    assert (code in quiet_end, out, err) == (True, "", "")


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_when_all_is_done(number: str, tmp_path: Path) -> None:
    code = f"""import os, signal, sys
from w2v_explore import interrupt
from w2v_explore.cli import main
stop = interrupt.stop_listening
def press():
    interrupt.stop_listening = stop
    os.kill(os.getpid(), signal.{number})
interrupt.stop_listening = press
sys.argv = ['w2v-explore', '--version']
main()
"""
    assert run(code, tmp_path)[::2] == (130 if number == "SIGINT" else -15, "")


# What torch does with an interruption in the middle of its tracing: another exception, with the first behind it; or
# none at all.
CONVERTS = "except KeyboardInterrupt as error: raise TypeError('unsupported operand') from error"
SWALLOWS = "except KeyboardInterrupt: warnings.warn('Failed to initialize NumPy')"
PRESS = """\
import os, signal, sys, warnings
from w2v_explore.cli import main, summary
def analyze_each(*arguments, **options):
    try: os.kill(os.getpid(), signal.SIGINT)
    {handler}
    class Unraisable:
        def __del__(self): os.kill(os.getpid(), signal.SIGINT)
    Unraisable()
    raise OSError('what the interruption led to')
summary.analyze_each = analyze_each
sys.argv = ['w2v-explore', 'summary', 'base']
main()
"""


@pytest.mark.parametrize("handler", [CONVERTS, SWALLOWS])
def test_whatever_a_library_makes_of_it(handler: str, tmp_path: Path) -> None:
    assert run(PRESS.format(handler=handler), tmp_path) == (130, "", "")


def test_export_leaves_nothing(tmp_path: Path) -> None:
    code, out, err = run(AT.format(module="onnxscript", arguments=EXPORT), tmp_path)
    assert (code, out, err) == (130, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_program_in_the_background_is_not_meant(tmp_path: Path) -> None:
    """A shell without job control starts it with Ctrl-C ignored."""
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{AT}"
    code, out, err = run(code.format(module="w2v_explore.cli.summary", arguments=["summary", "base"]), tmp_path)
    assert (code, out.splitlines()[0], err) == (0, "wav2vec 2.0 Base", "")


def children_of(process: int) -> list[psutil.Process]:
    """Not psutil's: that looks at every process there is."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [psutil.Process(int(child)) for each in lists for child in each.read_text().split()]


def test_the_processes_that_calibrate_are_quiet_too(tmp_path: Path) -> None:
    """A terminal sends Ctrl-C to all of them, also while they import torch."""
    process = subprocess.Popen(
        [sys.executable, "-m", "w2v_explore", "calibrate"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "W2V_EXPLORE_CACHE": str(tmp_path)},
        start_new_session=True,
    )
    while not (children := children_of(process.pid)):
        assert process.poll() is None
        time.sleep(0.002)  # the server must not have imported torch yet
    [server] = children
    masks = re.findall(r"Sig(?:Blk|Ign):\t(\w+)", Path(f"/proc/{server.pid}/status").read_text())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        assert any(int(mask, 16) & 1 << number - 1 for mask in masks)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=120) == (b"", b"")
    assert process.returncode == 130
    assert list((tmp_path / "calibrations").iterdir()) == []
    assert not server.is_running()


# How every export writes, without torch.
WRITES = """\
import os, shutil, signal, sys
from pathlib import Path
from w2v_explore.cli import main, summary
from w2v_explore.files.write import in_place_of
def analyze_each(*arguments, **options):
    with in_place_of(Path.cwd() / 'out') as folder:
        folder.mkdir()
        os.kill(os.getpid(), signal.{number})
summary.analyze_each = analyze_each
sys.argv = ['w2v-explore', 'summary', 'base']
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_end_as_tidily(number: signal.Signals, tmp_path: Path) -> None:
    assert run(WRITES.format(number=number.name), tmp_path) == (-number, "", "")
    assert list(tmp_path.iterdir()) == []


def test_a_second_signal_does_not_break_off_the_tidying_up(tmp_path: Path) -> None:
    """A terminal that is closed sends SIGHUP, and so does the shell in it."""
    press = "os.kill(os.getpid(), signal.SIGHUP)"
    twice = f"remove = shutil.rmtree\nshutil.rmtree = lambda *a, **o: [{press}, {press}, remove(*a, **o)]\n"
    code = WRITES.replace("def analyze", f"{twice}def analyze").format(number="SIGHUP")
    assert run(code, tmp_path) == (-signal.SIGHUP, "", "")
    assert list(tmp_path.iterdir()) == []


def test_nohup_holds(tmp_path: Path) -> None:
    code = (
        f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{AT.replace('signal.SIGINT)', 'signal.SIGHUP)')}"
    )
    code, out, err = run(code.format(module="w2v_explore.cli.summary", arguments=["summary", "base"]), tmp_path)
    assert (code, out.splitlines()[0], err) == (0, "wav2vec 2.0 Base", "")


# What an import of compiled code may make of an interruption.
IMPORT = """\
import os, signal, sys
class Press:
    def find_spec(self, name, path, target=None):
        if name == 'typer':
            try: os.kill(os.getpid(), signal.SIGTERM)
            except KeyboardInterrupt as error: raise ImportError('no module') from error
sys.meta_path.insert(0, Press())
sys.argv = ['w2v-explore', 'summary', 'base']
from w2v_explore.cli import main
main()
"""


def test_whatever_an_import_makes_of_it(tmp_path: Path) -> None:
    assert run(IMPORT, tmp_path) == (-signal.SIGTERM, "", "")

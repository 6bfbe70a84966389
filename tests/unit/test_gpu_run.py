"""``python -m benchmarks.gpu``: the order of the steps, their limits, what is kept, and the exit codes."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import subprocess
import sys
import sysconfig
import time
import zipfile
from pathlib import Path

import pytest
import torch

from benchmarks.gpu import __main__ as command_line
from benchmarks.gpu import results, run, wheels
from benchmarks.gpu.findings import Context, Finding, attempt, judged
from benchmarks.gpu.run import Ended, exit_code, run_steps
from benchmarks.gpu.steps import STEPS, Step


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))


def step(function: str, name: str = "", **fields: object) -> Step:
    made = Step(name or function, "it works", 30, f"tests.gpu_steps:{function}", ())
    return made._replace(**fields)


def run_all(tmp_path: Path, *steps: Step, total_s: float = 600.0, quick: bool = True) -> dict[str, Ended]:
    return run_steps(steps, Context("cpu", quick, str(tmp_path)), total_s, lambda what: None)


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    while not (path.exists() and path.read_text()):
        assert process.poll() is None, f"{path} was not written"
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # A process that nobody has waited for yet still has its number.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for_end(pid: int) -> None:
    while is_alive(pid):
        time.sleep(0.1)


def test_steps_run_in_order_and_each_is_kept_as_it_ends(tmp_path: Path) -> None:
    said: list[str] = []
    kept: list[int] = []

    def say(what: str) -> None:
        said.append(what)
        kept.append(len(results.read_lines(str(tmp_path))))
        assert (tmp_path / "report.md").read_text().count("not reached") == 3 - len(said)

    steps = [step("find_wrong", "first"), step("find_two", "second"), step("find_no_room", "third")]
    ended = run_steps(steps, Context("cpu", True, str(tmp_path)), 600.0, say)
    assert [each.outcome for each in ended.values()] == ["failed", "passed", "skipped"]
    assert [what.partition(",")[0] for what in said] == ["first: failed", "second: passed", "third: skipped"]
    assert kept == [3, 6, 8]
    assert ended["first"].reason == "failed: wrong"
    assert ended["third"].reason == "needs about 90.0 GB, of which 24.0 GB are free"
    page = (tmp_path / "report.md").read_text()
    assert "| two | 2.000 MB | cpu | noted |  |" in page
    assert "| one | 0.5 | 250 ms | passed |  |" in page


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["passed", "skipped"], 0),
        (["passed", "failed"], 1),
        (["passed", "stopped"], 1),
        (["skipped", "skipped"], 2),
    ],
)
def test_exit_codes(outcomes: list[run.Outcome], code: int) -> None:
    assert exit_code({str(number): Ended(outcome, 0, "") for number, outcome in enumerate(outcomes)}) == code


def test_a_step_that_overruns_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time begins here once it has started what it starts, however busy the machine is."""
    wait = subprocess.Popen.wait

    def wait_after_the_start(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout == 1:
            wait_for(tmp_path / "started", process)
        return wait(process, timeout)

    with monkeypatch.context() as patch:
        patch.setattr(subprocess.Popen, "wait", wait_after_the_start)
        ended = run_all(tmp_path, step("never_end", seconds=0.25), step("find_two"))
    outcome, seconds, reason = ended["never_end"]
    assert outcome == "stopped"
    assert reason == "it took more than its 1 s; 1 findings kept"
    assert seconds >= 1
    assert ended["find_two"].outcome == "passed"
    wait_for_end(int((tmp_path / "started").read_text()))


def test_the_first_steps_have_the_time(tmp_path: Path) -> None:
    # On a busy machine it may have found nothing by then, and be long in ending: between the two times there is much.
    results.add_line(str(tmp_path), {"run": {}})
    ended = run_all(tmp_path, step("never_end", seconds=9), step("find_two"), total_s=2.0)
    assert ended["never_end"].reason.startswith("the run's time was over before its 36 s")
    assert ended["find_two"] == Ended("skipped", 0.0, "0 s were left of the 120 s that it may take")


def test_a_step_is_not_begun_to_be_stopped_half_way(tmp_path: Path) -> None:
    ended = run_all(tmp_path, step("find_two", seconds=100), step("fail", seconds=60), total_s=120.0, quick=False)
    assert ended["find_two"].reason == "120 s were left of the 400 s that it may take"
    assert ended["fail"].outcome == "failed", "it has the time"


def test_a_defect_and_an_empty_step_fail(tmp_path: Path) -> None:
    ended = run_all(tmp_path, step("fail"), step("find_nothing"))
    assert ended["fail"].reason == "its process ended with 1, see fail.log"
    assert "ValueError: a defect" in (tmp_path / "fail.log").read_text()
    assert ended["find_nothing"].reason == "it found nothing"
    assert exit_code(ended) == 1


def test_what_cannot_run_is_skipped_with_the_reason(tmp_path: Path) -> None:
    ended = run_all(
        tmp_path,
        step("find_two", "needs a package", packages=("json", "no_such_package")),
        step("find_two", "needs a card", cuda_only="torch counts the memory of CUDA devices alone"),
    )
    assert [each.outcome for each in ended.values()] == ["skipped", "skipped"]
    assert ended["needs a package"].reason == "not installed, nor in a wheel beside this script: no_such_package"
    assert ended["needs a card"].reason == "torch counts the memory of CUDA devices alone"
    assert exit_code(ended) == 2


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_cut_off_keeps_what_it_has_and_leaves_nothing_running(
    tmp_path: Path, end: signal.Signals
) -> None:
    code = (
        "import sys; from benchmarks.gpu.__main__ import main; from tests.unit.test_gpu_run import step\n"
        "sys.exit(main(sys.argv[1:], [step('find_two'), step('never_end')]))"
    )
    command = [sys.executable, "-c", code, "--device", "cpu", "--out", str(tmp_path)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}  # what is unpacked stays where a process is killed
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=run.ROOT, env=environment)
    wait_for(tmp_path / "started", process)
    process.send_signal(end)
    assert process.wait(60) == (130 if end == signal.SIGINT else -end)
    wait_for_end(int((tmp_path / "started").read_text()))
    lines = results.read_lines(str(tmp_path))
    assert [line["step"] for line in lines[1:]] == ["find_two", "find_two", "find_two", "never_end"]
    # Where the process can still do something, the page shows the step that was cut off too.
    assert ("| never_end | it works | cut off |" in (tmp_path / "report.md").read_text()) is (end == signal.SIGINT)
    assert "| find_two | it works | passed |" in (tmp_path / "report.md").read_text()


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    results.add_finding(str(tmp_path), "one", judged("right", True, {"error": 0.1}))
    with open(tmp_path / "results.jsonl", "ab") as file:
        file.write(b'{"step": "one", "find')
    assert results.findings_of(results.read_lines(str(tmp_path)), "one") == [judged("right", True, {"error": 0.1})]


def test_each_finding_can_fail_or_be_skipped_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(what: str) -> Finding:
        raise ValueError("a defect\nand more")

    assert attempt("one", fail) == Finding("one", "failed", {}, "ValueError: a defect")
    assert "Traceback" in capsys.readouterr().err
    too_small = attempt("one", fail, 90_000_000_000, 24_000_000_000)
    assert too_small == Finding("one", "skipped", {}, "needs about 90.0 GB, of which 24.0 GB are free")


def test_every_step_is_there() -> None:
    import importlib

    for each in STEPS:
        module, _, name = each.function.partition(":")
        assert callable(getattr(importlib.import_module(module), name))
    assert len({each.name for each in STEPS}) == len(STEPS)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert command_line.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_torch_without_cuda_and_absent_devices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    assert f"torch {torch.__version__} was built without CUDA" in refusal(capsys, "--out", str(tmp_path))
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = refusal(capsys, "--device", "cuda:3", "--out", str(tmp_path))
    assert message == "error: there is no device cuda:3 here; there is cpu\n"
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_take_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot write to" in refusal(capsys, "--device", "cpu", "--out", str(tmp_path / "file"))
    results.add_line(str(tmp_path), {"run": {}})
    assert "holds the results of another run" in refusal(capsys, "--device", "cpu", "--out", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--device", "gpu"], "gpu is no device that can be proved; give cuda, cuda:1 or cpu"),
        (["--device", "mps"], "mps is no device that can be proved"),
        (["--minutes", "0"], "0 is no number of minutes"),
        (["--minutes", "nan"], "nan is no number of minutes"),
        (["--minutes", "soon"], "soon is no number of minutes"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        command_line.main(arguments)
    assert raised.value.code == 2
    assert message in capsys.readouterr().err


def test_what_is_not_installed_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "_PLATFORM", sysconfig.get_platform())
    folder = tmp_path / f"{sys.version_info.major}.{sys.version_info.minor}"
    folder.mkdir()
    for name in ("absent_package-1.0", f"pytest-{importlib.metadata.version('pytest')}"):
        with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as archive:
            archive.writestr(f"{name.partition('-')[0]}/__init__.py", "")
    target = tmp_path / "target"
    assert wheels.unpack_missing(target, tmp_path) == ["absent_package"]
    assert [path.name for path in target.iterdir()] == ["absent_package"]
    assert wheels.unpack_missing(target, tmp_path / "no folder") == []
    monkeypatch.setattr(wheels, "_PLATFORM", "another")
    assert wheels.unpack_missing(target, tmp_path) == []

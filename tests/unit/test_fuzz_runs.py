"""The fuzzer of whole runs finds what is planted, in both of its ways, and says the same of a case each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.command_lines import NEED_TORCH, CommandLine, commands
from tests.fuzz.folders import Folder
from tests.fuzz.fuzz_runs import AsProcess, Case, Cases
from tests.fuzz.judge import Outcome, Stream, judge, list_files
from w2v_explore.cli.app import COMMANDS

FILE = Stream("file", "utf-8")

# Runs one case inside a process of its own, in which the text format is another, and prints what is found.
ONE_CASE = """\
import sys, time, warnings
from pathlib import Path
from tests.fuzz import fuzz_runs
from tests.fuzz.command_lines import CommandLine
from tests.fuzz.folders import Folder
from tests.fuzz.fuzz_runs import Case, InProcess
from tests.fuzz.judge import Stream, judge, list_files
from w2v_explore.lint.formats import text
fuzz_runs.CPU_SECONDS = 0.2
right = text.render
kept = []
text.render = lambda report, colour=False: {text}
root = Path(sys.argv[1])
folder = Folder(root, root / "work", ["a.yaml"], [], [], [])
line = CommandLine("lint", ("lint", "a.yaml"), {{}}, {{None: "text"}}, (), False)
out, err = Stream({kind!r}, "utf-8"), Stream("file", "utf-8")
before = list_files(root)
outcome = InProcess().run(Case("x", folder, line, b"", out, err))
for fault in judge(line, folder, out, err, outcome, before, list_files(root)):
    print(fault.cause)
"""
DEFECTS = {
    "an exception": ("kept[0]", "traceback from w2v_explore/cli/lint.py"),
    "a control character": ("'a\\x1b]0;x'", "standard output of lint as text has control characters"),
    "a forged command": ("'\\n::error::x'", "standard output of lint as text has a line that begins with ::"),
    "a file left behind": ("open('.w2v-explore-1', 'w').name", "lint leaves a temporary file"),
    "a file left open": ("kept.append(open('a.yaml')) or ''", "lint: descriptors left open"),
    "a wait": ("time.sleep(60)", "lint: hangs in cli/lint.py"),
    "a computation": ("any(number < 0 for number in range(10**10))", "lint: hangs in cli/lint.py"),
    "a warning": ("warnings.warn('x') or ''", "lint prints a warning of Python's"),
    "an import": ("__import__('numpy').__name__", "lint: imported numpy"),
}


def work(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.yaml").write_text("extends: base\nencoder_num_heads: 7\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFECTS)
def test_what_is_planted_is_found(name: str, tmp_path: Path) -> None:
    work(tmp_path)
    text, cause = DEFECTS[name]
    code = ONE_CASE.format(text=text, kind="file")
    finished = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert any(row.startswith(cause) for row in finished.stdout.splitlines()), finished


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "terminal", "full", "broken"])
def test_nothing_is_found_where_all_is_well(kind: str, tmp_path: Path) -> None:
    work(tmp_path)
    code = ONE_CASE.format(text="right(report, colour)", kind=kind)
    finished = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert finished.stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "pipe", "terminal", "closed", "full", "broken"])
def test_a_process_of_its_own_is_judged_alike(kind: str, tmp_path: Path) -> None:
    work(tmp_path)
    folder = Folder(tmp_path, tmp_path / "work", ["a.yaml"], [], [], [])
    line = CommandLine("lint", ("lint", "a.yaml"), {}, {None: "text"}, (), False)
    out = Stream(kind, "utf-8")
    before = list_files(tmp_path)
    outcome = AsProcess().run(Case("x", folder, line, b"", out, FILE))
    assert judge(line, folder, out, FILE, outcome, before, list_files(tmp_path)) == []
    assert ("E234" in outcome.out.decode()) is (kind in ("file", "pipe", "terminal"))


def test_faults_of_streams_and_files(tmp_path: Path) -> None:
    work(tmp_path)
    folder = Folder(tmp_path, tmp_path / "work", ["a.yaml"], [], [], [])

    def causes(format: str, out: str, code: int = 0, err: str = "") -> str:
        line = CommandLine("summary", ("summary", "a.yaml"), {}, {None: format}, (), False)
        files = list_files(tmp_path)
        outcome = Outcome(code, out.encode(), err.encode(), 0.1, 0)
        return "; ".join(fault.cause for fault in judge(line, folder, FILE, FILE, outcome, files, files))

    assert causes("json", "{}") == causes("csv", "a,b\n-1,+5 %\n".replace("+5 %", "+5")) == ""
    assert "cannot be read" in causes("json", '{"a": NaN}')
    assert "spreadsheet" in causes("csv", "a\n=1+1\n")
    assert "several lengths" in causes("csv", "a\n1,2\n")
    assert "HTML" in causes("markdown", "## <script>x\n")
    assert causes("markdown", "## `<script>x`\n") == ""
    assert "number of cells" in causes("markdown", "| a | b |\n| - | - |\n| x | y | z |\n")
    assert "says nothing" in causes("table", "", code=2)
    assert "ends with 3" in causes("table", "", code=3, err="error: x")
    assert "quotes a file" in causes("table", "", code=2, err="S3CRET")


def test_a_file_that_nobody_named_is_found(tmp_path: Path) -> None:
    work(tmp_path)
    folder = Folder(tmp_path, tmp_path / "work", ["a.yaml"], [], [], [])
    before = list_files(tmp_path)
    (tmp_path / "work" / "b.yaml").touch()
    (tmp_path / "work" / "a.yaml").write_text("extends: base\n")
    after = list_files(tmp_path)
    outcome = Outcome(0, b"x", b"", 0.1, 0)

    def causes(outputs: tuple[str, ...], repairs: bool) -> list[str]:
        line = CommandLine("lint", ("lint",), {}, {None: "text"}, outputs, repairs)
        return [fault.cause for fault in judge(line, folder, FILE, FILE, outcome, before, after)]

    assert causes((), False) == ["lint changes a file", "lint makes a file"]
    assert causes(("b.yaml",), True) == []


def test_a_case_follows_from_its_number(tmp_path: Path) -> None:
    first, second = Cases("s", tmp_path / "1", processes=False), Cases("s", tmp_path / "2", processes=False)
    for number in (4, 7):
        one, other = first.make(number), second.make(number)
        assert one.line.arguments == tuple(
            each.replace(f"{tmp_path}/2", f"{tmp_path}/1") for each in other.line.arguments
        )
        assert one[3:] == other[3:]
        assert one.folder[2:] == other.folder[2:]
    first.forget()
    assert list((tmp_path / "1").iterdir()) == []


def test_every_command_is_tried_or_needs_torch() -> None:
    assert {*commands(), *NEED_TORCH} == set(COMMANDS)

"""The help of the program and of each command: whole, grouped, readable in any terminal, with examples that run."""

from __future__ import annotations

import os
import runpy
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command

from tests.calibrations import make_for_this_machine
from tests.program import Runner
from tests.unit.test_docs import example_folder, own_files  # noqa: F401
from w2v_explore.cli.app import app
from w2v_explore.cli.commands import COMMANDS, GROUPS
from w2v_explore.cli.manual.describe import Description, describe_all
from w2v_explore.cli.manual.guides import GUIDES
from w2v_explore.cli.manual.pages import page_address

ROOT = Path(__file__).parent.parent.parent
PROGRAM: Any = get_command(app)
assert {*COMMANDS} <= {*GUIDES}, "w2v_explore/cli/manual/guides.py needs an entry for each command"
DESCRIPTIONS = list(describe_all(PROGRAM))
by_command = pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda each: each.words or "program")


def test_every_command_has_a_guide() -> None:
    words = [description.words for description in DESCRIPTIONS]
    assert sorted(words) == sorted(GUIDES)
    assert [name for name in words if name and " " not in name] == list(COMMANDS)
    assert sum(map(len, GROUPS.values())) == len(set(COMMANDS))


@by_command
def test_every_option_is_in_a_group(description: Description) -> None:
    loose = [item.names[0] for item in description.options.get(None, [])]  # type: ignore[call-overload]
    assert loose == [], (
        f"{description.words}: give {', '.join(loose)} a rich_help_panel, as options.OUTPUT: a group of the help"
    )


@by_command
@pytest.mark.parametrize("columns", [80, 140])
def test_help_fits_the_terminal(description: Description, columns: int, run: Runner) -> None:
    code, out, err = run(*description.words.split(), "--help", columns=columns)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= columns
    for items in (description.arguments, *description.options.values()):
        for item in items:
            assert item.text
            assert f"  {', '.join(sorted(item.names, key=len))} {item.value}".rstrip() in out or not item.names
            assert all(name in out for name in (item.value, *item.choices))
    for example in description.guide.examples:
        assert f"\n    {example.command}\n" in out, "an example stands in one line, to be copied"
    assert len(description.guide.examples) >= 1
    assert (ROOT / "docs" / description.guide.page).is_file()
    assert out.endswith(f"\n  {page_address(description.guide.page)}\n")


def test_all_commands_fit_in_lines_of_their_own(run: Runner) -> None:
    lines = run("--help", columns=80).out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ") and line.split()[0] in COMMANDS] == list(
        COMMANDS
    )
    for name in COMMANDS:
        assert f"  {name:<11}  {GUIDES[name].brief}" in lines
    assert [line[:-1] for line in lines if line.removesuffix(":") in GROUPS] == list(GROUPS)


@by_command
def test_help_command_says_what_the_option_does(description: Description, run: Runner) -> None:
    expected = run(*description.words.split(), "--help")
    assert run("help", *description.words.split()) == expected == run(*description.words.split(), "-h")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sumary"], "No such command 'sumary'. Did you mean 'summary'?"),
        (["presets", "sho"], "No such command 'sho'. Did you mean 'show'?"),
        (["rule", "E234"], "rule has no command 'E234'; write `w2v-explore help rule`"),
    ],
)
def test_help_of_what_is_no_command(words: list[str], said: str, run: Runner) -> None:
    code, out, err = run("help", *words)
    assert (code, out) == (2, "")
    assert said in err


def test_no_command_at_all_is_answered_with_help(run: Runner) -> None:
    alone = run()
    assert (alone.code, alone.out, alone.err) == (2, run("--help").out, "")


def test_version_has_a_letter(run: Runner) -> None:
    assert run("-V") == run("--version") == (0, f"w2v-explore {metadata.version('w2v-explore')}\n", "")


def test_bold_face_adds_nothing_that_plain_help_lacks(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = run("summary", "--help", columns=80).out
    assert "\033" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    bold = run("summary", "--help", columns=80).out
    assert "\033[1mOutput:\033[0m\n" in bold
    assert bold.replace("\033[1m", "").replace("\033[0m", "") == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("summary", "--help", columns=80).out == plain


def test_a_published_page_is_named_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # What a release is built with: the hook of the build, whose base class has nothing to do with addresses.
    interface: Any = ModuleType("interface")
    interface.MetadataHookInterface = object
    monkeypatch.setitem(sys.modules, "hatchling.metadata.plugin.interface", interface)
    monkeypatch.setenv("GITHUB_REPOSITORY", "me/w2v-explore")
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    hook = runpy.run_path(str(ROOT / "hatch_build.py"))["Metadata"]()
    hook.root = str(ROOT)
    built: dict[str, Any] = {"version": "1.2.3"}
    hook.update(built)

    class Metadata:
        def get_all(self, name: str) -> list[str]:
            assert name == "Project-URL"
            return [f"{label}, {address}" for label, address in built["urls"].items()]

    monkeypatch.setattr("w2v_explore.cli.manual.pages.metadata", lambda name: Metadata())
    tag = "https://github.com/me/w2v-explore/blob/v1.2.3/"
    assert page_address("memory.md") == f"{tag}docs/memory.md"
    assert page_address("rules/README.md") == f"{tag}docs/rules/README.md"
    for description in DESCRIPTIONS:
        assert (ROOT / page_address(description.guide.page).removeprefix(tag)).is_file()

    def not_installed(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("w2v_explore.cli.manual.pages.metadata", not_installed)
    assert page_address("memory.md") == "docs/memory.md"


@pytest.mark.slow
@pytest.mark.usefixtures("own_files")
@pytest.mark.parametrize(
    "command", [example.command for description in DESCRIPTIONS for example in description.guide.examples]
)
def test_examples_run(command: str, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.measure import calibrate
    from w2v_explore.model import export

    # What takes torch seconds or a minute has tests of its own.
    monkeypatch.setitem(export.WRITERS, "onnx", lambda model, config, path: path.write_bytes(b"graph"))
    monkeypatch.setattr(calibrate, "calibrate", lambda *arguments, **settings: make_for_this_machine())
    before = set(Path().rglob("*"))
    program, *words = shlex.split(command)
    code, out, err = run(*words)
    assert (program, code) == ("w2v-explore", 0), err
    assert out or set(Path().rglob("*")) > before


@pytest.mark.shells
def test_man_shows_every_page() -> None:
    pages = sorted((ROOT / "docs/man").iterdir())
    assert len(pages) == len(DESCRIPTIONS)
    environment = {**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    for description in DESCRIPTIONS:
        name = "-".join(["w2v-explore", *description.words.split()])
        finished = subprocess.run(
            ["man", "--warnings=w", str(ROOT / f"docs/man/{name}.1")], capture_output=True, text=True, env=environment
        )
        assert (finished.returncode, finished.stderr) == (0, "")
        assert "‐" not in finished.stdout  # an option with a hyphen in it is none
        shown = " ".join(finished.stdout.split())
        for example in description.guide.examples:
            assert example.command in shown
        for item in (item for items in description.options.values() for item in items):
            assert all(each in shown for each in item.names)

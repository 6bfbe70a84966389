"""Completion of command lines: what there is to complete, and what real shells make of it."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.program import Runner
from tests.unit.test_docs import ROOT
from w2v_explore.cli.commands import COMMANDS
from w2v_explore.cli.completion.answer import split_line
from w2v_explore.cli.completion.candidates import KINDS, complete
from w2v_explore.cli.completion.install import SHELLS
from w2v_explore.cli.completion.table import read_table
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.presets import preset_names
from w2v_explore.lint.page import load_pages

TABLE = read_table()
# Numbers, quantities, names and addresses of the user's own: there is nothing to choose among.
FREE = {
    "N", "K", "SECONDS", "HOURS", "EPOCHS", "PRICE", "BUDGET", "FRAMES", "NUMBER", "RATE", "SHARE", "SIZE", "TIME",
    "NAME", "URL", "R:NAMES", "FIELDS", "REVISION",
}  # fmt: skip


def candidates(line: str) -> list[str]:
    """What may stand at the end of a line."""
    words, _ = split_line(line, "")
    *before, current = words
    return [each for each in complete(before, current, TABLE).candidates if each.startswith(current)]


def test_every_word_for_a_value_is_known() -> None:
    words = {option.value for options in TABLE.options.values() for option in options.values() if not option.choices}
    words |= {word for taken in TABLE.arguments.values() for word in taken}
    unknown = {word for word in words if word.strip("[].").removesuffix("...") not in {*KINDS, *FREE, ""}}
    assert unknown == set(), (
        "give each a kind in w2v_explore/cli/completion/candidates.py, or add it to FREE where nothing can be chosen"
    )


def test_the_table_has_all_that_the_program_has() -> None:
    assert [words for words in TABLE.commands if words and " " not in words] == list(COMMANDS)
    assert list(TABLE.values["preset"]) == list(TABLE.presets) == list(preset_names())
    assert list(TABLE.values["rule"]) == [page.rule.code for page in load_pages()]
    assert TABLE.architectures == {name: list(family_named(name).config.FIELDS) for name in FAMILIES}
    assert list(TABLE.values["shell"]) == list(SHELLS)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("sum", ["summary"]),
        ("--v", ["--version"]),
        ("presets s", ["show"]),
        ("presets show mms_f", ["mms_fa"]),
        ("help presets ", ["show"]),
        ("help sea", ["search"]),
        ("summary mms_f", ["mms_fa"]),
        ("compare base wavlm_base_", ["wavlm_base_plus"]),
        ("compare base large mms_f", ["mms_fa"]),
        ("summary base --bat", ["--batch"]),
        ("summary base --dtype ", ["float32", "float16", "bfloat16"]),
        ("summary base --dtype=b", ["--dtype=bfloat16"]),
        ("summary base --batch ", []),
        ("summary --batch 8 mms_f", ["mms_fa"]),
        ("summary base --set encoder_num_h", ["encoder_num_heads="]),
        ("summary base --set extractor_mode=", ["extractor_mode=group_norm", "extractor_mode=layer_norm"]),
        ("summary base --set encoder_num_heads=", []),
        ("search base --free encoder_num_h", ["encoder_num_heads"]),
        ("search base --ratio parameters", ["parameters="]),
        ("search base --minimize stride_", ["stride_ms"]),
        ("summary base --fail-if parameter_", ["parameter_bytes"]),
        ("explain encoder_pos_conv_g", ["encoder_pos_conv_groups"]),
        ("explain --architecture pruned", ["pruned_wav2vec2"]),
        ("rule E23", ["E230", "E231", "E232", "E233", "E234", "E235", "E236", "E237", "E238", "E239"]),
        ("lint --select E234,W30", [f"E234,W30{number}" for number in range(11)][:10]),
        ("plan base --card h100-", ["h100-80gb"]),
        ("plan base --as-recipe data2vec_audio_b", ["data2vec_audio_base"]),
        ("latency base --device c", ["cpu", "cuda"]),
        ("memory base --train not", ["not-extractor", "not-encoder"]),
        ("presets --family Hu", ["HuBERT"]),
        ("lint -- --sel", []),
        ("--install-completion z", ["zsh"]),
        ("nothing --sel", []),
    ],
)
def test_what_may_stand_at_the_cursor(line: str, found: list[str]) -> None:
    assert candidates(line) == found


def test_fields_are_those_of_the_architecture_on_the_line(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("# mine\nextends: wavlm_base  # a preset\nname: own\n")
    (tmp_path / "own2.yaml").write_text("extends: own.yaml\n")
    (tmp_path / "loop.yaml").write_text("extends: loop.yaml\n")
    os.mkfifo(tmp_path / "pipe.yaml")
    for config, has in (
        ("base", False), ("wavlm_base", True), (f"{tmp_path}/own.yaml", True), (f"{tmp_path}/own2.yaml", True),
        ("base.yaml", False),
    ):  # fmt: skip
        fields = candidates(f"summary {config} --set encoder_")
        assert ("encoder_num_buckets=" in fields) == has, config
        assert "encoder_num_heads=" in fields
    everything = candidates("summary --set encoder_")
    for config in ("loop.yaml", "pipe.yaml", "absent.yaml"):
        assert candidates(f"summary {tmp_path}/{config} --set encoder_") == everything


@pytest.mark.parametrize(
    ("line", "words", "kept"),
    [
        ("w summary ba", ["w", "summary", "ba"], 0),
        ("w summary ", ["w", "summary", ""], 0),
        ("w 'a b' \"c d", ["w", "a b", "c d"], 0),
        (r"w a\ b", ["w", "a b"], 0),
        ("w --dtype=fl", ["w", "--dtype=fl"], len("--dtype=")),
        ("w --set a=b c", ["w", "--set", "a=b", "c"], 0),
        ("w 'a=b", ["w", "a=b"], 0),
        ("w a:b=", ["w", "a:b="], 4),
    ],
)
def test_a_line_of_bash_is_split_as_bash_does(line: str, words: list[str], kept: int) -> None:
    assert split_line(line, " \"'><=;|&(:") == (words, kept)


def test_files_and_going_on() -> None:
    assert complete(["summary"], "", TABLE).files
    assert complete(["summary", "base", "--output"], "", TABLE) == ({}, True, False, False)
    assert complete(["search", "base", "--write"], "", TABLE).folders
    assert complete(["summary", "base", "--set"], "", TABLE).goes_on
    assert not complete(["summary", "base", "--set"], "extractor_mode=", TABLE).goes_on


def test_a_tab_imports_neither_typer_nor_a_family() -> None:
    code = """
import sys
from w2v_explore.cli import main
sys.argv = ["w2v-explore", "summary", "wavlm_base", "--set", ""]
main()
print(*sorted(name for name in sys.modules if name.startswith("w2v_explore")))
print(*{"typer", "rich", "yaml", "json", "torch"} & set(sys.modules))
"""
    environment = {**os.environ, "_W2V_EXPLORE_COMPLETE": "zsh", "PYTHONPATH": str(ROOT)}
    finished = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    signs, *lines, modules, heavy = finished.stdout.split("\n")[:-1]
    assert signs == "nospace"
    assert any(line.startswith("encoder_num_buckets=\t") for line in lines)
    below = ("answer", "candidates", "table")
    own = ["", ".cli", ".cli.completion", *(f".cli.completion.{name}" for name in below), ".version"]
    assert modules.split() == [f"w2v_explore{name}" for name in own]
    assert heavy == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_installing_twice_is_installing_once(
    shell: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    startup = tmp_path / {"bash": ".bashrc", "zsh": ".zshrc", "fish": "none"}[shell]
    startup.write_text("alias a=b")
    code, out, err = run("--install-completion", shell)
    assert (code, out) == (0, "")
    first = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert run("--show-completion", shell).out in first.values()
    assert all(str(path) in err for path in first if path.name != "none")
    assert startup.read_text().startswith("alias a=b")
    assert run("--install-completion", shell).code == 0
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == first


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("home", ["", "relative", "absent", None])
def test_without_a_home(
    home: str | None, shell: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.chdir(tmp_path)
    # A relative path would hold in one folder alone.
    monkeypatch.setenv("ZDOTDIR", "zsh")
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    (tmp_path / "relative").mkdir()
    if home is None:
        monkeypatch.setattr(Path, "home", fail)
    else:
        for name in ("HOME", "USERPROFILE"):
            monkeypatch.setenv(name, str(tmp_path / home) if home == "absent" else home)
    code, out, err = run("--install-completion", shell)
    assert (code, out) == (2, "")
    assert "there is no home folder to install completion in: set HOME" in err
    assert [*tmp_path.rglob("*")] == [tmp_path / "relative"]


@pytest.fixture
def shell_folder(tmp_path: Path) -> Path:
    """A home with the program on its path, a folder and a config whose name has a space."""
    program = tmp_path / "bin/w2v-explore"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m w2v_explore "$@"\n')
    program.chmod(0o755)
    (tmp_path / "own config.yaml").write_text("extends: wavlm_base\n")
    (tmp_path / "-dash.yaml").write_text("extends: base\n")
    (tmp_path / "designs").mkdir()
    return tmp_path


COMPLETED = {
    "summ": ["summary"],
    "summary mms_f": ["summary", "mms_fa"],
    "summary base --dtype=bf": ["summary", "base", "--dtype=bfloat16"],
    "summary base --set extractor_mode=lay": ["summary", "base", "--set", "extractor_mode=layer_norm"],
    "summary base --set encoder_num_hea": ["summary", "base", "--set", "encoder_num_heads="],
    "summary wavlm_base --set encoder_num_buck": ["summary", "wavlm_base", "--set", "encoder_num_buckets="],
    "lint --select E234,E100": ["lint", "--select", "E234,E100"],
    "summary own": ["summary", "own config.yaml"],
    r"presets --family wav2vec\ 2.0\ C": ["presets", "--family", "wav2vec 2.0 Conformer"],
    "check own": ["check", "own config.yaml"],
    "search base --write des": ["search", "base", "--write", "designs"],
    "presets --family 'wav2vec 2.0 C": ["presets", "--family", "wav2vec 2.0 Conformer"],
    "presets --family='wav2vec 2.0 C": ["presets", "--family=wav2vec 2.0 Conformer"],
    "summary base --output=own": ["summary", "base", "--output=own config.yaml"],
    "search base --write=des": ["search", "base", "--write=designs"],
    "summary -- -da": ["summary", "--", "-dash.yaml"],
}
"""What stands behind the program's name, and the words that a tab makes of it."""


def environment_in(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("XDG_CONFIG_HOME", "ZDOTDIR")}
    path = f"{folder}/bin:{os.environ['PATH']}"
    return {**kept, "HOME": str(folder), "PATH": path, "PYTHONPATH": str(ROOT), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


@pytest.mark.shells
@pytest.mark.parametrize("shell", [["bash", "--noprofile", "-i"], ["zsh", "-i"]], ids=lambda shell: shell[0])
def test_a_tab_in_a_terminal(shell: list[str], shell_folder: Path) -> None:
    environment = environment_in(shell_folder)
    # zsh of Debian asks for leave to read folders that are another user's.
    (shell_folder / ".zshrc").write_text("ZSH_DISABLE_COMPFIX=true\n")
    install = [f"{shell_folder}/bin/w2v-explore", "--install-completion", shell[0]]
    subprocess.run(install, env=environment, check=True, capture_output=True)
    with terminal_of(shell, shell_folder, environment) as type_keys:
        assert "END" in type_keys("echo EN''D\n", 60)
        for typed, words in COMPLETED.items():
            # Of what is typed before it has answered, zsh takes the tab for another key: each try waits longer.
            for quiet_s in (0.5, 2, 8, 32):
                type_keys(f"w2v-explore {typed}\t", quiet_s)
                # Ctrl-A and Ctrl-E go to the start and to the end of the line, whose words are printed then.
                shown = type_keys("\x01printf '<%s>' \x05; echo EN''D\n", 60).rpartition("<w2v-explore>")[2]
                # The slash behind a folder goes where the next key is no part of a path.
                if re.findall(r"<([^>]*?)/?>", shown) == words:
                    break
            else:
                pytest.fail(f"{typed} became {shown!r}")


@contextmanager
def terminal_of(shell: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Callable[[str, float], str]]:
    """A shell in a terminal: a function that types keys, and returns what is shown up to END or to a silence."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        shell, stdin=its, stdout=its, stderr=its, cwd=folder, env=environment, start_new_session=True
    )
    os.close(its)

    def type_keys(keys: str, quiet_s: float) -> str:
        os.write(ours, keys.encode())
        shown = b""
        while b"END" not in shown and select.select([ours], [], [], quiet_s)[0]:
            shown += os.read(ours, 4096)
        return shown.decode(errors="replace")

    try:
        yield type_keys
    finally:
        process.kill()
        process.wait()
        os.close(ours)


@pytest.mark.shells
def test_a_tab_in_fish(shell_folder: Path) -> None:
    environment = environment_in(shell_folder)
    install = [f"{shell_folder}/bin/w2v-explore", "--install-completion", "fish"]
    subprocess.run(install, env=environment, check=True, capture_output=True)
    for typed, words in COMPLETED.items():
        finished = subprocess.run(
            ["fish", "-c", f'complete -C "w2v-explore {typed}"'],
            env=environment, cwd=shell_folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        found = [line.partition("\t")[0] for line in finished.stdout.splitlines()]
        assert finished.stderr == ""
        assert [each.rstrip("/") for each in found] == words[-1:], typed
    # What fish itself expands, it keeps as it was typed.
    for typed in ("~/own", "$HOME/own"):
        finished = subprocess.run(
            ["fish", "-c", "complete -C $argv[1]", f"w2v-explore check {typed}"],
            env=environment, cwd=shell_folder, check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert finished.stdout == f"{typed} config.yaml\n"


@pytest.mark.parametrize("option", ["--show-completion", "--install-completion"])
def test_shells_that_are_not_known(option: str, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = run(option, "tcsh")
    assert (unknown.code, unknown.out) == (2, "")
    assert f"there is no completion for 'tcsh'; write {option} bash, zsh or fish" in unknown.err
    import shellingham

    def fail() -> None:
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    assert run(option) == (2, "", f"error: name the shell: {option} bash, zsh or fish\n")
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("fish", "/usr/bin/fish"))
    if option == "--show-completion":
        assert run(option).out == run(option, "fish").out

"""The program as a process: what it imports, pipes, colour, and life without torch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.calibrations import keep, make_for_this_machine
from tests.program import Runner
from w2v_explore.errors import missing_extra

HEAVY = ("torch", "numpy", "fvcore", "pydantic", "psutil")


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python("-m", "w2v_explore", *arguments, **environment)


# One start for them all: what none of them imports is not there after the last of them.
ONE_AFTER_THE_OTHER = """\
import shlex, sys
from w2v_explore.cli import main
for command in {commands!r}:
    sys.argv = ['w2v-explore', *shlex.split(command)]
    try:
        main()
    except SystemExit as end:
        assert not end.code, command
    print('\\0')
    # What convert says of its fields stands above.
    print(command, {imported}, sep=': ', file=sys.stderr)
"""


def imported_after_each(commands: list[str], imported: str) -> list[str]:
    """A line for each command, with the value of an expression after it."""
    finished = python("-c", ONE_AFTER_THE_OTHER.format(commands=commands, imported=imported))
    *outputs, rest = finished.stdout.split("\0\n")
    assert (len(outputs), rest) == (len(commands), ""), finished.stderr
    assert all(outputs)
    return [line for line in finished.stderr.splitlines() if line.startswith(tuple(commands))]


@pytest.mark.slow
def test_nothing_heavy_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    keep(make_for_this_machine())
    commands = [
        "summary base",
        "summary base --format json",
        "summary base --format markdown",
        "summary base --format csv",
        "summary base --predict",
        "summary base --predict --format json",
        "compare base large",
        "compare base large --format json",
        "convert base --to python",
        "identify base large",
        "compare base large --fail-if 'parameters > +300%'",
        "memory base --fit 24GiB",
        "memory base --format json",
        "memory base --format csv",
        "plan base --card a100 --devices 8 --within 9w --observed '1 it/s'",
        "plan base --card a100 --format csv",
        "plan --cards",
        "sensitivity base",
        "sensitivity base --format json",
        "sensitivity base --only encoder_num_layers --sort macs",
        "sweep base --field encoder_num_layers=2,4",
        "compare base --variant 'encoder_num_layers: 6'",
        "summary base --precision amp-bfloat16",
        "presets --architecture wavlm",
        "rule E234",
        "presets",
        "presets show base",
        "explain encoder_embed_dim",
        "schema",
        "--help",
    ]
    found = imported_after_each(commands, f"sorted(set({HEAVY!r}) & set(sys.modules))")
    assert found == [f"{command}: []" for command in commands]


@pytest.mark.slow
def test_a_search_imports_numpy_and_neither_torch_nor_optuna_nor_dask() -> None:
    asked = "search base --free encoder_num_layers=2,4 --format csv"
    commands = [f"{asked} --minimize macs --maximize parameters --lint-clean", f"{asked} --target 'macs -50%'"]
    unwanted = {*HEAVY, "optuna", "sqlalchemy", "psycopg", "dask", "distributed", "scipy", "plotext"} - {"numpy"}
    found = imported_after_each(commands, f"sorted({unwanted!r} & set(sys.modules))")
    assert found == [f"{command}: []" for command in commands]


def test_a_config_imports_no_family_but_its_own() -> None:
    commands = [
        "summary base",
        "compare base large",
        "memory base",
        "sensitivity base",
        "convert base --to huggingface",
        "lint presets/base.yaml",
    ]
    families = "sorted({*[name.split('.')[2] for name in sys.modules if name.startswith('w2v_explore.families.')]})"
    assert imported_after_each(commands, families) == [f"{command}: ['wav2vec2']" for command in commands]


def test_a_config_is_linted_without_a_tree_and_without_what_reports_need() -> None:
    unneeded = ["w2v_explore.tree.run", "w2v_explore.analysis.workload", "w2v_explore.config.load"]
    code = (
        "import sys; from w2v_explore.cli import main\n"
        "sys.argv = ['w2v-explore', 'lint', 'presets/base.yaml']\n"
        "try: main()\n"
        "except SystemExit as exit_: assert not exit_.code, exit_.code\n"
        f"print(sorted(set({unneeded!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    assert python("-c", code).stderr.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_the_public_names_import_torch_only_where_they_need_it() -> None:
    code = (
        "import sys, w2v_explore\n"
        "w2v_explore.analyze(w2v_explore.load_config('base'), w2v_explore.Workload.of_seconds(1))\n"
        "assert 'torch' not in sys.modules\n"
        "w2v_explore.wav2vec2_base\n"
        "assert 'torch' in sys.modules\n"
    )
    assert python("-c", code).stderr == ""


BLOCKED = "import sys; sys.modules['torch'] = None\n"


def test_without_torch_the_message_names_the_command_that_brings_it() -> None:
    code = (
        f"{BLOCKED}sys.argv = ['w2v-explore', 'summary', 'base', '--device', 'cpu']\n"
        "from w2v_explore.cli import main; main()"
    )
    finished = python("-c", code)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr == (
        "error: --device needs torch, which is not installed: run pip install '.[torch]' in w2v-explore's repository\n"
    )


def test_without_torch_the_api_names_the_command_that_brings_it() -> None:
    code = f"{BLOCKED}import w2v_explore\ntry: w2v_explore.wav2vec2_model\nexcept ImportError as error: print(error)"
    assert python("-c", code).stdout == f"{missing_extra('w2v_explore.wav2vec2_model', 'torch')}\n"


def test_a_pipe_gets_neither_colour_nor_cuts() -> None:
    finished = program("summary", "base", "--depth", "9", "--set", "name=" + "long " * 60)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "\x1b" not in finished.stdout
    assert "…" not in finished.stdout
    assert ("long " * 60).strip() in finished.stdout
    assert not any(line.endswith(" ") for line in finished.stdout.splitlines())


def test_force_color_and_no_color() -> None:
    assert "\x1b[36m" in program("summary", "base", FORCE_COLOR="1", COLUMNS="80").stdout
    assert "\x1b[36m" not in program("summary", "base", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="80").stdout


def test_columns_is_honoured_in_a_pipe() -> None:
    lines = program("summary", "base", COLUMNS="80").stdout.splitlines()
    assert max(map(len, lines)) <= 80


def test_a_closed_pipe_is_silent() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "w2v_explore", "summary", "base", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == -signal.SIGPIPE


def test_version() -> None:
    from w2v_explore import __version__

    assert program("--version").stdout == f"w2v-explore {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["sumary"], "error: No such command 'sumary'. Did you mean 'summary'? Try 'w2v-explore --help'."),
        (["--foo"], "error: No such option: --foo. Try 'w2v-explore --help'."),
        (["summary"], "error: Missing argument 'CONFIG...'. Try 'w2v-explore summary --help'."),
        (["presets", "sho"], "error: No such command 'sho'. Did you mean 'show'? Try 'w2v-explore presets --help'."),
        (["presets", "show", "bas"], "error: there is no preset bas; did you mean the preset base?"),
        (["compare", "base"], "error: compare takes two configs or more, or one with --variant or --baseline"),
        (
            ["summary", "base", "--dtype", "int8"],
            "error: Invalid value for '--dtype': 'int8' is not one of 'float32', 'float16', 'bfloat16'. "
            "Try 'w2v-explore summary --help'.",
        ),
        (["convert", "base"], "error: Missing option '--to'. Choose from: "),
        (
            ["summary", "base", "--seconds"],
            "error: Option '--seconds' requires an argument. Try 'w2v-explore summary --help'.",
        ),
        pytest.param(
            ["export", "base", "--to", "onnx", "-o", "missing/a"],
            "error: there is no folder missing",
            marks=pytest.mark.slow,
        ),
        (["summary", "nosuch.yaml"], "error: no file or preset is named nosuch.yaml; `w2v-explore presets` lists "),
    ],
)
def test_every_mistake_is_one_plain_line(run: Runner, arguments: list[str], line: str) -> None:
    code, out, err = run(*arguments, columns=40)
    assert (code, out) == (2, "")
    [said] = err.splitlines()
    assert said.startswith(line)


def test_without_a_command_there_is_help(run: Runner) -> None:
    code, out, err = run()
    assert (code, err) == (2, "")
    assert "Usage: w2v-explore" in out


def test_the_end_of_a_file_is_no_answer(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer takes any EOFError for the user's wish to end, which it answers with 1."""
    from w2v_explore.cli import summary

    def fail(*arguments: object, **options: object) -> None:
        raise EOFError("broken inside")

    monkeypatch.setattr(summary, "analyze_each", fail)
    code, _, err = run("summary", "base")
    assert code == 3
    assert "EOFError: broken inside" in err

"""What a file says is data: whatever its texts, keys and name are, nothing acts on a terminal, a log or a report."""

from __future__ import annotations

import ast
import csv
import io
import json
import pickle
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

import w2v_explore
from tests.checkpoint_files import SMALL, model_shapes, safetensors_bytes, settings, write_model
from tests.program import Run, Runner, run
from w2v_explore import ConfigError, SourceError, load_config
from w2v_explore.checkpoint.keys import CONFIG_METADATA_KEY
from w2v_explore.cli.app import COMMANDS
from w2v_explore.cli.convert import ToDialect
from w2v_explore.cli.evaluate import show_progress
from w2v_explore.cli.export import _status
from w2v_explore.cli.lint import _shown_diff

__all__ = ["run"]

CONTROLS = "\x1b[31m\x1b]0;t\x07\x9b2J\x7f\x08\u202e\u2066\u200b\ufeff\u2028\u2029\x85\U000e0041\u3164\U000e0101\ufe0f"
LINES = "\r\n::error::forged\n##[error]forged\n##vso[task.complete]x"
MARKUP = "[/b] [red]x[/red] |a|<b>b</b>`c`![d](e)[f](g)*h*_i_~~j~~&amp;$k$ @me #1 https://l.m www.n.o <!-- p --> # ##"
HOSTILE = f"=cmd|'/c'!A0 {CONTROLS}{MARKUP}{LINES}\t%0A{{x}}"
NAME = HOSTILE.replace("/", "∕")[:120]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SHORT = ["--seconds", "1"]
SETTINGS = settings()
# What texts come with is answered at once.
ONE_CONVOLUTION = "extractor_conv_layer_config: [[8, 10, 5]]\n"


def quoted(text: str) -> str:
    return yaml.safe_dump(text, default_style='"', allow_unicode=False, width=10**6).strip()


def is_obeyed(character: str) -> bool:
    """Whether a terminal acts on a character, or does not show it; said by Unicode and not by the program."""
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} or character in "\u3164\ufe0f\U000e0101"
    )


def require_harmless(text: str, allowed: str = "\n") -> None:
    plain = COLOUR.sub("", text)
    assert not sorted({repr(character) for character in plain if is_obeyed(character) and character not in allowed})
    assert not [line for line in plain.splitlines() if line.lstrip().startswith("::")]
    assert not re.search(r"##\w*\[", plain)


def require_harmless_run(found: Run, allowed: str = "\n") -> Run:
    assert found.code in {0, 1, 2}, found.err
    require_harmless(found.out, allowed)
    require_harmless(found.err)
    return found


@pytest.fixture(params=["piped", "narrow and in colour"])
def stream(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param != "piped":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "30")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = quoted(HOSTILE)
    (tmp_path / "plain.yaml").write_text(f"extends: base\nname: plain\n{ONE_CONVOLUTION}")
    (tmp_path / f"{NAME}.yaml").write_text(f"extends: base\n{ONE_CONVOLUTION}")
    (tmp_path / "::error::named.yaml").write_text("extends: base\nencoder_num_layer: 3\n")
    (tmp_path / "native.yaml").write_text(
        f"extends: base\nname: {text}\ndescription: {text}\nsource: {text}\n{ONE_CONVOLUTION}"
    )
    (tmp_path / "broken.yaml").write_text(
        f"extends: base\n{text}: {text}\nencoder_num_layers: {text}\nextractor_mode: {text}\nsample_rate: {text}\n"
        f"budgets: {{{text}: {text}, parameters: {text}}}\nencoder_embed_dim: 700 # {MARKUP} \u202e\u2066 ::error::x\n"
    )
    (tmp_path / "extends.yaml").write_text(f"extends: {text}\n")
    (tmp_path / "excerpt.json").write_text(
        '{\t"extractor_mode": "\x9b2J\x7f\u202e", "encoder_num_layers": "##[error]"}', encoding="utf-8"
    )
    theirs = {"model_type": "wav2vec2", "_name_or_path": HOSTILE, HOSTILE: HOSTILE, "architectures": [HOSTILE]}
    theirs |= {"conv_dim": [8], "conv_kernel": [10], "conv_stride": [5]}
    (tmp_path / "huggingface.json").write_text(json.dumps(theirs))
    (tmp_path / "surrogate.json").write_text(
        json.dumps({"extends": "plain.yaml", "name": f"{HOSTILE}\ud800", "description": "\udcff\ud83d"})
    )
    (tmp_path / "fairseq.yaml").write_text(
        f"model:\n  _name: wav2vec2\n  conv_feature_layers: '[(8, 10, 5)]'\n  {text}: {text}\n  final_dim: {text}\n"
        f"{text}: {{a: {text}}}\n"
    )
    metadata = {CONFIG_METADATA_KEY: json.dumps(SMALL | {"name": HOSTILE, "description": HOSTILE}), HOSTILE: HOSTILE}
    (tmp_path / "model.safetensors").write_bytes(safetensors_bytes(model_shapes(), metadata))
    (tmp_path / "key.safetensors").write_bytes(
        safetensors_bytes(model_shapes(), {CONFIG_METADATA_KEY: json.dumps(SMALL | {HOSTILE: HOSTILE})})
    )
    (tmp_path / "tensors.safetensors").write_bytes(safetensors_bytes(model_shapes() | {HOSTILE: (3,), MARKUP: (2, 2)}))
    return tmp_path


CONFIGS = [
    "native.yaml", "broken.yaml", "extends.yaml", "excerpt.json", "huggingface.json", "surrogate.json", "fairseq.yaml",
    "model.safetensors", "key.safetensors", f"{NAME}.yaml", "::error::named.yaml", f"missing{HOSTILE}", HOSTILE,
]  # fmt: skip
FORMATS = {
    "summary": ("table", "json", "markdown", "csv"),
    "compare": ("table", "json", "markdown", "csv"),
    "memory": ("table", "json", "markdown", "csv"),
    "plan": ("table", "json", "markdown", "csv"),
    "sensitivity": ("table", "json", "markdown", "csv"),
    "sweep": ("table", "json", "markdown", "csv"),
    "search": ("table", "json", "markdown", "csv"),
    "identify": ("table", "json"),
}
PLANNED = ["--card", "a100", "--devices", "2", "--batch-seconds", "2", "--updates", "9"]
OPTIONS = {
    "identify": [],
    "plan": PLANNED,
    "sweep": ["--field", "encoder_num_heads=11,12", "--samples", "8000"],
    "search": ["--free", "encoder_dropout=0,0.1", "--minimize", "macs", "--samples", "8000"],
}
"""Of commands that take no duration, or want something else."""


@pytest.mark.slow
@pytest.mark.usefixtures("folder", "stream")
@pytest.mark.parametrize("command", FORMATS)
def test_reports_obey_no_text(command: str, run: Runner) -> None:
    answered = 0
    for config in CONFIGS:
        for format in FORMATS[command]:
            arguments = [config, *(["plain.yaml"] if command == "compare" else []), "--format", format]
            arguments += ["--allow-unknown"] if config in {"huggingface.json", "fairseq.yaml"} else []
            found = require_harmless_run(run(command, *arguments, *OPTIONS.get(command, SHORT)))
            answered += found.code == 0
            if found.code == 0 and format == "json":
                json.loads(found.out)
    assert answered >= 4 * len(FORMATS[command])


@pytest.mark.usefixtures("folder", "stream")
@pytest.mark.parametrize("format", ["text", "json", "github", "gitlab", "sarif", "junit"])
def test_lint_obeys_no_text(format: str, run: Runner) -> None:
    for paths in ([config] for config in [*CONFIGS, "."]):
        found = run("lint", *paths, "--format", format, "--select", "E,W,A", "--show-files", "--statistics")
        if format == "github":
            # Its own commands are the only ones.
            own = r"(?m)^::(?=(?:error|warning|notice) title=(?:[EWA]\d{3} [\w-]+|not checked),file=)"
            found = found._replace(out=re.sub(own, "", found.out))
        require_harmless_run(found, "\n\t" if format == "text" else "\n")


@pytest.mark.usefixtures("folder", "stream")
@pytest.mark.parametrize("dialect", [each.value for each in ToDialect])
def test_converted_configs_obey_no_text(dialect: str, run: Runner) -> None:
    for config in CONFIGS:
        require_harmless_run(run("convert", config, "--to", dialect, "--verbose", "--allow-unknown"))
        changed = require_harmless_run(run("convert", config, "--to", dialect, "--set", "encoder_num_layers=2"))
        if changed.code == 0 and dialect == "python":
            ast.parse(changed.out)


@pytest.mark.usefixtures("stream")
def test_checkpoints_obey_no_text(folder: Path, run: Runner) -> None:
    for checkpoint in ("model", "key", "tensors", f"missing{HOSTILE}"):
        path = f"{checkpoint}.safetensors"
        for format in ("table", "json", "markdown"):
            require_harmless_run(
                run("inspect", path, "--format", format, *(SETTINGS if checkpoint == "tensors" else []))
            )
            require_harmless_run(run("check", path, "native.yaml", "--format", format))
            require_harmless_run(run("check", path, HOSTILE, "--format", format))
    written = folder / "written.yaml"
    require_harmless_run(run("inspect", "model.safetensors", "--write", str(written)))
    require_harmless(written.read_text(encoding="utf-8"))
    assert load_config(written).description == HOSTILE


@pytest.mark.usefixtures("folder", "stream")
@pytest.mark.parametrize(
    "arguments",
    [
        [HOSTILE],
        ["presets", HOSTILE],
        ["presets", "show", HOSTILE],
        ["explain", HOSTILE],
        ["rule", HOSTILE],
        ["help", HOSTILE],
        ["help", "summary", HOSTILE],
        ["--show-completion", HOSTILE],
        ["schema", "--write", HOSTILE],
        ["schema", "--write", "broken.yaml"],
        ["summary", f"--{HOSTILE}"],
        ["summary", "native.yaml", HOSTILE],
        ["summary", "base", "--format", HOSTILE],
        ["summary", "base", "--seconds", HOSTILE],
        ["summary", "base", "--set", HOSTILE],
        ["summary", "base", "--set", f"{HOSTILE}=1"],
        ["summary", "base", "--set", f"encoder_num_layers={HOSTILE}"],
        ["summary", "base", "--set", f"extractor_mode={quoted(HOSTILE)}"],
        ["summary", "base", "--baseline", HOSTILE],
        ["summary", "base", "--fail-if", HOSTILE],
        ["summary", "native.yaml", "--fail-if", "parameters > 1"],
        ["summary", "base", "--dtype", HOSTILE],
        ["compare", "native.yaml", f"{NAME}.yaml", "--fail-if", "parameters > 1"],
        ["memory", "base", "--fit", HOSTILE],
        ["plan", "base", "--card", HOSTILE],
        ["plan", "base", "--card", f"{HOSTILE}.yaml"],
        *(
            ["plan", "base", "--card", "a100", option, HOSTILE]
            for option in ("--manifest", "--as-recipe", "--observed", "--within", "--price", "--strategy")
        ),
        ["plan", "base", "--card", "a100", "--as-recipe", f"{HOSTILE}.yaml"],
        ["plan", "base", "--card", "a100", "--lengths", HOSTILE, "--data-hours", "1"],
        ["lint", "--select", HOSTILE, "native.yaml"],
        ["lint", "--stdin-filename", HOSTILE, "-"],
        ["lint", "native.yaml", "--output", f"{HOSTILE}/x"],
        ["convert", "base", "--to", HOSTILE],
        ["convert", "native.yaml", "--to", "w2v", "--output", f"{NAME}.json"],
        ["convert", "native.yaml", "--to", "w2v", "--output", f"{HOSTILE}/x.yaml"],
        *(
            pytest.param([command, HOSTILE, *options], marks=pytest.mark.slow)
            for command, options in (("latency", []), ("export", ["--to", "onnx"]), ("verify", []))
        ),
    ],
    ids=lambda arguments: " ".join(arguments).partition("=cmd")[0][:60] or "command",
)
def test_mistakes_in_the_command_line_obey_no_text(arguments: list[str], run: Runner) -> None:
    assert require_harmless_run(run(*arguments)).code in ({0} if "broken.yaml" in arguments else {1, 2})


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize(
    "text",
    [
        f"[tool.w2v-explore]\n{json.dumps(HOSTILE)} = 1\n",
        f"[tool.w2v-explore.lint]\n{json.dumps(HOSTILE)} = 1\n",
        f"[tool.w2v-explore.lint]\nselect = [{json.dumps(HOSTILE)}]\n",
        f"[tool.w2v-explore.lint]\nformat = {json.dumps(HOSTILE)}\n",
        f"[tool.w2v-explore.lint]\npaths = [{json.dumps(HOSTILE)}]\n",
        f"[tool.w2v-explore.lint.per-path-ignores]\n{json.dumps(HOSTILE)} = [{json.dumps(HOSTILE)}]\n",
        f"[tool.{json.dumps(HOSTILE)}\n",
    ],
)
def test_settings_obey_no_text(text: str, folder: Path, run: Runner) -> None:
    escaped = re.sub(r"\\ud([89ab]..)\\ud([c-f]..)", lambda found: f"\\U{_code_point(found):08x}", text)
    (folder / "pyproject.toml").write_text(escaped, encoding="utf-8")
    require_harmless_run(run("lint", "native.yaml"))
    require_harmless_run(run("lint"))


def _code_point(found: re.Match[str]) -> int:
    return 0x10000 + ((int(f"d{found[1]}", 16) - 0xD800) << 10) + int(f"d{found[2]}", 16) - 0xDC00


@pytest.mark.usefixtures("stream")
def test_baselines_obey_no_text(folder: Path, run: Runner) -> None:
    saved = run("summary", "native.yaml", "--format", "json", *SHORT).out
    assert json.loads(saved)["config"]["name"] == HOSTILE
    baseline = folder / f"{NAME}.json"
    baseline.write_text(saved, encoding="utf-8")
    for format in FORMATS["summary"]:
        for command, *configs in (["summary", "native.yaml"], ["compare", "plain.yaml"]):
            found = run(command, *configs, "--baseline", str(baseline), "--format", format, *SHORT)
            assert require_harmless_run(found).code == 0
    document = json.loads(saved)
    document[HOSTILE] = document["config"][HOSTILE] = HOSTILE
    document["workload"]["dtype"] = HOSTILE
    baseline.write_text(json.dumps(document))
    assert require_harmless_run(run("summary", "base", "--baseline", str(baseline))).code == 2


@pytest.mark.usefixtures("folder")
def test_documents_keep_the_texts_exactly(run: Runner) -> None:
    assert json.loads(run("identify", "native.yaml", "--format", "json").out)["config"]["name"] == HOSTILE
    converted = run("convert", "native.yaml", "--to", "w2v").out
    assert yaml.safe_load(converted)["description"] == HOSTILE
    assert converted.count("\n") == len(yaml.safe_load(converted))
    problems = json.loads(run("lint", "broken.yaml", "--format", "json").out)["problems"]
    assert any(problem["key"] == HOSTILE for problem in problems)


@pytest.mark.usefixtures("folder")
def test_a_comment_ends_with_its_line_and_is_no_directive(folder: Path, run: Runner) -> None:
    name = "w2v: aux_num_out=9\n# w2v: aux_num_out=8\n# w2v: ignore[E]\nmodel: {}"
    (folder / "named.yaml").write_text(f"extends: base\nname: {quoted(name)}\n")
    for text in ("encoder_num_layers=3", "encoder_num_heads=6"):
        converted = run("convert", "named.yaml", "--to", "fairseq", "--set", text).out
        assert (converted.splitlines()[0][:2], "w2v:" in converted) == ("# ", False)
        (folder / "theirs.yaml").write_text(converted)
        assert load_config(folder / "theirs.yaml").model.aux_num_out is None


@pytest.mark.parametrize("command", ["summary", "compare", "memory", "plan", "sensitivity"])
@pytest.mark.usefixtures("folder")
def test_no_cell_of_csv_is_a_formula(command: str, folder: Path, run: Runner) -> None:
    for start in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"):
        (folder / "formula.yaml").write_text(f"extends: base\nname: {quoted(start)}\n")
        arguments = ["formula.yaml", *(["base"] if command == "compare" else []), *OPTIONS.get(command, SHORT)]
        found = run(command, *arguments, "--format", "csv")
        rows = list(csv.reader(io.StringIO(found.out)))
        assert len({len(row) for row in rows}) == 1
        texts = [cell for row in rows for cell in row if not is_number(cell)]
        assert not [text for text in texts if text.strip()[:1] in {*"=+-@＝"} and text.strip()]
        assert any("1" in text and ("'" in text or "\\" in text) for text in texts) or command == "sensitivity"
    numbers = {cell for row in rows for cell in row if is_number(cell)}
    assert command != "sensitivity" or any(number.startswith("-") for number in numbers)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


BLOCKS = [HOSTILE, MARKUP, "# h", "- l", "+ l", "1. l", "1) l", "=====", "---", "> q", "    c", "a ##", "~~~"]
HARMLESS: dict[str, list[str]] = {}
"""The structure of each command's Markdown where the texts are harmless."""


@pytest.mark.parametrize("hostile", BLOCKS)
@pytest.mark.parametrize("command", ["summary", "compare", "memory", "plan", "sensitivity", "check"])
def test_markdown_has_the_structure_that_harmless_texts_give(
    hostile: str, command: str, tmp_path: Path, run: Runner
) -> None:
    structures = [HARMLESS[command]] if command in HARMLESS else []
    plain = write_model(tmp_path / "plain.safetensors")
    for text in ["harmless", hostile][len(structures) :]:
        config = tmp_path / "a.yaml"
        config.write_text(f"extends: base\nname: {quoted(text)}\nencoder_num_layers: 4\n{ONE_CONVOLUTION}")
        arguments = {
            "compare": [str(config), "base", "--format", "markdown", *SHORT],
            "plan": [str(config), "--format", "markdown", *PLANNED],
            "check": [str(plain), str(config), "--format", "markdown"],
        }
        found = run(command, *arguments.get(command, [str(config), "--format", "markdown", *SHORT]))
        assert found.out
        structures.append(list(structure(found.out)))
    assert HARMLESS.setdefault(command, structures[0]) == structures[1]


def test_markdown_of_tensors_has_the_structure_that_harmless_names_give(tmp_path: Path, run: Runner) -> None:
    structures = []
    for names in ([f"harmless{number}" for number in range(len(BLOCKS))], BLOCKS):
        weights = tmp_path / "a.safetensors"
        weights.write_bytes(safetensors_bytes(model_shapes() | dict.fromkeys(names, (3,))))
        found = run("inspect", str(weights), "--format", "markdown", *SETTINGS)
        structures.append(list(structure(found.out)))
        if names != BLOCKS:
            assert all(name in found.out for name in names)
    assert structures[0] == structures[1]


def structure(markdown: str) -> Iterator[str]:
    """The tokens of a text but for what is written in them."""
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        yield token.type
        for inner in token.children or ():
            if inner.type != "text" and inner.type != "text_special":
                yield inner.type


@pytest.mark.parametrize(
    "hostile", ["see https://a.b", "www.a.b", "mail me@a.b", "@team look", "fixes #12", "GH-3", ":tada: x"]
)
def test_markdown_makes_no_links_of_texts(hostile: str, folder: Path, run: Runner) -> None:
    (folder / "linked.yaml").write_text(f"extends: base\nname: {quoted(hostile)}\n")
    heading = run("summary", "linked.yaml", "--format", "markdown").out.splitlines()[0]
    assert hostile not in heading
    assert hostile in heading.replace("&#8203;", "")


def test_a_diff_names_its_file_in_one_line_and_is_applied(folder: Path, run: Runner) -> None:
    name = 'a "\x1b\n::error::x\\é'
    content = "extends: base\nencoder_layers: 6\n"
    (folder / f"{name}.yaml").write_text(content)
    found = run("lint", f"{name}.yaml", "--diff")
    require_harmless(found.out)
    subprocess.run([shutil.which("patch") or "patch", "-p0", "--quiet"], input=found.out.encode(), check=True)
    assert (folder / f"{name}.yaml").read_text() != content


def test_a_terminal_is_shown_a_diff_and_does_not_obey_it() -> None:
    shown = _shown_diff(["--- a\n", "-a: \x9b2J\u202e\tb\r\n", "+a: 1\n\\ No newline at end of file\n"])
    require_harmless(shown, "\n\t")
    assert shown.count("\n") == 4


def test_a_caret_stands_below_what_is_shown(folder: Path, run: Runner) -> None:
    (folder / "caret.yaml").write_text('extends: base\nname: a\nextractor_mode: "\u202e模"\n', encoding="utf-8")
    lines = run("lint", "caret.yaml").out.splitlines()
    [number] = [number for number, line in enumerate(lines) if "3 |" in line]
    source, caret = lines[number : number + 2]
    assert source[caret.index("^") : caret.rindex("^") + 1] == r'"\u202e模"'


def test_exceptions_and_problems_are_printable(folder: Path) -> None:
    with pytest.raises(ConfigError) as wrong:
        load_config(folder / "broken.yaml")
    require_harmless(str(wrong.value))
    assert len(str(wrong.value).split("\n")) == len(wrong.value.problems)
    assert pickle.loads(pickle.dumps(wrong.value)).problems == wrong.value.problems
    with pytest.raises(SourceError) as missing:
        load_config(HOSTILE)
    assert "\n" not in str(missing.value)
    require_harmless(str(missing.value))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("show", ["progress bar", "status"])
def test_what_is_going_on_obeys_no_text(show: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "4000")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    name = f"a[/b]c :tada: {{task}} {HOSTILE}"
    if show == "status":
        with _status() as tell:
            tell(name)
            time.sleep(0.2)
    else:
        with show_progress(name) as progress:
            progress(name, 1, 2)
    written = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue()).replace("\r", "")
    require_harmless(written)
    assert "a[/b]c :tada: {task} =cmd" in written


def test_every_command_is_tried_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in COMMANDS if name != "calibrate" and f'"{name}"' not in text] == []


@pytest.mark.slow
def test_messages_go_through_one_function() -> None:
    """Who prints on standard error says so with `say`; rich gets no text that it would read as markup."""
    package = Path(w2v_explore.__file__).parent
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called, words = ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}
            place = f"{path.relative_to(package)}:{node.lineno}"
            if called == "print" and path.name != "streams.py":
                assert words.get("file") != "sys.stderr", place
            if called == "TextColumn":
                assert words.get("markup") == "False", place
            assert called not in {"typer.echo", "sys.stderr.write", "traceback.print_exception"}, place
            assert called.rpartition(".")[2] not in {"from_markup", "track"}, place

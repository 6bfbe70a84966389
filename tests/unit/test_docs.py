"""What README and docs say is what the program does."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import subprocess
import zlib
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
import yaml
from typer.main import get_command

from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu import wheels
from tests.calibrations import keep, make_for_this_machine
from tests.checkpoint_files import SMALL, settings, write_model
from tests.fuzz import fuzz_runs
from tests.program import Runner
from w2v_explore import Analysis, Workload, analyze, load_config
from w2v_explore.analysis.figures import component_figures, total_figures
from w2v_explore.cli.app import COMMANDS, app
from w2v_explore.config.family import FAMILIES
from w2v_explore.lint.page import load_pages

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


class Command(NamedTuple):
    """A line after a prompt, the file that its output goes to, and the lines that are shown below it."""

    arguments: list[str]
    output: str | None
    shown: str


def sessions() -> Iterator[Any]:
    """The commands of each block, to be run one after the other."""
    for page in PAGES:
        for block in blocks(page, "console"):
            commands = []
            for part in re.split(r"^\$ w2v-explore ", block, flags=re.MULTILINE)[1:]:
                line, _, shown = part.partition("\n")
                command, _, output = line.partition(" > ")
                commands.append(Command(shlex.split(command), output or None, shown))
            yield pytest.param(commands, id=f"{page.stem}: {'; '.join(block.splitlines())}")


WIDTHS = {"search": 100}
"""Pages that quote what is printed in so many columns; what the others quote is piped."""


def answers() -> Iterator[Any]:
    """The commands whose answers a page quotes, and the lines that it quotes; … stands for lines that it leaves out."""
    for page in PAGES:
        for block in blocks(page, "text"):
            line, _, shown = block.partition("\n")
            if line.startswith("$ w2v-explore "):
                yield pytest.param(shlex.split(line)[2:], shown.splitlines(), WIDTHS.get(page.stem), id=line)


def write_named(folder: Path) -> None:
    """Write the configs of pages whose first line names a file: ``# half.yaml``."""
    for page in PAGES:
        for text in blocks(page, "yaml"):
            if name := re.match(r"# ([\w.]+\.yaml)\n", text):
                (folder / name[1]).write_text(text)


@pytest.mark.parametrize(("arguments", "quoted", "columns"), list(answers()))
def test_pages_quote_what_is_answered(
    arguments: list[str],
    quoted: list[str],
    columns: int | None,
    run: Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_named(tmp_path)
    configs = yaml.safe_load((ROOT / "tests/data/training_configs.yaml").read_text())
    Path("wav2vec2_base_librispeech.yaml").write_text(yaml.safe_dump(configs["wav2vec2_base"]))
    code, out, err = run(*arguments, columns=columns)
    assert (code in (0, 1), err) == (True, "")
    printed = iter([line.split() for line in out.splitlines()])
    for line in quoted:
        # Iterating on: the lines stand in this order.
        assert line == "…" or line.split() in printed, line


def questions() -> list[str]:
    """The commands of README's table."""
    return re.findall(r"^\| [^|]+\? \| `w2v-explore ([^`]+)`", PAGES[0].read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture
def example_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with the configs that pages save, and the folder that docs/ci.md lints."""
    write_named(tmp_path)
    for path in (tmp_path / "slim.yaml", tmp_path / "configs/slim.yaml"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(blocks(ROOT / "docs/tutorial.md", "yaml")[0])
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("example_folder")
@pytest.mark.parametrize("commands", list(sessions()))
def test_commands(commands: list[Command], run: Runner) -> None:
    for command in commands:
        code, out, err = run(*command.arguments)
        if command.shown:
            assert (code, out, err) == (2, "", command.shown)
        else:
            # What was written to a folder, and how a config was converted, is said beside the answer.
            said = "" if command.arguments[0] == "convert" else re.sub(r"^wrote \d+ configs? to \w+\n", "", err)
            assert (code, said) == (0, "")
            assert out or Path(command.arguments[-1]).read_text(encoding="utf-8").startswith("<!doctype html>")
        if command.output:
            Path(command.output).write_text(out)


@pytest.fixture
def own_files(example_folder: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    """A config, weights, a baseline, another program's config, a calibration, a branch: what README's table asks."""
    for arguments in (
        "init --quiet",
        "-c user.name=t -c user.email=t@t commit --quiet --allow-empty --message=base",
        "update-ref refs/remotes/origin/main HEAD",
    ):
        subprocess.run(["git", *arguments.split()], check=True)
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path / "cache"))
    # As many frames a second as published models have: the commands work on 10 s.
    fields = {**SMALL, "extractor_conv_layer_config": [[6, 40, 20], [10, 16, 16]]}
    (tmp_path / "my.yaml").write_text(json.dumps(fields))
    write_model(tmp_path / "model.safetensors", fields)
    (tmp_path / "base.json").write_text(run("summary", "base", "--format", "json").out)
    assert run("convert", "my.yaml", "--to", "huggingface", "--output", "config.json").code == 0
    keep(make_for_this_machine())


@pytest.mark.slow
@pytest.mark.usefixtures("own_files")
@pytest.mark.parametrize("command", questions())
def test_questions(command: str, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    from w2v_explore.model import export

    # Tracing a model takes torch seconds: tests/cli/test_export.py looks at the graph.
    monkeypatch.setitem(export.WRITERS, "onnx", lambda model, config, path: path.write_bytes(b"graph"))
    before = set(Path().iterdir())
    code, out, err = run(*shlex.split(command))
    assert code == 0, err
    assert out or set(Path().iterdir()) > before


def test_every_command_answers_a_question_in_readme() -> None:
    text = PAGES[0].read_text(encoding="utf-8").partition("## Use")[2]
    assert len(questions()) >= 15
    for name in COMMANDS:
        assert re.search(rf"`w2v-explore {name}\b", text) or name in ("schema", "help"), name


def test_readme_names_every_architecture() -> None:
    text = PAGES[0].read_text(encoding="utf-8")
    table = runpy.run_path(str(ROOT / "docs/generate.py"))["architectures"]()
    assert f"\n{table}\n" in text, f"README's table of architectures is\n{table}"
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)[1:] == list(FAMILIES)
    assert len(FAMILIES) == 11
    assert "[eleven architectures](#architectures)" in text


def test_who_copies_commands_of_the_site_gets_no_prompts() -> None:
    (style,) = re.findall(r"^extra_css: \[(.*)\]$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    # Material marks what it copies, and takes what is shown of it.
    assert re.search(r"\[data-md-copying\] \.gp \{\s*display: none;", (ROOT / "docs" / style).read_text())


def test_pictures_are_in_step() -> None:
    pictures = runpy.run_path(str(ROOT / "docs/pictures.py"))["all_pictures"]()
    assert set(pictures) == {f"pictures/{path.name}" for path in (ROOT / "docs/pictures").iterdir()}
    for path, picture in pictures.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == picture, f"{path}: run `python docs/pictures.py`"


EXAMPLES = runpy.run_path(str(ROOT / "docs/examples.py"))


@pytest.mark.parametrize("name", EXAMPLES["EXAMPLES"])
def test_example_reports_are_in_step(name: str) -> None:
    def parts(report: str) -> tuple[str, str]:
        """The result, which not every zlib packs into the same bytes, and all around it."""
        before, packed, after = re.split(r'(?<=id="json">)([^<]+)', report)
        return before + after, zlib.decompress(b64decode(packed)).decode()

    kept = (ROOT / "docs/examples" / name).read_text(encoding="utf-8")
    assert parts(EXAMPLES["example"](EXAMPLES["EXAMPLES"][name])) == parts(kept), "run `python docs/examples.py`"


@pytest.mark.parametrize("path", sorted((ROOT / "docs/pictures").iterdir()), ids=lambda path: path.name)
def test_pictures_show_what_is_printed_in_columns_and_need_no_network(path: Path, run: Runner) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < 60_000
    assert not re.search(r"url\(|href|@import|@font-face", text)
    picture = ElementTree.fromstring(text)
    right = float(picture.attrib["width"])
    rows: dict[str, list[str]] = {}
    for element in picture.iter("{http://www.w3.org/2000/svg}text"):
        assert float(element.attrib["x"]) + float(element.attrib["textLength"]) <= right
        rows.setdefault(element.attrib["y"], []).append(element.text or "")
    first, *drawn = [" ".join(row).split() for row in rows.values()]
    assert first[:2] == ["$", "w2v-explore"]
    printed = re.sub("[│├└▏▎▍▌▋▊▉█▐]", " ", run(*first[2:], columns=100).out)
    assert drawn == [line.split() for line in printed.splitlines() if line.strip()]


@pytest.mark.slow
@pytest.mark.usefixtures("example_folder")
@pytest.mark.parametrize(
    ("page", "code"), [pytest.param(page, code, id=page.stem) for page in PAGES for code in blocks(page, "python")]
)
def test_python_examples(page: Path, code: str) -> None:
    exec(compile(code, str(page), "exec"), {})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_yaml_examples_load(page: Path, tmp_path: Path) -> None:
    from w2v_explore import load_config

    for number, text in enumerate(blocks(page, "yaml")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        load_config(str(path))


@pytest.mark.parametrize("page", sorted({*PAGES, *ROOT.glob("*.md")}), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
    for target in re.findall(r'src(?:set)?="([^"]+)"', page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_generated_pages_are_in_step() -> None:
    pages = runpy.run_path(str(ROOT / "docs/generate.py"))["generated_pages"]()
    for path, text in pages.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, path
    rules = {f"rules/{path.name}" for path in (ROOT / "docs/rules").iterdir()}
    assert rules <= set(pages)


# What is named by dtype, layer kind, field, figure or set of tests is data.
DATA_NAMES = {
    "change",
    "checkpointed_training",
    "differences",
    "elements_by_dtype",
    "error_percent",
    "fields",
    "inference",
    "metrics",
    "moves_along",
    "parameter_bytes_by_dtype",
    "uncounted_operations",
}


def field_names(document: Any) -> set[str]:
    """All names in a JSON document, but for those that are data."""
    if isinstance(document, list):
        return set().union(*map(field_names, document)) if document else set()
    if not isinstance(document, dict):
        return set()
    return set(document).union(*(field_names(value) for name, value in document.items() if name not in DATA_NAMES))


SHORT = ("--set", "encoder_num_layers=1", "--samples", "4000")
DOCUMENTS = {
    "summary": ("summary", "base", "--device", "cpu", "--runs", "1", *SHORT),
    "comparison": ("compare", "base", "large", "--device", "cpu", "--runs", "1", *SHORT),
    "sensitivity": ("sensitivity", "base"),
    "sweep": ("sweep", "base", "--field", "encoder_embed_dim=512,768"),
    "search": ("search", "base", "--free", "encoder_num_layers", "--minimize", "macs", "--maximize", "parameters"),
    "search --target": ("search", "base", "--free", "encoder_num_layers", "--target", "macs -10%"),
    "search --like": ("search", "base", "--free", "encoder_num_layers", "--like", "large", "--ratio", "macs=0.25"),
    "latency": ("latency", "base", "--runs", "1", "--set", "encoder_num_layers=1", "--seconds", "0.2"),
    "verify": ("verify", "base", *SHORT),
    "identify": ("identify", "large"),
    "presets": ("presets", "--family", "WavLM"),
    "inspect": ("inspect", "model.safetensors", *settings()),
    "check": ("check", "model.safetensors", "base"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DOCUMENTS)
def test_json_reference_names_every_field(
    name: str, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    document = json.loads(run(*DOCUMENTS[name], "--format", "json").out)
    assert_named(field_names(document))
    components = {"feature_extractor", "feature_projection", "positional_convolution", "transformer_layers", "aux"}
    assert_named({metric for metric in document.get("metrics", {}) if metric.partition(".")[0] not in components})


def test_json_reference_names_every_field_of_memory(run: Runner) -> None:
    arguments = ("memory", "base", "--fit", "24GiB", "--checkpointing", "--format", "json")
    document = json.loads(run(*arguments).out)
    trainings = document.pop("training").values()
    fits = document["fit"].pop("training").values()
    inferences = document["inference"].values()
    assert_named(field_names(document) | field_names([*trainings, *fits, *inferences]))


def test_json_reference_names_every_field_of_plan(run: Runner) -> None:
    arguments = ("plan", "base", "--card", "a100", "--within", "9w", "--observed", "1 it/s", "--format", "json")
    names = field_names(json.loads(run(*arguments).out))
    cards = json.loads(run("plan", "--cards", "--format", "json").out)["cards"]
    for card in cards:
        del card["flops_per_s"]
    assert_named(names | field_names(cards))


def test_json_reference_names_every_field_of_lint(run: Runner) -> None:
    config = b"extends: base\nencoder_num_heads: 7\n"
    assert_named(field_names(json.loads(run("lint", "-", "--format", "json", stdin=config).out)))


def assert_named(names: set[str]) -> None:
    text = (ROOT / "docs/json.md").read_text(encoding="utf-8")
    for name in names:
        assert re.search(rf"[`.]{re.escape(name)}[`.\[{{]", text), f"docs/json.md does not name {name}"


SPEAKING = [
    *PAGES,
    *(ROOT / name for name in ("CHANGELOG.md", "action.yml", ".pre-commit-hooks.yaml")),
    *sorted((ROOT / "docs/rules").glob("*.md")),
    *sorted((ROOT / "w2v_explore").rglob("*.py")),
]
"""What users read, or the code that says it to them."""


def test_nothing_tells_people_to_install_what_no_index_has() -> None:
    for path in SPEAKING:
        text = path.read_text(encoding="utf-8")
        found = re.search(r"pip install[^\n&;[]*?[ '\"]w2v-explore\b|w2v-explore\[[a-z]|github\.com/w2v", text)
        assert found is None, f"{path}: {found}"


def test_commands_and_options_that_pages_name_are_there() -> None:
    program: Any = get_command(app)
    found = [program.get_command(None, name) for name in COMMANDS]
    found += [inner for command in found for inner in getattr(command, "commands", {}).values()]
    options = {option for command in (program, *found) for parameter in command.params for option in parameter.opts}
    for parser in (gpu.make_parser(), wheels.make_parser(), fuzz_runs.make_parser()):
        options |= {option for action in parser._actions for option in action.option_strings}
    for path in (*PAGES, *sorted((ROOT / "docs/rules").glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^\$ |^)w2v-explore ([a-z]+)", text, re.MULTILINE)) <= set(COMMANDS) | {"reads"}, (
            path
        )
        # typer's, the tests', docs/examples.py's, and Dask's
        others = {"--help", "--update-golden", "--pictures", "--nworkers", "--nthreads"}
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) <= options | others, path


def test_extras_that_are_named_are_there() -> None:
    extras = set(re.findall(r"^(\w+) = \[$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE))
    named: set[str] = set()
    for path in SPEAKING:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"'\.\[(\w+)\]'", text))
        named |= set(re.findall(r'(?:needs_extra|missing_extra)\([^)]*, "(\w+)"\)', text))
    assert {"torch", "plot", "export", "test"} <= named <= extras


def test_extras_bring_the_packages_for_which_they_are_named() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(r"^(\w+) = \[\n(.*?)^\]", pyproject, re.MULTILINE | re.DOTALL)
    brought = {name: re.findall(r'^  "([\w-]+)', packages, re.MULTILINE) for name, packages in lists}
    call = re.compile(r"""missing_extra\([^,]+, ['"](\w+)['"](?:, ['"](\w+)['"])?\)""")
    named = [found for path in SPEAKING for found in call.findall(path.read_text(encoding="utf-8"))]
    assert {("plotext", "search"), ("plotext", ""), ("matplotlib", "plot")} <= {*named}
    assert [(package, extra) for package, extra in named if package not in brought[extra or "torch"]] == []


def test_architecture_names_the_codes_whose_letter_is_not_their_severity() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    paragraph = text.partition("**A code's letter is its severity, but for")[2].partition("\n\n")[0]
    letters = {"error": "E", "warning": "W", "advice": "A"}
    rules = [page.rule for page in load_pages()]
    assert set(re.findall(r"[EWA]\d{3}", paragraph)) == {
        rule.code for rule in rules if letters[rule.severity] != rule.code[0]
    }


def test_a_config_json_is_named_as_its_folder_as_the_pages_say(tmp_path: Path, run: Runner) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("mine/config.json", "mine/other.json"):
        (tmp_path / name).write_text(json.dumps({"model_type": "wav2vec2", "architectures": ["Wav2Vec2Model"]}))
    names = [load_config(str(tmp_path / "mine" / name)).name for name in ("config.json", "other.json")]
    assert names == ["mine", "other"]
    assert "or of a `config.json` its folder's" in (ROOT / "docs/dialects.md").read_text(encoding="utf-8")


def test_readme_claims_no_more_speed_than_was_measured() -> None:
    text = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    time, memory, size = (
        float(re.findall(r"[\d.]+", re.findall(rf"^\| {row} \|.*$", text, re.MULTILINE)[number])[-2])
        for row, number in (("wall time", 0), ("peak memory", 0), ("wall time", 1))
    )
    assert time < 1 / 10
    assert memory < 1 / 20
    assert abs(size - 1) < 0.1
    words = " ".join(PAGES[0].read_text(encoding="utf-8").split())
    assert "takes less than a tenth of the time of a torchinfo script and less than a twentieth of its memory" in words


def test_the_numbers_page_has_the_numbers_of_base() -> None:
    text = " ".join((ROOT / "docs/numbers.md").read_text(encoding="utf-8").split())
    analysis = analyze(load_config("base"), Workload.of_seconds(1))
    macs, field = analysis.macs, analysis.receptive_field
    figures = (analysis.parameters, macs.total, macs.convolution, macs.linear, macs.attention)
    assert [figure for figure in figures if f"{figure:,}" not in text] == []
    assert f"the convolutions alone, {field.receptive_field_samples} (25 ms)" in text
    assert f"{127 * field.stride_samples + field.receptive_field_samples:,} samples" in text
    shares = re.search(r"\((\d+) % of the MACs of `base` at (\d+) s, (\d+) % at (\d+) s\)", text)
    assert shares is not None
    for percent, seconds in (shares.group(1, 2), shares.group(3, 4)):
        longer = analyze(load_config("base"), Workload.of_seconds(float(seconds))).macs
        assert round(100 * longer.attention / longer.total) == int(percent)


def test_the_page_on_searches_compares_its_designs_rightly() -> None:
    text = " ".join((ROOT / "docs/search.md").read_text(encoding="utf-8").split())

    def sized(name: str, layers: int, width: int, features: int) -> Analysis:
        fields = {"encoder_num_layers": layers, "encoder_embed_dim": width, "encoder_num_heads": width // 64}
        return analyze(load_config(name, {**fields, "encoder_ff_interm_features": features}))

    base, large = analyze(load_config("base")), analyze(load_config("large"))
    extractor = component_figures(base, base.config.model.family.components)["feature_extractor.parameters"]
    assert extractor < base.parameters / 20
    assert "less than 5 % of base's parameters" in text
    shallow, deep = sized("large", 4, 1152, 4608), sized("large", 24, 576, 1440)
    assert f"24 layers take {100 * deep.macs.total / shallow.macs.total - 100:.0f} % more MACs than four" in text
    memory = [total_figures(analysis)["memory.training_bytes"] for analysis in (shallow, deep)]
    assert round(memory[1] / memory[0], 1) == 1.1
    assert "a tenth more memory of training" in text
    assert 0.33 < shallow.macs.total / large.macs.total < deep.macs.total / large.macs.total < 0.36
    distilled = analyze(load_config("distilhubert"))
    assert sized("base", 2, 768, 3072).parameters - distilled.parameters == 1024
    assert "but for a layer norm of 1,024 parameters" in text


def test_counts_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"- {len(list((ROOT / 'presets').glob('*.yaml')))} presets of published models" in text
    tools = set(re.findall(r"^- \*\*(\w+)", (ROOT / "docs/accuracy.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert len(tools) == 7
    assert "what seven other counters say of three models" in text


def test_architecture_names_every_module_once_in_its_folder() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    listed: list[str] = []
    folders: list[tuple[int, str]] = []
    for line in text.partition("\n    w2v_explore/\n")[2].partition("\n    tests/")[0].splitlines():
        names = re.match(r"( +)((?:\w+\.\w+ +)*(?:\w+\.\w+|\w+/))(?: |$)", line)
        if names is not None:
            folders = [(indent, name) for indent, name in folders if indent < len(names[1])]
            within = "".join(name for _, name in folders)
            listed += [f"{within}{name}" for name in names[2].split() if not name.endswith("/")]
            folders += [(len(names[1]), name) for name in names[2].split() if name.endswith("/")]
    understood = {"__main__.py", "version.py", *[f"cli/{name}.py" for name in COMMANDS]}
    package = ROOT / "w2v_explore"
    files = {path.relative_to(package).as_posix() for path in package.rglob("*.py") if path.name != "__init__.py"}
    of_many = {path for path in files if re.search(r"^families/|/(rules|formats)/", path)}
    assert sorted(files - of_many - understood - {*listed}) == []
    assert sorted(path for path in listed if not (package / path).is_file()) == []
    assert sorted(path for path in {*listed} if listed.count(path) > 1) == []


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^  "([A-Za-z][A-Za-z-]*)[><=~"]', pyproject.partition("[project.scripts]")[0], re.MULTILINE)
    assert {"typer", "torch", "hypothesis", "ruff"} <= set(names)
    for name in names:
        assert (name if not name.startswith("types-") else "types-*") in text, name

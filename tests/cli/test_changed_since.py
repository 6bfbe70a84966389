"""``compare --changed-since``: every config of a repository beside what it was, and a word on each other file."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.program import Runner

THREE_LAYERS = "name: child\nextends: parent.yaml\nencoder_num_layers: 3\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/parent.yaml").write_text("extends: base\nencoder_num_layers: 6\n")
    (tmp_path / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\n")
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    commit("base")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def commit(message: str) -> None:
    git("add", "--all")
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", message)


def add_submodule(other: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add another repository, in which a config was changed after its first commit."""
    with monkeypatch.context() as there:
        there.chdir(other)
        git("init", "--quiet")
        for text in ("extends: base\nencoder_num_layers: 2\n", "extends: large\n"):
            (other / "a.yaml").write_text(text)
            commit("one")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), name)


def changed(run: Runner, *arguments: str, since: str = "HEAD") -> Any:
    code, out, err = run("compare", "--changed-since", since, *arguments, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def layers(document: Any) -> list[list[int]]:
    return [each["differences"]["encoder_num_layers"] for each in document["comparisons"]]


def names(document: Any) -> list[list[str]]:
    return [[config["config"]["name"] for config in each["configs"]] for each in document["comparisons"]]


def not_compared(document: Any) -> list[tuple[str, str]]:
    return [(entry["path"], entry["reason"]) for entry in document["not_compared"]]


def test_changed_configs_are_compared_with_what_they_were(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    (repository / "configs/parent.yaml").write_text("extends: base\nencoder_num_layers: 8\n")
    (repository / "compose.yaml").write_text("services: {a: b}\n")
    (repository / "configs/new.yaml").write_text("extends: base\n")
    document = changed(run)
    # The child extended what its parent was then.
    assert layers(document) == [[6, 3], [6, 8]]
    assert names(document) == [[f"configs/{name}.yaml @ HEAD", f"configs/{name}.yaml"] for name in ("child", "parent")]
    assert [new["config"]["name"] for new in document["new"]] == ["configs/new.yaml"]
    assert (document["not_compared"], document["other_files"]) == ([], 1)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert document["changed_since"] == {"revision": "HEAD", "commit": head}
    assert names(changed(run, since=head))[0][0] == f"configs/child.yaml @ {head[:10]}"


def test_what_extends_a_changed_config_is_compared_too(repository: Path, run: Runner) -> None:
    (repository / "configs/grandchild.yaml").write_text("extends: child.yaml\nencoder_dropout: 0.2\n")
    # It has layers of its own: its parent's do not change it.
    (repository / "configs/other.yaml").write_text("extends: parent.yaml\nencoder_num_layers: 2\n")
    (repository / "orphan.yaml").write_text("extends: configs/gone.yaml\n")
    (repository / "configs/gone.yaml").write_text("extends: base\n")
    commit("more")
    (repository / "configs/parent.yaml").write_text("extends: base\nencoder_num_layers: 8\n")
    (repository / "configs/gone.yaml").unlink()
    document = changed(run)
    assert [after for _, after in names(document)] == [
        "configs/parent.yaml",
        "configs/child.yaml",
        "configs/grandchild.yaml",
    ]
    assert layers(document) == [[6, 8]] * 3
    assert not_compared(document) == [
        ("configs/gone.yaml", "it is gone"),
        ("orphan.yaml", "no valid config any more; lint says why"),
    ]
    assert document["other_files"] == 0
    assert layers(changed(run, "configs/grandchild.yaml")) == [[6, 8]]
    said = run("compare", "--changed-since", "HEAD", "configs/other.yaml")
    assert said == (0, "", "no config differs from HEAD\n")


@pytest.mark.parametrize(
    ("extends", "base", "link"),
    [
        ("base", "base", None),  # called as a preset
        ("six.cfg", "six.cfg", None),
        ('"\\x73ix.yaml"', "six.yaml", None),
        ("..", "config.json", None),
        ("now.yaml", "six.yaml", ("low/now.yaml", "../six.yaml")),
        ("../now", "v6/config.json", ("now", "v6")),
        ("../now/six.yaml", "v6/six.yaml", ("now", "v6")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_a_config_rests_on_is_that_of_the_revision(
    repository: Path, run: Runner, extends: str, base: str, link: tuple[str, str] | None, encoding: str
) -> None:
    for folder in ("low", "v6"):
        (repository / folder).mkdir()
    text = run("convert", "large", "--to", "huggingface" if base.endswith("json") else "w2v").out
    file = repository / (base if link or base == "config.json" else f"low/{base}")
    file.write_text(text.replace("_layers: 24", "_layers: 6").replace('_layers": 24', '_layers": 6'))
    if link:
        (repository / link[0]).symlink_to(link[1])
    (repository / "low/heir.yaml").write_text(f"extends: {extends}\n", encoding=encoding)
    commit("more")
    file.write_text(text)
    assert layers(changed(run, "low/heir.yaml")) == [[6, 24]]
    (repository / "low/heir.yaml").write_text(f"extends: {extends}\nencoder_num_layers: 8\n", encoding=encoding)
    (comparison,) = changed(run, "low/heir.yaml")["comparisons"]
    assert comparison["differences"] == {"encoder_num_layers": [6, 8]}


def test_a_config_json_rests_on_what_lies_beside_it(repository: Path, run: Runner) -> None:
    (repository / "m").mkdir()
    (repository / "m/config.json").write_text(run("convert", "base", "--to", "huggingface").out)
    (repository / "heir.yaml").write_text("extends: m\n")
    beside = repository / "m/preprocessor_config.json"
    beside.write_text('{"sampling_rate": 8000}')
    commit("more")
    beside.unlink()
    document = changed(run)
    assert [each["differences"] for each in document["comparisons"]] == [{"sample_rate": [8000, 16000]}] * 2


def test_what_a_path_leads_out_of_the_revision_to_is_not_what_was(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "parent.yaml"
    outside.write_text("extends: base\n")
    (repository / "absolute.yaml").write_text(f"extends: {repository}/configs/parent.yaml\n")
    (repository / "link").symlink_to(repository / "configs")
    (repository / "linked.yaml").write_text("extends: link/parent.yaml\n")
    (repository / "outside.yaml").write_text(f"extends: {os.path.relpath(outside, repository)}\n")
    commit("more")
    for name in ("absolute", "outside", "configs/parent"):
        with open(repository / f"{name}.yaml", "a") as file:
            file.write("encoder_num_heads: 8\n")
    assert names(changed(run, "configs/parent.yaml")) == [["configs/parent.yaml @ HEAD", "configs/parent.yaml"]]
    assert sorted(not_compared(changed(run, "absolute.yaml", "linked.yaml", "outside.yaml"))) == [
        ("absolute.yaml", "absolute.yaml names by its absolute path what differs"),
        ("linked.yaml", "link names by its absolute path what differs"),
        ("outside.yaml", "it rests on what lies outside of the repository"),
    ]
    git("checkout", "--quiet", "configs/parent.yaml")
    assert [each["differences"] for each in changed(run, "absolute.yaml")["comparisons"]] == [
        {"encoder_num_heads": [12, 8]}
    ]


def test_a_condition_does_not_pass_for_what_it_cannot_be_held_against(repository: Path, run: Runner) -> None:
    (repository / "mended.yaml").write_text("extends: bass\n")
    (repository / "pointer.yaml").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    commit("more")
    (repository / "mended.yaml").write_text("extends: large\n")
    large = ("--fail-if", "parameters > 100M")
    grown = ("--fail-if", "parameters > +5%")
    question = ("compare", "--changed-since", "HEAD")
    code, _, err = run(*question, *large)
    assert (code, err) == (1, "mended.yaml: parameters is 315,427,968; it fails if parameters > 100M\n")
    assert run(*question, *grown).code == 0
    (repository / "pointer.yaml").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n")
    (repository / "configs/child.yaml").write_text("extends: nobody\n")
    (repository / "configs/parent.yaml").unlink()
    assert run(*question).code == 0
    code, _, err = run(*question, *grown)
    message = "error: --fail-if cannot be held against configs/child.yaml, pointer.yaml: not compared\n"
    assert (code, err) == (2, message)


def test_a_hook_may_say_where_the_repository_is(repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    monkeypatch.chdir("configs")
    monkeypatch.setenv("GIT_DIR", "../.git")
    monkeypatch.setenv("GIT_WORK_TREE", "..")
    assert layers(changed(run)) == [[6, 3]]


def test_markdown_is_of_the_figures_that_compare_has(repository: Path, run: Runner) -> None:
    (repository / "before.yaml").write_text("extends: base\nencoder_num_layers: 6\n")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    commit("more")
    git("rm", "--quiet", "before.yaml")
    (repository / "other.yaml").write_text("extends: base\n")
    out = run("compare", "--changed-since", "HEAD^", "--format", "markdown").out
    headings = [line for line in out.splitlines() if line.startswith("## ")]
    assert headings == ["## configs/child.yaml @ HEAD^ ↔ configs/child.yaml", "## New since HEAD^"]
    six = run("compare", "base", "base", "--set", "encoder_num_layers=6", "--format", "markdown").out
    three = run("compare", "base", "base", "--set", "encoder_num_layers=3", "--format", "markdown").out
    (row,) = (line for line in out.splitlines() if line.startswith("| parameters "))
    assert all(row.split(" | ")[1 + number] in text for number, text in enumerate((six, three)))
    assert "| other.yaml | 94.37 M |" in out
    out = run("compare", "--changed-since", "HEAD", "--format", "markdown").out
    assert "| before.yaml | it is gone |" in out
    for options in ((), ("--format", "html")):
        assert "before.yaml" in run("compare", "--changed-since", "HEAD", *options).out


def test_markdown_fits_into_a_job_summary(repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        (repository / f"{number}.yaml").write_text("extends: base\n")
    commit("more")
    for number in range(6):
        (repository / f"{number}.yaml").write_text(THREE_LAYERS.replace("parent.yaml", "base"))
    for number in range(100):
        (repository / f"new{number:02}.yaml").write_text("extends: base\n")
    for number in (6, 7):
        (repository / f"{number}.yaml").write_text("extends: nobody\n")
    question = ("compare", "--changed-since", "HEAD", "--format", "markdown")
    whole = run(*question).out
    most = len(whole.encode())
    monkeypatch.setattr("w2v_explore.report.changed.MAX_SUMMARY_BYTES", most)
    assert run(*question).out == whole
    most //= 2
    monkeypatch.setattr("w2v_explore.report.changed.MAX_SUMMARY_BYTES", most)
    out = run(*question).out
    heading, _, notice, *lines = out.splitlines()
    compared, new = sum(" ↔ " in line for line in lines if line[:2] == "##"), sum(line[:5] == "| new" for line in lines)
    assert heading == "## Not all is shown"
    told = f"Left out: {6 - compared} of 6 comparisons, {100 - new} of 100 rows of “New since HEAD”. "
    assert notice.startswith(told)
    assert 0 < compared < 6
    assert 0 < new < 100
    assert len(out.encode()) <= most
    # What is shown is as it was.
    assert set(lines) < set(whole.splitlines())
    assert out.endswith("| 7.yaml | no valid config any more; lint says why |\n")


def test_csv_has_each_config_before_and_now(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    (repository / "new.yaml").write_text("extends: base\n")
    text = run("compare", "--changed-since", "HEAD", "--format", "csv", "--depth", "0").out
    rows = {(row["config"], row["metric"]): row for row in csv.DictReader(io.StringIO(text))}
    child, new = (rows[name, "parameters"] for name in ("configs/child.yaml", "new.yaml"))
    assert (child["before"], child["after"], child["delta"]) == ("51843712", "30580096", "-21263616")
    assert (new["before"], new["after"], new["ratio"]) == ("", "94370944", "")


def test_options_of_compare_hold_for_every_config(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    document = changed(run, "--seconds", "2", "--set", "aux_num_out=32")
    assert document["comparisons"][0]["configs"][1]["workload"]["seconds"] == 2
    assert document["comparisons"][0]["metrics"]["aux.parameters"]["values"] == [768 * 32 + 32] * 2
    (repository / "new.yaml").write_text("extends: base\n")
    code, _, err = run("compare", "--changed-since", "HEAD", "--fail-if", "parameters > 90M")
    assert (code, err.splitlines()) == (1, ["new.yaml: parameters is 94,370,944; it fails if parameters > 90M"])
    code, _, err = run("compare", "--changed-since", "HEAD", "--fail-if", "macs < -5%")
    assert code == 1
    assert err.startswith(
        "configs/child.yaml: macs is 38,837,538,304, -23.22 % against 50,580,533,248 of configs/child"
    )


def test_another_sample_rate_is_compared_for_any_duration(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").write_text("extends: parent.yaml\nsample_rate: 8000\n")
    # 5,333 samples at 16 kHz and 2,667 at 8 kHz are no equal durations.
    (comparison,) = changed(run, "--seconds", "0.33333")["comparisons"]
    assert comparison["differences"] == {"sample_rate": [16000, 8000]}


def test_files_and_folders_limit_it(repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("top.yaml", "configs/deep.json"):
        (repository / name).write_text('{"extends": "base"}\n')
    commit("more")
    for name in ("top.yaml", "configs/deep.json", "configs/child.yaml"):
        (repository / name).write_text('{"extends": "base", "encoder_num_layers": 3}\n')
    child, deep, top = ([f"{name} @ HEAD", name] for name in ("configs/child.yaml", "configs/deep.json", "top.yaml"))
    assert names(changed(run, "configs")) == [child]
    assert names(changed(run, "configs", "./top.yaml")) == [child, top]
    # As `lint` has it: JSON of any name where it is named, config.json alone where it is searched for.
    assert names(changed(run, "configs/deep.json")) == [deep]
    monkeypatch.chdir("configs")
    assert names(changed(run, ".")) == [child]
    for wrong, said in (("chidl.yaml", "chidl.yaml is no file or folder, now or at HEAD"), ("/", "/ lies outside of")):
        code, out, err = run("compare", wrong, "--changed-since", "HEAD")
        assert (code, out) == (2, "")
        assert said in err


def test_what_git_ignores_can_be_named(repository: Path, run: Runner) -> None:
    (repository / ".gitignore").write_text("mine.yaml\n")
    (repository / "mine.yaml").write_text("extends: base\n")
    commit("more")
    assert [new["config"]["name"] for new in changed(run, "mine.yaml")["new"]] == ["mine.yaml"]
    # So can a folder in which git has nothing, with whatever lies in it.
    (repository / ".gitignore").write_text("mine.yaml\n/runs/*\n")
    (repository / "runs/one").mkdir(parents=True)
    (repository / "runs/one/config.yaml").write_text("extends: base\n")
    (repository / "runs/one/log.txt").write_text("done\n")
    git("init", "--quiet", "runs/two")
    commit("then")
    document = changed(run, "runs")
    assert [new["config"]["name"] for new in document["new"]] == ["runs/one/config.yaml"]
    assert not_compared(document) == [("runs/two", "it lies in a repository of its own, which says what changed")]
    for everything in ([], ["."], ["configs"]):
        assert run("compare", "--changed-since", "HEAD", *everything) == (0, "", "no config differs from HEAD\n")


def test_what_is_gone_can_be_named(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").unlink()
    assert not_compared(changed(run, "configs/child.yaml")) == [("configs/child.yaml", "it is gone")]


def test_a_config_json_is_compared_and_a_name_may_have_blanks(repository: Path, run: Runner) -> None:
    folder = repository / "my models"
    folder.mkdir()
    config, preset = folder / "config.json", folder / "half as deep.yml"
    config.write_text(json.dumps({"model_type": "wav2vec2", "num_hidden_layers": 12}))
    preset.write_text("extends: base\n")
    commit("more")
    config.write_text(json.dumps({"model_type": "wav2vec2", "num_hidden_layers": 5}))
    preset.write_text("extends: base\nencoder_num_layers: 6\n")
    assert layers(changed(run)) == [[12, 5], [12, 6]]


def test_a_page_says_that_nothing_differs(repository: Path, run: Runner) -> None:
    assert "<h1>No config differs from HEAD</h1>" in run("compare", "--changed-since", "HEAD", "--format", "html").out


def test_nothing_changed_prints_nothing(repository: Path, run: Runner) -> None:
    for format in ("table", "markdown"):
        code, out, err = run("compare", "--changed-since", "HEAD", "--format", format)
        assert (code, out, err) == (0, "", "no config differs from HEAD\n")


ODD_NAMES = (
    "-dash.yaml", "--help.yaml", "UPPER.YAML", "ü.yml", "two\nlines.yaml", "deep/er/config.json", "a b/c d.yaml",
    "\ttab.yaml", 'quo"te\'s.yaml', "back\\slash.yaml", "[a-z]*?.yaml", "$(touch here).yaml", "`tick`.yaml",
    "-d/-e.yaml", "base.yaml", "a=b.yaml", "\u202ereversed.yaml", "<b>::error::.yaml",
)  # fmt: skip


def write_odd_names(repository: Path, text: str) -> None:
    for name in ODD_NAMES:
        file = repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.slow
def test_every_name_is_compared_from_every_folder(
    repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is left out of archives is in the repository all the same.
    (repository / ".gitattributes").write_text("* export-ignore\n")
    write_odd_names(repository, '{"extends": "base"}\n')
    (repository / os.fsdecode(b"\xff.yaml")).write_text("extends: base\n")
    commit("more")
    write_odd_names(repository, '{"extends": "base", "encoder_num_layers": 6}\n')
    monkeypatch.chdir(repository / "configs")
    document = changed(run)
    assert sorted(names(document)) == sorted([f"{name} @ HEAD", name] for name in ODD_NAMES)
    assert layers(document) == [[12, 6]] * len(ODD_NAMES)
    assert document["not_compared"] == []


def test_a_name_does_nothing_to_a_page_or_a_log(repository: Path, run: Runner) -> None:
    write_odd_names(repository, '{"extends": "base", "encoder_num_heads": 7}\n')
    commit("more")
    write_odd_names(repository, '{"extends": "base"}\n')
    out = run("compare", "--changed-since", "HEAD", "--format", "markdown").out
    lines = [line for line in out.splitlines() if line.endswith(" | no valid config at HEAD |")]
    assert len(lines) == len(ODD_NAMES)
    assert all(line.isprintable() for line in lines)
    assert "| \\`tick\\`.yaml | no valid config at HEAD |" in lines
    assert not list(repository.rglob("here"))


def test_what_lies_beside_a_config_json_counts_in_the_base_too(repository: Path, run: Runner) -> None:
    (repository / "preprocessor_config.json").write_text('{"sampling_rate": 8000}')
    config = repository / "config.json"
    config.write_text('{"model_type": "wav2vec2"}')
    commit("more")
    config.write_text('{"model_type": "wav2vec2", "num_hidden_layers": 6}')
    (comparison,) = changed(run)["comparisons"]
    assert [each["config"]["sample_rate"] for each in comparison["configs"]] == [8000, 8000]


def test_a_renamed_config_is_compared_with_what_it_was(repository: Path, run: Runner) -> None:
    git("config", "diff.renames", "false")
    git("config", "diff.renameLimit", "1")
    fields = "".join(f"# {number}\n" for number in range(30))
    (repository / "other.yaml").write_text(f"extends: large\n{fields}".replace("# ", "#  "))
    old, new = repository / "configs/old name.yaml", repository / "configs/-new\nname.yml"
    old.write_text(f"extends: base\n{fields}")
    commit("more")
    git("mv", "other.yaml", "another.yaml")
    with open(repository / "another.yaml", "a") as file:
        file.write("encoder_num_layers: 3\n")
    old.rename(new)
    new.write_text(f"extends: base\nencoder_num_layers: 6\n{fields}")
    git("add", "--all")
    document = changed(run)
    assert names(document) == [
        ["other.yaml @ HEAD", "another.yaml"],
        ["configs/old name.yaml @ HEAD", "configs/-new\nname.yml"],
    ]
    assert layers(document) == [[24, 3], [12, 6]]


@pytest.mark.parametrize("revision", ["nowhere", "--help", "", "-q", "HEAD --", "^HEAD"])
def test_a_revision_that_is_not_there_is_no_success(repository: Path, run: Runner, revision: str) -> None:
    code, out, err = run("compare", "--changed-since", revision)
    assert (code, out) == (2, "")
    assert err == f"error: git knows no revision {revision or repr(revision)} here; fetch it first\n"


def test_a_word_is_a_revision_though_a_file_has_its_name(repository: Path, run: Runner) -> None:
    git("branch", "configs")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    assert layers(changed(run, since="configs")) == [[6, 3]]


def test_without_git_or_a_repository_nothing_passes_for_no_change(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    code, out, err = run("compare", "--changed-since", "HEAD")
    assert (code, out) == (2, "")
    assert err.startswith("error: not a git repository")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = run("compare", "--changed-since", "HEAD")
    assert (code, out, err) == (2, "", "error: git is not on the PATH; install it, or name two files\n")
    (tmp_path / "git").write_text("no program\n")
    (tmp_path / "git").chmod(0o755)
    code, out, err = run("compare", "--changed-since", "HEAD")
    assert (code, out, err) == (2, "", f"error: cannot run {tmp_path}/git: Exec format error\n")


@pytest.mark.parametrize("options", [("--baseline", "b.json"), ("--variant", "encoder_num_layers: 6")])
def test_what_says_nothing_beside_a_revision_is_refused(run: Runner, options: tuple[str, str]) -> None:
    code, _, err = run("compare", "--changed-since", "HEAD", *options)
    assert (code, err) == (2, f"error: give --changed-since or {options[0]}, not both\n")


def test_what_is_wrong_with_the_command_line_is_said(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    code, out, err = run("compare", "--changed-since", "HEAD", "--set", "encoder_num_heads=7")
    assert (code, out) == (2, "")
    assert "encoder_num_heads" in err
    code, out, err = run("compare", "--changed-since", "HEAD", "--samples", "10")
    assert (code, out) == (2, "")
    assert "10 samples" in err


def test_all_that_is_not_compared_is_said(repository: Path, run: Runner) -> None:
    broken, valid = "extends: base\nencoder_num_heads: 7\n", "extends: base\n"
    short = f"extends: base\nextractor_conv_layer_config: {[[8, 2, 2]] * 20}\n"
    for name, text in {"mended": broken, "spoilt": valid, "gone": valid, "still": broken, "too_long": valid}.items():
        (repository / f"{name}.yaml").write_text(text)
    commit("more")
    for name, text in {
        "mended": valid, "spoilt": broken, "still": broken + "x: 1\n", "bad": "[", "too_long": short
    }.items():  # fmt: skip
        (repository / f"{name}.yaml").write_text(text)
    (repository / "gone.yaml").unlink()
    (repository / "notes.txt").write_text("no config\n")
    document = changed(run)
    *told, (path, reason) = not_compared(document)
    assert told == [
        ("gone.yaml", "it is gone"),
        ("mended.yaml", "no valid config at HEAD"),
        ("spoilt.yaml", "no valid config any more; lint says why"),
        ("still.yaml", "no valid config; lint says why"),
    ]
    assert path == "too_long.yaml"
    assert "160000 samples" in reason.replace(",", "")
    assert document["other_files"] == 1


def test_a_link_shows_nothing_of_where_it_leads(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("outside") / "secret.yaml"
    secret.write_text("password: hunter2\n")
    (repository / "before.yaml").symlink_to(secret)
    (repository / "after.yaml").write_text("extends: base\n")
    (repository / "base.yaml").write_text(f"extends: {secret}\n")
    (repository / "configs/inside.yaml").symlink_to("parent.yaml")
    commit("more")
    (repository / "before.yaml").unlink()
    (repository / "before.yaml").write_text("extends: large\n")
    (repository / "after.yaml").unlink()
    (repository / "after.yaml").symlink_to(secret)
    (repository / "base.yaml").write_text(f"extends: {secret}\nencoder_num_layers: 3\n")
    (repository / "configs/inside.yaml").unlink()
    (repository / "configs/inside.yaml").write_text("extends: base\nencoder_num_layers: 3\n")
    assert "hunter2" not in str(run("compare", "--changed-since", "HEAD"))
    document = changed(run)
    assert layers(document) == [[6, 3]]
    assert not_compared(document) == [
        ("after.yaml", "no valid config any more; lint says why"),
        ("base.yaml", "no valid config; lint says why"),
        ("before.yaml", "no valid config at HEAD"),
    ]
    assert document["other_files"] == 0


def test_a_filter_that_fails_leaves_what_git_keeps(repository: Path, run: Runner) -> None:
    (repository / ".gitattributes").write_text("*.json filter=large\n")
    (repository / "data.json").write_text("{}\n")
    commit("more")
    for key, value in {"smudge": "false", "clean": "cat", "required": "true"}.items():
        git("config", f"filter.large.{key}", value)
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    assert layers(changed(run)) == [[6, 3]]


def test_what_git_cannot_give_is_no_config_that_was_wrong(repository: Path, run: Runner) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD:configs/child.yaml"], capture_output=True, text=True, check=True)
    number = head.stdout.strip()
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    commit("more")
    (repository / ".git/objects" / number[:2] / number[2:]).unlink()
    told = not_compared(changed(run, since="HEAD^"))
    assert told == [("configs/child.yaml", "git cannot give what configs/child.yaml was")]
    assert run("compare", "--changed-since", "HEAD^", "--fail-if", "macs > 1000G").code == 2


def test_submodules_and_what_is_not_checked_out_are_said(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_submodule(tmp_path_factory.mktemp("other"), "sub dir", monkeypatch)
    commit("more")
    git("-C", "sub dir", "checkout", "--quiet", "HEAD^")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    commit("another")
    git("update-index", "--skip-worktree", "configs/child.yaml")
    (repository / "configs/child.yaml").unlink()
    assert not_compared(changed(run, since="HEAD^")) == [
        ("configs/child.yaml", "it is not in the working tree, as in a sparse checkout"),
        ("sub dir", "a submodule, whose own repository says what changed"),
    ]


def test_what_rested_on_a_submodule_is_not_known(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_submodule(tmp_path_factory.mktemp("other"), "sub", monkeypatch)
    git("-C", "sub", "checkout", "--quiet", "HEAD^")
    (repository / "configs/mine.yaml").write_text("name: mine\nextends: ../sub/a.yaml\n")
    (repository / "linked.yaml").symlink_to("sub/a.yaml")
    commit("more")
    git("-C", "sub", "checkout", "--quiet", "-")
    reason = "it rested on what lies in the submodule sub"
    assert not_compared(changed(run, "configs", "linked.yaml")) == [
        ("configs/mine.yaml", reason),
        ("linked.yaml", reason),
    ]
    # It is another model now, and as large as that one: no condition passes.
    condition = ("--fail-if", "parameters > +5%")
    code, _, err = run("compare", "--changed-since", "HEAD", "configs/mine.yaml", *condition)
    assert (code, err) == (2, "error: --fail-if cannot be held against configs/mine.yaml: not compared\n")


def test_what_lies_in_another_repository_is_not_new(repository: Path, run: Runner) -> None:
    git("init", "--quiet", "other")
    (repository / "other/my.yaml").write_text("extends: base\n")
    said = "it lies in a repository of its own, which says what changed"
    assert not_compared(changed(run, "other")) == [("other", said)]
    document = changed(run, "other/my.yaml")
    assert (document["new"], not_compared(document)) == ([], [("other/my.yaml", said)])
    assert run("compare", "--changed-since", "HEAD", "other/my.yaml", "--fail-if", "macs > +5%").code == 2
    assert run("compare", "--changed-since", "HEAD", ".") == (0, "", "no config differs from HEAD\n")


def test_a_config_in_a_conflict_is_not_merged(repository: Path, run: Runner) -> None:
    (repository / "kept.yaml").write_text("extends: base\n")
    commit("more")
    git("checkout", "--quiet", "-b", "other")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    (repository / "kept.yaml").unlink()
    commit("other")
    git("checkout", "--quiet", "-")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS.replace("3", "4"))
    (repository / "kept.yaml").write_text("extends: large\n")
    commit("mine")
    merged = subprocess.run(["git", "merge", "other"], capture_output=True, check=False)
    assert merged.returncode == 1
    # One has marks of the conflict in it; the other lies there as it was.
    unmerged = [(name, "it is not merged yet") for name in ("configs/child.yaml", "kept.yaml")]
    document = changed(run)
    assert (document["comparisons"], not_compared(document)) == ([], unmerged)
    code, _, err = run("compare", "--changed-since", "HEAD", "--fail-if", "macs > +5%")
    message = "error: --fail-if cannot be held against configs/child.yaml, kept.yaml: not compared\n"
    assert (code, err) == (2, message)


def test_what_may_not_be_read_is_not_passed_over(
    repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "new.yaml").write_text("extends: base\n")
    access = os.access
    # Root may read every file.
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("new.yaml") and access(path, mode))
    assert not_compared(changed(run)) == [("new.yaml", "it cannot be read")]


@pytest.mark.parametrize("name", ["GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"])
def test_how_a_hook_has_patterns_taken_changes_nothing(
    repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    monkeypatch.setenv(name, "1")
    assert layers(changed(run)) == [[6, 3]]


@pytest.fixture
def temporary(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = repository / ".git/temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_nothing_of_the_revision_stays(repository: Path, run: Runner, temporary: Path) -> None:
    killed = temporary / ".w2v-explore-0123456789abcdef"
    killed.mkdir()
    (killed / "lock").touch()
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    changed(run)
    run("compare", "--changed-since", "HEAD", "--samples", "10")
    assert list(temporary.iterdir()) == []


def test_where_there_is_no_room_for_the_revision_nothing_is_compared(
    repository: Path, run: Runner, temporary: Path
) -> None:
    # Of a part of what it was, nothing can be said.
    (repository / "long.yaml").write_text("# a line\n" * 2000 + "extends: base\n")
    commit("more")
    (repository / "long.yaml").write_text("extends: large\n")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        code, out, err = run("compare", "--changed-since", "HEAD", "--fail-if", "macs > +5%")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (code, out, err) == (2, "", f"error: git ended with the code {-signal.SIGXFSZ}\n")
    temporary.rmdir()
    code, out, err = run("compare", "--changed-since", "HEAD")
    assert (code, out, err) == (2, "", "error: cannot write a temporary folder: No such file or directory\n")


def set_filter(repository: Path, lines: str) -> None:
    """Have what is written out of the repository go through a program."""
    (repository / ".gitattributes").write_text("*.yaml filter=odd\n")
    program = repository / ".git/filter.py"
    program.write_text(f"import os, sys, time\n{lines}\nsys.stdout.write(sys.stdin.read())\n")
    git("config", "filter.odd.smudge", f"'{sys.executable}' '{program}'")


def test_nothing_that_git_starts_finds_a_terminal_to_ask_on(repository: Path, run: Runner) -> None:
    set_filter(repository, "open('.git/session', 'w').write(f'{os.getsid(0)} ' + os.environ['GIT_TERMINAL_PROMPT'])")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    assert layers(changed(run)) == [[6, 3]]
    session, may_ask = (repository / ".git/session").read_text().split()
    assert (int(session) == os.getsid(0), may_ask) == (False, "0")


def test_what_git_started_ends_with_the_program(repository: Path) -> None:
    set_filter(repository, "open('.git/id', 'w').write(f'{os.getpid()}.'); time.sleep(3600)")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    program = subprocess.Popen([sys.executable, "-m", "w2v_explore", "compare", "--changed-since", "HEAD"])
    number = repository / ".git/id"
    while not (number.exists() and number.read_text().endswith(".")):
        assert program.poll() is None
        time.sleep(0.01)
    waits = psutil.Process(int(number.read_text().removesuffix(".")))
    program.send_signal(signal.SIGTERM)
    assert program.wait() == -signal.SIGTERM
    waits.wait(60)


def test_a_signal_while_git_is_started_leaves_none(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git_ = repository / "bin/git"
    git_.parent.mkdir()
    git_.write_text("#!/bin/sh\nexec sleep 3600\n")
    git_.chmod(0o755)
    monkeypatch.setenv("PATH", str(git_.parent), prepend=os.pathsep)
    lines = """
import os, signal, subprocess
from w2v_explore import interrupt
from w2v_explore.files.revision import Revision

class Interrupted(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)

subprocess.Popen = Interrupted
interrupt.listen()
Revision("HEAD")
"""
    ended = subprocess.run(
        [sys.executable, "-c", lines], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    assert ended.returncode == -signal.SIGTERM
    number = int(ended.stdout)
    # The program has waited for it.
    assert not psutil.pid_exists(number)


def test_a_clone_that_lacks_files_asks_once_for_them(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = range(3)
    for number in numbers:
        (repository / f"{number}.yaml").write_text(f"extends: base\nname: m{number}\n")
    commit("more")
    for number in numbers:
        (repository / f"{number}.yaml").write_text(f"extends: base\nname: m{number}\nencoder_num_layers: 3\n")
    commit("then")
    git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path_factory.mktemp("clone")
    git("clone", "--quiet", "--filter=blob:none", repository.as_uri(), str(clone))
    git("-C", str(clone), "remote", "set-url", "origin", "ssh://nobody@localhost/nowhere")
    ssh = clone / ".git/ssh"
    ssh.write_text("#!/bin/sh\necho asked >> .git/asked\nexit 1\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    monkeypatch.chdir(clone)
    told = not_compared(changed(run, since="HEAD^"))
    assert told == [(f"{number}.yaml", f"git cannot give what {number}.yaml was") for number in numbers]
    # With filters and without.
    assert (clone / ".git/asked").read_text() == "asked\n" * 2


def test_a_working_tree_that_lies_elsewhere(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("else\nwhere")
    (elsewhere / "configs").mkdir()
    for name in ("parent", "child"):
        (elsewhere / f"configs/{name}.yaml").write_text((repository / f"configs/{name}.yaml").read_text())
    (elsewhere / "configs/child.yaml").write_text(THREE_LAYERS)
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere))
    assert layers(changed(run)) == [[6, 3]]


def test_what_git_says_is_its_reason_and_its_advice(
    repository: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = ("compare", "--changed-since", "HEAD")
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    advice = f"allow it with `git config --global --add safe.directory {repository}`"
    message = f"error: detected dubious ownership in repository at '{repository}'; {advice}\n"
    assert run(*question) == (2, "", message)
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    (repository / ".gitattributes").write_text("child.yaml filter=odd\n")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    with monkeypatch.context() as there:
        for number, (name, value) in enumerate((("clean", "false"), ("required", "true"))):
            there.setenv(f"GIT_CONFIG_KEY_{number}", f"filter.odd.{name}")
            there.setenv(f"GIT_CONFIG_VALUE_{number}", value)
        there.setenv("GIT_CONFIG_COUNT", "2")
        assert run(*question) == (2, "", "error: configs/child.yaml: clean filter 'odd' failed\n")
    tree = subprocess.run(["git", "rev-parse", "HEAD^{tree}"], capture_output=True, text=True, check=True)
    number = tree.stdout.strip()
    (repository / ".git/objects" / number[:2] / number[2:]).unlink()
    code, out, err = run(*question)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("error: bad tree object ")


def test_why_there_is_no_revision_or_no_working_tree(
    repository: Path, run: Runner, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("clones")
    (repository / "configs/child.yaml").write_text(THREE_LAYERS)
    commit("more")
    for options, name in ((["--depth=1"], "shallow"), (["--bare"], "bare")):
        git("clone", "--quiet", *options, repository.as_uri(), str(folder / name))
    git("init", "--quiet", str(folder / "empty"))
    for name, revision, reason in (
        ("shallow", "HEAD^", "git knows no revision HEAD^ here; fetch it first: the clone is shallow, and "
         "`git fetch --unshallow` fetches what came before"),
        ("empty", "main", "the git repository has no commit yet"),
        ("bare", "HEAD", "git has no working tree here: the repository is bare, or this is its .git folder"),
    ):  # fmt: skip
        monkeypatch.chdir(folder / name)
        assert run("compare", "--changed-since", revision) == (2, "", f"error: {reason}\n")
    monkeypatch.chdir(repository)
    git("config", "core.worktree", str(folder / "gone"))
    reason = f"cannot change to '{folder / 'gone'}': No such file or directory"
    assert run("compare", "--changed-since", "HEAD") == (2, "", f"error: {reason}\n")


def test_csv_says_that_something_is_not_compared(repository: Path, run: Runner) -> None:
    (repository / "configs/child.yaml").write_text("extends: nobody\n")
    code, out, err = run("compare", "--changed-since", "HEAD", "--format", "csv")
    assert (code, out) == (0, "config,metric,before,after,delta,ratio\n")
    assert err == "1 file is not compared; --format json says which, and why\n"

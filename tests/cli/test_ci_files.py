"""What other people's CI takes from this repository: the pre-commit hook, the action, the script behind its summary."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.slow


def test_pre_commit_hook() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "w2v-explore lint"
    assert hook["types"] == ["yaml"]
    files = re.compile(hook["files"])
    assert all(map(files.search, ("configs/a.yaml", "x/configs/deep/B.YML")))
    assert not any(map(files.search, ("compose.yaml", "myconfigs/a.yaml", ".github/workflows/ci.yml")))
    assert hook["require_serial"] is True
    assert {"id", "name", "language"} <= set(hook)


def test_action() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    steps = action["runs"]["steps"]
    assert action["runs"]["using"] == "composite"
    assert all("uses" in step or step["shell"] == "bash" for step in steps)
    text = (ROOT / "action.yml").read_text()
    for name in action["inputs"]:
        assert f"inputs.{name}" in text, name
    assert (ROOT / "ci/compare-changed").stat().st_mode & 0o111


def test_the_action_leaves_patterns_to_the_program(tmp_path: Path) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    [script] = [step["run"] for step in steps if step.get("name") == "Lint"]
    for folder in ("configs", "configs/one", "configs/one/two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text("extends: base\nencoder_num_heads: 7\n")
    environment = {**path_to_program(), "W2V_PATHS": "configs/**/*.yaml", "W2V_ARGS": ""}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    finished = subprocess.run(shell, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
    assert finished.returncode == 1
    assert finished.stdout.count("::error") == 3


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/parent.yaml").write_text("extends: base\nencoder_num_layers: 6\n")
    (tmp_path / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\n")
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    git("add", ".")
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "base")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def commit(message: str) -> None:
    git("add", ".")
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", message)


def path_to_program() -> dict[str, str]:
    # The program of the environment that runs the tests.
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def compare_changed(*bases: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [ROOT / "ci/compare-changed", *bases]
    variables = {**path_to_program(), **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables)


def test_changed_configs_are_compared_with_what_they_were(repository: Path) -> None:
    (repository / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\nencoder_num_layers: 3\n")
    (repository / "compose.yaml").write_text("services: {a: b}\n")
    (repository / "configs/new.yaml").write_text("extends: base\n")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.count("## child") == 1
    assert "| encoder\\_num\\_layers | 6 | 3 |" in finished.stdout
    assert "compose" not in finished.stdout
    assert not_compared(finished) == [
        "`configs/new.yaml`: it is new",
        "1 file that is no valid config of a model, before or after",
    ]


def test_a_config_json_is_compared_and_a_name_may_have_blanks(repository: Path) -> None:
    folder = repository / "my models"
    folder.mkdir()
    config, preset = folder / "config.json", folder / "half as deep.yml"
    config.write_text(json.dumps({"model_type": "wav2vec2", "num_hidden_layers": 12}))
    preset.write_text("extends: base\n")
    git("add", ".")
    git("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", "more")
    config.write_text(json.dumps({"model_type": "wav2vec2", "num_hidden_layers": 5}))
    preset.write_text("extends: base\nencoder_num_layers: 6\n")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "| encoder\\_num\\_layers | 12 | 5 |" in finished.stdout
    assert "| encoder\\_num\\_layers | 12 | 6 |" in finished.stdout


def test_nothing_changed_prints_nothing(repository: Path) -> None:
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def not_compared(finished: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines on what was left out, which come last."""
    _, _, lines = finished.stdout.partition("## Not compared\n\n")
    assert all(line.startswith("- ") for line in lines.splitlines())
    return [line.removeprefix("- ") for line in lines.splitlines()]


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


def test_every_name_is_compared_from_every_folder(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What is left out of archives is in the repository all the same.
    (repository / ".gitattributes").write_text("* export-ignore\n")
    write_odd_names(repository, '{"extends": "base"}\n')
    commit("more")
    write_odd_names(repository, '{"extends": "base", "encoder_num_layers": 6}\n')
    monkeypatch.chdir(repository / "configs")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr, not_compared(finished)) == (0, "", [])
    assert finished.stdout.count("| encoder\\_num\\_layers | 12 | 6 |") == len(ODD_NAMES)


def test_what_lies_beside_a_config_json_counts_in_the_base_too(repository: Path) -> None:
    (repository / "preprocessor_config.json").write_text('{"sampling_rate": 8000}')
    config = repository / "config.json"
    config.write_text('{"model_type": "wav2vec2"}')
    commit("more")
    config.write_text('{"model_type": "wav2vec2", "num_hidden_layers": 6}')
    finished = compare_changed("HEAD")
    assert finished.stdout.count("8,000 Hz, from preprocessor") == 2


def test_a_renamed_config_is_compared_with_what_it_was(repository: Path) -> None:
    fields = "".join(f"# {number}\n" for number in range(30))
    old, new = repository / "configs/old name.yaml", repository / "configs/-new\nname.yml"
    old.write_text(f"extends: base\n{fields}")
    (repository / "configs/changed.yaml").write_text("extends: base\n")
    commit("more")
    old.rename(new)
    new.write_text(f"extends: base\nencoder_num_layers: 6\n{fields}")
    (repository / "configs/changed.yaml").write_text("extends: base\nencoder_num_layers: 7\n")
    git("add", ".")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "| encoder\\_num\\_layers | 12 | 6 |" in finished.stdout
    assert "| encoder\\_num\\_layers | 12 | 7 |" in finished.stdout


@pytest.mark.parametrize(
    ("bases", "said"),
    [((), "give the revision"), (("nowhere",), "no revision nowhere here"), (("--help",), "no revision --help")],
)
def test_what_cannot_be_compared_is_no_success(repository: Path, bases: tuple[str, ...], said: str) -> None:
    finished = compare_changed(*bases)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert said in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_without_the_program_or_where_it_breaks_nothing_passes_for_no_change(repository: Path, tmp_path: Path) -> None:
    (repository / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\nencoder_num_layers: 3\n")
    finished = compare_changed("HEAD", PATH=os.defpath)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "no w2v-explore is on the PATH" in finished.stderr
    broken = tmp_path / "bin/w2v-explore"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho a defect >&2\nexit 3\n")
    broken.chmod(0o755)
    finished = compare_changed("HEAD", PATH=f"{broken.parent}{os.pathsep}{os.defpath}")
    assert (finished.returncode, finished.stderr) == (3, "a defect\n")


def test_odd_names_that_nobody_touched_are_no_hindrance(repository: Path) -> None:
    write_odd_names(repository, '{"extends": "base"}\n')
    (repository / os.fsdecode(b"\xff.yaml")).write_text("extends: base\n")
    commit("more")
    assert compare_changed("HEAD").stdout == ""
    (repository / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\nencoder_num_layers: 3\n")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "| encoder\\_num\\_layers | 6 | 3 |" in finished.stdout
    assert not_compared(finished) == []


def test_all_that_is_not_compared_is_said(repository: Path) -> None:
    broken, valid = "extends: base\nencoder_num_heads: 7\n", "extends: base\n"
    for name, text in {"mended": broken, "spoilt": valid, "gone": valid, "still": broken}.items():
        (repository / f"{name}.yaml").write_text(text)
    commit("more")
    for name, text in {"mended": valid, "spoilt": broken, "still": broken + "x: 1\n", "bad": "["}.items():
        (repository / f"{name}.yaml").write_text(text)
    (repository / "gone.yaml").unlink()
    (repository / "a b.yaml").write_text("extends: large\nencoder_num_layers: 7\nencoder_dropout: 0.3\n")
    (repository / "notes.txt").write_text("no config\n")
    git("add", "--all")
    (repository / "not added.yaml").write_text("extends: large\n")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.startswith("## Not compared\n")
    assert not_compared(finished) == [
        "`a b.yaml`: it is new",
        "`gone.yaml`: it is gone",
        "`mended.yaml`: no valid config at `HEAD`",
        "`spoilt.yaml`: no valid config any more",
        "`not added.yaml`: it is new",
        "2 files that are no valid configs of a model, before or after",
    ]


def test_a_name_is_one_code_span_on_one_line(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    write_odd_names(repository, '{"extends": "base"}\n')
    git("add", "--all")
    # What the program makes of such names is seen where they are compared.
    program = tmp_path_factory.mktemp("bin") / "w2v-explore"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for locale in ("C", "C.UTF-8"):
        finished = compare_changed("HEAD", LC_ALL=locale, PATH=f"{program.parent}{os.pathsep}{os.defpath}")
        lines = not_compared(finished)
        assert len(set(lines)) == len(ODD_NAMES)
        for line in lines:
            shown, tick, said = line[1:].rpartition("`")
            assert (line[0], tick, said) == ("`", "`", ": it is new")
            assert shown.isprintable()
            assert "`" not in shown
        assert not list(repository.rglob("here"))


def test_a_link_shows_nothing_of_where_it_leads(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
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
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "hunter2" not in finished.stdout
    assert "| encoder\\_num\\_layers | 6 | 3 |" in finished.stdout
    assert not_compared(finished) == [
        "`after.yaml`: no valid config any more",
        "`before.yaml`: no valid config at `HEAD`",
        "1 file that is no valid config of a model, before or after",
    ]


def test_a_filter_that_fails_leaves_what_git_keeps(repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.json filter=large\n")
    (repository / "data.json").write_text("{}\n")
    commit("more")
    for key, value in {"smudge": "false", "clean": "cat", "required": "true"}.items():
        git("config", f"filter.large.{key}", value)
    (repository / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\nencoder_num_layers: 3\n")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "| encoder\\_num\\_layers | 6 | 3 |" in finished.stdout


def test_submodules_and_what_is_not_checked_out_are_said(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    with monkeypatch.context() as there:
        there.chdir(other)
        git("init", "--quiet")
        (other / "a.yaml").write_text("extends: base\n")
        commit("one")
        (other / "a.yaml").write_text("extends: large\n")
        commit("two")
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub dir")
    commit("more")
    git("-C", "sub dir", "checkout", "--quiet", "HEAD^")
    (repository / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\nencoder_num_layers: 3\n")
    commit("another")
    git("update-index", "--skip-worktree", "configs/child.yaml")
    (repository / "configs/child.yaml").unlink()
    finished = compare_changed("HEAD^")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert not_compared(finished) == [
        "`configs/child.yaml`: it is not in the working tree, as in a sparse checkout",
        "`sub dir`: a submodule, whose own repository says what changed",
    ]


@pytest.mark.parametrize("name", ["GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"])
def test_how_a_hook_has_patterns_taken_changes_nothing(repository: Path, name: str) -> None:
    (repository / "configs/child.yaml").write_text("extends: parent.yaml\nencoder_num_layers: 3\n")
    finished = compare_changed("HEAD", **{name: "1"})
    assert (finished.returncode, finished.stderr, not_compared(finished)) == (0, "", [])
    assert finished.stdout.startswith("## child")


def test_the_script_needs_nothing_that_the_bash_of_macos_lacks() -> None:
    script = (ROOT / "ci/compare-changed").read_text()
    assert not re.search(r"mapfile|readarray|declare -[Ang]|local -n|\$\{\w+(,,|\^\^|@)|&>>|\|&|wait -n", script)

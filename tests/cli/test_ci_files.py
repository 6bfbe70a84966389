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


def compare_changed(base: str) -> subprocess.CompletedProcess[str]:
    # The program of the environment that runs the tests.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [ROOT / "ci/compare-changed", base]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_changed_configs_are_compared_with_what_they_were(repository: Path) -> None:
    (repository / "configs/child.yaml").write_text("name: child\nextends: parent.yaml\nencoder_num_layers: 3\n")
    (repository / "compose.yaml").write_text("services: {a: b}\n")
    (repository / "configs/new.yaml").write_text("extends: base\n")
    finished = compare_changed("HEAD")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.count("## child") == 1
    assert "| encoder\\_num\\_layers | 6 | 3 |" in finished.stdout
    assert "compose" not in finished.stdout


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

"""What other people's CI takes from this repository: the pre-commit hook and the action."""

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


@pytest.mark.parametrize("options", [(), ("--depth=1", "--branch=change")])
def test_the_action_shows_what_a_pull_request_changes(tmp_path: Path, options: tuple[str, ...]) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    [step] = [step for step in steps if step.get("name") == "Compare with the base branch"]
    upstream, clone, summary = tmp_path / "upstream", tmp_path / "clone", tmp_path / "summary.md"
    git("init", "--quiet", "--initial-branch=main", str(upstream))
    for text in ("extends: large\n", "extends: base\n"):
        (upstream / "my.yaml").write_text(text)
        git("-C", str(upstream), "add", ".")
        git("-C", str(upstream), "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message=base")
    git("-C", str(upstream), "branch", "change")
    git("clone", "--quiet", *options, upstream.as_uri(), str(clone))
    (clone / "my.yaml").write_text("extends: base\nencoder_num_layers: 6\n")
    base = {"GITHUB_BASE_REF": "main", "BASE": step["env"]["BASE"].replace("${{ github.base_ref }}", "main")}
    environment = {**path_to_program(), **base, "GITHUB_STEP_SUMMARY": str(summary)}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    subprocess.run(shell, check=True, env=environment, cwd=clone)
    assert "## my.yaml @ origin/main ↔ my.yaml\n" in summary.read_text(encoding="utf-8")
    # A later step may ask for more of a whole clone.
    assert (clone / ".git/shallow").exists() == bool(options)


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def path_to_program() -> dict[str, str]:
    # The program of the environment that runs the tests.
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

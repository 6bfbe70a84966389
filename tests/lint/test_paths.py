"""One form of paths, whichever way files were named."""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.program import Runner
from w2v_explore.lint.paths import PortablePaths, matches, tidy

WRONG = "extends: base\nencoder_num_heads: 7\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    for folder in (".git", "configs/deep", "other"):
        (root / folder).mkdir(parents=True)
    (root / "configs/deep/a.yaml").write_text(WRONG)
    (root / "pyproject.toml").write_text('[tool.w2v-explore]\npaths = ["configs"]\n')
    (root / "link").symlink_to("configs")
    monkeypatch.chdir(root)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    return root


def in_github(out: str) -> object:
    return re.findall(r"file=([^,]*)", out)


def in_gitlab(out: str) -> object:
    return [(entry["location"]["path"], entry["fingerprint"]) for entry in json.loads(out)]


def in_sarif(out: str) -> object:
    return [
        (result["locations"][0]["physicalLocation"]["artifactLocation"], result["partialFingerprints"])
        for result in json.loads(out)["runs"][0]["results"]
    ]


def in_junit(out: str) -> object:
    root = ElementTree.fromstring(out)
    return [suite.get("name") for suite in root], [case.get("classname") for case in root.iter("testcase")], out


def in_json(out: str) -> object:
    document = json.loads(out)
    return [problem["path"] for problem in document["problems"]], document["files"]


FORMATS = {"github": in_github, "gitlab": in_gitlab, "sarif": in_sarif, "junit": in_junit, "json": in_json}


@pytest.mark.parametrize(
    ("folder", "arguments"),
    [
        (".", ["./configs/deep/a.yaml"]),
        (".", ["configs//deep/a.yaml"]),
        (".", ["configs/deep/../deep/a.yaml"]),
        (".", ["configs"]),
        (".", ["./configs/"]),
        (".", ["configs/**/*.yaml"]),
        (".", ["."]),
        (".", []),
        (".", ["{root}/configs/deep/a.yaml"]),
        (".", ["{root}/configs"]),
        (".", ["link/deep/a.yaml"]),
        (".", ["link", "configs/deep/a.yaml"]),
        ("configs", ["deep/a.yaml"]),
        ("configs", ["."]),
        ("configs", []),
        ("configs/deep", ["a.yaml", "../deep/a.yaml"]),
        ("other", ["../configs"]),
        ("link/deep", ["a.yaml"]),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_a_file_has_one_path(
    run: Runner, repository: Path, monkeypatch: pytest.MonkeyPatch, form: str, folder: str, arguments: list[str]
) -> None:
    read: Callable[[str], object] = FORMATS[form]
    expected = read(run("lint", "configs/deep/a.yaml", "--format", form).out)
    assert "configs/deep/a.yaml" in str(expected)
    monkeypatch.chdir(repository / folder)
    assert read(run("lint", *(path.format(root=repository) for path in arguments), "--format", form).out) == expected


def test_a_base_has_one_path_too(run: Runner, repository: Path) -> None:
    (repository / "configs/child.yaml").write_text("extends: deep/../deep/a.yaml\n")
    problems = json.loads(run("lint", "configs", "--format", "json").out)["problems"]
    assert [problem["path"] for problem in problems] == ["configs/deep/a.yaml"]


def test_an_editor_that_pipes_a_file_in_gets_its_path(run: Runner, repository: Path) -> None:
    name = str(repository / "configs/deep/a.yaml")
    out = run("lint", "-", "--stdin-filename", name, "--format", "gitlab", stdin=WRONG.encode()).out
    assert in_gitlab(out) == in_gitlab(run("lint", "configs", "--format", "gitlab").out)
    assert json.loads(run("lint", "-", "--format", "json", stdin=WRONG.encode()).out)["files"] == ["<stdin>"]


def test_text_is_relative_to_where_it_is_read(run: Runner, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "configs")
    assert run("lint", "./deep").out.startswith("deep/a.yaml\n")


def test_outside_of_a_repository_paths_start_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    paths = PortablePaths()
    assert paths.of("x.yaml") == paths.of(str(tmp_path / "inner/x.yaml")) == "x.yaml"
    assert paths.of("../x.yaml") == paths.of(str(tmp_path / "x.yaml")) == (tmp_path / "x.yaml").resolve().as_posix()
    assert paths.of("<stdin>") == "<stdin>"
    assert paths.of("preset base") == "preset base"


def test_a_link_to_a_folder_outside_is_in_the_repository(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (repository / "shared").symlink_to(tmp_path / "shared")
    assert PortablePaths().of("shared/a.yaml") == "shared/a.yaml"


def test_a_file_in_another_repository_starts_at_its_root(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "second/.git").mkdir(parents=True)
    assert PortablePaths().of("../second/a.yaml") == "a.yaml"


@pytest.mark.parametrize(
    ("path", "tidied"), [("./a.yaml", "a.yaml"), ("a//b", "a/b"), ("../a", "../a"), ("/a/./b", "/a/b"), (".", ".")]
)
def test_tidy(path: str, tidied: str) -> None:
    assert tidy(path) == tidied.replace("/", os.sep)


@pytest.mark.parametrize("folder", ["a[b]c", "plain"])
@pytest.mark.parametrize(
    ("pattern", "is_of"),
    [
        ("configs/8khz/*", True), ("./configs/8khz/*", True), ("configs/8khz", True), ("configs/8khz/", True),
        ("configs//8khz/a.yaml", True), ("configs/**", True), ("**/a.yaml", True), ("configs/**/a.yaml", True),
        ("configs/8khz/**/a.yaml", True), ("*.yaml", True), (".", True), ("{}/configs/8khz", True),
        ("configs/8k", False), ("8khz/*", False), ("a.yaml", False), ("configs/8khz/b.yaml", False),
        ("**/b.yaml", False),
    ],
)  # fmt: skip
def test_a_pattern_is_of_files_and_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, pattern: str, is_of: bool
) -> None:
    root = tmp_path / folder
    (root / "configs/8khz").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    monkeypatch.chdir(root)
    pattern = pattern.format(glob.escape(str(root)))
    for path in ("configs/8khz/a.yaml", str(root / "configs/8khz/a.yaml"), str(tmp_path / "link/configs/8khz/a.yaml")):
        assert matches(path, pattern, str(root)) == is_of
    monkeypatch.chdir("configs")
    assert matches("8khz/a.yaml", pattern, str(root)) == is_of

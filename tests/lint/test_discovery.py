"""From paths to files: folders, globs, .gitignore, and what is not there."""

from __future__ import annotations

import glob
import os
import subprocess
from pathlib import Path

import pytest

from w2v_explore.lint import discovery
from w2v_explore.lint.discovery import Found, find_files


def complain(path: str, message: str) -> None:
    raise AssertionError(message)


def find(*paths: str) -> list[str]:
    return [found.path.replace(os.sep, "/") for found in find_files(paths, complain)]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "a.yaml",
        "b.yml",
        "c.json",
        "sub/d.yaml",
        "sub/deep/e.yaml",
        "out/f.yaml",
        ".git/g.yaml",
        ".hidden/h.yml",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_folders_are_searched_for_both_suffixes(tree: Path) -> None:
    assert find(".") == ["a.yaml", "b.yml", ".hidden/h.yml", "out/f.yaml", "sub/d.yaml", "sub/deep/e.yaml"]


def test_named_files_are_taken_whatever_they_are_called(tree: Path) -> None:
    assert find("c.json", "a.yaml") == ["c.json", "a.yaml"]


def test_globs(tree: Path) -> None:
    assert find("*.y*ml") == ["a.yaml", "b.yml"]
    assert find("sub/**/*.yaml") == ["sub/d.yaml", "sub/deep/e.yaml"]
    assert find("su[b]") == ["sub/d.yaml", "sub/deep/e.yaml"]


@pytest.mark.parametrize(
    "pattern",
    [
        "**", "**/", "**/*", "**/*.yaml", "sub/**", "sub/**/", "s*/**/e.yaml", "./**/*.yaml", "**/deep/**",
        "**/**/*.yml",
        "a**", "**/[ab].y*", ".hidden/**", "**/.hidden/*", "**/nosuch/*", "*/**/", "**.yaml", "su[b]/**/d*",
    ],
)  # fmt: skip
def test_globs_are_those_of_python(tree: Path, pattern: str) -> None:
    for each in (pattern, f"{tree}/{pattern}"):
        assert discovery._matches(each) == sorted(set(glob.glob(each, recursive=True)))


def test_doubled_slashes_in_a_glob_are_one(tree: Path) -> None:
    assert find("sub//**//*.yaml") == ["sub/d.yaml", "sub/deep/e.yaml"]


def test_a_glob_follows_links_to_each_folder_once(tree: Path) -> None:
    for folder in (".", "sub", "sub/deep"):
        for name, target in (("again", "."), ("above", "..")):
            os.symlink(target, tree / folder / name)
    elsewhere = tree.parent / f"{tree.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "z.yaml").touch()
    os.symlink(elsewhere, tree / "sub" / "link")
    os.symlink(elsewhere, tree / "sub" / "twice")
    *found, last = find("**/*.yaml")
    assert found == ["a.yaml", "out/f.yaml", "sub/d.yaml", "sub/deep/e.yaml"]
    assert last in ("sub/link/z.yaml", "sub/twice/z.yaml")


def test_a_file_is_found_by_each_path_that_leads_to_it(tree: Path) -> None:
    assert find("a.yaml", "./a.yaml", "*.yaml") == ["a.yaml"] * 3


def test_only_a_search_passes_over_files(tree: Path) -> None:
    assert list(find_files(["a.yaml"], complain)) == [Found("a.yaml", searched=False)]
    assert all(found.searched for found in find_files(["sub"], complain))


def test_gitignore(tree: Path) -> None:
    (tree / ".gitignore").write_text("out/\n*.yml\n/sub/d.yaml\n")
    assert find(".") == ["a.yaml", "sub/deep/e.yaml"]
    assert find("b.yml") == ["b.yml"], "what is named is taken"


def test_nested_gitignores_and_exceptions(tree: Path) -> None:
    (tree / ".gitignore").write_text("*.yaml\n")
    (tree / "sub/.gitignore").write_text("!e.yaml\n")
    assert find(".") == ["b.yml", ".hidden/h.yml", "sub/deep/e.yaml"]


def test_the_gitignore_of_the_repository_holds_in_a_folder_of_it(tree: Path) -> None:
    (tree / ".gitignore").write_text("/sub/d.yaml\n")
    assert find("sub") == ["sub/deep/e.yaml"]
    os.chdir(tree / "sub")
    assert find(".") == ["deep/e.yaml"]


@pytest.mark.parametrize("path", ["nowhere.yaml", "nowhere/*.yaml", "nowhere/"])
def test_what_is_not_there_is_an_error(tree: Path, path: str) -> None:
    said: list[tuple[str, str]] = []
    found = [found.path for found in find_files([path, "a.yaml"], lambda *words: said.append(words))]
    assert found == ["a.yaml"]
    assert said == [(path, f"no file is named {path}, and no pattern of that name matches one")]


def test_a_folder_that_cannot_be_searched_is_named_and_the_rest_goes_on(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    messages: list[str] = []
    found = [found.path for found in find_files(["sub", "a.yaml"], lambda path, message: messages.append(message))]
    assert found == [os.path.join("sub", "d.yaml"), "a.yaml"]
    assert messages == [f"cannot search {os.path.join('sub', 'deep')}: Permission denied"]


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("index_version", ["2", "3"])
def test_what_git_tracks_it_does_not_ignore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index_version: str
) -> None:
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    names = ("models/ü a.yaml", "models/old/b.yaml", "kept/models.yaml", "c.yaml", f"long/{'x' * 200}.yaml")
    for name in (*names, "models/new.yaml", "other/models/d.yaml", "odels/e.yaml", "xc.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("")
    Path(".gitignore").write_text("models/\nmodels.yaml\n*c.yaml\nlong\nodels\n")
    git("add", "--force", *names)
    if index_version == "3":
        # An entry that is to be added makes the index one of extended entries.
        Path("f.yaml").write_text("")
        git("add", "--intent-to-add", "f.yaml")
        names = (*names, "f.yaml")
    assert Path(".git/index").read_bytes()[7] == int(index_version)
    assert sorted(find(".")) == sorted(names)
    monkeypatch.chdir(tmp_path / "models")
    assert sorted(find(".")) == ["old/b.yaml", "ü a.yaml"]
    # In another working tree, .git is a file.
    monkeypatch.chdir(tmp_path)
    git("commit", "--quiet", "-m", "x")
    git("worktree", "add", "--quiet", f"../tree{index_version}", "-b", "y")
    monkeypatch.chdir(tmp_path.parent / f"tree{index_version}")
    assert set(find(".")) == {*names} - {"f.yaml"}


@pytest.mark.parametrize("content", [b"", b"DIRC", b"DIRC\0\0\0\x04c.yaml\0", b"\0\x06c.yaml\0"])
def test_an_index_that_cannot_be_read_tracks_nothing(tree: Path, content: bytes) -> None:
    (tree / ".git/index").write_bytes(content)
    (tree / ".gitignore").write_text("*.yaml\n")
    assert find(".") == ["b.yml", ".hidden/h.yml"]

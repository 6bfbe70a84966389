"""What lint takes for ignored is what git ignores: git itself is asked, on random trees and on odd ones."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.program import Runner
from w2v_explore.lint.discovery import find_files
from w2v_explore.lint.wildmatch import Wildmatch

NAMES = (
    "a.yaml", "b.yaml", "ab.yaml", "B.yaml", "a b.yaml", ".yaml", "[a].yaml", "*.yaml", "#a.yaml", "!a.yaml", "é.yaml",
    "\\a.yaml", "bba.yaml", "a].yaml", "-a.yaml", "a\x01.yaml", "a\r.yaml",
)  # fmt: skip
FOLDERS = ("a", "b", "ab", "A", "a b", "[a]", "é", "c.yaml", "a ")
WORDS = (
    "a", "b", "ab", "*", "?", "a*", "*b", "*.yaml", "a.yaml", "b.yaml", "[ab]", "[!a]*", "[^b]*", "[a-c]*", "**", "a**",
    "**b", "[[:alpha:]]*", "[[:upper:]]*", "[]a]", "[!]a]*", "[a-", "[", "[z-a]", "\\a*", "\\*.yaml", "\\!a*", "\\#*",
    "\\[a]*", "#a", "!a", "a\\ ", "a b*", "é*", "??", "[[:foo:]]", "[a\\-c]*", "*a*b*", "\\", "*[.]yaml", "[[:a]",
    "***", "[/]", "a[/]b", "c.yaml",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings of git; and the working folder, a repository in the folder that this gives."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    git("init", "--quiet")
    return tmp_path


def git(*arguments: str) -> bytes:
    settings = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "core.quotePath=false")
    return subprocess.run(["git", *settings, *arguments], check=True, capture_output=True).stdout


def of_git() -> set[str]:
    """The configs that git tracks, or does not ignore."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0")
    return {os.fsdecode(name) for name in listed if name.endswith(b".yaml")}


def of_lint(folder: str = ".") -> set[str]:
    return {found.path for found in find_files([folder], lambda path, message: pytest.fail(message))}


def pattern(draw: random.Random) -> str:
    text = "/".join(draw.choices(WORDS, k=draw.choice((1, 1, 1, 2, 3))))
    start, end = draw.choice(("", "", "", "/", "**/")), draw.choice(("", "", "", "/", " ", "/**", "\\ ", "\t"))
    return f"{draw.choice(('', '', '!'))}{start}{text}{end}"


def patterns(draw: random.Random) -> bytes:
    line_end = draw.choice(("\n", "\n", "\n", "\r\n"))
    content = line_end.join(pattern(draw) for _ in range(draw.randint(1, 6))).encode()
    odd = draw.choice((b"", b"", b"\0", b"\xff", b"\n!\n", b"\n\\\n", b"\n/\n", b"\n \n"))
    middle = draw.randint(0, len(content))
    start = draw.choice((b"", b"", b"\xef\xbb\xbf"))
    return start + content[:middle] + odd + content[middle:] + draw.choice((b"", line_end.encode()))


def plant(draw: random.Random, folder: Path, depth: int) -> None:
    for name in draw.sample(NAMES, draw.randint(1, 5)):
        (folder / name).touch()
    for name in draw.sample(FOLDERS, draw.randint(0, 3)) if depth else ():
        if not (folder / name).exists():
            (folder / name).mkdir()
            plant(draw, folder / name, depth - 1)
    if draw.random() < 0.5 or depth == 3:
        (folder / ".gitignore").write_bytes(patterns(draw))


@pytest.mark.parametrize("seed", range(40))
def test_random_trees(home: Path, seed: int) -> None:
    draw = random.Random(seed)
    plant(draw, Path(), 3)
    Path(".git/info/exclude").write_bytes(patterns(draw) if seed % 3 == 0 else b"")
    if seed % 4 == 0:
        (home / "everywhere").write_bytes(patterns(draw))
        git("config", "core.excludesFile", "~/everywhere")
    everything = sorted(str(path) for path in Path().rglob("*.yaml") if path.is_file())
    if seed % 2 == 0:
        git("--literal-pathspecs", "add", "--force", "--", *draw.sample(everything, min(3, len(everything))))
    theirs = of_git()
    assert of_lint() == theirs
    folder = draw.choice(sorted({os.path.dirname(path) for path in everything}))
    assert of_lint(folder or ".") == {path for path in theirs if path.startswith(f"{folder}/" if folder else "")}


@pytest.mark.parametrize(
    "content",
    [
        b"!", b"\\", b"[z-a]", b"[", b"**", b"*", b"!\n*.yaml", b"/", b"//", b"a.yaml  ", b"a.yaml\\ ", b"a.yaml\t",
        b"a.yaml\0b.yaml\n", b"\xef\xbb\xbfa.yaml", b"a.yaml\r\nsub/\r\n", b"\r\n", b"\xff\n", b"#\n\\#a.yaml",
        b"a.yaml\n" * 30_000, b"x" * 2**20, b"*" * 2**20, b"**/" * 5_000 + b"a.yaml", b"*x" * 2**19,
        b"[" + b"a-z" * 100_000 + b"].yaml", b"?" * 2**20, b"a" * 255 + b"*" + b"b" * 255, b"[a-c]*\n!a*",
        b"sub**/a.yaml",
    ],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_odd_files_of_patterns(run: Runner, content: bytes) -> None:
    Path("sub/deep").mkdir(parents=True)
    for name in ("a.yaml", "b.yaml", "#a.yaml", "sub/a.yaml", "sub/deep/a.yaml", f"{'a' * 250}.yaml"):
        Path(name).write_text("extends: base\n")
    Path(".gitignore").write_bytes(content)
    assert of_lint() == of_git()
    assert run("lint", ".", "--allow-empty").code == 0


@pytest.mark.parametrize("glob", [b"*a" * 14 + b"b", b"a*" * 100 + b"b", b"**/a" * 60 + b"/b", b"[a]*" * 60 + b"b"])
@pytest.mark.parametrize("is_path", [False, True])
def test_stars_do_not_share_a_name_in_all_ways_one_after_the_other(glob: bytes, is_path: bool) -> None:
    matcher = Wildmatch(glob, is_path, fold=False)
    assert not matcher.matches(b"a" * 255)
    assert not matcher.matches(b"/".join([b"a"] * 120))


def test_the_stars_of_a_gitignore(run: Runner) -> None:
    Path(".gitignore").write_text(f"{'*a' * 14}b\n{'**/a' * 40}/b\n")
    deep = Path("/".join(["a"] * 100))
    deep.mkdir(parents=True)
    (deep / f"{'a' * 250}.yaml").write_text("extends: base\n")
    assert run("lint", ".").code == 0


def ignore_case(home: Path) -> None:
    git("config", "core.ignoreCase", "true")
    Path(".gitignore").write_text("A.yaml\n[B-C].YAML\nSUB/\n*X?YAML\n")


def ignore_everywhere(home: Path) -> None:
    (home / ".config/git").mkdir(parents=True)
    (home / ".config/git/ignore").write_text("b.yaml\n")


def name_a_file_for_everybody(home: Path) -> None:
    (home / ".gitconfig").write_text('# mine\n[core] ; more\n\tEditor = x\n\texcludesFile = "~/my # file" ; quoted\n')
    (home / "my # file").write_text("a.yaml\n")


def name_no_file_for_everybody(home: Path) -> None:
    ignore_everywhere(home)
    git("config", "core.excludesFile", "")


def exclude_here(home: Path) -> None:
    Path(".git/info/exclude").write_text("*.yaml\n!sub/\n")
    Path("sub/.gitignore").write_text("!c.yaml\n")


def link_to_patterns(home: Path) -> None:
    Path("patterns").write_text("*.yaml\n")
    Path("sub/.gitignore").symlink_to("../patterns")


def write_names_short(home: Path) -> None:
    git("add", "sub", "a.yaml")
    git("update-index", "--index-version", "4")
    Path(".gitignore").write_text("*.yaml\n")


def split_the_index(home: Path) -> None:
    git("add", "sub", "a.yaml")
    git("update-index", "--split-index")
    git("add", "b.yaml")
    Path(".gitignore").write_text("*.yaml\n")


def hash_longer(home: Path) -> None:
    Path(".git").rename(home / "old")
    git("init", "--quiet", "--object-format=sha256")
    write_names_short(home)


def ignore_what_is_partly_tracked(home: Path) -> None:
    git("add", "sub/c.yaml")
    Path(".gitignore").write_text("sub/\n")
    Path("sub/.gitignore").write_text("!*\n")


def link_to_a_folder(home: Path) -> None:
    (home / "elsewhere").mkdir()
    Path("link").symlink_to(home / "elsewhere")
    Path(".gitignore").write_text("a.yaml/\nlink/\n")


@pytest.mark.parametrize(
    "change",
    [
        ignore_case, ignore_everywhere, name_a_file_for_everybody, name_no_file_for_everybody, exclude_here,
        link_to_patterns, write_names_short, split_the_index, hash_longer, ignore_what_is_partly_tracked,
        link_to_a_folder,
    ],
)  # fmt: skip
def test_odd_repositories(home: Path, change: Callable[[Path], None]) -> None:
    Path("sub/deep").mkdir(parents=True)
    for name in ("a.yaml", "b.yaml", "x.yaml", "sub/a.yaml", "sub/c.yaml", "sub/deep/a.yaml", "sub/deep/é.yaml"):
        Path(name).touch()
    change(home)
    assert of_lint() == of_git()
    assert of_lint("sub") == {path for path in of_git() if path.startswith("sub/")}


def test_a_repository_within_another_has_its_own_patterns() -> None:
    Path(".gitignore").write_text("a.yaml\n")
    for name in ("inner/sub", "plain"):
        Path(name).mkdir(parents=True)
    git("init", "--quiet", "inner")
    Path("inner/.gitignore").write_text("b.yaml\n")
    for folder in (".", "plain", "inner", "inner/sub"):
        for name in ("a.yaml", "b.yaml"):
            Path(folder, name).touch()
    assert of_lint() == {"b.yaml", "plain/b.yaml", "inner/a.yaml", "inner/sub/a.yaml"}


def test_a_tree_reached_through_a_link_is_the_same(home: Path) -> None:
    Path("sub").mkdir()
    Path("sub/a.yaml").touch()
    Path("sub/b.yaml").touch()
    Path(".gitignore").write_text("/sub/a.yaml\n")
    link = home / "link"
    link.symlink_to(Path("sub").resolve())
    assert of_lint(str(link)) == {str(link / "b.yaml")}


def test_what_cannot_be_read_is_said_and_ignores_nothing(run: Runner) -> None:
    for name in ("fifo", "device", "folder"):
        Path(name).mkdir()
        Path(name, "a.yaml").write_text("extends: base\n")
    os.mkfifo("fifo/.gitignore")
    Path("device/.gitignore").symlink_to("/dev/zero")
    Path("folder/.gitignore").mkdir()
    os.mkfifo(".git/index")
    Path(".git/info/exclude").unlink()
    Path(".git/info/exclude").symlink_to("/dev/zero")
    finished = run("lint", ".")
    assert finished.code == 2
    assert finished.out.startswith("No problems in 3 files; 4 could not be checked")
    lines = finished.err.splitlines()
    assert len([line for line in lines if line.endswith("; what it ignores is not known")]) == len(lines) == 4
    Path(".gitignore").write_text("a.yaml\n")
    finished = run("lint", ".", "--allow-empty")
    assert finished.code == 2
    assert "/.git/index: it is no regular file; what git tracks in " in finished.err

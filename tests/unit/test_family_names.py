"""Nothing outside a family's folder knows the family: the package's code names none, but in the tables for that.

A family's own folder names the family and its ancestors, from which it imports.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

import pytest

from w2v_explore.config.dialects.huggingface_words import HUGGINGFACE_REFUSED
from w2v_explore.config.family import FAMILIES, names_in

PACKAGE = Path(__file__).parent.parent.parent / "w2v_explore"
# The table of families, and what of their folders is public from Python.
TABLES = ("config/family.py", "__init__.py")
FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if PACKAGE / "families" not in path.parents and path.relative_to(PACKAGE).as_posix() not in TABLES
]
NAMES = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, FAMILIES))})(?![\w-])")


def words_of_code(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The identifiers and texts of a module, with their lines; docstrings and what explains a value are left out."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield line, node.value
        elif isinstance(node, ast.ImportFrom):
            yield line, node.module or ""
        elif isinstance(node, ast.Import | ast.alias):
            yield line, getattr(node, "name", "")
        else:
            yield line, getattr(node, "id", "") or getattr(node, "attr", "") or str(getattr(node, "arg", ""))


def namings(paths: Iterable[Path], known: Container[str] = ()) -> list[str]:
    """Where files name families beside those that they may know."""
    return [
        f"{path.relative_to(PACKAGE)}:{line}: {text[:80]!r}"
        for path in paths
        if NAMES.search(content := path.read_text())
        for line, text in words_of_code(ast.parse(content))
        if any(name not in known for name in NAMES.findall(text))
    ]


def ancestors(family: str) -> set[str]:
    """The families from which a folder imports, and those from which their folders do."""
    imported = set()
    for path in (PACKAGE / "families" / family).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("w2v_explore.families."):
                imported.add((node.module or "").split(".")[2])
    return imported.union(*(ancestors(other) for other in imported - {family}))


def test_no_other_file_names_a_family() -> None:
    assert len(FILES) > 100
    assert namings(FILES) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_names_its_family_and_its_ancestors_alone(family: str) -> None:
    known = {family, *ancestors(family)}
    assert namings(sorted((PACKAGE / "families" / family).rglob("*.py")), known) == []


def test_what_cannot_be_read_is_no_family() -> None:
    assert HUGGINGFACE_REFUSED.keys().isdisjoint(names_in("huggingface"))


@pytest.mark.parametrize(
    ("code", "is_named"),
    [
        ('x = "wavlm"', True),
        ("import w2v_explore.families.wavlm.fields", True),
        ("from w2v_explore.families.wavlm import FAMILY", True),
        ("wavlm = 3", True),
        ("f(wavlm=3)", True),
        ('x = f"{y} is of wavlm"', True),
        # Part of another name.
        ('x = "wavlm_base"', False),
        ('x = "microsoft-wavlm"', False),
        # What explains.
        ('"""As wavlm."""', False),
        ('X = 3\n"""As wavlm."""', False),
        ("def f():\n    'Of wavlm.'", False),
    ],
)
def test_a_name_is_found_in_code_alone(code: str, is_named: bool) -> None:
    found = any(NAMES.search(text) for _, text in words_of_code(ast.parse(code)))
    assert found is is_named

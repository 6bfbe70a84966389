"""How the package's modules import one another."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent.parent.parent / "w2v_explore"


def imported_names(tree: ast.Module) -> Iterator[str]:
    """What a module imports at any time: in functions and for type checkers alone too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def imports() -> dict[str, set[str]]:
    """The modules of the package, and those of them that each imports."""
    modules = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        names = imported_names(ast.parse(path.read_text(encoding="utf-8")))
        # Of `from module import name`, the name is a module or something in one.
        targets = {name if name in modules else name.rpartition(".")[0] for name in names}
        found[module] = targets & modules.keys() - {module}
    return found


def in_circles(imports: dict[str, set[str]]) -> set[str]:
    """The modules that import themselves by way of others."""
    return {module for module in imports if module in reached_from(module, imports)}


def reached_from(module: str, imports: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    nodes = [module]
    while nodes:
        found = imports[nodes.pop()] - reached
        reached |= found
        nodes += found
    return reached


def test_no_module_is_imported_by_what_it_imports() -> None:
    assert in_circles(imports()) == set()


def test_circles_are_found() -> None:
    assert in_circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"e"}, "e": set()}) == {"b", "c"}
    assert imports()["w2v_explore.cli.summary"] >= {"w2v_explore.report.summary", "w2v_explore.cli.evaluate"}
    code = "if TYPE_CHECKING:\n    from a import b\ndef later():\n    from c import d, e\n    import f.g\n"
    assert set(imported_names(ast.parse(code))) == {"a.b", "c.d", "c.e", "f.g"}

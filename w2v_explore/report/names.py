"""Names of tensors as people read them: one row for the tensors that equal layers have in common."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# A row for each tensor of a layer up to here; above, one for the layer.
_MAX_NAMES_PER_LAYER = 4
MAX_ROWS = 40

_NUMBERED = re.compile(r"(.*?\.)([0-9]{1,9})(\..*)", re.DOTALL)


class NameRow(NamedTuple):
    """Some names, and what is said of each.

    Attributes:
        names: One name, or several with the numbers of their layers as a range: ``layers.0–11.attention.k_proj.bias``.
        detail: What is said of every name.
        num_names: How many names the row stands for.
    """

    names: str
    detail: str
    num_names: int


def fold_names(described: Iterable[tuple[str, str]]) -> list[NameRow]:
    """Rows of names and details; names that differ in a layer's number alone, and have one detail, share a row."""
    return [
        NameRow(f"{prefix}{ranges(numbers)}{suffix}", detail, max(len(numbers), 1))
        for (prefix, suffix, detail), numbers in _by_template(described).items()
    ]


def fold_layers(described: Iterable[tuple[str, str]]) -> list[NameRow]:
    """As `fold_names`, but layers with more than a few names each are one row, without the names."""
    layers: dict[tuple[str, tuple[int, ...]], list[tuple[str, str]]] = {}
    for (prefix, suffix, detail), numbers in _by_template(described).items():
        layers.setdefault((prefix, tuple(numbers)), []).append((suffix, detail))
    return [row for (prefix, numbers), parts in layers.items() for row in _rows(prefix, numbers, parts)]


def _by_template(described: Iterable[tuple[str, str]]) -> dict[tuple[str, str, str], list[int]]:
    """The layers' numbers, by the text before them, the text after them and the detail; empty for a name without."""
    templates: dict[tuple[str, str, str], list[int]] = {}
    for name, detail in described:
        numbered = _NUMBERED.fullmatch(name)
        if numbered is None:
            templates[name, "", detail] = []
        else:
            templates.setdefault((numbered[1], numbered[3], detail), []).append(int(numbered[2]))
    return templates


def _rows(prefix: str, numbers: tuple[int, ...], parts: Sequence[tuple[str, str]]) -> list[NameRow]:
    layers = f"{prefix}{ranges(numbers)}"
    if numbers and len(parts) > _MAX_NAMES_PER_LAYER:
        return [NameRow(f"{layers}.…", f"{len(parts)} tensors each", len(parts) * len(numbers))]
    return [NameRow(f"{layers}{suffix}", detail, max(len(numbers), 1)) for suffix, detail in parts]


def ranges(numbers: Iterable[int]) -> str:
    """``0, 1, 2, 5`` → ``0–2, 5``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)

"""Low-rank adaptation (Hu et al. 2021, arXiv 2106.09685): beside a linear layer the product of two thin ones.

It is a change of the tree, so that parameters, MACs and kept activations follow from it as from any tree. Names, order
and what runs are those of the ``peft`` package: ``q_proj`` becomes ``q_proj.base_layer``, ``q_proj.lora_A.default`` and
``q_proj.lora_B.default``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from w2v_explore.arguments import kind_of
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Add, Autocast, KeepsNothing, Linear, PlainLinear, View
from w2v_explore.tree.unfold import unfolded

_MAX_RANK = 2**20
_WRITTEN = re.compile(r"r\s*=\s*(\d+)\s*:\s*(.+)", re.DOTALL)
_HOW = "write the rank and the names of linear layers, as r=16:q_proj,v_proj"


@dataclass(frozen=True, slots=True)
class Scale(KeepsNothing):
    """The product with a constant."""


@dataclass(frozen=True, slots=True)
class ToTypeOfWeights(View):
    """What an adapter takes, in the type of its weights.

    Under autocast that is float32: an adapter keeps a cast of its own.
    """

    autocast: ClassVar[Autocast] = "float32"


class Lora(NamedTuple):
    """What is adapted, and how much each adapter can say.

    Attributes:
        rank: Channels between the two thin layers.
        targets: Names of linear layers, or the ends of their dotted paths.
    """

    rank: int
    targets: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Lora":
        """From ``r=16:q_proj,v_proj``.

        Raises:
            ArgumentError: It is written otherwise.
        """
        match = _WRITTEN.fullmatch(text.strip())
        targets = tuple(dict.fromkeys(name.strip() for name in match[2].split(","))) if match else ()
        if match is None or not all(targets):
            raise ArgumentError(f"{shorten(text)!r} is no adaptation; {_HOW}")
        rank = int(match[1]) if len(match[1]) <= len(str(_MAX_RANK)) else 0
        if not 1 <= rank <= _MAX_RANK:
            raise ArgumentError(_no_rank(match[1]))
        return cls(rank, targets)

    def __str__(self) -> str:
        return f"r={self.rank}:{','.join(self.targets)}"


def with_lora(tree: Layer, lora: Lora) -> Layer:
    """The model with its adapters.

    Args:
        tree: The model.
        lora: Which layers get one.

    Raises:
        ArgumentError: A name is that of no linear layer, or there is no such rank.
        TypeError: What is adapted is said in another type.
    """
    _check(lora)
    if any(name.isdecimal() for target in lora.targets for name in target.split(".")):
        tree = unfolded(tree)
    found: set[str] = set()
    adapted = _adapted(tree, "", lora, found)
    missing = [target for target in lora.targets if target not in found]
    if missing:
        raise ArgumentError(_why_none(tree, missing[0]))
    return adapted


def _check(lora: Lora) -> None:
    """What `Lora.parse` gives has these types and values; a caller of the library may give any."""
    if not isinstance(lora, Lora):
        raise TypeError(f"lora is {kind_of(lora)}; give a Lora, or a text as 'r=16:q_proj,v_proj'")
    rank, targets = lora
    if isinstance(rank, bool) or not isinstance(rank, int):
        raise TypeError(f"the rank is {kind_of(rank)}; give a whole number")
    if not isinstance(targets, tuple) or not all(isinstance(target, str) for target in targets):
        raise TypeError("the targets are no tuple of texts; give names of linear layers, as ('q_proj', 'v_proj')")
    if not 1 <= rank <= _MAX_RANK:
        raise ArgumentError(_no_rank(str(rank) if abs(rank) <= _MAX_RANK else f"of {rank.bit_length():,} bits"))
    if not targets:
        raise ArgumentError("there are no targets; give names of linear layers, as ('q_proj', 'v_proj')")


def _no_rank(rank: str) -> str:
    return f"the rank {shorten(rank)} cannot be computed; give a number from 1 to {_MAX_RANK}"


def _adapted(layer: Layer, path: str, lora: Lora, found: set[str]) -> Layer:
    hits = [target for target in lora.targets if path == target or path.endswith(f".{target}")]
    if hits and _takes_lora(layer):
        found.update(hits)
        return _with_adapter(layer, lora.rank)
    if not layer.children:
        return layer
    prefix = f"{path}." if path else ""
    children = tuple([_adapted(child, prefix + child.name, lora, found) for child in layer.children])
    return layer._replace(children=children)


def _takes_lora(layer: Layer) -> bool:
    return type(layer.operation) in (Linear, PlainLinear) and not layer.children and not layer.lent


def _with_adapter(layer: Layer, rank: int) -> Layer:
    operation = layer.operation
    assert isinstance(operation, Linear)
    thin = Layer("default", "Linear", PlainLinear(operation.in_features, rank))
    wide = Layer("default", "Linear", PlainLinear(rank, operation.out_features))
    children = (
        layer._replace(name="base_layer", sources=(0,), copies=1),
        Layer("cast", "ToTypeOfWeights", ToTypeOfWeights(), sources=(0,)),
        Layer("lora_A", "ModuleDict", None, (thin,), sources=("cast",)),
        Layer("lora_B", "ModuleDict", None, (wide,), sources=("lora_A",)),
        Layer("scale", "Scale", Scale(), sources=("lora_B",)),
        Layer("sum", "Add", Add(), sources=("base_layer", "scale")),
    )
    return layer._replace(kind="LoraLinear", operation=None, children=children)


def is_of_adapter(key: str) -> bool:
    """Whether a key of the state_dict is that of an adapter's parameter."""
    return ".lora_A." in key or ".lora_B." in key


def _linear_names(layer: Layer) -> Iterator[str]:
    for child in layer.children:
        if _takes_lora(child) and not child.name.isdecimal():
            yield child.name
        yield from _linear_names(child)


def _why_none(tree: Layer, target: str) -> str:
    names = list(dict.fromkeys(_linear_names(tree)))
    there = f"those that there are: {', '.join(names)}" if names else "the model has none"
    return f"no linear layer that can be adapted is named {shorten(target)!r}; {there}"

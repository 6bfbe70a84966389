"""Torch modules of any tree: each composite follows its layer's schedule, as the words of `tree/layer.py` have it.

It shares nothing with the walk that it judges. A tensor is let go as soon as nothing takes it any more, but for what a
module was called with, which its caller holds as long as the call.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from w2v_explore.model.modules import ScaledDotProductAttention
from w2v_explore.tree.layer import PREVIOUS, Layer, Source, Step

Value = tuple[int, int]
"""What a step of a schedule gives, by the number of the step and of the result; of what is taken the step is -1."""


def modules_of_tree(tree: Layer) -> dict[str, Any]:
    """What `materialize` makes the composites of a tree of, whose kinds differ, and the operations of tests."""
    modules: dict[str, Any] = {
        "PairBias": PairBiasModule,
        "AvgPool1d": lambda kernel: nn.AvgPool1d(kernel),
    }

    def add(layer: Layer) -> None:
        if layer.operation is None and not layer.is_list:
            assert modules.setdefault(layer.kind, partial(Composite, layer)).args == (layer,)
        for child in layer.children:
            add(child)

    for child in tree.children:
        add(child)
    modules[tree.kind] = partial(Model, tree)
    return modules


class PairBiasModule(nn.Module):
    """A bias for each pair of frames."""

    def __init__(self, heads: int, **factory: Any) -> None:
        super().__init__()
        self.register_buffer("slopes", torch.ones(heads, **factory))

    def forward(self, frames: int) -> Tensor:
        """(heads, frames, frames)."""
        slopes: Tensor = self.slopes  # type: ignore[assignment]
        return slopes[:, None, None].expand(-1, frames, frames).clone(memory_format=torch.contiguous_format)


class Composite(nn.Module):
    """A module that only calls others; all tensors between them are (batch, frames, channels)."""

    def __init__(self, layer: Layer, /, **children: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        for name, child in children.items():
            self.add_module(name, child)

    def forward(self, *taken: Tensor) -> tuple[Tensor, ...]:
        """What the layer gives."""
        return follow(self.layer, self, list(taken))


class Model(Composite):
    """The whole; `measure` wants a pair of it, and has the first of what it gives.

    Attributes:
        others: How the others were made, which keeps what their backward passes need.
    """

    others: tuple[Any, ...] = ()

    def forward(self, *taken: Tensor) -> Any:
        """Of waveforms (batch, samples), which lie as (batch, 1, samples) then, or of features."""
        given = [x[:, None].transpose(1, 2) if x.dim() == 2 else x for x in taken]
        return self.give(follow(self.layer, self, given))

    def give(self, results: tuple[Tensor, ...]) -> Any:
        """The first, and no lengths."""
        self.others = tuple([result.grad_fn for result in results[1:]])
        return results[0], None


class Planned(NamedTuple):
    """A module that runs, and on what."""

    layer: Layer
    path: str
    takes: tuple[Value, ...]


def plan(layer: Layer) -> tuple[list[Planned], tuple[Value, ...]]:
    """All that a layer runs, each copy by itself, and what it gives."""
    steps: list[Planned] = []
    named: dict[str, int] = {}

    def found(source: Source) -> Value:
        if source == PREVIOUS:
            return (len(steps) - 1, 0)  # before the first step that is what is taken first
        if isinstance(source, int):
            return (-1, source)
        if source in named:
            return (named[source], 0)
        name, number = source.split(".")
        return (named[name], int(number))

    for step in layer.schedule or [child.name for child in layer.children]:
        name, sources, result = step if isinstance(step, Step) else (step, (), "")
        child = layer.child(name)
        sources = sources or child.sources or (PREVIOUS,)
        first, *others = map(found, sources)
        parent = name.rpartition(".")[0]
        for number, copy in enumerate(child.copy_names()):
            if number and (not child.sources or child.sources[0] == PREVIOUS):
                first = found(PREVIOUS)
            steps.append(Planned(child, f"{parent}.{copy}" if parent else copy, (first, *others)))
        named[result or name] = len(steps) - 1
    return steps, tuple(map(found, layer.gives or (PREVIOUS,)))


def follow(layer: Layer, module: nn.Module, taken: list[Tensor]) -> tuple[Tensor, ...]:
    """Run what a layer runs; what is taken is taken out of its list."""
    steps, gives = plan(layer)
    until = {value: number for number, step in enumerate(steps) for value in step.takes} | dict.fromkeys(
        gives, len(steps)
    )
    values = {(-1, number): x for number, x in enumerate(taken) if (-1, number) in until}
    taken.clear()
    for number, step in enumerate(steps):
        given = [values[value] for value in step.takes]
        for value in set(step.takes):
            if until[value] == number:
                del values[value]
        results = call(step.layer, module.get_submodule(step.path), given)
        del given
        values |= {(number, place): x for place, x in enumerate(results) if (number, place) in until}
        del results
    return tuple([values[value] for value in gives])


def call(layer: Layer, module: nn.Module, given: list[Tensor]) -> tuple[Tensor, ...]:
    """Run a module on (batch, frames, channels), however torch has it."""
    if layer.is_list:
        return follow(layer, module, given)
    operation = layer.operation
    if operation is None:
        results: tuple[Tensor, ...] = module(*given)
        return results
    if operation.reads_lengths:
        return (module(given.pop().shape[1]),)
    if isinstance(module, ScaledDotProductAttention):
        # The fused kernel takes a mask of four axes.
        mask = given[3][None] if len(given) > 3 else None
        return (module(*given[:3], mask),)
    if not layer.channels_first:
        return (module(*given),)
    return (module(*[x.transpose(1, 2) for x in given]).transpose(1, 2),)


def local_only(tree: Layer, model: nn.Module) -> None:
    """Replace what sees the whole utterance by what sees each frame alone, and hands it all on."""
    for path, module in list(model.named_modules()):
        operation = tree.child(path).operation if path and _is_there(tree, path) else None
        if operation is not None and operation.reach().whole:
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, _Sum())
        if isinstance(module, nn.LayerNorm | nn.BatchNorm1d):
            module.eps = 1.0  # with few channels nearly nothing would be left of a gradient
        if isinstance(module, nn.ReLU):
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, nn.Softplus())  # as far, with a gradient everywhere


def _is_there(tree: Layer, path: str) -> bool:
    try:
        tree.child(path)
    except KeyError:
        return False
    return True


class _Sum(nn.Module):
    def forward(self, *given: Tensor) -> Tensor:
        return given[-1] if len(given) == 1 else given[2] + given[0] + given[1]

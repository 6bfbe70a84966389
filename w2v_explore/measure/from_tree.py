"""What measuring reads off a model's tree: what the model is given, its modules, its stacks, and smaller trees."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from torch import nn

from w2v_explore.analysis.workload import Workload
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Shape


def input_shape(tree: Layer, workload: Workload) -> Shape:
    """The shape of the tensor that a model is given for a workload."""
    assert tree.takes is not None, "a part of a model is given no workload"
    return tree.takes.shape(workload.batch, workload.samples)


def registered(tree: Layer, path: str = "") -> Iterator[tuple[str, Layer]]:
    """The path of every module that a tree registers, with the layer that stands for it; parents before children."""
    yield path, tree
    for child in tree.children:
        for name in child.copy_names():
            yield from registered(child, f"{path}.{name}" if path else name)


def keep_every_layer(model: nn.Module, tree: Layer) -> None:
    """Have LayerDrop skip no layer in training.

    What holds a stack decides whether one of it is skipped, at random, and computes nothing else by itself: it alone is
    put into evaluation mode.
    """
    for path, layer in registered(tree):
        if layer.stacked:
            while path:
                path = path.rpartition(".")[0]
                model.get_submodule(path).training = False


def train_only(model: nn.Module, trained: Collection[str] | None) -> None:
    """Have some of a model's parameters need a gradient, and no others; all where it is None."""
    if trained is not None:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name in trained)


def changed_layers(tree: Layer, change: Callable[[Layer], Layer]) -> Layer:
    """A tree whose layers are changed, children before their parent, in the order of registration."""
    return change(tree._replace(children=tuple(changed_layers(child, change) for child in tree.children)))


def shallow(tree: Layer, copies: int) -> Layer:
    """A tree with so many of each run of equal layers in its stacks, or fewer where it has fewer."""
    return changed_layers(
        tree, lambda layer: layer._replace(copies=min(copies, layer.copies)) if layer.stacked else layer
    )


def stacked_layers(tree: Layer) -> int:
    """How many layers the stacks of a tree have in all."""
    return sum(layer.stacked for _, layer in registered(tree))

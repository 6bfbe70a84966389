"""The units in which strategies that shard gather a model: each stacked layer, and all that is round the layers."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Shape

Trains = Callable[[str], bool]
"""Whether the parameter of a name gets a gradient; one that is frozen, or never runs, does not."""


class Unit(NamedTuple):
    """A stacked layer, or a part of the model round the stacked layers; all these parts are gathered together.

    Attributes:
        path: Of the stacked layer; empty for a part round them.
        parameters: Shapes by name below the path.
    """

    path: str
    parameters: Mapping[str, Shape]

    def trained(self, trains: Trains | None) -> Mapping[str, Shape]:
        """Shapes of the parameters that get a gradient, by name."""
        if trains is None:
            return self.parameters
        prefix = f"{self.path}." if self.path else ""
        return {name: shape for name, shape in self.parameters.items() if trains(prefix + name)}


def units(tree: Layer) -> list[Unit]:
    """The stacked layers, and the parts of the model before, between and after them, in the order of the forward pass.

    What never runs is counted with what runs last.
    """
    found: list[Unit] = []
    _add_units(tree, "", found)
    return found


def _add_units(layer: Layer, prefix: str, found: list[Unit]) -> None:
    """Add the units in a layer that is in none, whose path and a dot are the prefix."""
    own = {f"{prefix}{name}": shape for name, shape in _own_parameters(layer)}
    if own:
        if found and not found[-1].path:
            own = {**found.pop().parameters, **own}
        found.append(Unit("", own))
    for child in layer.in_order():
        shapes = dict(parameters_below(child, "")) if child.stacked else {}
        for name in child.copy_names():
            if child.stacked:
                found.append(Unit(f"{prefix}{name}", shapes))
            else:
                _add_units(child, f"{prefix}{name}.", found)


def parameters_below(layer: Layer, prefix: str) -> Iterator[tuple[str, Shape]]:
    """Names and shapes of all parameters of a layer, in the order of their registration."""
    for name, shape in _own_parameters(layer):
        yield f"{prefix}{name}", shape
    for child in layer.children:
        for name in child.copy_names():
            yield from parameters_below(child, f"{prefix}{name}.")


def _own_parameters(layer: Layer) -> Iterator[tuple[str, Shape]]:
    """Those registered with the layer itself, what it lends its children among them."""
    if layer.operation is not None and not layer.lent:
        yield from layer.operation.parameter_shapes().items()
    for child in layer.children:
        if child.lent and child.operation is not None:
            for name, shape in child.operation.parameter_shapes().items():
                yield f"{child.name}_{name}", shape

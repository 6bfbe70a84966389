"""Memory per device of a training step on several devices, by the strategy that divides the model among them.

A strategy keeps what torch's own class for it keeps, with default options: `DistributedDataParallel` (``ddp``), with
`ZeroRedundancyOptimizer` beside it (``zero1``), `FullyShardedDataParallel` with ``SHARD_GRAD_OP`` (``zero2``) and with
``FULL_SHARD`` (``zero3``), and `fully_shard` over all devices (``fsdp``) or inside each node (``fsdp-hybrid``). What
shards wraps each stacked layer, and the model round them (`units`).
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heapreplace
from math import prod
from typing import NamedTuple

from w2v_explore.analysis.plan.gathering import (
    Earlier,
    ElementBytes,
    Size,
    moments_of_ddp,
    moments_of_fsdp1,
    moments_of_fsdp2,
)
from w2v_explore.arguments import kind_of
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Shape

STRATEGIES = ("ddp", "zero1", "zero2", "zero3", "fsdp", "fsdp-hybrid")

DEVICES_PER_NODE = 8

MAX_DEVICES = 2**16

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


class DeviceMemory(NamedTuple):
    """Bytes on the device that holds most, each part at the moment when it is largest.

    Attributes:
        parameters: Weights that stay from step to step.
        gradients: As the optimizer reads them; unreduced where only the last of several batches reduces them.
        optimizer: Moments and master copies.
        activations: The most of what was given.
        gathered: What is there beside for a while: gathered weights, gradients that are not reduced yet, and buffers of
            communication.
        total: The most of all together at any moment of the backward pass, so at most the sum of the parts; their sum
            where gradients of earlier batches are kept and activations are given as one number.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    gathered: int
    total: int


def device_memory(
    tree: Layer,
    strategy: str,
    devices: int,
    element: ElementBytes,
    activations: int | Sequence[int],
    *,
    per_node: int = DEVICES_PER_NODE,
    accumulate: int = 1,
    reduces_each: bool = True,
    trains: Trains | None = None,
    parts: Sequence[Unit] | None = None,
) -> DeviceMemory:
    """What a training step needs on the device that needs most.

    Args:
        tree: The model.
        strategy: One of `STRATEGIES`.
        devices: All of them together.
        element: What the recipe keeps of an element of a parameter.
        activations: Bytes that a device's own batch needs for activations and their gradients: the most at any moment,
            or the most in each stage of the backward pass (`activations_by_stage`), with which the total is tighter.
            Checkpoints make them fewer, and change nothing else.
        per_node: Devices of a node, inside which ``fsdp-hybrid`` shards.
        accumulate: Batches whose gradients are added up before the optimizer runs.
        reduces_each: Whether the gradients of each are reduced at once; otherwise whole gradients are kept until the
            last, as with ``no_sync()`` and ``set_requires_gradient_sync(False)``.
        trains: Which parameters get a gradient; None where all do.
        parts: The tree's `units`, where many ways are worked out of one.

    Raises:
        ArgumentError: There is no such strategy, the devices divide nothing or are no whole nodes, or a number is out
            of range or not a stage for each unit.
        TypeError: A number is no whole number.
    """
    if strategy not in STRATEGIES:
        raise ArgumentError(f"unknown strategy {strategy}; give one of {', '.join(STRATEGIES)}")
    devices, accumulate = _count(devices, "devices"), _count(accumulate, "batches to accumulate")
    shards = _shards(strategy, devices, _count(per_node, "devices in a node"))
    parts = units(tree) if parts is None else parts
    within, between = _alive(activations, len(parts))
    earlier: Earlier = "none" if accumulate == 1 else "reduced" if reduces_each else "whole"
    gathered, reduced = element.communicated
    if strategy in ("ddp", "zero1"):
        sizes = _sizes_by_parameter(parts, 1, trains)
        optimized = sum([size.made for size in sizes])
        gradients = element.gradient * optimized
        if strategy == "zero1":
            trained = [prod(shape) for unit in parts for shape in unit.trained(trains).values()]
            optimized = _largest_share(trained, devices)
        moments = moments_of_ddp(sizes, element, has_buckets=devices > 1, earlier=earlier)
    elif strategy in ("fsdp", "fsdp-hybrid"):
        sizes = _sizes_by_parameter(parts, shards, trains)
        optimized = sum([size.reduced_share for size in sizes])
        gradients = element.gradient * optimized
        if earlier == "whole":
            gradients = reduced * sum([size.made for size in sizes])
        moments = moments_of_fsdp2(sizes, shards, element, is_hybrid=strategy == "fsdp-hybrid", earlier=earlier)
    else:
        sizes, optimized = _flat_sizes(tree, parts, shards, gathered, trains)
        gradients = element.gradient * sum([size.reduced_share for size in sizes])
        if earlier == "whole":
            gradients = gathered * sum([size.made for size in sizes])
        moments = moments_of_fsdp1(sizes, shards, element, reshards=strategy == "zero3", earlier=earlier)
    parameters = element.weight * sum([size.share for size in sizes])
    optimizer = (element.moments + element.master) * optimized
    alive = [
        (between if moment.is_end else within)[moment.stage] + moment.gathered + moment.gradients for moment in moments
    ]
    return DeviceMemory(
        parameters,
        gradients,
        optimizer,
        max(within),
        max([moment.gathered for moment in moments]),
        parameters + optimizer + max(alive),
    )


def units(tree: Layer) -> list[Unit]:
    """The stacked layers, and the parts of the model before, between and after them, in the order of the forward pass.

    What never runs is counted with what runs last.
    """
    found: list[Unit] = []
    _add_units(tree, "", found)
    return found


def activations_by_stage(
    tree: Layer, activations: int, kept_by_layer: Mapping[str, int], parts: Sequence[Unit] | None = None
) -> list[int]:
    """The most bytes of activations in each stage of the backward pass: that of each of `units`, the last first.

    Args:
        tree: The model.
        activations: The most at any moment, no layer having a checkpoint: a layer's stage frees what the layer kept.
        kept_by_layer: Bytes that each module keeps, by folded path (`TrainingCost.kept_by_layer`).
        parts: As in `device_memory`.
    """
    stages = []
    for unit in reversed(units(tree) if parts is None else parts):
        stages.append(activations)
        if unit.path:
            activations -= kept_by_layer.get(tree.folded_path(unit.path), 0)
    return stages


def _add_units(layer: Layer, prefix: str, found: list[Unit]) -> None:
    """Add the units in a layer that is in none, whose path and a dot are the prefix."""
    own = {f"{prefix}{name}": shape for name, shape in _own_parameters(layer)}
    if own:
        if found and not found[-1].path:
            own = {**found.pop().parameters, **own}
        found.append(Unit("", own))
    for child in layer.in_order():
        shapes = dict(_parameters(child, "")) if child.stacked else {}
        for name in child.copy_names():
            if child.stacked:
                found.append(Unit(f"{prefix}{name}", shapes))
            else:
                _add_units(child, f"{prefix}{name}.", found)


def _parameters(layer: Layer, prefix: str) -> Iterator[tuple[str, Shape]]:
    """Names and shapes of all parameters of a layer, in the order of their registration."""
    for name, shape in _own_parameters(layer):
        yield f"{prefix}{name}", shape
    for child in layer.children:
        for name in child.copy_names():
            yield from _parameters(child, f"{prefix}{name}.")


def _own_parameters(layer: Layer) -> Iterator[tuple[str, Shape]]:
    """Those registered with the layer itself, what it lends its children among them."""
    if layer.operation is not None and not layer.lent:
        yield from layer.operation.parameter_shapes().items()
    for child in layer.children:
        if child.lent and child.operation is not None:
            for name, shape in child.operation.parameter_shapes().items():
                yield f"{child.name}_{name}", shape


def _alive(activations: int | Sequence[int], stages: int) -> tuple[Sequence[int], Sequence[int]]:
    """Bytes of activations during each stage, and at its end."""
    if isinstance(activations, int):
        return [activations] * stages, [activations] * stages
    if len(activations) != stages:
        raise ArgumentError(f"activations of {len(activations)} stages are given; the model has {stages}")
    # What is alive between two stages is alive in both.
    return activations, [*map(min, activations, activations[1:]), 0]


def _count(number: int, what: str) -> int:
    """A number of something, as an int."""
    try:
        count = operator.index(number)
    except TypeError:
        raise TypeError(f"{what} are given as {kind_of(number)}; give a whole number") from None
    if not 1 <= count <= MAX_DEVICES:
        raise ArgumentError(f"{count} {what} are given; give a number from 1 to {MAX_DEVICES}")
    return count


def _shards(strategy: str, devices: int, per_node: int) -> int:
    """Among how many devices each parameter is divided."""
    if strategy == "ddp":
        return 1
    if devices == 1:
        raise ArgumentError(f"one device divides nothing, as {strategy} would; give more devices, or the strategy ddp")
    if strategy != "fsdp-hybrid":
        return devices
    if per_node == 1:
        raise ArgumentError("a node of one device divides nothing; give more devices a node, or the strategy ddp")
    if devices % per_node:
        raise ArgumentError(
            f"fsdp-hybrid shards inside nodes of {per_node} devices, and {devices} devices are no whole nodes; "
            f"give a multiple of {per_node}, or another number of devices in a node"
        )
    return per_node


def _largest_share(elements: Sequence[int], devices: int) -> int:
    """The most that a device gets where each parameter, the largest first, goes to the device that has least so far."""
    shares = [0] * max(1, min(devices, len(elements)))
    for number in sorted(elements, reverse=True):
        heapreplace(shares, shares[0] + number)
    return max(shares)


def _sizes_by_parameter(parts: Sequence[Unit], shards: int, trains: Trains | None) -> list[Size]:
    """Of units whose parameters are divided along their first axis each."""
    sizes: list[Size] = []
    for unit in parts:
        if trains is None and sizes and unit.parameters is parts[len(sizes) - 1].parameters:
            sizes.append(sizes[-1])  # a copy of a folded layer
            continue
        trained = unit.trained(trains).values()
        sizes.append(
            Size(
                bool(unit.path),
                sum([_first_axis_share(shape, shards) for shape in unit.parameters.values()]),
                sum([prod(shape) for shape in trained]),
                sum([_first_axis_share(shape, shards) for shape in trained]),
            )
        )
    return sizes


def _first_axis_share(shape: Shape, shards: int) -> int:
    return -(-shape[0] // shards) * prod(shape[1:])


def _flat_sizes(
    tree: Layer, parts: Sequence[Unit], shards: int, gathered: int, trains: Trains | None
) -> tuple[list[Size], int]:
    """Of units whose parameters are one flat parameter each, and the elements that the optimizer has states for.

    Where a unit has both parameters that train and others, the flat ones keep the parameters apart
    (``use_orig_params``): each begins at a multiple of 16 bytes, and only parameters that train have states, but what
    the unit reduces is still the whole.
    """
    round_layers = {name: shape for unit in parts if not unit.path for name, shape in unit.parameters.items()}
    if trains is not None:
        # Where a parameter begins depends on the order in which they are registered.
        round_layers = {name: shape for name, shape in _parameters(tree, "") if name in round_layers}
    root = Unit("", round_layers)
    flat = [root, *[unit for unit in parts if unit.path]]
    trained = [unit.trained(trains) for unit in flat]
    is_mixed = any(0 < len(some) < len(unit.parameters) for unit, some in zip(flat, trained, strict=True))
    alignment = 16 // gathered if is_mixed else 1
    by_rank = [0] * shards
    size_of: dict[str, Size] = {}
    for unit, some in zip(flat, trained, strict=True):
        end, spans = 0, []
        for name, shape in unit.parameters.items():
            start = -(-end // alignment) * alignment
            end = start + prod(shape)
            if name in some:
                spans.append((start, end))
        share = -(-end // shards)
        if is_mixed:
            _add_spans(by_rank, spans, share)
            end = share * shards
        size_of[unit.path] = Size(bool(unit.path), share, end if some else 0, share if some else 0)
    optimized = max(by_rank) if is_mixed else sum([size.reduced_share for size in size_of.values()])
    # Round the layers gradients are made part by part, and the flat one of them and of what does not train at last.
    made = [sum([prod(shape) for shape in unit.trained(trains).values()]) for unit in parts]
    of_parts = sum([number for unit, number in zip(parts, made, strict=True) if not unit.path])
    rest = size_of[""]._replace(made=size_of[""].made - of_parts)
    sizes = []
    for unit, number in zip(parts, made, strict=True):
        if unit.path:
            sizes.append(size_of[unit.path])
        else:
            sizes.append(rest._replace(made=rest.made + number))
            rest = Size(False, 0, 0, 0)
    return sizes, optimized


def _add_spans(by_rank: list[int], spans: Sequence[tuple[int, int]], share: int) -> None:
    """Add the elements in spans of a flat parameter to the ranks that have them, a share each."""
    for start, end in spans:
        while start < end:
            rank = start // share
            cut = min(end, (rank + 1) * share)
            by_rank[rank] += cut - start
            start = cut

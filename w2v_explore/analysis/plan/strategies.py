"""Memory per device of a training step on several devices, by the strategy that divides the model among them.

A strategy keeps what torch's own class for it keeps, with default options: `DistributedDataParallel` (``ddp``), with
`ZeroRedundancyOptimizer` beside it (``zero1``), `FullyShardedDataParallel` with ``SHARD_GRAD_OP`` (``zero2``) and with
``FULL_SHARD`` (``zero3``), and `fully_shard` over all devices (``fsdp``) or inside each node (``fsdp-hybrid``). What
shards wraps each stacked layer, and the model round them (`units`).
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapreplace
from math import prod
from typing import NamedTuple

from w2v_explore.analysis.memory.optimizers import OPTIMIZERS, optimizer_state_bytes
from w2v_explore.analysis.plan.gathering import Earlier, ElementBytes, Moment, Size, moments_of_fsdp1, moments_of_fsdp2
from w2v_explore.analysis.plan.stages import Stages
from w2v_explore.analysis.plan.units import Trains, Unit, parameters_below
from w2v_explore.arguments import kind_of
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Shape

STRATEGIES = ("ddp", "zero1", "zero2", "zero3", "fsdp", "fsdp-hybrid")

DEVICES_PER_NODE = 8

MAX_DEVICES = 2**16


class DeviceMemory(NamedTuple):
    """Bytes on the device that holds most, each part at the moment when it is largest.

    Attributes:
        parameters: Weights that stay from step to step.
        gradients: As the optimizer reads them; unreduced where only the last of several batches reduces them.
        optimizer: States and master copies.
        activations: What the forward pass keeps, gradients of it, and what operations make for a while.
        gathered: What is there beside for a while: gathered weights, gradients that are not reduced yet, and buffers of
            communication.
        total: The most of all together at any moment of the step, so at most the sum of the parts.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    gathered: int
    total: int


class Division(NamedTuple):
    """What each device has of a model, in elements.

    Attributes:
        strategy: One of `STRATEGIES`.
        shards: Among how many devices each parameter is divided.
        has_buckets: Whether gradients are copied to be reduced whole.
        sizes: Of the units, in the order of the forward pass.
        optimized: Those that the optimizer has states for, on the device that has most.
        states: Of each device whose states may be most, the shapes of what the optimizer is given; asked for where
            states are not in proportion to elements.
    """

    strategy: str
    shards: int
    has_buckets: bool
    sizes: Sequence[Size]
    optimized: int
    states: Callable[[], Iterable[Sequence[Shape]]]


def device_memory(
    division: Division,
    element: ElementBytes,
    stages: Stages,
    *,
    optimizer: str = "adamw",
    accumulate: int = 1,
    reduces_each: bool = True,
) -> DeviceMemory:
    """What a training step needs on the device that needs most.

    Args:
        division: What each device has of the model.
        element: What the recipe keeps of an element of a parameter.
        stages: What the step of a device's own batch holds of activations, with checkpoints or without.
        optimizer: A name in `OPTIMIZERS`.
        accumulate: Batches whose gradients are added up before the optimizer runs.
        reduces_each: Whether the gradients of each are reduced at once; otherwise whole gradients are kept until the
            last, as with ``no_sync()`` and ``set_requires_gradient_sync(False)``.

    Raises:
        ArgumentError: The number of batches is out of range.
        TypeError: It is no whole number.
    """
    accumulate = _count(accumulate, "batches to accumulate")
    earlier: Earlier = "none" if accumulate == 1 else "reduced" if reduces_each else "whole"
    held = held_by_strategy(division, element, earlier)
    parameters = element.weight * sum([size.share for size in division.sizes])
    states = state_bytes(division, optimizer, element.master or element.weight) + element.master * division.optimized
    return held.with_stages(parameters, states, stages)


class Held(NamedTuple):
    """What a strategy holds beside weights, optimizer and activations.

    Attributes:
        gradients: Bytes of the gradients that the optimizer reads.
        gathered: The most that is there for a while.
        moments: When there is how much of both; empty where gradients come and stay as without a strategy.
        stay: Whether gradients of earlier batches are there from the start.
    """

    gradients: int
    gathered: int
    moments: Sequence[Moment]
    stay: bool

    def with_stages(self, parameters: int, optimizer: int, stages: Stages) -> DeviceMemory:
        """All together, with so many bytes of weights and of the optimizer's, and with activations."""
        if self.moments:
            by_name = stages._asdict()
            alive = max([by_name[at][stage] + more + gradients for stage, at, more, gradients in self.moments])
        else:
            alive = (self.gradients + stages.passing_peak if self.stay else stages.peak) + self.gathered
        return DeviceMemory(
            parameters, self.gradients, optimizer, stages.most, self.gathered, parameters + optimizer + alive
        )


def held_by_strategy(division: Division, element: ElementBytes, earlier: Earlier) -> Held:
    """What a strategy holds beside, of a division of the model, a recipe, and what earlier batches left."""
    strategy, shards, sizes = division.strategy, division.shards, division.sizes
    gathered, reduced = element.communicated
    made = sum([size.made for size in sizes])
    if strategy in ("ddp", "zero1"):
        gradients = element.gradient * made
        # Buckets stay beside the gradients: as many bytes, however many buckets.
        return Held(gradients, gradients if division.has_buckets else 0, (), earlier != "none")
    gradients = element.gradient * sum([size.reduced_share for size in sizes])
    if strategy in ("fsdp", "fsdp-hybrid"):
        gradients = reduced * made if earlier == "whole" else gradients
        moments = moments_of_fsdp2(sizes, shards, element, is_hybrid=strategy == "fsdp-hybrid", earlier=earlier)
    else:
        gradients = gathered * made if earlier == "whole" else gradients
        moments = moments_of_fsdp1(sizes, shards, element, reshards=strategy == "zero3", earlier=earlier)
    return Held(gradients, max([moment.gathered for moment in moments]), moments, earlier != "none")


def state_bytes(division: Division, optimizer: str, element_bytes: int) -> int:
    """What an optimizer keeps on the device where that is most, of numbers that take so many bytes."""
    chosen = OPTIMIZERS[optimizer]
    if chosen.by_element:
        return chosen.state_bytes((division.optimized,), element_bytes)
    return max([optimizer_state_bytes(optimizer, shapes, element_bytes) for shapes in division.states()], default=0)


def divide(
    tree: Layer,
    parts: Sequence[Unit],
    strategy: str,
    devices: int,
    element: ElementBytes,
    *,
    per_node: int = DEVICES_PER_NODE,
    trains: Trains | None = None,
) -> Division:
    """What each device has of a model.

    Args:
        tree: The model.
        parts: Its `units`.
        strategy: One of `STRATEGIES`.
        devices: All of them together.
        element: The recipe's bytes, by which frozen parameters and others lie apart in one that is flat.
        per_node: Devices of a node, inside which ``fsdp-hybrid`` shards.
        trains: Which parameters get a gradient; None where all do.

    Raises:
        ArgumentError: There is no such strategy, the devices divide nothing or are no whole nodes, or a number is out
            of range.
        TypeError: A number is no whole number.
    """
    if strategy not in STRATEGIES:
        raise ArgumentError(f"unknown strategy {strategy}; give one of {', '.join(STRATEGIES)}")
    devices = _count(devices, "devices")
    shards = _shards(strategy, devices, _count(per_node, "devices in a node"))
    if strategy in ("zero2", "zero3"):
        sizes, optimized, states = _flat_sizes(tree, parts, shards, element.communicated[0], trains)
        return Division(strategy, shards, False, sizes, optimized, lambda: states)
    shards = 1 if strategy == "zero1" else shards
    sizes = _sizes_by_parameter(parts, shards, trains)
    optimized = sum([size.reduced_share for size in sizes])
    if strategy in ("fsdp", "fsdp-hybrid"):
        return Division(strategy, shards, False, sizes, optimized, lambda: _shares_by_device(parts, shards, trains))
    trained = [shape for name, shape in parameters_below(tree, "") if trains is None or trains(name)]
    if strategy == "ddp":
        return Division(strategy, 1, devices > 1, sizes, optimized, lambda: [trained])
    by_device = _whole_by_device(trained, devices)
    optimized = max([sum(map(prod, shapes)) for shapes in by_device])
    return Division(strategy, 1, True, sizes, optimized, lambda: by_device)


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


def _whole_by_device(shapes: Sequence[Shape], devices: int) -> list[list[Shape]]:
    """What each device gets where every parameter, the largest first, goes to the device that has least so far."""
    by_device: list[list[Shape]] = [[] for _ in range(max(1, min(devices, len(shapes))))]
    least = [(0, device) for device in range(len(by_device))]
    for shape in sorted(shapes, key=prod, reverse=True):
        elements, device = least[0]
        by_device[device].append(shape)
        heapreplace(least, (elements + prod(shape), device))
    return by_device


def _shares_by_device(parts: Sequence[Unit], shards: int, trains: Trains | None) -> Iterator[list[Shape]]:
    """Of each device, or of the first of several alike, its rows of every parameter."""
    trained = [shape for unit in parts for shape in unit.trained(trains).values()]
    starts = {0}
    for rows in {shape[0] for shape in trained}:
        share = -(-rows // shards)
        starts |= {rows // share, -(-rows // share)}
    for device in sorted(starts):
        if device < shards:
            yield [_rows_of(shape, device, shards) for shape in trained]


def _rows_of(shape: Shape, device: int, shards: int) -> Shape:
    share = -(-shape[0] // shards)
    return (min(max(shape[0] - device * share, 0), share), *shape[1:])


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
) -> tuple[list[Size], int, Sequence[Sequence[Shape]]]:
    """Of units whose parameters are one flat parameter each; what the optimizer has states for; and of each device.

    Where a unit has both parameters that train and others, the flat ones keep the parameters apart
    (``use_orig_params``): each begins at a multiple of 16 bytes, and only parameters that train have states, but what
    the unit reduces is still the whole.
    """
    round_layers = {name: shape for unit in parts if not unit.path for name, shape in unit.parameters.items()}
    if trains is not None:
        # Where a parameter begins depends on the order in which they are registered.
        round_layers = {name: shape for name, shape in parameters_below(tree, "") if name in round_layers}
    root = Unit("", round_layers)
    flat = [root, *[unit for unit in parts if unit.path]]
    trained = [unit.trained(trains) for unit in flat]
    is_mixed = any(0 < len(some) < len(unit.parameters) for unit, some in zip(flat, trained, strict=True))
    alignment = 16 // gathered if is_mixed else 1
    by_rank: list[list[Shape]] = [[] for _ in range(shards if is_mixed else 1)]
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
        elif some:
            by_rank[0].append((share,))
        size_of[unit.path] = Size(bool(unit.path), share, end if some else 0, share if some else 0)
    optimized = max([sum(map(prod, shapes)) for shapes in by_rank])
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
    return sizes, optimized, by_rank


def _add_spans(by_rank: Sequence[list[Shape]], spans: Sequence[tuple[int, int]], share: int) -> None:
    """Give the elements in spans of a flat parameter to the ranks that have them, a share each."""
    for start, end in spans:
        while start < end:
            rank = start // share
            cut = min(end, (rank + 1) * share)
            by_rank[rank].append((cut - start,))
            start = cut

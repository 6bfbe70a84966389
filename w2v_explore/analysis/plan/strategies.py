"""Memory per device of a training step on several devices, by the strategy that divides the model among them.

A strategy keeps what torch's own class for it keeps, with default options: `DistributedDataParallel` (``ddp``), with
`ZeroRedundancyOptimizer` beside it (``zero1``), `FullyShardedDataParallel` with ``SHARD_GRAD_OP`` (``zero2``) and with
``FULL_SHARD`` (``zero3``), and `fully_shard` over all devices (``fsdp``) or inside each node (``fsdp-hybrid``). What
shards wraps each stacked layer, and the model round them (`units`).
"""

import operator
from collections.abc import Iterator, Mapping, Sequence
from heapq import heapreplace
from math import prod
from typing import NamedTuple

from w2v_explore.arguments import kind_of
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Shape

STRATEGIES = ("ddp", "zero1", "zero2", "zero3", "fsdp", "fsdp-hybrid")

DEVICES_PER_NODE = 8

MAX_DEVICES = 2**20


class ElementBytes(NamedTuple):
    """Bytes of one element of a parameter in training.

    Attributes:
        weight: Of the weight that stays from step to step.
        gradient: Of its gradient as the optimizer reads it.
        moments: Of the optimizer's states.
        master: Of the copy that the optimizer updates; 0 where it updates the weight itself.
        gathered: Of the weight as a sharded strategy gathers it, and of its gradient until that is reduced:
            ``param_dtype`` of FSDP's mixed precision; None where that is the weight's own.
        reduced: Of the gradient as a sharded strategy reduces it: ``reduce_dtype``; None where that is ``gathered``.
    """

    weight: int
    gradient: int
    moments: int
    master: int = 0
    gathered: int | None = None
    reduced: int | None = None


class Unit(NamedTuple):
    """A stacked layer, or a part of the model round the stacked layers; all these parts are gathered together.

    Attributes:
        path: Of the stacked layer; empty for a part round them.
        parameters: Shapes by name below the path.
    """

    path: str
    parameters: Mapping[str, Shape]


class DeviceMemory(NamedTuple):
    """Bytes on the device that holds most, each part at the moment when it is largest.

    Attributes:
        parameters: Weights that stay from step to step.
        gradients: As the optimizer reads them; unreduced where only the last of several batches reduces them.
        optimizer: Moments and master copies.
        activations: The most of what was given.
        gathered: What is there beside for a while: gathered weights, gradients that are not reduced yet, and buffers of
            communication.
        total: The most of all together at any moment of the backward pass. Where gradients of earlier batches are kept
            and activations are given as one number, it is the sum of the parts.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    gathered: int
    total: int


class _Size(NamedTuple):
    """The size of a unit.

    Attributes:
        is_layer: Whether it is a stacked layer.
        elements: Of its parameters.
        share: Elements that each device keeps, padding included.
    """

    is_layer: bool
    elements: int
    share: int


class _Moment(NamedTuple):
    """What is alive, beside what stays from step to step, at a moment of the backward pass.

    Attributes:
        stage: How many units' activations are gone.
        gathered: Bytes of gathered weights, unreduced gradients and buffers.
        gradients: Bytes of the gradients that are ready for the optimizer.
    """

    stage: int
    gathered: int
    gradients: int


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
) -> DeviceMemory:
    """What a training step needs on the device that needs most.

    Args:
        tree: The model.
        strategy: One of `STRATEGIES`.
        devices: All of them together.
        element: What the recipe keeps of an element of a parameter.
        activations: Bytes that a device's own batch needs for activations and their gradients: the most at any moment,
            or the most in each stage of the backward pass, which are those of `units`, the last first. Checkpoints make
            them fewer, and change nothing else.
        per_node: Devices of a node, inside which ``fsdp-hybrid`` shards.
        accumulate: Batches whose gradients are added up before the optimizer runs.
        reduces_each: Whether the gradients of each are reduced at once; otherwise whole gradients are kept until the
            last, as with ``no_sync()`` and ``set_requires_gradient_sync(False)``.

    Raises:
        ArgumentError: There is no such strategy, the devices divide nothing or are no whole nodes, or a number is out
            of range or not a stage for each unit.
        TypeError: A number is no whole number.
    """
    if strategy not in STRATEGIES:
        raise ArgumentError(f"unknown strategy {strategy}; give one of {', '.join(STRATEGIES)}")
    devices, accumulate = _count(devices, "devices"), _count(accumulate, "batches to accumulate")
    shards = _shards(strategy, devices, _count(per_node, "devices in a node"))
    parts = units(tree)
    stages = [activations] * len(parts) if isinstance(activations, int) else [*activations]
    if len(stages) != len(parts):
        raise ArgumentError(f"activations of {len(stages)} stages are given; the model has {len(parts)}")
    keeps = accumulate > 1
    if strategy in ("ddp", "zero1"):
        sizes = _sizes(parts, 1, by_parameter=True)
        elements = optimized = sum([size.elements for size in sizes])
        if strategy == "zero1":
            optimized = _largest_share([prod(shape) for unit in parts for shape in unit.parameters.values()], devices)
        gradients = element.gradient * elements
        moments = _moments_of_ddp(sizes, element, has_buckets=devices > 1)
    else:
        of_torch_2 = strategy in ("fsdp", "fsdp-hybrid")
        sizes = _sizes(parts, shards, by_parameter=of_torch_2)
        elements = optimized = sum([size.share for size in sizes])
        gathered, reduced = _communicated(element)
        gradients = element.gradient * elements
        if keeps and not reduces_each:
            gradients = (reduced if of_torch_2 else gathered) * sum([size.elements for size in sizes])
        if of_torch_2:
            moments = _moments_of_fsdp2(sizes, shards, element, is_hybrid=strategy == "fsdp-hybrid", keeps=keeps)
        else:
            moments = _moments_of_fsdp1(sizes, shards, element, reshards=strategy == "zero3", keeps=keeps)
    parameters, optimizer = element.weight * elements, (element.moments + element.master) * optimized
    alive = [*stages, 0]
    return DeviceMemory(
        parameters,
        gradients,
        optimizer,
        max(stages),
        max([moment.gathered for moment in moments]),
        parameters
        + optimizer
        + max(
            [alive[moment.stage] + moment.gathered + (gradients if keeps else moment.gradients) for moment in moments]
        ),
    )


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
    """Among how many devices a parameter, or the optimizer's states, are divided."""
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
    shares = [0] * min(devices, len(elements))
    for number in sorted(elements, reverse=True):
        heapreplace(shares, shares[0] + number)
    return max(shares)


def _sizes(parts: Sequence[Unit], shards: int, *, by_parameter: bool) -> list[_Size]:
    """Sizes of units, whose parameters are divided along their first axis, or all together as one flat parameter.

    The flat parameter of the parts round the stacked layers is counted with the first of these.
    """
    sizes: list[_Size] = []
    known: dict[int, _Size] = {}  # the copies of a folded layer have one dictionary of shapes
    flat = sum([prod(shape) for unit in parts if not unit.path for shape in unit.parameters.values()])
    for unit in parts:
        size = known.get(id(unit.parameters))
        if size is None:
            shapes = unit.parameters.values()
            elements = sum([prod(shape) for shape in shapes])
            if by_parameter:
                share = sum([-(-shape[0] // shards) * prod(shape[1:]) for shape in shapes])
            elif unit.path:
                share = -(-elements // shards)
            else:
                share, flat = -(-flat // shards), 0
            size = known[id(unit.parameters)] = _Size(bool(unit.path), elements, share)
        sizes.append(size)
    return sizes


def _communicated(element: ElementBytes) -> tuple[int, int]:
    """Bytes of an element of what is gathered, and of what is reduced."""
    gathered = element.weight if element.gathered is None else element.gathered
    return gathered, gathered if element.reduced is None else element.reduced


def _moments_of_ddp(sizes: Sequence[_Size], element: ElementBytes, *, has_buckets: bool) -> list[_Moment]:
    """Buckets are as large as all gradients, whatever their number, and stay beside the gradients."""
    buckets = element.gradient * sum([size.elements for size in sizes]) if has_buckets else 0
    moments, gradients = [], 0
    for stage, size in enumerate(reversed(sizes)):
        gradients += element.gradient * size.elements
        moments.append(_Moment(stage, buckets, gradients))
    return moments


def _moments_of_fsdp2(
    sizes: Sequence[_Size], shards: int, element: ElementBytes, *, is_hybrid: bool, keeps: bool
) -> list[_Moment]:
    """Of `fully_shard`, which gathers the next unit into a buffer while the backward pass of one runs.

    Its weights are copied out of the buffer, and its gradients into another, which stays until the next unit's are
    there. The weights round the stacked layers stay gathered from the forward pass on, and their gradients are reduced
    last.
    """
    gathered, reduced = _communicated(element)
    root = _round_layers(sizes)
    weights_of_root = gathered * shards * root.share
    order = sizes[::-1]
    moments = []
    unreduced = waiting = held = gradients = 0
    for stage, size in enumerate([*order, root]):
        following = next((other for other in order[stage + 1 :] if other.is_layer), _NOTHING)
        ahead = gathered * shards * following.share
        cast = gathered * following.share if gathered != element.weight else 0
        made = gathered * size.elements
        if size.is_layer:
            weights = gathered * shards * size.share
            around = weights_of_root + unreduced + held + waiting
            moments.append(_Moment(stage, around + 2 * weights, gradients))
            moments.append(_Moment(stage, around + weights + ahead + max(cast, made), gradients))
            around, after = weights_of_root + unreduced + held + ahead, stage + 1
        elif stage < len(order):
            unreduced += made
            moments.append(_Moment(stage, weights_of_root + unreduced + waiting + held + ahead + cast, gradients))
            continue
        else:
            around, after = held, stage
        waiting = reduced * shards * size.share
        moments.append(_Moment(after, around + made + waiting, gradients))
        output, added = _reduced_shard(element, reduced, size, keeps=keeps)
        gradients += element.gradient * size.share
        moments.append(_Moment(after, around + waiting + output + added, gradients))
        if is_hybrid:
            held += output  # nodes add it up meanwhile
    return moments


def _moments_of_fsdp1(
    sizes: Sequence[_Size], shards: int, element: ElementBytes, *, reshards: bool, keeps: bool
) -> list[_Moment]:
    """Of `FullyShardedDataParallel`, whose units are flat: autograd joins a unit's gradients to one when all are there.

    ``FULL_SHARD`` frees a unit's weights after each pass of it and gathers the next before it is needed;
    ``SHARD_GRAD_OP`` frees them after the backward pass alone.
    """
    gathered, reduced = _communicated(element)
    root = _round_layers(sizes)
    order = sizes[::-1]
    moments = []
    unreduced = gradients = 0
    whole = [shards * size.share if size.is_layer else 0 for size in order]
    for stage, size in enumerate([*order, root]):
        following = next((other for other in order[stage + 1 :] if other.is_layer), _NOTHING)
        kept = sum(whole[stage + 1 :]) if not reshards else shards * following.share
        weights = gathered * (shards * root.share + kept)
        if reshards and gathered != element.weight:
            weights += gathered * following.share
        made = gathered * size.elements
        if size.is_layer:
            own = gathered * shards * size.share
            moments.append(_Moment(stage, weights + own + unreduced + made, gradients))
            moments.append(_Moment(stage + 1, weights + own + unreduced + 2 * made, gradients))
            around, after = weights + unreduced, stage + 1
        elif stage < len(order):
            unreduced += made
            moments.append(_Moment(stage, weights + unreduced, gradients))
            continue
        else:
            moments.append(_Moment(stage, weights + 2 * made, gradients))
            around, after = 0, stage
        buffers = reduced * size.elements if reduced != gathered else 0
        if shards * size.share > size.elements:
            buffers += reduced * shards * size.share
        output, added = _reduced_shard(element, reduced, size, keeps=keeps)
        gradients += element.gradient * size.share
        moments.append(_Moment(after, around + made + buffers + output + added, gradients))
    return moments


_NOTHING = _Size(True, 0, 0)


def _round_layers(sizes: Sequence[_Size]) -> _Size:
    """All parts round the stacked layers together."""
    parts = [size for size in sizes if not size.is_layer]
    return _Size(False, sum([size.elements for size in parts]), sum([size.share for size in parts]))


def _reduced_shard(element: ElementBytes, reduced: int, size: _Size, *, keeps: bool) -> tuple[int, int]:
    """Bytes of what is reduced of a unit, and of what is cast of it, where they are not the gradients that stay."""
    if reduced != element.gradient:
        return reduced * size.share, element.gradient * size.share if keeps else 0
    return (reduced * size.share if keeps else 0), 0

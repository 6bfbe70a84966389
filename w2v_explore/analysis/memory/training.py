"""What a training step keeps and computes: weights, gradients, Adam's states, activations, MACs.

The activations come from the lives of the tensors (`liveness`). What a device's driver, allocator and kernels use for
themselves is not in these figures, nor are the gradients of activations while the backward pass runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.memory.liveness import OperationMemory, trace_memory
from w2v_explore.analysis.workload import DTYPE_BYTES, Workload
from w2v_explore.tree.layer import Layer

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.analysis.analyze import Analysis

LAYERS_PATH = "encoder.transformer.layers"
FIRST_CONVOLUTION = "feature_extractor.conv_layers.0.conv"


class KeptActivations(NamedTuple):
    """What the backward pass keeps, in bytes.

    Attributes:
        other: Of all but the transformer's layers.
        per_layer: Of each transformer layer.
        layer_input: What a checkpoint at a layer keeps of it.
        num_layers: The transformer's layers.
    """

    other: int
    per_layer: int
    layer_input: int
    num_layers: int

    @property
    def plain_bytes(self) -> int:
        """All of it, no layer dropped."""
        return self.other + self.num_layers * self.per_layer

    @property
    def checkpointed_bytes(self) -> int:
        """The most with a checkpoint at each layer: their inputs, and all of one while it is computed again."""
        return self.other + (self.num_layers - 1) * self.layer_input + self.per_layer


class Recipe(NamedTuple):
    """What training with Adam keeps of each parameter, in bytes.

    Attributes:
        name: ``float32``, or ``mixed precision, bfloat16``.
        weight: The copy that the forward pass uses.
        gradient: Its gradient.
        optimizer: Adam's two moments, and the float32 copy of the weight that mixed precision updates.
    """

    name: str
    weight: int
    gradient: int
    optimizer: int

    @property
    def is_mixed(self) -> bool:
        """Whether a float32 copy of the weights is kept beside those of the forward pass."""
        return self.weight == 2

    @property
    def bytes_per_parameter(self) -> int:
        """All together."""
        return self.weight + self.gradient + self.optimizer


class Spread(NamedTuple):
    """A figure that LayerDrop makes random: with every layer dropped, on average, and with none dropped.

    All three are the same where ``encoder_layer_drop`` is 0.
    """

    least: float
    expected: float
    greatest: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrainingCost:
    """What one training step keeps and computes.

    Attributes:
        recipe: Bytes per parameter.
        weight_bytes: Of the weights that the forward pass uses.
        gradient_bytes: Of their gradients.
        optimizer_bytes: Of Adam's moments and mixed precision's float32 copy.
        kept_bytes: Activations that the backward pass keeps.
        kept_by_layer: The same for every module that keeps any, and for those around it, by path; of equal layers in
            a row the first, as one.
        checkpointed_bytes: The most that is kept with a checkpoint at each transformer layer: their inputs, and all
            of one layer while it is computed again.
        forward: MACs of the forward pass, no layer dropped.
        backward: MACs of the backward pass: twice the forward pass's, but once for the first convolution, since
            nobody needs the waveforms' gradient. What a fused attention kernel computes again is not in it.
        macs: Forward and backward.
        checkpointed_macs: The same with the transformer's layers computed twice.
    """

    recipe: Recipe
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    kept_bytes: Spread
    kept_by_layer: Mapping[str, int]
    checkpointed_bytes: Spread
    forward: Macs
    backward: Macs
    macs: Spread
    checkpointed_macs: Spread

    def __repr__(self) -> str:
        return (
            f"<TrainingCost in {self.recipe.name}: {self.total_bytes(checkpointing=False):,} bytes, "
            f"{self.total_bytes(checkpointing=True):,} with checkpoints, {int(self.macs.expected):,} MACs>"
        )

    def total_bytes(self, checkpointing: bool) -> int:
        """Weights, gradients, optimizer and the most of kept activations."""
        kept = self.checkpointed_bytes if checkpointing else self.kept_bytes
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes + int(kept.greatest)


def recipe_of(dtype: str) -> Recipe:
    """What training in a dtype keeps of each parameter.

    Mixed precision is that of Micikevicius et al. 2018 (arXiv 1710.03740) with Adam, 16 bytes a parameter as in
    Rajbhandari et al. 2020 (arXiv 1910.02054).
    """
    size = DTYPE_BYTES[dtype]
    if size == 2:
        return Recipe(f"mixed precision, {dtype}", weight=2, gradient=2, optimizer=4 + 8)
    return Recipe(dtype, weight=size, gradient=size, optimizer=2 * size)


def kept_activations(tree: Layer, workload: Workload) -> KeptActivations:
    """What the backward pass keeps of a forward pass in training."""
    return _kept(trace_memory(tree, workload, training=True))


def training_cost(analysis: Analysis, dtype: str | None = None) -> TrainingCost:
    """The memory and the MACs of a training step; a dtype of 16 bits means mixed precision.

    Args:
        analysis: A config under a workload.
        dtype: Instead of the workload's.
    """
    workload = replace(analysis.workload, dtype=dtype) if dtype else analysis.workload
    tree, drop = analysis.tree, analysis.config.model.encoder_layer_drop
    recipe = recipe_of(workload.dtype)
    trace = trace_memory(tree, workload, training=True)
    kept = _kept(trace)

    rows = {row.path: row for row in analysis.layers}
    forward, layer_forward = rows[""].macs, rows[f"{LAYERS_PATH}.0"].macs
    # Nobody needs the gradient of the waveforms.
    backward = forward.plus(forward).plus(rows[FIRST_CONVOLUTION].macs, -1)
    layer_macs = 3 * layer_forward.total
    other_macs = forward.total + backward.total - kept.num_layers * layer_macs

    def spread(fixed: int, per_layer: int, once: int = 0) -> Spread:
        return spread_over_layers(kept.num_layers, drop, fixed, per_layer, once)

    return TrainingCost(
        recipe=recipe,
        weight_bytes=recipe.weight * analysis.parameters,
        gradient_bytes=recipe.gradient * analysis.parameters,
        optimizer_bytes=recipe.optimizer * analysis.parameters,
        kept_bytes=spread(kept.other, kept.per_layer),
        kept_by_layer=_kept_by_layer(trace),
        checkpointed_bytes=spread(kept.other, kept.layer_input, kept.per_layer - kept.layer_input),
        forward=forward,
        backward=backward,
        macs=spread(other_macs, layer_macs),
        checkpointed_macs=spread(other_macs, layer_macs + layer_forward.total),
    )


def spread_over_layers(num_layers: int, layer_drop: float, fixed: int, per_layer: int, once: int = 0) -> Spread:
    """``fixed``, ``per_layer`` for every layer that is not dropped, and ``once`` if there is any."""
    runs, any_runs = num_layers * (1 - layer_drop), 1 - layer_drop**num_layers
    greatest = fixed + num_layers * per_layer + once
    expected = fixed + runs * per_layer + any_runs * once if layer_drop else greatest
    return Spread(fixed if layer_drop else greatest, expected, greatest)


def _kept(trace: Sequence[OperationMemory]) -> KeptActivations:
    inside = [operation for operation in trace if operation.path.startswith(f"{LAYERS_PATH}.")]
    per_layer = sum([operation.kept_bytes for operation in inside])
    return KeptActivations(
        other=sum([operation.kept_bytes for operation in trace]) - per_layer,
        per_layer=per_layer,
        # A layer puts out what it takes in.
        layer_input=inside[-1].output_bytes,
        num_layers=inside[0].copies,
    )


def _kept_by_layer(trace: Sequence[OperationMemory]) -> dict[str, int]:
    """What each module and all below it keep; a list of equal layers all that they keep together."""
    kept: dict[str, int] = {}
    for operation in trace:
        layers = operation.copies
        path = operation.path
        while True:
            inside = path.startswith(f"{LAYERS_PATH}.")
            kept[path] = kept.get(path, 0) + operation.kept_bytes * (1 if inside else layers)
            if not path:
                break
            path = path.rpartition(".")[0]
    return kept


def kept_path(path: str) -> str:
    """The path under which `TrainingCost.kept_by_layer` has a module: equal layers are the first of them."""
    prefix = f"{LAYERS_PATH}."
    if not path.startswith(prefix):
        return path
    _, dot, rest = path.removeprefix(prefix).partition(".")
    return f"{prefix}0{dot}{rest}"

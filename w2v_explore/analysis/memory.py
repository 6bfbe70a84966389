"""Memory of inference and of training, the cost of a training step, and what fits a given memory.

All from the lives of the tensors (`liveness`). What a device's driver, allocator and kernels use for themselves is not
in these figures, nor are the gradients of activations while the backward pass runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import Macs, analyze_layers
from w2v_explore.analysis.liveness import OperationMemory, trace_memory
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.analysis.workload import DTYPE_BYTES, MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.architecture.layer import Layer
from w2v_explore.architecture.wav2vec2 import build_architecture

LAYERS_PATH = "encoder.transformer.layers"
FIRST_CONVOLUTION = "feature_extractor.conv_layers.0.conv"


class InferenceMemory(NamedTuple):
    """The memory of one forward pass without gradients.

    Attributes:
        parameter_bytes: Of all parameters.
        peak_activation_bytes: The most that tensors take at once, the waveforms among them, the parameters not.
        peak_path: The module that runs when they do; of equal layers the first.
    """

    parameter_bytes: int
    peak_activation_bytes: int
    peak_path: str

    @property
    def total_bytes(self) -> int:
        """Parameters and peak together."""
        return self.parameter_bytes + self.peak_activation_bytes


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


class Spread(NamedTuple):
    """A figure that LayerDrop makes random: with every layer dropped, on average, and with none dropped.

    All three are the same where ``encoder_layer_drop`` is 0.
    """

    least: float
    expected: float
    greatest: float


@dataclass(frozen=True, slots=True, kw_only=True)
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

    def total_bytes(self, checkpointing: bool) -> int:
        """Weights, gradients, optimizer and the most of kept activations."""
        kept = self.checkpointed_bytes if checkpointing else self.kept_bytes
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes + int(kept.greatest)


class Fit(NamedTuple):
    """The largest workloads that fit a memory, each with the other figure as it was given.

    Attributes:
        batch: Utterances of the given length; 0 where not even one fits.
        samples: The length of each utterance in the given batch; 0 where not even the shortest fits.
    """

    batch: int
    samples: int


def inference_memory(analysis: Analysis, dtype: str | None = None) -> InferenceMemory:
    """The memory of a forward pass, in the workload's dtype or another."""
    workload = replace(analysis.workload, dtype=dtype) if dtype else analysis.workload
    return _inference_memory(build_architecture(analysis.config.model), workload)


def training_cost(analysis: Analysis) -> TrainingCost:
    """The memory and the MACs of a training step; a dtype of 16 bits means mixed precision."""
    return _training_cost(
        build_architecture(analysis.config.model), analysis.workload, analysis.config.model.encoder_layer_drop
    )


def recipe_of(dtype: str) -> Recipe:
    """What training in a dtype keeps of each parameter.

    Mixed precision is that of Micikevicius et al. 2018 (arXiv 1710.03740) with Adam, 16 bytes a parameter as in
    Rajbhandari et al. 2020 (arXiv 1910.02054).
    """
    size = DTYPE_BYTES[dtype]
    if size == 2:
        return Recipe(f"mixed precision, {dtype}", weight=2, gradient=2, optimizer=4 + 8)
    return Recipe(dtype, weight=size, gradient=size, optimizer=2 * size)


def fit_inference(analysis: Analysis, memory_bytes: float) -> Fit:
    """The largest workloads whose forward pass fits a memory."""
    architecture = build_architecture(analysis.config.model)
    return _fit(analysis, lambda workload: _inference_memory(architecture, workload).total_bytes <= memory_bytes)


def fit_training(analysis: Analysis, memory_bytes: float, *, checkpointing: bool) -> Fit:
    """The largest workloads whose training step fits a memory."""
    architecture = build_architecture(analysis.config.model)
    drop = analysis.config.model.encoder_layer_drop

    def fits(workload: Workload) -> bool:
        return _training_cost(architecture, workload, drop).total_bytes(checkpointing) <= memory_bytes

    return _fit(analysis, fits)


def _inference_memory(architecture: Layer, workload: Workload) -> InferenceMemory:
    peak = max(trace_memory(architecture, workload, training=False), key=lambda operation: operation.live_bytes)
    return InferenceMemory(architecture.parameters * DTYPE_BYTES[workload.dtype], peak.live_bytes, peak.path)


def _training_cost(architecture: Layer, workload: Workload, drop: float) -> TrainingCost:
    recipe = recipe_of(workload.dtype)
    rows = {row.path: row for row in analyze_layers(architecture, workload.batch, workload.samples)}
    [layer] = architecture.child(LAYERS_PATH).children
    layer_row = rows[f"{LAYERS_PATH}.{layer.name}"]

    kept_by_layer = _kept_by_layer(trace_memory(architecture, workload, training=True))
    layer_kept = kept_by_layer[layer_row.path]
    layer_input = prod(layer_row.output_shape) * DTYPE_BYTES[workload.dtype]
    other_kept = kept_by_layer[""] - layer.copies * layer_kept

    forward, layer_forward = rows[""].macs, layer_row.macs
    # Nobody needs the gradient of the waveforms.
    first_convolution = rows[FIRST_CONVOLUTION].macs
    backward = forward.plus(forward).plus(first_convolution, -1)
    layer_macs = 3 * layer_forward.total
    other_macs = forward.total + backward.total - layer.copies * layer_macs

    def spread(fixed: int, per_layer: int, once: int = 0) -> Spread:
        """``fixed``, ``per_layer`` for every layer that is not dropped, and ``once`` if there is any."""
        runs, any_runs = layer.copies * (1 - drop), 1 - drop**layer.copies
        greatest = fixed + layer.copies * per_layer + once
        expected = fixed + runs * per_layer + any_runs * once if drop else greatest
        return Spread(fixed if drop else greatest, expected, greatest)

    return TrainingCost(
        recipe=recipe,
        weight_bytes=recipe.weight * architecture.parameters,
        gradient_bytes=recipe.gradient * architecture.parameters,
        optimizer_bytes=recipe.optimizer * architecture.parameters,
        kept_bytes=spread(other_kept, layer_kept),
        kept_by_layer=kept_by_layer,
        checkpointed_bytes=spread(other_kept, layer_input, layer_kept - layer_input),
        forward=forward,
        backward=backward,
        macs=spread(other_macs, layer_macs),
        checkpointed_macs=spread(other_macs, layer_macs + layer_forward.total),
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


def _fit(analysis: Analysis, fits: Callable[[Workload], bool]) -> Fit:
    """Both searches rest on memory growing with the batch and with the samples."""
    workload = analysis.workload
    least = minimum_samples(analysis.config.model, workload.batch)
    return Fit(
        batch=_largest(1, MAX_BATCH, lambda batch: fits(replace(workload, batch=batch))),
        samples=_largest(least, MAX_SAMPLES, lambda samples: fits(replace(workload, samples=samples))),
    )


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """The largest number from low to high that fits, 0 where none does."""
    if not fits(low):
        return 0
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low

"""What a training step keeps and computes: weights, gradients, the optimizer's states, activations, MACs.

The activations come from the lives of the tensors (`liveness`), and the most that is held at once from all that a step
allocates and frees (`step_peak`). What a device's driver, allocator and kernels use for themselves is not in these
figures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.memory.kept import kept_activations, kept_by_layer
from w2v_explore.analysis.memory.liveness import Lives, Trace
from w2v_explore.analysis.memory.recipe import Recipe, recipe_of
from w2v_explore.analysis.memory.stacks import Spread
from w2v_explore.analysis.memory.step_macs import training_macs
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import Call, with_gradients

if TYPE_CHECKING:  # worked out, and imported, where somebody asks for it
    from w2v_explore.analysis.memory.step_peak import StepPeak


# No slots: what few ask for is worked out once, when it is first asked for.
@dataclass(frozen=True, kw_only=True, repr=False)
class TrainingCost:
    """What one training step keeps and computes.

    Attributes:
        recipe: Bytes per parameter.
        learned: Elements of the parameters that get a gradient.
        weight_bytes: Of the weights that the forward pass uses.
        gradient_bytes: Of the gradients.
        optimizer_bytes: Of the optimizer's states and mixed precision's float32 copy, of parameters that get a
            gradient; and of what scales float16's loss.
        teacher_bytes: Of the weights of an average of the model over time, and of the float32 copy in which it is taken
            where the model has one; 0 where none stands beside it.
        kept_bytes: Activations that the backward pass keeps.
        cast_weight_bytes: What it keeps of weights that autocast has cast for the forward pass.
        checkpointed_bytes: The most activations that are kept with a checkpoint at each stacked layer: what they take,
            and all of one layer while it is computed again.
        checkpointed_cast_weight_bytes: The casts of weights then; of the stacked layers one has them at a time.
        forward: MACs of the forward pass, no layer dropped.
        backward: MACs of the backward pass: the forward pass's for each factor of a product that needs a gradient, so
            twice, but once where nothing that is trained ran before: nobody needs the waveforms' gradient. What a fused
            attention kernel computes again is not in it.
        macs: Forward and backward.
        checkpointed_macs: The same with the stacked layers computed twice.
        uncounted: Products of the forward pass that are among no MACs, since torch's counter sees none of them, by the
            path of the module that computes them.
    """

    recipe: Recipe
    learned: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    teacher_bytes: int
    kept_bytes: Spread
    cast_weight_bytes: Spread
    checkpointed_bytes: Spread
    checkpointed_cast_weight_bytes: Spread
    forward: Macs
    backward: Macs
    macs: Spread
    checkpointed_macs: Spread
    uncounted: Mapping[str, int]
    _trace: Trace = field(compare=False)
    _step_peak: "Callable[[bool], StepPeak]" = field(compare=False)

    @cached_property
    def kept_by_layer(self) -> Mapping[str, int]:
        """The kept bytes of every module that keeps any, and of those around it, by folded path.

        Of folded layers it is what the first keeps.
        """
        return kept_by_layer(self._trace)

    @cached_property
    def peak(self) -> "StepPeak":
        """The most that is held at once beside weights and optimizer, no layer dropped."""
        return self._step_peak(False)

    @cached_property
    def checkpointed_peak(self) -> "StepPeak":
        """The same with a checkpoint at each stacked layer."""
        return self._step_peak(True)

    def __repr__(self) -> str:
        return (
            f"<TrainingCost in {self.recipe.name}: {self.total_bytes(checkpointing=False):,} bytes, "
            f"{self.total_bytes(checkpointing=True):,} with checkpoints, {int(self.macs.expected):,} MACs>"
        )

    @property
    def resident_bytes(self) -> int:
        """What is held all along a step: weights, the optimizer's states, a teacher."""
        return self.weight_bytes + self.optimizer_bytes + self.teacher_bytes

    @property
    def state_bytes(self) -> int:
        """What there is whatever the workload: the same, and the gradients of parameters."""
        return self.resident_bytes + self.gradient_bytes

    def total_bytes(self, checkpointing: bool) -> int:
        """Weights, gradients, optimizer, and the most of kept activations and casts of weights."""
        kept, casts = (
            (self.checkpointed_bytes, self.checkpointed_cast_weight_bytes)
            if checkpointing
            else (self.kept_bytes, self.cast_weight_bytes)
        )
        return self.state_bytes + int(kept.greatest) + int(casts.greatest)

    def peak_bytes(self, checkpointing: bool) -> int:
        """The most that is held at once: all that is resident, activations, and the gradients that there are then."""
        peak = self.checkpointed_peak if checkpointing else self.peak
        return self.resident_bytes + peak.bytes


def training_cost(
    tree: Layer,
    trace: Trace,
    recipe: Recipe | None,
    step_peak: "Callable[[bool], StepPeak]",
    *,
    optimizer: str = "adamw",
    teacher: bool = False,
) -> TrainingCost:
    """The memory and the MACs of a training step.

    Args:
        tree: The model's.
        trace: The tensors of the step, in the recipe's types; what is trained is for its lives to say.
        recipe: Bytes per parameter; where it is None those of the trace's dtype, of which 16 bits mean mixed precision.
        step_peak: Works out the most that is held at once, with a checkpoint at each stacked layer or none.
        optimizer: A name in `optimizers.OPTIMIZERS`.
        teacher: Whether an average of the model over time stands beside it.
    """
    if recipe is None:
        recipe = recipe_of(trace.workload.dtype)
    kept = kept_activations(trace)
    parameters, learned = tree.parameters, trace.lives.learned_of(tree)
    work = training_macs(trace.lives.calls, trace.workload.batch, trace.lives.needs)
    plain, checkpointed = kept.plain.spread(), kept.checkpointed.spread()
    return TrainingCost(
        recipe=recipe,
        learned=learned,
        weight_bytes=recipe.weight * parameters,
        gradient_bytes=recipe.gradient * learned,
        optimizer_bytes=states_bytes(tree, trace.lives, recipe, optimizer, learned),
        teacher_bytes=recipe.teacher_bytes(parameters) if teacher else 0,
        kept_bytes=plain,
        cast_weight_bytes=_more(kept.plain_and_weights.spread(), plain),
        checkpointed_bytes=checkpointed,
        checkpointed_cast_weight_bytes=_more(kept.checkpointed_and_weights.spread(), checkpointed),
        forward=work.forward,
        backward=work.backward,
        macs=work.plain.spread(),
        checkpointed_macs=work.checkpointed.spread(),
        uncounted=_uncounted(trace.lives.calls, trace.workload.batch),
        _trace=trace,
        _step_peak=step_peak,
    )


def states_bytes(tree: Layer, lives: Lives, recipe: Recipe, optimizer: str, learned: int) -> int:
    """What the optimizer keeps: its states, the float32 copy of weights that it changes, and what scales the loss.

    Args:
        tree: The model's.
        lives: Of the step.
        recipe: Bytes per parameter.
        optimizer: A name in `optimizers.OPTIMIZERS`.
        learned: Elements of the parameters that get a gradient.
    """
    if optimizer == "adamw":
        return recipe.optimizer * learned + recipe.scaler_bytes
    # Imported where it is asked for: most commands know no other.
    from w2v_explore.analysis.memory.optimizers import optimizer_state_bytes

    found = with_gradients(lives.calls, lives.needs)
    shapes = dict(tree.state_dict_shapes())
    learning = [shapes[key] for key, path, name in tree.named_parameters() if name in found.get(path, ())]
    states = optimizer_state_bytes(optimizer, learning, recipe.float32_copy or recipe.weight)
    return states + recipe.float32_copy * learned + recipe.scaler_bytes


def _more(together: Spread, part: Spread) -> Spread:
    """How much more there is together."""
    return Spread(*[whole - some for whole, some in zip(together, part, strict=True)])


def _uncounted(calls: Sequence[Call], batch: int) -> dict[str, int]:
    """The products that are no MACs, by folded path."""
    uncounted: dict[str, int] = {}
    for call in calls:
        products = call.operation.uncounted_products(batch, *call.takes) if call.operation is not None else 0
        if products:
            uncounted[call.path] = uncounted.get(call.path, 0) + products * call.copies
    return uncounted

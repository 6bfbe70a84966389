"""What a device needs of memory, by strategy, precision and checkpoints, beside what its driver takes for itself."""

from collections.abc import Sequence
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, Card
from w2v_explore.analysis.plan.strategies import DEVICES_PER_NODE, STRATEGIES, DeviceMemory, ElementBytes, device_memory

RESERVE_BYTES = 2**30
"""Left for the device's context, the allocator and the workspaces of kernels; assumed."""

_TEACHER_BYTES = 4


class Need(NamedTuple):
    """What a device needs, one way to train.

    Attributes:
        strategy: As in `STRATEGIES`.
        precision: As in `recipe.PRECISIONS`.
        checkpointing: With a checkpoint at each stacked layer.
        memory: Of the largest batch.
        fits: Whether a card has as much, and what is left for the device beside.
    """

    strategy: str
    precision: str
    checkpointing: bool
    memory: DeviceMemory
    fits: bool


class Needs:
    """What a device needs of memory, worked out as it is asked for.

    Args:
        batches: Those that may need most, each analysed.
        card: The device.
        devices: How many.
        accumulate: Batches of a device that make an update.
        teacher: Whether a copy of the weights in float32 is kept as a teacher.
    """

    def __init__(
        self, batches: Sequence[Analysis], card: Card, devices: int, *, accumulate: int = 1, teacher: bool = False
    ) -> None:
        self._batches, self._card, self._devices, self._accumulate = batches, card, devices, accumulate
        self._teacher = _TEACHER_BYTES * batches[0].parameters if teacher else 0

    def of(self, strategy: str, precision: str, checkpointing: bool) -> Need:
        """What one way to train needs.

        Raises:
            ArgumentError: The devices are none that the strategy can divide the model among.
        """
        activations = max(activation_bytes(batch, precision, checkpointing) for batch in self._batches)
        recipe = PRECISIONS[precision]
        memory = device_memory(
            self._batches[0].tree,
            strategy,
            self._devices,
            ElementBytes(
                recipe.weight, recipe.gradient, recipe.optimizer - recipe.float32_copy, master=recipe.float32_copy
            ),
            activations,
            accumulate=self._accumulate,
        )
        memory = memory._replace(parameters=memory.parameters + self._teacher, total=memory.total + self._teacher)
        return Need(
            strategy, precision, checkpointing, memory, memory.total + RESERVE_BYTES <= self._card.memory_bytes
        )

    def all_of(self, strategy: str) -> list[Need]:
        """What all ways need that the card and the number of devices allow, that strategy first."""
        possible = [strategy] if self._devices == 1 else [strategy, *[each for each in STRATEGIES if each != strategy]]
        if self._devices % DEVICES_PER_NODE and "fsdp-hybrid" in possible:
            possible.remove("fsdp-hybrid")
        return [
            self.of(each, precision, checkpointing)
            for precision in PRECISIONS
            if TYPE_OF_PRECISION[precision] in self._card.flops
            for checkpointing in (False, True)
            for each in possible
        ]


def activation_bytes(batch: Analysis, precision: str, checkpointing: bool) -> int:
    """What a batch needs of a device beside weights, gradients and the optimizer's states, no layer dropped."""
    training = batch.training_in(precision)
    kept, casts = (
        (training.checkpointed_bytes, training.checkpointed_cast_weight_bytes)
        if checkpointing
        else (training.kept_bytes, training.cast_weight_bytes)
    )
    return int(kept.greatest) + int(casts.greatest)

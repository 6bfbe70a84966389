"""What a device needs of memory, by strategy, precision and checkpoints, beside what its driver takes for itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.memory.recipe import PRECISIONS
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, Card
from w2v_explore.analysis.plan.gathering import ElementBytes
from w2v_explore.analysis.plan.strategies import (
    DEVICES_PER_NODE,
    STRATEGIES,
    DeviceMemory,
    Trains,
    activations_by_stage,
    device_memory,
    units,
)
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import with_gradients

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
        optimizer: ``sgd``, or any other for AdamW.
    """

    def __init__(
        self,
        batches: Sequence[Analysis],
        card: Card,
        devices: int,
        *,
        accumulate: int = 1,
        teacher: bool = False,
        optimizer: str = "adamw",
    ) -> None:
        self._batches, self._card, self._devices, self._accumulate = batches, card, devices, accumulate
        self._optimizer = optimizer
        self._teacher = _TEACHER_BYTES * batches[0].parameters if teacher else 0
        self._trains = _trains(batches[0])
        self._parts = units(batches[0].tree)
        # What many ways have in common.
        self._found: dict[tuple[str, ElementBytes, int | tuple[int, ...]], DeviceMemory] = {}

    def of(self, strategy: str, precision: str, checkpointing: bool) -> Need:
        """What one way to train needs.

        Raises:
            ArgumentError: The devices are none that the strategy can divide the model among.
        """
        memory = max(
            (self._memory(batch, strategy, precision, checkpointing) for batch in self._batches),
            key=lambda memory: memory.total,
        )
        memory = memory._replace(parameters=memory.parameters + self._teacher, total=memory.total + self._teacher)
        is_enough = memory.total + RESERVE_BYTES <= self._card.memory_bytes
        return Need(strategy, precision, checkpointing, memory, is_enough)

    def _memory(self, batch: Analysis, strategy: str, precision: str, checkpointing: bool) -> DeviceMemory:
        element = _element(precision, self._optimizer)
        activations = activation_bytes(batch, precision, checkpointing)
        if checkpointing:
            # As many at every moment, so that what is beside them is worked out once.
            beside = self._device_memory(strategy, element, 0)
            return beside._replace(activations=activations, total=beside.total + activations)
        kept_by_layer = batch.training_in(precision).kept_by_layer
        stages = activations_by_stage(batch.tree, activations, kept_by_layer, self._parts)
        return self._device_memory(strategy, element, tuple(stages))

    def _device_memory(self, strategy: str, element: ElementBytes, activations: int | tuple[int, ...]) -> DeviceMemory:
        asked = strategy, element, activations
        if asked not in self._found:
            self._found[asked] = device_memory(
                self._batches[0].tree,
                strategy,
                self._devices,
                element,
                activations,
                accumulate=self._accumulate,
                trains=self._trains,
                parts=self._parts,
            )
        return self._found[asked]

    def all_of(self, strategy: str) -> list[Need]:
        """What all ways need that the card and the number of devices allow, that strategy first."""
        possible = [strategy]
        if self._devices > 1:
            # In one node alone fsdp-hybrid is fsdp.
            is_hybrid = self._devices > DEVICES_PER_NODE and not self._devices % DEVICES_PER_NODE
            others = [each for each in STRATEGIES if each != strategy]
            possible += [each for each in others if is_hybrid or each != "fsdp-hybrid"]
        return [
            self.of(each, precision, checkpointing)
            for precision in PRECISIONS
            if TYPE_OF_PRECISION[precision] in self._card.flops
            for checkpointing in (False, True)
            for each in possible
        ]


def _trains(batch: Analysis) -> Trains | None:
    """Which parameters get a gradient; None where all do."""
    lives, tree = batch.lives(training=True), batch.tree
    if lives.learned_of(tree) == batch.parameters:
        return None
    return frozenset(_learned(tree, with_gradients(lives.calls, lives.needs))).__contains__


def _learned(layer: Layer, names: Mapping[str, Collection[str]], folded: str = "", prefix: str = "") -> Iterator[str]:
    """The keys in the state_dict of some parameters.

    Args:
        layer: The module at a path.
        names: Of the parameters of each module's own, by its folded path.
        folded: The layer's folded path, ended by a dot.
        prefix: Its path, ended by a dot.
    """
    if not layer.lent:
        yield from (f"{prefix}{name}" for name in names.get(folded[:-1], ()))
    for child in layer.children:
        if child.lent:
            yield from (f"{prefix}{child.name}_{name}" for name in names.get(f"{folded}{child.name}", ()))
        for copy in child.copy_names():
            yield from _learned(child, names, f"{folded}{child.name}.", f"{prefix}{copy}.")


def _element(precision: str, optimizer: str) -> ElementBytes:
    recipe = PRECISIONS[precision]
    # Of SGD one momentum, where AdamW has two moments.
    moments = (recipe.optimizer - recipe.float32_copy) // (2 if optimizer == "sgd" else 1)
    return ElementBytes(recipe.weight, recipe.gradient, moments, master=recipe.float32_copy)


def activation_bytes(batch: Analysis, precision: str, checkpointing: bool) -> int:
    """What a batch needs of a device beside weights, gradients and the optimizer's states, no layer dropped."""
    training = batch.training_in(precision)
    kept, casts = (
        (training.checkpointed_bytes, training.checkpointed_cast_weight_bytes)
        if checkpointing
        else (training.kept_bytes, training.cast_weight_bytes)
    )
    return int(kept.greatest) + int(casts.greatest)

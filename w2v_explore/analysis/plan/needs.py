"""What a device needs of memory, by strategy, precision and checkpoints, beside what its driver takes for itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.memory.recipe import PRECISIONS, Recipe
from w2v_explore.analysis.plan.cards import TYPE_OF_PRECISION, Card
from w2v_explore.analysis.plan.gathering import Earlier, ElementBytes
from w2v_explore.analysis.plan.stages import Stages, StepStages
from w2v_explore.analysis.plan.strategies import (
    DEVICES_PER_NODE,
    STRATEGIES,
    DeviceMemory,
    Division,
    Held,
    divide,
    held_by_strategy,
    state_bytes,
)
from w2v_explore.analysis.plan.units import Trains, units
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import Call, with_gradients


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
        calls: Of the first batch, in which all is stacked that has a checkpoint where there are any; None where those
            are the layers that are stacked.
        teacher: Whether an average of the model over time is kept as a teacher.
        optimizer: A name in `OPTIMIZERS`.
    """

    def __init__(
        self,
        batches: Sequence[Analysis],
        card: Card,
        devices: int,
        *,
        accumulate: int = 1,
        calls: Sequence[Call] | None = None,
        teacher: bool = False,
        optimizer: str = "adamw",
    ) -> None:
        self._batches, self._card, self._devices = batches, card, devices
        self._earlier: Earlier = "none" if accumulate == 1 else "reduced"
        self._optimizer, self._teacher = optimizer, teacher
        self._calls = batches[0].calls if calls is None else calls
        self._trains = _trains(batches[0])
        self._parts = units(batches[0].tree)
        # What many ways have in common.
        self._step_stages: dict[bool, StepStages] = {}
        self._stages: dict[tuple[bool, int, bool], list[Stages]] = {}
        self._divisions: dict[tuple[str, int], Division] = {}
        self._held: dict[tuple[str, ElementBytes], Held] = {}

    def of(self, strategy: str, precision: str, checkpointing: bool) -> Need:
        """What one way to train needs.

        Raises:
            ArgumentError: The devices are none that the strategy can divide the model among.
        """
        recipe = PRECISIONS[precision]
        element = ElementBytes(recipe.weight, recipe.gradient, recipe.float32_copy)
        division, held = self._held_by(strategy, element)
        parameters = recipe.weight * sum([size.share for size in division.sizes])
        if self._teacher:
            parameters += recipe.teacher_bytes(self._batches[0].parameters)
        states = state_bytes(division, self._optimizer, recipe.float32_copy or recipe.weight)
        states += recipe.float32_copy * division.optimized + recipe.scaler_bytes
        memory = max(
            [held.with_stages(parameters, states, stages) for stages in self._stages_in(recipe, checkpointing)],
            key=lambda memory: memory.total,
        )
        is_enough = memory.total + RESERVE_BYTES <= self._card.memory_bytes
        return Need(strategy, precision, checkpointing, memory, is_enough)

    def _held_by(self, strategy: str, element: ElementBytes) -> tuple[Division, Held]:
        # Where a flat parameter has gaps, they depend on the bytes of what is gathered.
        dividing = strategy, element.communicated[0]
        if dividing not in self._divisions:
            self._divisions[dividing] = divide(
                self._batches[0].tree, self._parts, strategy, self._devices, element, trains=self._trains
            )
        division = self._divisions[dividing]
        key = strategy, element._replace(master=0)
        if key not in self._held:
            self._held[key] = held_by_strategy(division, element, self._earlier)
        return division, self._held[key]

    def _stages_in(self, recipe: Recipe, checkpointing: bool) -> list[Stages]:
        """The stages of each batch."""
        first, autocast, size = self._batches[0], bool(recipe.autocast), DTYPE_BYTES[recipe.dtype]
        if autocast not in self._step_stages:
            self._step_stages[autocast] = StepStages(self._calls, self._parts, trained=first.trained, autocast=autocast)
        key = autocast, size, checkpointing
        if key not in self._stages:
            self._stages[key] = [
                self._step_stages[autocast].of(
                    replace(batch.workload, dtype=recipe.dtype),
                    batch.takes.flow(batch.workload.samples),
                    checkpointing=checkpointing,
                )
                for batch in self._batches
            ]
        return self._stages[key]

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

"""Whether a training step fits a memory, and the fewest changes that make it fit where it does not."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from math import isqrt
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.largest_workload import training_needs
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up
from w2v_explore.analysis.memory.trained import ALL
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.analysis.workload import Workload
from w2v_explore.errors import ArgumentError

# By precision: those that may need less and run wherever it does, what changes the numbers least first.
_SMALLER_PRECISIONS: Mapping[str, Sequence[str]] = {
    "float32": ("amp-bfloat16", "bfloat16", "pure-bfloat16"),
    "amp-bfloat16": ("bfloat16", "pure-bfloat16"),
    "amp-float16": ("float16",),
    "bfloat16": ("pure-bfloat16",),
}
_FROZEN_EXTRACTOR = "not-extractor"


class Way(NamedTuple):
    """A way to train a model with a batch.

    Attributes:
        setup: What of the model learns, its adapters, its attention, the optimizer.
        precision: As `precision_named` takes it.
        checkpointing: With a checkpoint at each stacked layer.
        batch: Utterances in a batch.
    """

    setup: TrainingSetup
    precision: str
    checkpointing: bool
    batch: int


class Remedy(NamedTuple):
    """Changes that together make a training step fit.

    Attributes:
        change: What is changed to what, by the names of the options; beside a smaller batch ``accumulate``, which says
            how many of them make an update of as many utterances.
        needed_bytes: What a training step then takes.
        margin_bytes: What is left of the memory beside it and the reserve.
    """

    change: Mapping[str, Any]
    needed_bytes: int
    margin_bytes: int


class Answer(NamedTuple):
    """Whether a training step fits a memory.

    Attributes:
        precision: In which it trains.
        checkpointing: Whether there is a checkpoint at each stacked layer.
        needed_bytes: What it takes.
        margin_bytes: What is left of the memory beside it and the reserve; negative where it does not fit.
        changes: Where it does not fit, all that makes it fit with the fewest changes; empty where nothing that is tried
            does.
    """

    precision: str
    checkpointing: bool
    needed_bytes: int
    margin_bytes: int
    changes: Sequence[Remedy]

    @property
    def fits(self) -> bool:
        """Whether it fits."""
        return self.margin_bytes >= 0

    def to_dict(self) -> dict[str, Any]:
        """As plain data (docs/json.md)."""
        return {
            "fits": self.fits,
            **self._asdict(),
            "changes": [remedy._asdict() | {"change": dict(remedy.change)} for remedy in self.changes],
        }


def answer(analysis: Analysis, trained: Analysis, way: Way, memory_bytes: int) -> Answer:
    """Whether a training step fits, and which changes make it fit.

    Tried are checkpoints, a frozen extractor, precisions of fewer bytes, fused attention and smaller batches that
    divide the batch; each by itself, then in pairs, and so on until something suffices. Of a kind that has several,
    the mildest that suffices is taken.

    Args:
        analysis: Of the config and its workload.
        trained: The same, set up as the way says.
        way: How it is trained.
        memory_bytes: What there is, without the reserve.
    """
    needs = _Needs(analysis, {way.setup: trained})
    needed_bytes = needs.of(way)
    remedies: list[Remedy] = []
    if needed_bytes > memory_bytes:
        kinds = _kinds(analysis, way, needs)
        numbers = range(1, len(kinds) + 1) if _is_enough(kinds, way, needs, memory_bytes) else ()
        for number in numbers:
            found = [_mildest(chosen, way, needs, memory_bytes) for chosen in combinations(kinds, number)]
            remedies = [remedy for remedy in found if remedy is not None]
            if remedies:
                break
    return Answer(way.precision, way.checkpointing, needed_bytes, memory_bytes - needed_bytes, tuple(remedies))


class _Needs:
    """What ways to train need, in bytes; what they have in common is worked out once."""

    def __init__(self, analysis: Analysis, set_up_as: dict[TrainingSetup, Analysis]) -> None:
        self._analysis, self._set_up_as = analysis, set_up_as
        self._needs: dict[tuple[TrainingSetup, str, bool], Callable[[Workload], int]] = {}

    def can_be(self, setup: TrainingSetup) -> bool:
        """Whether the model can be trained so: it has such parameters, and the loss depends on some that are left."""
        try:
            self._set_up_as[setup] = set_up(self._analysis, setup)
        except ArgumentError:
            return False
        return True

    def is_met(self, way: Way, memory_bytes: int) -> bool:
        """Whether a memory is enough; where weights and optimizer alone need more, nothing else is worked out."""
        resident_bytes = self._analysis_of(way.setup).training_in(way.precision).resident_bytes
        return resident_bytes <= memory_bytes and self.of(way) <= memory_bytes

    def _analysis_of(self, setup: TrainingSetup) -> Analysis:
        if setup not in self._set_up_as:
            self._set_up_as[setup] = set_up(self._analysis, setup)
        return self._set_up_as[setup]

    def of(self, way: Way) -> int:
        setup, precision, checkpointing, batch = way
        key = setup, precision, checkpointing
        if key not in self._needs:
            self._needs[key] = training_needs(self._analysis_of(setup), precision, checkpointing=checkpointing)
        return self._needs[key](replace(self._analysis.workload, dtype=precision_named(precision).dtype, batch=batch))


def _kinds(analysis: Analysis, way: Way, needs: _Needs) -> list[Sequence[Mapping[str, Any]]]:
    """The kinds of changes that there are for a way, and of each the changes, each needing no more than the last."""
    setup = way.setup
    kinds: list[Sequence[Mapping[str, Any]]] = []
    if not way.checkpointing:
        kinds.append([{"checkpointing": True}])
    trains_all = setup.train == ALL or (setup.train is None and setup.lora is None)
    if trains_all and needs.can_be(setup._replace(train=_FROZEN_EXTRACTOR)):
        kinds.append([{"train": _FROZEN_EXTRACTOR}])
    if precisions := _SMALLER_PRECISIONS.get(way.precision):
        kinds.append([{"precision": precision} for precision in precisions])
    if setup.attention != "fused":
        kinds.append([{"attention": "fused"}])
    if batches := _smaller_batches(analysis, way.batch):
        kinds.append([{"batch": batch, "accumulate": way.batch // batch * setup.accumulate} for batch in batches])
    return kinds


def _smaller_batches(analysis: Analysis, batch: int) -> list[int]:
    """The batches of which a whole number holds as many utterances, the largest first."""
    divisors = [number for number in range(1, isqrt(batch) + 1) if batch % number == 0]
    smaller = sorted({*divisors, *[batch // number for number in divisors]} - {batch}, reverse=True)
    # Where there is a norm over an utterance, a batch of one needs more samples than a larger one does.
    if smaller and analysis.workload.samples < fewest_samples_of(analysis.calls, analysis.takes, 1, training=True):
        smaller.remove(1)
    return smaller


def _is_enough(kinds: Sequence[Sequence[Mapping[str, Any]]], way: Way, needs: _Needs, memory_bytes: int) -> bool:
    """Whether the most of all kinds of changes suffices, or all of it but what may take more than it spares.

    That are checkpoints where the layers keep next to nothing, and smaller batches, whose gradients stay.
    """
    most = _joined(*[changes[-1] for changes in kinds])
    for left_out in ((), ("checkpointing",), ("batch", "accumulate"), ("checkpointing", "batch", "accumulate")):
        change = {name: value for name, value in most.items() if name not in left_out}
        if needs.is_met(_changed(way, change), memory_bytes):
            return True
    return False


def _mildest(kinds: Sequence[Sequence[Mapping[str, Any]]], way: Way, needs: _Needs, memory_bytes: int) -> Remedy | None:
    """A change of each of some kinds that suffice together, each the first that does; None where none do."""
    *others, last = kinds
    for before in product(*others):
        changes = [_joined(*before, change) for change in last]
        number = bisect_left(changes, True, key=lambda change: needs.of(_changed(way, change)) <= memory_bytes)
        if number < len(changes):
            needed_bytes = needs.of(_changed(way, changes[number]))
            return Remedy(changes[number], needed_bytes, memory_bytes - needed_bytes)
    return None


def _joined(*changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for change in changes for name, value in change.items()}


def _changed(way: Way, change: Mapping[str, Any]) -> Way:
    of_setup = {name: value for name, value in change.items() if name in TrainingSetup._fields}
    own = {name: value for name, value in change.items() if name in Way._fields}
    return way._replace(setup=way.setup._replace(**of_setup), **own)

"""What a plan says: whether a training fits its devices, how long it runs, what it costs; and the JSON of it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import ne
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, config_and_workload
from w2v_explore.analysis.memory.largest_workload import RESERVE_BYTES
from w2v_explore.analysis.plan.cards import Card
from w2v_explore.analysis.plan.needs import Need
from w2v_explore.analysis.plan.settings import Assumption, Settings
from w2v_explore.analysis.plan.utilisation import Range, TimeEstimate

if TYPE_CHECKING:  # imported where they are asked for
    from w2v_explore.analysis.plan.observed import Observed, Verdict
    from w2v_explore.analysis.plan.within import Within


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to train the same.

    Attributes:
        need: Of memory.
        hours: Wall time of all updates.
    """

    need: Need
    hours: Range


class SmallerBatch(NamedTuple):
    """A batch that fits where the one that was asked about does not, with as much audio in an update.

    Attributes:
        seconds: The most audio of it.
        accumulate: How many a device adds up.
        bytes: What a device needs.
    """

    seconds: float
    accumulate: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrainingPlan:
    """What a training takes.

    Attributes:
        analysis: The model, with what pre-training adds, under the batch that needs most memory.
        card: Each device.
        settings: What the training is planned with.
        need: What a device needs of memory.
        time: How long it takes.
        batch_seconds: Audio of an update on all devices, padding included, on average.
        macs: Multiply–accumulates of an update on all devices.
        updates: Steps of the optimizer.
        updates_per_epoch: None where nothing says how much audio there is.
        padding_share: The padding's share of what is computed; None where it is not known.
        alternatives: Other ways to train the same, and this one.
        assumptions: What all of it rests on.
        smaller: Where it does not fit, a batch that does; None where it fits, or none was found.
        price: Of a device and hour; None where none was given.
        within: What fits the time that was asked about; None where none was.
        observed: How fast it was said to run; None where nothing was said.
        verdict: What that says; None likewise.
    """

    analysis: Analysis
    card: Card
    settings: Settings
    need: Need
    time: TimeEstimate
    batch_seconds: float
    macs: float
    updates: int
    updates_per_epoch: int | None
    padding_share: float | None
    alternatives: tuple[Alternative, ...]
    assumptions: tuple[Assumption, ...]
    smaller: SmallerBatch | None = None
    price: float | None = None
    within: Within | None = None
    observed: Observed | None = None
    verdict: Verdict | None = None

    @property
    def fits(self) -> bool:
        """Whether a device has the memory."""
        return self.need.fits

    @property
    def left_bytes(self) -> int:
        """What a device has more than is needed, the reserve among that; negative where it has less."""
        return self.card.memory_bytes - self.need.memory.total

    @property
    def nearest_that_fit(self) -> list[Need]:
        """The alternatives that fit and differ from what was asked about in the fewest respects."""
        fitting = [each.need for each in self.alternatives if each.need.fits]

        def changes(need: Need) -> int:
            ways = ((each.strategy, each.precision, each.checkpointing) for each in (need, self.need))
            return sum(map(ne, *ways))

        fewest = min(map(changes, fitting), default=0)
        return [need for need in fitting if changes(need) == fewest]

    @property
    def is_in_time(self) -> bool | None:
        """Whether the estimate ends within the time that was asked about; None where none was."""
        return None if self.within is None else 3600 * self.time.hours.estimate <= self.within.seconds

    @property
    def answer(self) -> bool:
        """Whether it fits, and ends in time."""
        return self.fits and self.is_in_time is not False

    @property
    def cost(self) -> Range | None:
        """What all devices cost; None without a price."""
        return None if self.price is None else self.time.cost(self.price)

    @property
    def epochs(self) -> float | None:
        """Passes over the data; None where nothing says how much there is."""
        return None if self.updates_per_epoch is None else self.updates / self.updates_per_epoch

    def __repr__(self) -> str:
        hours, settings = self.time.hours, self.settings
        return (
            f"<TrainingPlan of {self.analysis.config.name!r} on {settings.devices} × {self.card.name}: "
            f"{'fits' if self.fits else 'does not fit'}, {hours.estimate:.3g} h ({hours.low:.3g} to {hours.high:.3g})>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``plan`` (docs/json.md), as plain data."""
        settings, time, memory = self.settings, self.time, self.need.memory
        document: dict[str, Any] = {
            **config_and_workload(self.analysis),
            "plan": {
                "devices": settings.devices,
                "card": self.card.name,
                "strategy": settings.strategy,
                "precision": settings.precision,
                "compiled": settings.compiled,
                "checkpointing": settings.checkpointing,
                "objective": settings.objective,
                "optimizer": settings.optimizer,
                "accumulate": settings.accumulate,
                "batch_seconds": self.batch_seconds,
                "macs_per_update": round(self.macs),
                "memory_bytes_per_device": memory._asdict(),
                "card_memory_bytes": self.card.memory_bytes,
                "reserve_bytes": RESERVE_BYTES,
                "fits": self.fits,
                "updates": self.updates,
                "seconds_per_update": time.seconds_per_update.estimate,
                "hours": time.hours._asdict(),
                "device_days": time.device_days.estimate,
                "price": self.price,
                "cost": None if self.cost is None else self.cost.estimate,
                "utilisation": {
                    "value": time.utilisation.value,
                    "low": time.utilisation.low,
                    "high": time.utilisation.high,
                    "basis": time.utilisation.basis,
                },
                "unlike": list(time.unlike),
                "updates_per_epoch": self.updates_per_epoch,
                "epochs": self.epochs,
                "padding_share": self.padding_share,
                "alternatives": [
                    {
                        "strategy": each.need.strategy,
                        "precision": each.need.precision,
                        "checkpointing": each.need.checkpointing,
                        "bytes": each.need.memory.total,
                        "fits": each.need.fits,
                        "hours": each.hours._asdict(),
                    }
                    for each in self.alternatives
                ],
                "assumptions": [each._asdict() for each in self.assumptions],
            },
        }
        plan = document["plan"]
        if self.smaller is not None:
            plan["smaller_batch"] = self.smaller._asdict()
        if self.within is not None:
            plan["within"] = {**self.within._asdict(), "is_in_time": self.is_in_time}
        if self.observed is not None and self.verdict is not None:
            plan["observed"] = {
                "text": self.observed.text,
                "seconds_per_update": self.observed.seconds_per_update,
                "ratio": self.verdict.ratio,
                "is_usual": self.verdict.is_usual,
                "summary": self.verdict.summary,
                "look_at": list(self.verdict.look_at),
            }
        return document

"""Published trainings, from runs.yaml: facts with their sources, and what the model of utilisation may learn from them.

Of the runs that it may learn from, or be tried on, the file says how the MACs of a step are worked out: the config, how
batches were made, and of what lengths the utterances are.
"""

import re
from collections.abc import Mapping
from functools import cache
from math import ceil
from typing import Any, NamedTuple

from w2v_explore.analysis.plan.fill import (
    BATCH_MULTIPLE,
    ComputedBatch,
    by_max_tokens,
    by_their_sum,
    padded,
    utterances_of,
    whole_crops,
)
from w2v_explore.analysis.plan.step import StepMacs, step_macs
from w2v_explore.analysis.plan.tables import table
from w2v_explore.config.presets import preset_names
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError

_FILE = "runs.yaml"

LITTLE = 0.05
"""So much less or more audio in an update is still the published batch, as a share of it."""


class Run(NamedTuple):
    """What is published of a training. None, or an empty text, where it is not stated.

    Attributes:
        model: What was trained.
        preset: The preset that it is, or is the encoder of.
        stage: ``pre-training`` or ``fine-tuning``.
        objective: What was learned.
        source: Where it is stated.
        card: The card's name in cards.yaml, the larger where its memory is not stated; another word for what is none.
        devices: How many.
        precision: As in `cards.TYPE_OF_PRECISION`.
        compiled: Whether by torch.compile.
        updates: Steps of the optimizer.
        batch_seconds: Audio of an update, on all devices.
        device_seconds: Audio of a batch on one of them: a ceiling where ``max_tokens`` made the batches.
        utterances: Of an update, where that is what is stated.
        accumulate: Batches that an update adds up.
        crop_seconds: What utterances are cut to.
        multiple: Of how many utterances batches are multiples, where that is not fairseq's default.
        hours: Wall time of all updates.
        dataset_hours: Audio of the training set.
        verified: Whether seen in a paper or a repository.
        evidence: Where, or why not.
        note: What is to be said of it.
        judges: ``fit`` where the model of utilisation is fitted on it, ``held-out`` where it is only tried on it,
            ``no`` where the run cannot judge.
        why: Why it is only tried, cannot judge, or what is assumed of it.
        work: How the MACs of a step are worked out.
    """

    model: str
    stage: str
    objective: str
    source: str
    verified: bool
    judges: str
    preset: str | None = None
    card: str | None = None
    devices: int | None = None
    precision: str | None = None
    compiled: bool = False
    updates: int | None = None
    batch_seconds: float | None = None
    device_seconds: float | None = None
    utterances: int | None = None
    accumulate: int | None = None
    crop_seconds: float | None = None
    multiple: int | None = None
    hours: float | None = None
    dataset_hours: float | None = None
    evidence: str = ""
    note: str = ""
    why: str = ""
    work: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """What a table calls it."""
        how = [f"{self.devices} × {self.card}"] if self.card else []
        how += [self.precision] if self.precision else []
        return ", ".join([self.model, *how, *(["compiled"] if self.compiled else [])])

    @property
    def seconds_per_update(self) -> float:
        """Wall time of an update; of Hourglass, of the plain model by its file's ratio. Hours must be stated."""
        assert self.hours
        assert self.updates
        as_fast: float = (self.work or {}).get("as_fast", 1.0)
        return 3600 * self.hours / self.updates * as_fast

    def step(self) -> StepMacs:
        """The MACs of an update, on all devices; `work` must be there."""
        from w2v_explore.analysis.analyze import analyze
        from w2v_explore.analysis.workload import Workload
        from w2v_explore.config.load import load_config

        assert self.work is not None
        assert self.devices
        batch = self.computed_batch()
        config = load_config(self.work["config"], self.work.get("overrides", ()))
        return step_macs(
            analyze(config, Workload.of(config, seconds=batch.utterance_seconds)),
            self.devices * batch.device_seconds,
            devices=self.devices,
            accumulate=self.accumulate or 1,
            checkpointing=self.work.get("checkpointing", False),
            teacher=self.work.get("teacher", False),
            extractor_trained=self.work.get("extractor_trained", 1.0),
        )

    def computed_batch(self) -> ComputedBatch:
        """What a device really computes in an update."""
        assert self.work is not None
        crop_seconds = self.crop_seconds or self.work["crop_seconds"]
        times = (self.accumulate or 1) * self.work.get("concatenated", 1)
        lengths, batches = self.work["lengths"], self.work["batches"]
        if batches == "padded":
            assert self.utterances
            assert self.devices
            number = self.utterances / self.devices
            return padded(utterances_of(lengths), number, self.work["together"], crop_seconds)
        assert self.device_seconds
        ceiling = self.device_seconds / self.work.get("concatenated", 1)
        if lengths == "crops":
            batch = whole_crops(ceiling, crop_seconds)
        elif batches == "by their sum":
            batch = by_their_sum(utterances_of(lengths), ceiling, crop_seconds)
        else:
            multiple = self.multiple or BATCH_MULTIPLE
            batch = by_max_tokens(utterances_of(lengths), ceiling, crop_seconds, multiple=multiple)
        return batch._replace(device_seconds=times * batch.device_seconds)


class Throughput(NamedTuple):
    """How fast a training is on so many devices, the same batch on all of them together.

    Attributes:
        model: What was trained.
        stage: ``pre-training`` or ``fine-tuning``.
        card: The card's name.
        devices: How many.
        precision: As in `cards.TYPE_OF_PRECISION`.
        tokens_per_second: The rate.
        concatenated_batches: Batches that a device computes at once.
        accumulate: Batches that an update adds up.
        hours_on_8: Wall time of all updates on 8 devices.
        updates: Of those hours.
        source: Where it is stated.
    """

    model: str
    stage: str
    card: str
    devices: int
    precision: str
    tokens_per_second: float
    concatenated_batches: int
    accumulate: int
    hours_on_8: float
    updates: int
    source: str


class Reported(NamedTuple):
    """A time that a user reported as too long.

    Attributes:
        source: The thread.
        card: What was said of the card.
        devices: How many.
        reported: In their words.
        accumulate: Batches that an update adds up; None where it is not stated.
        seconds_per_update: Wall time of an update; None where it is not stated.
    """

    source: str
    card: str
    devices: int
    reported: str
    accumulate: int | None = None
    seconds_per_update: float | None = None


class Published(NamedTuple):
    """All of runs.yaml."""

    runs: tuple[Run, ...]
    throughput: tuple[Throughput, ...]
    reported: tuple[Reported, ...]


@cache
def published() -> Published:
    """What is published of trainings."""
    document = table(_FILE)
    return Published(
        tuple(Run(**row) for row in document["runs"]),
        tuple(Throughput(**row) for row in document["throughput"]),
        tuple(Reported(**row) for row in document["reported"]),
    )


def runs_that(judges: str) -> list[Run]:
    """The runs that the model is fitted on (``fit``), tried on (``held-out``), or neither (``no``)."""
    return [run for run in published().runs if run.judges == judges]


def recipe_named(name: str) -> Run:
    """The published training of a model, for its batch, updates and crop.

    Args:
        name: Of a preset, or of a model in runs.yaml as ``spidr_base``. Of several trainings of one model the first is
            taken, which is that of the paper.

    Raises:
        ArgumentError: Nothing is published of such a training that tells its batch.
    """
    found = published_recipe_of(name)
    if found is not None:
        return found
    from w2v_explore.config.suggest import did_you_mean, nearest

    recipes = _recipes()
    presets = sorted(name for name in recipes if name in preset_names())
    meant = did_you_mean(nearest(name, recipes), f"there are {', '.join(presets)}")
    raise ArgumentError(f"no recipe is published of {shorten(name)!r} that tells its batch; {meant}")


def published_recipe_of(name: str) -> Run | None:
    """The same; None where nothing is published of such a training."""
    return _recipes().get(_slug(name))


@cache
def _recipes() -> dict[str, Run]:
    """The trainings whose batch is published, by the names of their presets and models."""
    recipes: dict[str, Run] = {}
    for run in published().runs:
        if run.batch_seconds:
            for known in (run.preset, (run.work or {}).get("config"), _slug(run.model)):
                if known:
                    recipes.setdefault(known, run)
    return recipes


class Accumulation(NamedTuple):
    """How few devices compute a batch of many.

    Attributes:
        batches: That each adds up before an update.
        batch_seconds: Audio of an update on all of them.
    """

    batches: int
    batch_seconds: float


def accumulation(batch_seconds: float, devices: int, device_seconds: float) -> Accumulation:
    """The batches that devices add up to the audio of an update: what makes it to a twentieth, or the fewest that do.

    Args:
        batch_seconds: Audio of an update that is to be reached.
        devices: How many share it.
        device_seconds: Audio of a batch on one of them.

    Raises:
        ArgumentError: A number is not positive.
    """
    if not (batch_seconds > 0 and devices > 0 and device_seconds > 0):
        raise ArgumentError("a batch has a positive number of seconds, on a positive number of devices")
    exact = batch_seconds / (devices * device_seconds)
    # The 5,760 s of 64 × 87.5 are published as one batch each: a little less is no reason for another.
    batches = max(1, round(exact) if abs(round(exact) - exact) <= LITTLE * exact else ceil(exact))
    return Accumulation(batches, batches * devices * device_seconds)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")

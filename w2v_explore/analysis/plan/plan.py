"""`plan`: settings, batches, memory and time of a training, joined; nothing of it is run."""

from __future__ import annotations

import os
from math import ceil, fsum
from typing import TYPE_CHECKING

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.plan.asked import Asked
from w2v_explore.analysis.plan.calibrated import calibrated
from w2v_explore.analysis.plan.cards import Card, card_named
from w2v_explore.analysis.plan.needs import Needs
from w2v_explore.analysis.plan.runs import published_recipe_of, recipe_named
from w2v_explore.analysis.plan.settings import (
    NOTHING_SAID,
    Assumption,
    Said,
    Settings,
    said_by_recipe,
    said_by_run,
    settle,
)
from w2v_explore.analysis.plan.subject import Subject, recipe_of_file, subject_of
from w2v_explore.analysis.plan.training_plan import Alternative, SmallerBatch, TrainingPlan
from w2v_explore.analysis.plan.utilisation import TimeEstimate, estimate_time
from w2v_explore.analysis.plan.work import Filled, checkpointed_analysis, fill_batches, largest_batches, work_of
from w2v_explore.config.codes import FOREIGN_HEAD
from w2v_explore.config.load import Config, ConfigLike
from w2v_explore.config.pretraining import in_pretraining
from w2v_explore.errors import ArgumentError, WorkloadError

if TYPE_CHECKING:  # imported where they are asked for
    from w2v_explore.analysis.plan.lengths import Progress
    from w2v_explore.analysis.plan.observed import Observed


def plan(
    config: ConfigLike | Subject,
    *,
    card: str | os.PathLike[str],
    devices: int | None = None,
    strategy: str | None = None,
    precision: str | None = None,
    compiled: bool = False,
    checkpointing: bool = False,
    objective: str | None = None,
    optimizer: str | None = None,
    updates: int | None = None,
    epochs: float | None = None,
    batch_seconds: float | None = None,
    total_batch_seconds: float | None = None,
    accumulate: int | None = None,
    manifest: str | os.PathLike[str] | None = None,
    data_hours: float | None = None,
    lengths: str | os.PathLike[str] | None = None,
    skip_bad: bool = False,
    as_recipe: str | os.PathLike[str] | None = None,
    observed: str | None = None,
    price: float | None = None,
    within: str | None = None,
    progress: Progress | None = None,
) -> TrainingPlan:
    """What a training takes: memory of each device, time, and money; nothing is run.

    What is not given is taken from the training config, where the config is one, or from the published training of
    `as_recipe` or of the preset; `TrainingPlan.assumptions` has what was taken, and from where. Messages call arguments
    as the command's options.

    Args:
        config: What `load_config` takes; of fairseq's YAML and of arguments of Hugging Face's Trainer, what it says of
            the training is read too.
        card: The name of a card, as ``a100-80gb``, or a YAML file with one.
        devices: How many of them.
        strategy: ``ddp``, ``zero1``, ``zero2``, ``zero3``, ``fsdp`` or ``fsdp-hybrid``.
        precision: ``float32``, ``amp-bfloat16``, ``amp-float16``, ``bfloat16``, ``float16`` or ``pure-bfloat16``.
        compiled: Whether by torch.compile.
        checkpointing: Whether there is an activation checkpoint at each stacked layer.
        objective: ``contrastive``, ``masked-prediction``, ``self-distillation`` or ``ctc``.
        optimizer: ``adamw``, ``adamw-8bit``, ``sgd``, ``adafactor`` or ``none``.
        updates: Steps of the optimizer.
        epochs: Passes over the data, instead.
        batch_seconds: The most audio of a batch on a device.
        total_batch_seconds: The audio of an update, on all devices.
        accumulate: Batches of a device that make an update.
        manifest: A file that lists the utterances.
        data_hours: Hours of audio, instead.
        lengths: A histogram of the lengths of utterances, beside the hours.
        skip_bad: Whether wrong lines of either file are left out.
        as_recipe: The name of a published training, as ``hubert_base``, or a training config, whose settings hold.
        observed: How fast the training runs, as ``73 updates in 20 min``.
        price: Of a device and hour.
        within: The time that there is, as ``3d``.
        progress: Called with what is done, how much of it is, and how much there is, while a manifest is read.

    Raises:
        ArgumentError: An argument is out of its range, two contradict each other, there is no such card or recipe, or
            nothing says how large a batch is or how long the training.
        QuantityError: `observed` or `within` says no rate or time.
        SourceError: A file cannot be read, or a line of it is wrong.
        ConfigError: The config is wrong.
        CheckpointError: The config is a checkpoint, and none that can be read.
        CalibrationError: A file that may hold a calibration of the card cannot be read.
        TypeError: An argument is of another type.
        WorkloadError: A batch holds no utterance, or utterances give no frame.
    """
    files = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in (("card", card), ("manifest", manifest), ("lengths", lengths), ("as_recipe", as_recipe))
    }
    asked = Asked(
        **files,  # type: ignore[arg-type]
        devices=devices,
        strategy=strategy,
        precision=precision,
        compiled=compiled,
        checkpointing=checkpointing,
        objective=objective,
        optimizer=optimizer,
        updates=updates,
        epochs=epochs,
        batch_seconds=batch_seconds,
        total_batch_seconds=total_batch_seconds,
        accumulate=accumulate,
        data_hours=data_hours,
        skip_bad=skip_bad,
        observed=observed,
        price=price,
        within=within,
    )
    asked.check()
    return _plan(asked, config if isinstance(config, Subject) else subject_of(config), progress)


def _plan(asked: Asked, subject: Subject, progress: Progress | None) -> TrainingPlan:
    seconds, seen = _times(asked)
    card = card_named(asked.card)
    said = _said(asked, subject)
    settings = settle(asked, said, card, subject.config)
    card = calibrated(card, settings.precision)
    model, added = in_pretraining(subject.config, settings.objective)
    filled = fill_batches(asked, said, settings, model.sample_rate, progress)
    updates = _updates(settings, filled)
    work = work_of(model, filled, settings)
    batches = largest_batches(model, filled, settings)
    needs = _needs(batches, card, settings)
    learned = batches[0].lives(training=True).learned_of(batches[0].tree)

    def estimate(precision: str, checkpointing: bool, devices: int = settings.devices) -> TimeEstimate:
        return estimate_time(
            work.checkpointed if checkpointing else work.plain,
            learned,
            card,
            precision,
            updates=updates,
            devices=devices,
            batches=max(devices, settings.devices * filled.accumulated),
            compiled=settings.compiled,
            fine_tuning=settings.objective == "ctc",
            lengths_known=filled.lengths_known,
            family=model.model.family,
        )

    way = settings.precision, settings.checkpointing
    need, time = needs.of(settings.strategy, *way), estimate(*way)
    alternatives = needs.all_of(settings.strategy)
    hours = {other: estimate(*other).hours for other in {(each.precision, each.checkpointing) for each in alternatives}}
    within = verdict = None
    if seconds is not None:
        from w2v_explore.analysis.plan.within import fits_within

        # A device has one utterance at least.
        utterances = fsum(number for _, number in filled.average) * settings.devices * filled.accumulated
        within = fits_within(seconds, time, lambda devices: estimate(*way, devices), max(int(utterances), 1))
    if seen is not None:
        from w2v_explore.analysis.plan.observed import judge

        verdict = judge(seen, time, accumulate=settings.accumulate)
    return TrainingPlan(
        analysis=batches[0],
        card=card,
        settings=settings,
        need=need,
        time=time,
        batch_seconds=_batch_seconds(filled, settings, model.sample_rate),
        macs=work.checkpointed if settings.checkpointing else work.plain,
        updates=updates,
        updates_per_epoch=filled.updates_per_epoch,
        padding_share=filled.padding_share,
        alternatives=tuple(Alternative(each, hours[each.precision, each.checkpointing]) for each in alternatives),
        assumptions=(*_of_the_model(subject, added, batches[0], settings), *settings.assumptions, *filled.assumptions),
        smaller=None if need.fits else _smaller_batch(asked, said, settings, card, model),
        price=asked.price,
        within=within,
        observed=seen,
        verdict=verdict,
    )


def _needs(batches: list[Analysis], card: Card, settings: Settings) -> Needs:
    return Needs(
        batches,
        card,
        settings.devices,
        accumulate=settings.accumulate,
        calls=checkpointed_analysis(batches[0], settings).calls,
        teacher=settings.teacher,
        optimizer=settings.optimizer,
    )


def _smaller_batch(asked: Asked, said: Said, settings: Settings, card: Card, model: Config) -> SmallerBatch | None:
    """The batch of a half, a quarter and so on that fits first; of a manifest, whose batches are known, none."""
    if settings.device_seconds is None or asked.manifest is not None or asked.lengths is not None:
        return None
    for times in _SMALLER:
        smaller = settings._replace(
            device_seconds=settings.device_seconds / times, accumulate=settings.accumulate * times
        )
        try:
            batches = largest_batches(model, fill_batches(asked, said, smaller, model.sample_rate), smaller)
        except WorkloadError:
            return None
        need = _needs(batches, card, smaller).of(settings.strategy, settings.precision, settings.checkpointing)
        if need.fits:
            assert smaller.device_seconds is not None
            return SmallerBatch(smaller.device_seconds, smaller.accumulate, need.memory.total)
    return None


def _times(asked: Asked) -> tuple[float | None, Observed | None]:
    """The seconds that there are, and how fast the training runs; read before anything is worked out."""
    if asked.within is None and asked.observed is None:
        return None, None
    from w2v_explore.analysis.plan.observed import parse_duration, parse_observed

    return (
        None if asked.within is None else parse_duration(asked.within),
        None if asked.observed is None else parse_observed(asked.observed),
    )


# How many times smaller batches may be.
_SMALLER = (2, 4, 8, 16, 32)
_FILES = (".yaml", ".yml", ".json")


def _said(asked: Asked, subject: Subject) -> Said:
    """What the recipe that is asked for says, or the training config, or the published training of the preset."""
    rate = subject.config.sample_rate
    if asked.as_recipe is not None:
        if asked.as_recipe.lower().endswith(_FILES) or os.sep in asked.as_recipe:
            return said_by_recipe(recipe_of_file(asked.as_recipe), rate)
        return said_by_run(recipe_named(asked.as_recipe))
    if subject.recipe is not None:
        return said_by_recipe(subject.recipe, rate)
    kind, _, name = subject.config.origin.partition(" ")
    run = published_recipe_of(name) if kind == "preset" else None
    said = NOTHING_SAID if run is None else said_by_run(run)
    # Of another training than the published one nothing is known.
    return said if asked.objective in (None, said.value("objective")) else NOTHING_SAID


def _updates(settings: Settings, filled: Filled) -> int:
    if settings.updates is not None and (settings.epochs is None or filled.updates_per_epoch is None):
        return settings.updates
    assert settings.epochs is not None
    if filled.updates_per_epoch is None:
        raise ArgumentError(
            f"how many updates {settings.epochs:g} epochs have depends on the data; give --manifest or --data-hours"
        )
    updates = ceil(settings.epochs * filled.updates_per_epoch)
    # fairseq ends at whichever comes first.
    return updates if settings.updates is None else min(updates, settings.updates)


def _batch_seconds(filled: Filled, settings: Settings, sample_rate: int) -> float:
    samples = fsum(samples * number for samples, number in filled.average)
    return samples / sample_rate * settings.devices * filled.accumulated


def _of_the_model(subject: Subject, added: str, batch: Analysis, settings: Settings) -> list[Assumption]:
    found = []
    if subject.starts_from:
        found.append(Assumption("model", subject.config.origin, subject.starts_from))
    if added:
        found.append(Assumption("model", added, "default"))
    for warning in batch.config.warnings:
        if warning.rule is FOREIGN_HEAD:
            line = warning.place.line
            found.append(Assumption("not counted", warning.message, "its config" if line is None else f"line {line}"))
    if settings.objective == "ctc":
        # Imported only where a head is looked for.
        from w2v_explore.analysis.memory.trained import role_of

        roles = batch.config.model.family.roles
        if all(role_of(row.path, roles) != "head" for row in batch.layers):
            found.append(Assumption("not counted", "a head for CTC, which this model lacks", "objective ctc"))
    return found

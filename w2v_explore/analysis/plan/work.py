"""What an update computes: the batches of a corpus, as long as its utterances are, and the MACs of them."""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, fsum
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.plan.asked import Asked
from w2v_explore.analysis.plan.fill import (
    BATCH_MULTIPLE,
    by_max_tokens,
    by_their_sum,
    grouped,
    longest_of,
    padded,
    utterances_of,
    whole_crops,
)
from w2v_explore.analysis.plan.settings import Assumption, Said, Settings
from w2v_explore.analysis.plan.step import step_macs
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.load import Config
from w2v_explore.errors import WorkloadError
from w2v_explore.tree.layer import Layer

if TYPE_CHECKING:
    from w2v_explore.analysis.plan.batches import Batching
    from w2v_explore.analysis.plan.lengths import Progress

# That of runs.yaml.
_CORPUS = "librispeech"
# As many lengths stand for those of a corpus: what they cost grows with the square of a length at most.
_LENGTHS = 12


class Filled(NamedTuple):
    """The batches of a training.

    Attributes:
        average: Samples, padding included, and how many utterances of a device's average batch have them.
        largest: Utterances and samples of the batches that may need most memory.
        padding_share: The padding's share of what is computed; None where it is not known.
        updates_per_epoch: None where nothing says how much audio there is.
        accumulated: The batches of a device in an update, on average: an epoch may end before there are as many as the
            settings say.
        lengths_known: Whether the lengths are those of the corpus.
        assumptions: What all of it rests on.
    """

    average: Sequence[tuple[int, float]]
    largest: Sequence[tuple[int, int]]
    padding_share: float | None
    updates_per_epoch: int | None
    accumulated: float
    lengths_known: bool
    assumptions: tuple[Assumption, ...]


def fill_batches(
    asked: Asked, said: Said, settings: Settings, sample_rate: int, progress: "Progress | None" = None
) -> Filled:
    """The batches of a corpus where its lengths are given, and of one like LibriSpeech otherwise.

    Args:
        asked: The options, for the files of lengths.
        said: By the training config, or the published training.
        settings: What the training is planned with.
        sample_rate: Samples per second.
        progress: Called while a manifest is read.

    Raises:
        SourceError: A file cannot be read, or a line of it is wrong.
        ArgumentError: The hours hold no utterance.
        WorkloadError: A batch holds no utterance.
    """
    if asked.manifest is None and asked.lengths is None:
        return _usual(asked, said, settings, sample_rate)
    # Imported only where there is a file.
    from w2v_explore.analysis.plan.batches import make_batches
    from w2v_explore.analysis.plan.lengths import read_histogram, read_lengths

    if asked.manifest is not None:
        lengths = read_lengths(asked.manifest, sample_rate, skip_bad=asked.skip_bad, progress=progress)
        name = "--manifest"
    else:
        assert asked.lengths is not None
        assert asked.data_hours is not None
        lengths = read_histogram(asked.lengths, sample_rate, skip_bad=asked.skip_bad).scaled_to(asked.data_hours)
        name = "--lengths"
    made = make_batches(lengths, _batching(asked, said, settings, sample_rate))
    found = f"{_counted(lengths.num_utterances, 'utterance')}, {lengths.hours:,.4g} h"
    if lengths.skipped:
        found += f"; {_counted(lengths.skipped, 'wrong line')} left out"
    if made.too_short or made.too_long:
        found += f"; {made.too_short + made.too_long:,} too short or too long to train on"
    longest = max(made.shapes, key=lambda shape: shape.utterances * shape.samples**2)
    return Filled(
        average=made.average_batch(_LENGTHS),
        largest=list(dict.fromkeys([(shape.utterances, shape.samples) for shape in (made.shapes[0], longest)])),
        padding_share=made.padding_share,
        updates_per_epoch=made.updates_per_epoch,
        accumulated=min(ceil(made.batches / settings.devices) / made.updates_per_epoch, settings.accumulate),
        lengths_known=True,
        assumptions=(Assumption("lengths of utterances", found, f"{name} {lengths.source}, a {lengths.format}"),),
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _batching(asked: Asked, said: Said, settings: Settings, sample_rate: int) -> "Batching":
    from w2v_explore.analysis.plan.batches import Batching, batching_of

    ours = Batching(
        max_tokens=None if settings.device_seconds is None else round(settings.device_seconds * sample_rate),
        batch_size=settings.utterances,
        multiple=said.value("multiple") or BATCH_MULTIPLE,
        max_samples=None if settings.crop_seconds == float("inf") else round(settings.crop_seconds * sample_rate),
        pad=settings.pads,
    )
    if said.recipe is not None and (theirs := batching_of(said.recipe, sample_rate)) is not None:
        is_asked = asked.batch_seconds is not None or asked.total_batch_seconds is not None
        ours = (
            theirs._replace(max_tokens=ours.max_tokens, batch_size=None, order="size")
            if is_asked and ours.max_tokens is not None
            else theirs
        )
    return ours._replace(devices=settings.devices, accumulate=settings.accumulate)


def _usual(asked: Asked, said: Said, settings: Settings, sample_rate: int) -> Filled:
    """Batches of utterances as long as LibriSpeech's."""
    utterances, most = utterances_of(_CORPUS), longest_of(_CORPUS)
    longest = min(settings.crop_seconds, most)
    work = (said.run.work if said.run is not None else None) or {}
    mean = fsum(duration * share for duration, share in utterances)
    kept = fsum(min(duration, longest) * share for duration, share in utterances)
    value = f"as LibriSpeech's, at most {longest:g} s"
    # Utterances of nearly one length make a batch: padding is little, and not known.
    padding = None if settings.pads else 0.0
    if settings.device_seconds is None:
        assert settings.utterances is not None
        most = min(said.value("max_seconds") or most, most)
        value = f"as LibriSpeech's, at most {most:g} s"
        taken = [(duration, share) for duration, share in utterances if duration <= most]
        if not taken:
            raise WorkloadError(
                f"no utterance of LibriSpeech, whose lengths are assumed, has {most:g} s or less; give --manifest"
            )
        if said.value("group_by_length"):
            batch = grouped(taken, settings.utterances, settings.accumulate)
            value += ", batched by length"
        else:
            batch = padded(utterances, settings.utterances, settings.utterances, most)
        number, samples = settings.utterances, floor(most * sample_rate)
        kept = fsum(duration * share for duration, share in taken)
        speech = settings.utterances * kept / fsum(share for _, share in taken)
        padding = 1 - speech / batch.device_seconds
    else:
        ceiling = settings.device_seconds
        multiple = said.value("multiple") or BATCH_MULTIPLE
        # Whoever gives the seconds of a batch has another one than the config's.
        limit = said.value("batch_size") if asked.batch_seconds is None and asked.total_batch_seconds is None else None
        if longest > ceiling:
            longest, value = ceiling, f"as LibriSpeech's, cut to {ceiling:g} s, which a batch has room for"
            kept = fsum(min(duration, longest) * share for duration, share in utterances)
        if work.get("lengths") == "crops":
            batch, value = whole_crops(ceiling, longest), f"all are cut to {longest:g} s"
            kept = mean
        elif work.get("batches") == "by their sum":
            batch = by_their_sum(utterances, ceiling, longest)
        else:
            batch = by_max_tokens(utterances, ceiling, longest, multiple=multiple, most=limit)
        number = ceil(ceiling / longest)
        if number >= multiple:
            number = ceil(number / multiple) * multiple
        samples = floor(ceiling * sample_rate / number)
    per_epoch, accumulated = None, float(settings.accumulate)
    if settings.data_hours is not None:
        audio = settings.data_hours * 3600 * kept / mean
        speech = batch.device_seconds * (1 - (padding or 0.0))
        batches = max(audio / (speech * settings.devices), 1.0)
        per_epoch = ceil(batches / settings.accumulate)
        accumulated = batches / per_epoch
    if not samples:
        raise WorkloadError(
            f"a batch of {settings.device_seconds:g} s holds no utterance; give more as --batch-seconds"
        )
    length = max(round(batch.utterance_seconds * sample_rate), 1)
    return Filled(
        average=[(length, batch.device_seconds * sample_rate / length)],
        largest=[(number, samples)],
        padding_share=padding,
        updates_per_epoch=per_epoch,
        accumulated=accumulated,
        lengths_known=bool(work),
        assumptions=(
            Assumption("lengths of utterances", value, f"published: {said.name}" if work else "default: no --manifest"),
        ),
    )


class Work(NamedTuple):
    """The MACs of an update, with a checkpoint at each stacked layer and without.

    Attributes:
        plain: Without.
        checkpointed: With.
    """

    plain: float
    checkpointed: float


def work_of(config: Config, filled: Filled, settings: Settings) -> Work:
    """The MACs of an update on all devices.

    Raises:
        WorkloadError: The utterances are too short to give a frame.
    """
    analyses = [(_analyze(config, 1, samples, settings), number) for samples, number in filled.average]

    def total(checkpointing: bool) -> float:
        return fsum(
            step_macs(
                checkpointed_analysis(analysis, settings) if checkpointing else analysis,
                number * analysis.workload.seconds * settings.devices * filled.accumulated,
                devices=settings.devices,
                accumulate=ceil(filled.accumulated),
                checkpointing=checkpointing,
                teacher=settings.teacher,
                # One that is frozen for all of the training needs no gradient as it is analysed.
                extractor_trained=settings.extractor_trained or 1.0,
            ).total
            for analysis, number in analyses
        )

    return Work(total(checkpointing=False), total(checkpointing=True))


def largest_batches(config: Config, filled: Filled, settings: Settings) -> list[Analysis]:
    """The batches that may need most memory."""
    return [_analyze(config, number, samples, settings) for number, samples in filled.largest]


def checkpointed_analysis(analysis: Analysis, settings: Settings) -> Analysis:
    """The analysis of the model in which all is stacked that has a checkpoint, where there are any."""
    if not settings.checkpoints_extractor:
        return analysis
    # Imported only where it is asked.
    from w2v_explore.analysis.memory.trained import role_of

    roles = analysis.config.model.family.roles

    def marked(layer: Layer, path: str) -> Layer:
        is_list = layer.is_list and role_of(path, roles) == "extractor"
        children = [marked(child, f"{path}.{child.name}" if path else child.name) for child in layer.children]
        return layer._replace(children=tuple([child._replace(stacked=child.stacked or is_list) for child in children]))

    return replace(analysis, tree=marked(analysis.tree, ""))


def _analyze(config: Config, batch: int, samples: int, settings: Settings) -> Analysis:
    """Some utterances, with what is frozen for all of the training."""
    analysis = analyze(config, Workload(samples=samples, batch=batch, sample_rate=config.sample_rate))
    if settings.extractor_trained:
        return analysis
    # Imported only where something is frozen.
    from w2v_explore.analysis.memory.trained import select_trained

    selection = select_trained(analysis.tree, config.model.family.roles, "not-extractor")
    return replace(analysis, tree=selection.tree, trained=selection.trained)

"""The batches that a corpus makes: as fairseq sorts and fills them, and as Hugging Face's Trainer draws them.

**fairseq** (``fairseq/data``: ``RawAudioDataset`` and ``HubertDataset.ordered_indices``, ``batch_by_size`` of
``data_utils_fast.pyx``, ``EpochBatchIterator``; its behaviour, described here in our words):

1. Utterances shorter than ``min_sample_size`` are dropped, and HuBERT's data drops those past ``max_keep_size``.
2. The rest are sorted from the longest to the shortest, equal ones in random order.
3. An utterance counts as many tokens as it has samples; where batches are cropped, at most ``max_sample_size``. A batch
   costs the tokens of its longest utterance times the number of utterances. One of more than ``max_tokens`` ends the
   training.
4. A batch takes utterances in this order until one more would cost over ``max_tokens`` or make more than ``batch_size``
   of them. Of n utterances it then keeps n where that is less than ``required_batch_size_multiple``, and otherwise the
   greatest multiple of it; the others begin the next batch. The last utterances are cut alike (since 0.10.1; before,
   they were one batch).
5. Batches are cut to their shortest utterance, or padded to their longest, and to ``max_sample_size`` in both cases.
   With ``num_batch_buckets`` they are padded further, to the next of as many percentiles of all lengths, which may be
   more than ``max_tokens``.
6. The batches are shuffled and dealt to the devices, the last round filled up with empty ones; an update takes
   ``update_freq`` batches of each device, the last of an epoch what is left.

So batches depend on nothing but the lengths, and which of several equal utterances is in which batch is all that chance
decides. What has a `max_sample_size` *and* is padded is the one exception: fairseq counts such utterances uncropped and
sorts them cropped; here the longest come first.

**Trainer** (``transformers``: ``LengthGroupedSampler``, ``Trainer.set_initial_training_values``; ``accelerate`` deals
batches to devices): batches of ``per_device_train_batch_size`` in random order, padded to their longest; with
``group_by_length`` the shuffled utterances are sorted within groups of 50 updates' batches. One epoch is drawn, from a
fixed seed.
"""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from w2v_explore.analysis.plan.fill import BATCH_MULTIPLE, SORTED_TOGETHER, TRAINERS_BATCH_SIZE
from w2v_explore.analysis.plan.lengths import Lengths
from w2v_explore.config.validate import describe
from w2v_explore.errors import ArgumentError, WorkloadError

if TYPE_CHECKING:
    # Without a training config nothing of it is needed.
    from w2v_explore.config.dialects.training import Stated, TrainingRecipe

Order = Literal["size", "random", "grouped"]
"""In which batches are filled: by size as fairseq does, or as Trainer does without ``group_by_length`` and with it."""

MAX_DRAWN = 200_000
"""Of a larger corpus so many utterances are drawn, where chance decides on the batches."""

_SEED = 0
# Trainer sorts fewer batches together where there would not be as many groups.
_LEAST_GROUPS = 4


class Batching(NamedTuple):
    """How utterances become batches.

    Attributes:
        max_tokens: Samples that a batch of one device may have, padding included; None for no limit.
        batch_size: Utterances that it may have; None for no limit. With an order other than ``size``, what it has.
        multiple: Of how many utterances batches of at least so many are multiples.
        max_samples: To how many samples utterances are cropped; None for no limit.
        min_samples: Shorter utterances are dropped.
        max_kept_samples: Longer utterances are dropped; None to keep all.
        pad: Whether the batch is padded to its longest utterance, and not cropped to its shortest.
        buckets: To how many lengths batches are padded; 0 to pad each to its own.
        devices: On how many the batches of an epoch are dealt.
        accumulate: Batches of each device that make an update.
        order: In which batches are filled.
        drop_last: Whether the last batch is left out where it is smaller (Trainer's ``dataloader_drop_last``).
    """

    max_tokens: int | None = None
    batch_size: int | None = None
    multiple: int = BATCH_MULTIPLE
    max_samples: int | None = None
    min_samples: int = 0
    max_kept_samples: int | None = None
    pad: bool = False
    buckets: int = 0
    devices: int = 1
    accumulate: int = 1
    order: Order = "size"
    drop_last: bool = False


class Batch(NamedTuple):
    """Batches that are alike.

    Attributes:
        number: How many there are.
        utterances: How many each has.
        samples: The length of each, to which its utterances are cropped or padded.
        speech: The samples of its utterances that are no padding.
    """

    number: int
    utterances: int
    samples: int
    speech: int


class Shape(NamedTuple):
    """A shape of batches.

    Attributes:
        utterances: How many each has.
        samples: Their length.
        share: Their share of all batches.
    """

    utterances: int
    samples: int
    share: float


class Batches(NamedTuple):
    """What an epoch of a corpus comes to.

    Where chance decides on the batches, all but the first five are those of one epoch drawn.

    Attributes:
        utterances: Those that are trained on.
        too_short: Those that were dropped as shorter than ``min_samples``.
        too_long: Those that were dropped as longer than ``max_kept_samples``.
        batches: How many an epoch has, over all devices.
        updates_per_epoch: Rounded up: the last update of an epoch may have fewer batches.
        shapes: The shapes of the batches, those with most samples first, and of equal ones the longest.
        seconds_per_batch: The audio of a batch, padding included, on average.
        padding_share: The padding's share of what the batches hold.
        cropped_share: The share of the audio of `utterances` that is cropped away.
    """

    utterances: int
    too_short: int
    too_long: int
    batches: int
    updates_per_epoch: int
    shapes: tuple[Shape, ...]
    seconds_per_batch: float
    padding_share: float
    cropped_share: float

    def average_batch(self, most: int = 64) -> list[tuple[int, float]]:
        """The utterances of the average batch by their lengths, of which near ones are taken together.

        What a batch costs is the sum of what its utterances cost, so that the mean cost of all batches is that of this
        one: to a thousandth or better with 64 lengths, since nothing in a model grows faster than their squares.

        Args:
            most: How many lengths there may be.

        Returns:
            Samples, padding included, and how many utterances have them, the shortest first. Their products sum up to
            the samples of a batch on average, but for the rounding of lengths.
        """
        held = math.fsum(shape.share * shape.utterances * shape.samples for shape in self.shapes)
        utterances, samples = [0.0] * most, [0.0] * most
        before = 0.0
        for shape in sorted(self.shapes, key=lambda shape: shape.samples):
            number = min(int(before / held * most), most - 1)
            utterances[number] += shape.share * shape.utterances
            samples[number] += shape.share * shape.utterances * shape.samples
            before += shape.share * shape.utterances * shape.samples
        return [(round(total / count), count) for count, total in zip(utterances, samples, strict=True) if count]


def batching_of(recipe: "TrainingRecipe", sample_rate: int, devices: int = 1) -> Batching | None:
    """How a training config batches, by what it states and the defaults of its program.

    Args:
        recipe: The config.
        sample_rate: Samples per second, for what Trainer's scripts state in seconds.
        devices: On how many devices it runs, where it does not say.

    Returns:
        None where it says nothing that limits a batch. Of several numbers of batches to accumulate, the last is taken.
    """

    def value(stated: "Stated[Any] | None", default: Any = None) -> Any:
        return default if stated is None else stated.value

    common = Batching(
        max_tokens=value(recipe.max_tokens),
        batch_size=value(recipe.batch_size),
        devices=value(recipe.devices, devices),
        accumulate=value(recipe.accumulate, (1,))[-1],
    )
    if recipe.program != "huggingface":
        if recipe.max_tokens is None and recipe.batch_size is None:
            return None
        return common._replace(
            multiple=value(recipe.multiple, BATCH_MULTIPLE),
            max_samples=value(recipe.max_samples),
            min_samples=value(recipe.min_samples, 0),
            max_kept_samples=value(recipe.max_kept_samples),
            pad=value(recipe.pad, False),
            buckets=value(recipe.buckets, 0),
        )
    return common._replace(
        batch_size=value(recipe.batch_size, TRAINERS_BATCH_SIZE),
        # Its scripts keep what is longer than the one and shorter than the other.
        min_samples=math.floor(value(recipe.min_seconds, 0) * sample_rate) + 1,
        max_kept_samples=None
        if recipe.max_seconds is None
        else max(math.ceil(recipe.max_seconds.value * sample_rate) - 1, 1),
        pad=True,
        order="grouped" if value(recipe.group_by_length, False) else "random",
        drop_last=value(recipe.drop_last, False),
    )


def make_batches(lengths: Lengths, batching: Batching) -> Batches:
    """What an epoch of a corpus comes to.

    Raises:
        ArgumentError: A number is none that there can be, or nothing limits the batches.
        WorkloadError: All utterances are dropped, or one is longer than a batch may be.
    """
    _check(batching)
    kept, too_short, too_long = _keep(lengths, batching)
    utterances = sum(kept.values())
    if not utterances:
        raise WorkloadError(
            f"no utterance of {lengths.source} is left: {too_short:,} are shorter than {batching.min_samples:,} samples"
            + (f", {too_long:,} longer than {batching.max_kept_samples:,}" if too_long else "")
        )
    cropped = _crop(kept, batching.max_samples)
    if batching.order == "size":
        made = list(batches_by_size(kept, batching, lengths.sample_rate))
        num_batches = sum(batch.number for batch in made)
    else:
        assert batching.batch_size is not None  # checked above
        made = list(_drawn(cropped, batching.batch_size, batching))
        num_batches = _parts(utterances, batching.batch_size, batching.drop_last)
    steps = _parts(num_batches, batching.devices, batching.drop_last)
    if not steps:
        raise WorkloadError(
            f"{utterances:,} utterances are too few for a batch of {batching.batch_size:,} on each of "
            f"{batching.devices:,} devices, and smaller batches are left out"
        )
    shapes: Counter[tuple[int, int]] = Counter()
    for batch in made:
        shapes[batch.utterances, batch.samples] += batch.number
    speech = sum(batch.number * batch.speech for batch in made)
    held = sum(number * math.prod(shape) for shape, number in shapes.items())
    number = shapes.total()
    largest = sorted(shapes, key=lambda shape: (math.prod(shape), shape[1]), reverse=True)
    # Where batches are cropped to their shortest utterance, nothing pads them: what they hold is what is left.
    left = speech if batching.order == "size" and not batching.pad else _total(cropped)
    return Batches(
        utterances=utterances,
        too_short=too_short,
        too_long=too_long,
        batches=num_batches,
        updates_per_epoch=math.ceil(steps / batching.accumulate),
        shapes=tuple(Shape(*shape, shapes[shape] / number) for shape in largest),
        seconds_per_batch=held / number / lengths.sample_rate,
        padding_share=(held - speech) / held,
        cropped_share=(_total(kept) - left) / _total(kept),
    )


def batches_by_size(kept: Mapping[int, int], batching: Batching, sample_rate: int) -> Iterator[Batch]:
    """The batches of utterances in the order of their lengths, as fairseq fills them, those of the longest first.

    Args:
        kept: How many utterances have each length in samples, without those that are dropped.
        batching: How they become batches.
        sample_rate: For messages.

    Raises:
        WorkloadError: An utterance is longer than a batch may be.
    """
    most = max(kept) if batching.max_samples is None else batching.max_samples
    # What is padded is counted uncropped.
    counted = kept if batching.pad else _crop(kept, most)
    buckets = bucket_lengths(_crop(kept, most), batching.buckets) if batching.buckets else []
    runs = sorted(counted.items(), reverse=True)
    remaining = sum(counted.values())
    at, used = 0, 0
    while remaining:
        longest, count = runs[at]
        size = _batch_size(longest, remaining, batching, sample_rate)
        alike = max((count - used) // size, 1)
        if size * alike <= count - used:
            # As many batches as there are of utterances of this one length.
            speech, shortest = size * min(longest, most), longest
            used += size * alike
        else:
            speech, shortest, needed = 0, longest, size
            while needed:
                shortest, count = runs[at]
                taken = min(needed, count - used)
                speech += taken * min(shortest, most)
                needed, used = needed - taken, used + taken
                if needed:
                    at, used = at + 1, 0
        remaining -= size * alike
        if used == runs[at][1]:
            at, used = at + 1, 0
        samples = min(longest if batching.pad else shortest, most)
        if buckets:
            samples = buckets[bisect_left(buckets, samples)]
        yield Batch(alike, size, samples, speech if batching.pad else size * samples)


def bucket_lengths(cropped: Mapping[int, int], buckets: int) -> list[int]:
    """To which lengths batches are padded: as many percentiles of all lengths, each a length that there is.

    Args:
        cropped: How many utterances have each length.
        buckets: The number of percentiles; equal ones are one length.
    """
    samples = sorted(cropped)
    ends = list(accumulate(cropped[length] for length in samples))
    step = 100 / buckets
    places = [math.floor(number * step / 100 * (ends[-1] - 1)) for number in range(1, buckets)]
    return sorted({samples[bisect_right(ends, place)] for place in (*places, ends[-1] - 1)})


def grouped_by_length(lengths: Sequence[int], batch_size: int) -> list[int]:
    """Shuffled lengths in the order in which Trainer's ``group_by_length`` takes them.

    Args:
        lengths: Of all utterances, in the order into which they were shuffled.
        batch_size: The utterances that one device takes for an update.
    """
    group = max(min(len(lengths) // (batch_size * _LEAST_GROUPS), SORTED_TOGETHER), 1) * batch_size
    groups = [sorted(lengths[start : start + group], reverse=True) for start in range(0, len(lengths), group)]
    # The longest of all comes first, so that a memory that is too small shows at once.
    longest = max(range(len(groups)), key=lambda number: groups[number][0])
    groups[0][0], groups[longest][0] = groups[longest][0], groups[0][0]
    return list(chain.from_iterable(groups))


def _drawn(cropped: Mapping[int, int], batch_size: int, batching: Batching) -> Iterator[Batch]:
    """The batches of one epoch of Trainer's, or of so many utterances as are drawn."""
    # Imported only where chance decides.
    from random import Random

    number = min(sum(cropped.values()), max(MAX_DRAWN, batch_size))
    lengths = Random(_SEED).sample(list(cropped), number, counts=list(cropped.values()))
    if batching.order == "grouped":
        lengths = grouped_by_length(lengths, batch_size * batching.accumulate)
    end = number - number % batch_size if batching.drop_last else number
    for start in range(0, end, batch_size):
        batch = lengths[start : min(start + batch_size, end)]
        yield Batch(1, len(batch), max(batch), sum(batch))


def _batch_size(longest: int, remaining: int, batching: Batching, sample_rate: int) -> int:
    """How many of the utterances that are left the next batch keeps, whose longest has so many samples."""
    size = remaining
    if batching.max_tokens is not None:
        if longest > batching.max_tokens:
            raise WorkloadError(
                f"an utterance of {longest / sample_rate:,.1f} s has {longest:,} samples, and a batch may have "
                f"{batching.max_tokens:,} (max_tokens): fairseq ends there; raise that, or crop utterances"
            )
        size = min(size, batching.max_tokens // longest)
    if batching.batch_size is not None:
        size = min(size, batching.batch_size)
    return size - size % batching.multiple if size >= batching.multiple else size


def _keep(lengths: Lengths, batching: Batching) -> tuple[dict[int, int], int, int]:
    """How many utterances have each length, without those too short and those too long, and how many these are."""
    kept: dict[int, int] = {}
    too_short = too_long = 0
    for samples, count in zip(lengths.samples, lengths.counts, strict=True):
        if samples < batching.min_samples:
            too_short += count
        elif batching.max_kept_samples is not None and samples > batching.max_kept_samples:
            too_long += count
        else:
            kept[samples] = count
    return kept, too_short, too_long


def _crop(kept: Mapping[int, int], most: int | None) -> Mapping[int, int]:
    """How many utterances have each length once the longer ones are cropped to the most samples."""
    if most is None:
        return kept
    cropped: Counter[int] = Counter()
    for samples, count in kept.items():
        cropped[min(samples, most)] += count
    return cropped


def _total(kept: Mapping[int, int]) -> int:
    """The samples of all utterances."""
    return sum(samples * count for samples, count in kept.items())


def _parts(whole: int, size: int, drop_last: bool) -> int:
    """Into how many parts of a size a number is divided; a smaller last one counts unless it is dropped."""
    return whole // size if drop_last else -(-whole // size)


def _check(batching: Batching) -> None:
    for name, least in (
        ("max_tokens", 1),
        ("batch_size", 1),
        ("multiple", 1),
        ("max_samples", 1),
        ("min_samples", 0),
        ("max_kept_samples", 1),
        ("buckets", 0),
        ("devices", 1),
        ("accumulate", 1),
    ):
        number = getattr(batching, name)
        if number is not None and not least <= number < 2**63:
            raise ArgumentError(f"{name} is {describe(number)}; give a whole number of at least {least}")
    if batching.buckets and not batching.pad:
        raise ArgumentError("batches that are cropped have no buckets; pad them (enable_padding), or leave buckets out")
    if batching.order != "size" and batching.batch_size is None:
        raise ArgumentError("batches that are filled at random need a batch_size")
    if batching.max_tokens is None and batching.batch_size is None:
        raise ArgumentError("nothing limits the batches; give max_tokens, or a batch_size")

"""Batches worked out by hand from the description of fairseq's rule, and what chance makes of Trainer's."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from w2v_explore import ArgumentError, WorkloadError
from w2v_explore.analysis.plan import batches as module
from w2v_explore.analysis.plan.batches import Batch, Batching, batches_by_size, make_batches
from w2v_explore.analysis.plan.lengths import Lengths

RATE = 10


def lengths_of(samples: Sequence[int]) -> Lengths:
    counts = Counter(samples)
    return Lengths(
        "corpus",
        "list of seconds",
        RATE,
        array("q", sorted(counts)),
        array("q", (counts[key] for key in sorted(counts))),
    )


def filled(samples: Sequence[int], **options: Any) -> list[tuple[int, int]]:
    """The utterances and the length of each batch."""
    made = batches_by_size(Counter(samples), Batching(**options), RATE)
    return [(batch.utterances, batch.samples) for batch in made for _ in range(batch.number)]


# In each, the number of utterances times the longest's tokens is what a batch costs.
@pytest.mark.parametrize(
    ("samples", "options", "batches"),
    [
        # 3 × 10 = 30 fits, 4 × 10 = 40 does not; 5 × 5 = 25 is left.
        ([10, 10, 9, 5, 5, 5, 5, 5], {"max_tokens": 35, "pad": True}, [(3, 10), (5, 5)]),
        # The same, cropped: the first batch to 9.
        ([10, 10, 9, 5, 5, 5, 5, 5], {"max_tokens": 35}, [(3, 9), (5, 5)]),
        # 12 fit, and a multiple of 8 is kept; the four others begin the next batch, which has room for 12 again.
        ([3] * 24, {"max_tokens": 36}, [(8, 3), (8, 3), (8, 3)]),
        # Of 11 at the end 8 are a batch, and the last 3 another.
        ([3] * 11, {"max_tokens": 36}, [(8, 3), (3, 3)]),
        # Fewer than 8 are kept as they are.
        ([3] * 14, {"max_tokens": 21}, [(7, 3), (7, 3)]),
        ([3] * 14, {"max_tokens": 21, "multiple": 4}, [(4, 3), (4, 3), (4, 3), (2, 3)]),
        ([3] * 14, {"max_tokens": 21, "multiple": 1}, [(7, 3), (7, 3)]),
        # The number of utterances limits, and is cut to the multiple too.
        ([3] * 20, {"batch_size": 5}, [(5, 3), (5, 3), (5, 3), (5, 3)]),
        ([3] * 20, {"batch_size": 12}, [(8, 3), (8, 3), (4, 3)]),
        ([9, 8, 3, 3, 3], {"max_tokens": 18, "batch_size": 2, "pad": True}, [(2, 9), (2, 3), (1, 3)]),
        # Utterances are counted as they are cropped, so that ten of 4 fit where one of 30 would not.
        ([30, 20, 4, 4], {"max_tokens": 16, "max_samples": 4}, [(4, 4)]),
        # Those that are padded are counted whole, and cropped all the same.
        ([30, 20, 4, 4], {"max_tokens": 60, "max_samples": 10, "pad": True}, [(2, 10), (2, 4)]),
        # Percentiles of 1, 2, …, 8: the least lengths of which halves and quarters are no longer.
        (range(1, 9), {"max_tokens": 16, "pad": True, "buckets": 2}, [(2, 8), (2, 8), (4, 4)]),
        (range(1, 9), {"max_tokens": 16, "pad": True, "buckets": 4}, [(2, 8), (2, 6), (4, 4)]),
    ],
)
def test_batches_are_those_worked_out_by_hand(
    samples: Sequence[int], options: dict[str, Any], batches: list[tuple[int, int]]
) -> None:
    assert filled(samples, **options) == batches


def test_an_epoch_worked_out_by_hand() -> None:
    lengths = lengths_of([1, 2, 5, 5, 5, 8, 10, 20, 30])
    batching = Batching(max_tokens=30, max_samples=15, min_samples=2, max_kept_samples=20, devices=2)
    # Kept are 20 (cropped to 15), 10, 8, 5, 5, 5, 2: batches of 20 and 10; 8, 5 and 5; 5 and 2.
    epoch = make_batches(lengths, batching)
    assert [shape[:2] for shape in epoch.shapes] == [(2, 10), (3, 5), (2, 2)]
    assert {shape.share for shape in epoch.shapes} == {1 / 3}
    assert (epoch.utterances, epoch.too_short, epoch.too_long) == (7, 1, 1)
    assert (epoch.batches, epoch.updates_per_epoch) == (3, 2)
    assert epoch.seconds_per_batch == pytest.approx((20 + 15 + 4) / 3 / RATE)
    assert epoch.padding_share == 0
    assert epoch.cropped_share == pytest.approx(1 - 39 / 55)
    # Padded: 20 counts 20 tokens, alone; then 10, 8 and 5, then 5, 5 and 2.
    padded = make_batches(lengths, batching._replace(pad=True))
    assert [shape[:2] for shape in padded.shapes] == [(3, 10), (1, 15), (3, 5)]
    assert padded.padding_share == pytest.approx(1 - (15 + 23 + 12) / (30 + 15 + 15))
    assert padded.cropped_share == pytest.approx(5 / 55)


@pytest.mark.parametrize(
    ("devices", "accumulate", "updates"), [(1, 1, 10), (1, 4, 3), (4, 1, 3), (4, 2, 2), (16, 1, 1), (16, 8, 1)]
)
def test_batches_are_dealt_to_devices_and_gathered_to_updates(devices: int, accumulate: int, updates: int) -> None:
    epoch = make_batches(lengths_of([3] * 10), Batching(batch_size=1, devices=devices, accumulate=accumulate))
    assert (epoch.batches, epoch.updates_per_epoch) == (10, updates)


def test_a_batch_of_many_alike_is_one_entry() -> None:
    [batch, rest] = batches_by_size({100: 1_000_001}, Batching(max_tokens=900), RATE)
    assert (batch, rest) == (Batch(125_000, 8, 100, 800), Batch(1, 1, 100, 100))


def test_batches_at_random_are_padded_as_much_as_chance_makes_of_them() -> None:
    # Of 8 lengths from 1 to 1,000, drawn at random, the longest is 8/9 of the most on average, and their mean is half.
    lengths = lengths_of(list(range(1, 1001)) * 20)
    drawn = make_batches(lengths, Batching(batch_size=8, pad=True, order="random", devices=4, accumulate=2))
    assert drawn.padding_share == pytest.approx(1 - (1 / 2) / (8 / 9), abs=0.005)
    assert (drawn.batches, drawn.updates_per_epoch) == (2500, 313)
    assert drawn.seconds_per_batch == pytest.approx(8 * 8 / 9 * 1000 / RATE, rel=0.01)
    grouped = make_batches(lengths, Batching(batch_size=8, pad=True, order="grouped"))
    assert grouped.padding_share < 0.03
    assert make_batches(lengths, Batching(batch_size=8, pad=True, order="grouped")) == grouped


def test_of_a_large_corpus_a_part_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = lengths_of(list(range(1, 1001)) * 50)
    whole = make_batches(lengths, Batching(batch_size=8, pad=True, order="random"))
    monkeypatch.setattr(module, "MAX_DRAWN", 10_000)
    part = make_batches(lengths, Batching(batch_size=8, pad=True, order="random"))
    assert (part.batches, part.updates_per_epoch) == (whole.batches, whole.updates_per_epoch)
    assert part.padding_share == pytest.approx(whole.padding_share, abs=0.01)


def test_the_last_batch_may_be_left_out() -> None:
    lengths, batching = lengths_of([5] * 21), Batching(batch_size=4, pad=True, order="random", devices=2)
    assert make_batches(lengths, batching).updates_per_epoch == 3
    assert make_batches(lengths, batching._replace(drop_last=True)).updates_per_epoch == 2
    with pytest.raises(WorkloadError, match="21 utterances are too few for a batch of 4 on each of 6 devices"):
        make_batches(lengths, batching._replace(drop_last=True, devices=6))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "nothing limits the batches; give max_tokens, or a batch_size"),
        ({"max_tokens": 0}, "max_tokens is 0; give a whole number of at least 1"),
        ({"max_tokens": 10**400}, "max_tokens is a number of 401 digits; give"),
        ({"max_tokens": 9, "devices": 0}, "devices is 0; give a whole number of at least 1"),
        ({"max_tokens": 9, "accumulate": -1}, "accumulate is -1; give"),
        ({"max_tokens": 9, "min_samples": -1}, "min_samples is -1; give a whole number of at least 0"),
        ({"max_tokens": 9, "buckets": 2}, "batches that are cropped have no buckets; pad them"),
        ({"max_tokens": 9, "order": "random"}, "batches that are filled at random need a batch_size"),
    ],
)
def test_numbers_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make_batches(lengths_of([5]), Batching(**options))


def test_an_utterance_that_no_batch_can_have_is_named() -> None:
    with pytest.raises(WorkloadError, match=r"an utterance of 3.0 s has 30 samples, and a batch may have 20"):
        make_batches(lengths_of([10, 30]), Batching(max_tokens=20))
    with pytest.raises(WorkloadError, match="no utterance of corpus is left: 1 are shorter than 20 samples, 1 longer"):
        make_batches(lengths_of([10, 30]), Batching(max_tokens=20, min_samples=20, max_kept_samples=20))


@pytest.mark.parametrize("options", [{}, {"pad": True}, {"max_samples": 7_000}])
def test_the_average_batch_costs_what_batches_cost_on_average(options: dict[str, Any]) -> None:
    epoch = make_batches(lengths_of(list(range(500, 12_000, 7)) * 3), Batching(max_tokens=50_000, **options))
    assert len(epoch.shapes) > 100
    for power, tolerance in ((1, 1e-4), (2, 1e-3)):
        mean = sum(shape.share * shape.utterances * shape.samples**power for shape in epoch.shapes)
        average = epoch.average_batch()
        assert sum(count * samples**power for samples, count in average) == pytest.approx(mean, rel=tolerance)
    assert len(average) <= 64
    # Where there are fewer lengths, none are taken together.
    few = make_batches(lengths_of([50, 50, 100]), Batching(max_tokens=100, pad=True))
    assert few.average_batch() == [(50, 1), (100, 0.5)]

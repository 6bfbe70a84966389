"""What batches hold on average: by hand, and by what is known of LibriSpeech."""

from __future__ import annotations

from array import array
from collections import Counter

import pytest

from w2v_explore.analysis.plan.batches import Batching, make_batches
from w2v_explore.analysis.plan.fill import (
    between_quantiles,
    by_max_tokens,
    by_their_sum,
    grouped,
    padded,
    utterances_of,
)
from w2v_explore.analysis.plan.lengths import Lengths


def test_quantiles_are_joined_by_straight_lines() -> None:
    assert between_quantiles([0, 0.5, 1], [0, 10, 30], 4) == [2.5, 7.5, 15.0, 25.0]


def test_librispeech_has_the_hours_that_it_has() -> None:
    # 960.9 h of 281,241 utterances, by Panayotov et al. 2015 and the listings of the files.
    mean = sum(duration * share for duration, share in utterances_of("librispeech"))
    assert 281_241 * mean / 3600 == pytest.approx(960.9, rel=0.002)


def test_a_usual_batch_is_of_librispeechs_lengths() -> None:
    # HuBERT's 87.5 s with crops of 15.625 s.
    batch = by_max_tokens(utterances_of("librispeech"), 87.5, 15.625)
    assert 0.87 < batch.device_seconds / 87.5 < 0.93
    assert 12.3 < batch.utterance_seconds < 15.625


def test_batches_by_max_tokens_by_hand() -> None:
    # Half of the utterances have 4 s, half 10 s: room for 20 s is filled by five or by two.
    mixed = by_max_tokens([(4.0, 0.5), (10.0, 0.5)], 20.0, 15.0)
    assert mixed.device_seconds == pytest.approx(7.0 / (0.1 + 0.25))
    assert mixed.utterance_seconds == pytest.approx((16 + 100) / 14)
    # Cut to 15 s one has room; of nine short ones eight are taken, fairseq's multiple.
    assert by_max_tokens([(30.0, 1.0)], 20.0, 15.0).device_seconds == pytest.approx(15.0)
    assert by_max_tokens([(2.0, 1.0)], 19.0, 15.0).device_seconds == pytest.approx(16.0)
    # Nine with any number of them, eight as a multiple of four, three where no more are allowed.
    assert by_max_tokens([(2.0, 1.0)], 19.0, 15.0, multiple=1).device_seconds == pytest.approx(18.0)
    assert by_max_tokens([(2.0, 1.0)], 19.0, 15.0, multiple=4).device_seconds == pytest.approx(16.0)
    assert by_max_tokens([(2.0, 1.0)], 19.0, 15.0, most=3).device_seconds == pytest.approx(6.0)


def test_batches_by_their_sum_and_padded_ones_by_hand() -> None:
    assert by_their_sum([(4.0, 1.0)], 20.0, 15.0) == (18.0, 4.0)
    # Of two at random three in four have one of 10 s, to which the other is padded; one of 40 s is left out.
    batch = padded([(4.0, 0.4), (10.0, 0.4), (40.0, 0.2)], 6, 2, 20.0)
    assert batch.utterance_seconds == pytest.approx(0.25 * 4 + 0.75 * 10)
    assert batch.device_seconds == pytest.approx(6 * 8.5)


@pytest.mark.parametrize("accumulate", [1, 4])
def test_grouped_batches_are_those_that_are_drawn(accumulate: int) -> None:
    # Trainer's own order, on 30,000 utterances of these lengths.
    utterances = utterances_of("librispeech")
    counts = Counter({round(16_000 * duration): round(30_000 * share) for duration, share in utterances})
    lengths = Lengths("", "", 16_000, array("q", sorted(counts)), array("q", [counts[each] for each in sorted(counts)]))
    drawn = make_batches(lengths, Batching(batch_size=16, pad=True, order="grouped", accumulate=accumulate))
    batch = grouped(utterances, 16, accumulate)
    assert batch.device_seconds == pytest.approx(drawn.seconds_per_batch, rel=0.01)
    assert grouped([(4.0, 0.1), (10.0, 0.1)], 3, 1) == (21.0, pytest.approx(116 / 14, rel=0.02))

"""Whatever a corpus and a recipe are: batches hold what fairseq promises of them, and any manifest one answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2v_explore import SourceError
from w2v_explore.analysis.plan.batches import Batching, batches_by_size, make_batches
from w2v_explore.analysis.plan.lengths import Lengths, read_histogram, read_lengths

SAMPLES = st.lists(st.integers(1, 60), min_size=1, max_size=80)


@st.composite
def batchings(draw: st.DrawFn) -> Batching:
    """Any that limits batches, and lets each utterance into one."""
    pad, most = draw(st.booleans()), draw(st.none() | st.integers(1, 70))
    longest = most if most is not None and not pad else 60
    max_tokens = draw(st.none() | st.integers(longest, 500))
    return Batching(
        max_tokens=max_tokens,
        batch_size=draw(st.integers(1, 20) if max_tokens is None else st.none() | st.integers(1, 20)),
        multiple=draw(st.sampled_from([1, 2, 3, 8])),
        max_samples=most,
        pad=pad,
    )


def one_by_one(samples: Sequence[int], batching: Batching) -> list[list[int]]:
    """The rule as it is described, an utterance at a time: what each batch has of tokens, the longest first."""
    most = batching.max_samples or max(samples)
    waiting = sorted((size if batching.pad else min(size, most) for size in samples), reverse=True)
    batches, batch = [], list[int]()
    while waiting or batch:
        grown = [*batch, *waiting[:1]]
        is_over = batching.max_tokens is not None and len(grown) * max(grown) > batching.max_tokens
        is_over |= batching.batch_size is not None and len(grown) > batching.batch_size
        if waiting and not is_over:
            batch.append(waiting.pop(0))
            continue
        kept = max(batching.multiple * (len(batch) // batching.multiple), len(batch) % batching.multiple)
        batches.append(batch[:kept])
        # What is over begins the next batch.
        batch, waiting = [], batch[kept:] + waiting
    return batches


@given(samples=SAMPLES, batching=batchings())
def test_batches_are_those_of_the_rule_taken_at_its_word(samples: list[int], batching: Batching) -> None:
    made = [batch for batch in batches_by_size(Counter(samples), batching, 10) for _ in range(batch.number)]
    wanted = one_by_one(samples, batching)
    most = batching.max_samples or max(samples)
    assert [batch.utterances for batch in made] == [len(tokens) for tokens in wanted]
    ends = [min(tokens[0] if batching.pad else tokens[-1], most) for tokens in wanted]
    assert [batch.samples for batch in made] == ends
    limits = [most] * len(wanted) if batching.pad else ends
    spoken = [sum(min(size, limit) for size in tokens) for tokens, limit in zip(wanted, limits, strict=True)]
    assert [batch.speech for batch in made] == spoken


@given(samples=SAMPLES, batching=batchings())
def test_each_utterance_is_in_one_batch_and_no_batch_is_too_large(samples: list[int], batching: Batching) -> None:
    made = list(batches_by_size(Counter(samples), batching, 10))
    assert sum(batch.number * batch.utterances for batch in made) == len(samples)
    for batch in made:
        assert batching.batch_size is None or batch.utterances <= batching.batch_size
        assert batching.max_tokens is None or batch.utterances * batch.samples <= batching.max_tokens
        assert batch.utterances < batching.multiple or batch.utterances % batching.multiple == 0
        assert 0 < batch.speech <= batch.utterances * batch.samples
        assert batching.max_samples is None or batch.samples <= batching.max_samples


@given(
    samples=SAMPLES,
    batching=batchings(),
    limits=st.tuples(st.integers(0, 3), st.integers(4, 80)),
    dealt=st.tuples(st.integers(1, 9), st.integers(1, 5)),
    order=st.sampled_from(["size", "random", "grouped"]),
)
def test_an_epoch_adds_up(
    tmp_path_factory: pytest.TempPathFactory,
    samples: list[int],
    batching: Batching,
    limits: tuple[int, int],
    dealt: tuple[int, int],
    order: Any,
) -> None:
    least, longest = limits
    kept = [size for size in [*samples, 4] if least <= size <= longest]
    path = tmp_path_factory.mktemp("corpus") / "list"
    path.write_text("".join(f"{size / 10}\n" for size in [*samples, 4]))
    batching = batching._replace(
        min_samples=least, max_kept_samples=longest, devices=dealt[0], accumulate=dealt[1], order=order
    )
    if order != "size":
        batching = batching._replace(batch_size=3, pad=True)
    epoch = make_batches(read_lengths(str(path), 10), batching)
    assert epoch.utterances == len(kept)
    assert epoch.utterances + epoch.too_short + epoch.too_long == len(samples) + 1
    steps = -(-epoch.batches // dealt[0])
    assert epoch.updates_per_epoch == -(-steps // dealt[1])
    assert sum(shape.share for shape in epoch.shapes) == pytest.approx(1)
    assert sum(shape.share * shape.utterances for shape in epoch.shapes) * epoch.batches == pytest.approx(len(kept))
    assert 0 <= epoch.padding_share < 1
    assert 0 <= epoch.cropped_share < 1
    spoken = epoch.batches * epoch.seconds_per_batch * 10 * (1 - epoch.padding_share)
    assert spoken == pytest.approx(sum(kept) * (1 - epoch.cropped_share))
    average = epoch.average_batch()
    assert sum(count for _, count in average) * epoch.batches == pytest.approx(len(kept))
    assert len(average) <= 64


LINES = st.one_of(
    st.text(max_size=30).map(str.encode),
    st.binary(max_size=30),
    st.builds(lambda name, number: f"{name}\t{number}".encode(), st.text(max_size=5), st.integers(-1, 10**30)),
    st.builds(lambda name, number: f"{name} {number}".encode(), st.text("ab", max_size=3), st.floats()),
    st.floats().map(lambda number: str(number).encode()),
    st.builds(
        lambda key, value: json.dumps({key: value}).encode(),
        st.sampled_from(["duration", "num_samples", "length", "text"]),
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.lists(st.integers()),
    ),
)


@pytest.mark.parametrize("skip_bad", [False, True])
@given(lines=st.lists(LINES, max_size=8), end=st.sampled_from([b"\n", b"\r\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_or_refused_in_one_line(
    tmp_path: Path, skip_bad: bool, lines: list[bytes], end: bytes
) -> None:
    path = tmp_path / "manifest"
    path.write_bytes(end.join(lines))
    for read in (read_lengths, read_histogram):
        lengths = outcome(read, path, skip_bad)
        if isinstance(lengths, str):
            assert lengths.startswith((str(path), "cannot read"))
            assert lengths.isprintable()
        else:
            assert 0 < len(lengths.samples) == len(lengths.counts) <= lengths.num_utterances
            assert list(lengths.samples) == sorted(set(lengths.samples))
            assert lengths.samples[0] > 0
            assert lengths.skipped == 0 or skip_bad


def outcome(read: Callable[..., Lengths], path: Path, skip_bad: bool) -> Lengths | str:
    try:
        return read(str(path), 16_000, skip_bad=skip_bad)
    except SourceError as error:
        return str(error)

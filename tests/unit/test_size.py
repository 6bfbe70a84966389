"""Spaces that are too large to be gone through, or that take long."""

from __future__ import annotations

import re
from itertools import count

import pytest

from w2v_explore import ArgumentError, Workload, load_config
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.running import size
from w2v_explore.search.running.chunk import Worker
from w2v_explore.search.running.size import require_countable, require_short
from w2v_explore.search.space.space import Axis, Given, Space


def _space(*lengths: int) -> Space:
    fields = ("encoder_ff_interm_features", "encoder_num_layers", "aux_num_out", "encoder_embed_dim")
    axes = tuple(Axis(field, tuple(range(1, length + 1))) for field, length in zip(fields, lengths, strict=False))
    return Space(load_config("base"), axes, {axis.name: Given(place) for place, axis in enumerate(axes)})


def test_a_space_of_a_thousand_million_is_gone_through_and_no_larger_one() -> None:
    require_countable(_space(1000, 1000, 1000))
    message = "the space has 1,000,000,001 combinations, and one of more than 1,000,000,000 is not gone through; give a"
    with pytest.raises(ArgumentError, match=f"{message} .*--trials N"):
        require_countable(Space(load_config("base"), (Axis("aux_num_out", range(10**9 + 1)),), {}))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=re.escape("the space has 1e+12 combinations")):
        require_countable(_space(1000, 1000, 1000, 1000))


@pytest.mark.parametrize(
    ("chunk_s", "processes", "duration"),
    [(0.5, 1, "16 minutes"), (5.0, 1, "3 hours"), (5.0, 2, "80 minutes"), (100.0, 1, "2 days"), (0.5, 2, None)],
)
def test_what_takes_long_says_how_long(
    chunk_s: float, processes: int, duration: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock goes on by a chunk each time that it is looked at.
    monkeypatch.setattr(size, "perf_counter", (chunk_s * each for each in count()).__next__)
    monkeypatch.setattr(Worker, "work", lambda worker, chunk: None)
    question = Question(_space(2000, 1000, 63), Workload.of_seconds(1), Pareto(("macs",)))
    if duration is None:
        require_short(question, processes)
        return
    message = f"the space has 126,000,000 combinations, and to go through them takes about {duration} here; give --yes"
    with pytest.raises(ArgumentError, match=message):
        require_short(question, processes)


def test_a_small_space_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "estimated_seconds", lambda question: 1e9)
    require_short(Question(_space(1000, 1000), Workload.of_seconds(1), Pareto(("macs",))), 1)

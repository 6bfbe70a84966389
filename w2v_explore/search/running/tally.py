"""What was found so far, and in which chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Chunk, Found, joined


class Tally(NamedTuple):
    """What some chunks came to, of which none is counted twice.

    A new one is made for each chunk that is added: what breaks off meanwhile leaves the old one, which is whole.

    Attributes:
        done: What the chunks cover, in order; neighbours are one.
        parts: How many chunks each of some parts is of, and what they came to. As the digits of a binary counter, no
            part is of as few as the next: a front of many configs is not joined with each small one that comes.
    """

    done: tuple[Chunk, ...] = ()
    parts: tuple[tuple[int, Found], ...] = ()

    @property
    def size(self) -> int:
        """How many combinations the chunks have."""
        return sum(chunk.stop - chunk.start for chunk in self.done)

    def holds(self, chunk: Chunk) -> bool:
        """Whether a chunk, or the first combination of it, was counted."""
        return any(done.start <= chunk.start < done.stop for done in self.done)

    def plus(self, question: Question, chunk: Chunk, found: Found) -> Tally:
        """With a further chunk."""
        parts = [*self.parts, (1, found)]
        while len(parts) > 1 and parts[-2][0] <= parts[-1][0]:
            parts[-2:] = [_together(question, parts[-2:])]
        return Tally(_with(self.done, chunk), tuple(parts))

    def in_one(self, question: Question) -> Tally:
        """The same with one part, where there is any."""
        return self._replace(parts=(_together(question, self.parts),)) if len(self.parts) > 1 else self


def _together(question: Question, parts: Sequence[tuple[int, Found]]) -> tuple[int, Found]:
    return sum(chunks for chunks, _ in parts), joined(question, [found for _, found in parts])


def _with(done: Sequence[Chunk], chunk: Chunk) -> tuple[Chunk, ...]:
    """Ranges with a further one, which is in none of them."""
    ranges: list[Chunk] = []
    for each in sorted((*done, chunk)):
        if ranges and ranges[-1].stop == each.start:
            ranges[-1] = Chunk(ranges[-1].start, each.stop)
        else:
            ranges.append(each)
    return tuple(ranges)

"""What conformer layers compute beside wav2vec 2.0's: positions by distance and by rotation, and halved residuals.

What each holds and keeps is said of the modules in ``components.py``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import (
    NOTHING,
    SAME_FRAME,
    Add,
    Autocast,
    BackwardMoments,
    Beside,
    Costless,
    Flow,
    KeepsNothing,
    MacKind,
    Needs,
    NewTensor,
    Reach,
    Shape,
    of_other_factor,
)

_FLOAT_BYTES = 4
"""Of the numbers from which positions are made, whatever the dtype of what they are added to."""


@dataclass(frozen=True, slots=True)
class ScaledAdd(Add):
    """The sum of what a residual branch bypasses and a part of the branch: a half in a conformer's feed-forwards."""

    scale: float
    hands_on: ClassVar[Collection[int]] = (0,)


class _Positions(KeepsNothing, is_partial=True):
    """A table of positions without parameters, one for the whole batch, from how many frames there are."""

    __slots__ = ()
    reads_lengths: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class RelativePositions(_Positions):
    """Sines and cosines of each of the 2T − 1 distances of frames, the farthest ahead last.

    It works in float32.
    """

    embed_dim: int

    def flow(self, *taken: Flow) -> Flow:
        return Flow(2 * taken[0].frames - 1, self.embed_dim, shared=True)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        distances, half = 2 * taken[0].frames - 1, self.embed_dim // 2
        angles = distances * half
        # Sines, cosines and both of them side by side, beside the angles and what they are made of; then, in another
        # dtype than float32, what it gives.
        return (
            Beside(bytes=_FLOAT_BYTES * (distances + half + 5 * angles)),
            Beside(elements=2 * angles, bytes=_FLOAT_BYTES * (distances + half + 3 * angles)),
        )


@dataclass(frozen=True, slots=True)
class RotaryPositions(_Positions):
    """Cosines and sines of the angles by which pairs of a head's channels turn in each frame."""

    head_dim: int

    def buffer_shapes(self) -> dict[str, Shape]:
        return {"inv_freq": (self.head_dim // 2,)}

    def flow(self, *taken: Flow) -> Flow:
        return Flow(taken[0].frames, self.head_dim, heads=2, shared=True)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        frames = taken[0].frames
        # Frames' numbers, angles, cosines and sines, and both of them one after the other.
        return (Beside(elements=frames + 5 * frames * self.head_dim),)


@dataclass(frozen=True, slots=True)
class Rotation(NewTensor, Costless):
    """What it takes with the pairs of each head's channels turned by the positions that it takes second."""

    num_heads: int
    keeps_input: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "promotes"

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        # Both products, and their sum.
        return (Beside(elements=3 * taken[0].elements(batch)),)

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        # The positions need no gradient: what is turned is not kept.
        return taken[1:]

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        elements = taken[0].elements(batch)
        # The gradients of both products; then half of that of the turned is negated, and put together with the rest.
        return BackwardMoments((Beside(elements=3 * elements),), (Beside(elements=3 * elements + elements // 2),))


@dataclass(frozen=True, slots=True)
class QueryBias(KeepsNothing):
    """Queries with a learned vector of each head added, which the parent holds.

    Attributes:
        num_heads: Heads.
        head_dim: Channels of a head.
        name: Of the vector, below the name under which the parent lends it.
    """

    num_heads: int
    head_dim: int
    name: str
    hands_on: ClassVar[Collection[int]] = (0,)
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {self.name: (self.num_heads, self.head_dim)}


@dataclass(frozen=True, slots=True)
class DistanceScores(NewTensor):
    """The products of each query with the projected position of each distance, in heads side by side."""

    num_heads: int
    mac_kind: ClassVar[MacKind | None] = "attention"
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "lower"

    def reach(self) -> Reach:
        return SAME_FRAME

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, *taken: Flow) -> Flow:
        queries, positions = taken
        return Flow(queries.frames, positions.frames, self.num_heads)

    def macs(self, batch: int, *taken: Flow) -> int:
        queries, positions = taken
        return queries.rows(batch) * positions.frames * queries.channels

    def backward_macs(self, batch: int, needs: Needs, *taken: Flow) -> int:
        return self.macs(batch, *taken) * sum(needs.taken)

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return of_other_factor(taken, needs)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        gives = self.flow(*taken).elements(batch)
        made = sum([flow.elements(batch) for flow, does in zip(taken, needs.taken, strict=True) if does])
        is_copied = batch > 1 and self.num_heads > 1
        return BackwardMoments(
            (
                Beside(elements=gives + (gives if is_copied else 0)),
                Beside(elements=gives + made),
            )
        )

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING


@dataclass(frozen=True, slots=True)
class DistanceBias(KeepsNothing):
    """What is added to the score of each pair of frames: the score of their distance over √head_dim."""

    head_dim: int

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]._replace(channels=taken[0].frames)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        scores, gives = taken[0], self.flow(*taken).elements(batch)
        rows = scores.rows(batch)
        # Rows are as long at first as from one query to the next the keys' distances begin further left.
        shifted = rows * max(scores.channels - 1, 1)
        return BackwardMoments(
            (Beside(elements=2 * gives),),
            (Beside(elements=gives + shifted), Beside(elements=shifted + scores.elements(batch))),
        )

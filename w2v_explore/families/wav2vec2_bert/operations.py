"""What w2v-BERT 2.0 computes beside a conformer: a table of vectors by distance, and causal convolutions.

What each holds and keeps is said of the modules in ``components.py``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.families.wav2vec2_conformer.operations import RotaryPositions
from w2v_explore.tree.operations import (
    INDEX_BYTES,
    NOTHING,
    WHOLE_UTTERANCE,
    Autocast,
    BackwardMoments,
    Beside,
    Conv1d,
    Costless,
    Flow,
    KeepsNothing,
    MacKind,
    Needs,
    NewTensor,
    Reach,
    Shape,
)

_FLOAT_BYTES = 4  # of the numbers from which angles are made, whatever the dtype of what they turn


@dataclass(frozen=True, slots=True)
class Angles(RotaryPositions):
    """Cosines and sines of the angles by which pairs of a head's channels turn in each frame, without a buffer."""

    def buffer_shapes(self) -> dict[str, Shape]:
        return {}

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        frames = taken[0].frames
        inputs, angles = frames + self.head_dim // 2, frames * self.head_dim
        # Angles and what they are made of, cosines, sines, and both of them one after the other; then, in another dtype
        # than float32, what it gives.
        return (
            Beside(bytes=_FLOAT_BYTES * (inputs + 5 * angles)),
            Beside(elements=2 * angles, bytes=_FLOAT_BYTES * (inputs + 3 * angles)),
        )


@dataclass(frozen=True, slots=True)
class DistanceEmbedding(NewTensor, Costless):
    """The vector of each pair of frames for their distance, of a head's width: a look-up in a table.

    Attributes:
        max_left: From so many frames before on, all distances have one vector.
        max_right: From so many frames behind on, all distances have one vector.
        head_dim: Of a vector.
    """

    max_left: int
    max_right: int
    head_dim: int
    keeps_input: ClassVar[bool] = False
    reads_lengths: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.max_left + self.max_right + 1, self.head_dim)}

    def flow(self, *taken: Flow) -> Flow:
        frames = taken[0].frames
        return Flow(frames, self.head_dim, heads=frames, shared=True)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # The distances of all pairs of frames.
        return Beside(bytes=INDEX_BYTES * taken[0].frames ** 2)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        frames = taken[0].frames
        distances = INDEX_BYTES * frames**2
        # Frames are numbered, and their distances worked out; then they are looked up in the scaled table.
        return (
            Beside(bytes=distances + INDEX_BYTES * frames),
            Beside(elements=self.flow(*taken).elements(batch) + self.parameters, bytes=distances),
        )

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        gives, indices = self.flow(*taken).elements(batch), self.kept_beside(batch, *taken)
        # The gradient of the scaled table, then both.
        return BackwardMoments(
            (indices._replace(elements=gives + self.parameters),), (Beside(elements=2 * self.parameters),)
        )


@dataclass(frozen=True, slots=True)
class DistanceProducts(NewTensor):
    """What is added to the score of each pair of frames: the product of the query with the vector of their distance.

    Where there are several utterances, frames and heads, it keeps the queries in another order, a copy; attention keeps
    the queries themselves in any case.
    """

    num_heads: int
    mac_kind: ClassVar[MacKind | None] = "attention"
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "lower"

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, *taken: Flow) -> Flow:
        frames = taken[0].frames
        return Flow(frames, frames, self.num_heads)

    def macs(self, batch: int, *taken: Flow) -> int:
        queries = taken[0]
        return queries.elements(batch) * queries.frames

    def backward_macs(self, batch: int, needs: Needs, *taken: Flow) -> int:
        return self.macs(batch, *taken) * sum(needs.taken)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        is_copied = batch > 1 and self.num_heads > 1 and taken[0].frames > 1
        return Beside(elements=taken[0].elements(batch)) if is_copied else NOTHING

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return taken[1:] if needs.taken[0] else ()

    def kept_of_beside(self, batch: int, needs: Needs, *taken: Flow) -> Beside:
        return self.kept_beside(batch, *taken) if needs.taken[1] else NOTHING


@dataclass(frozen=True, slots=True)
class CausalConv1d(Conv1d):
    """A convolution of as many frames as it takes, none of which sees a later one: all padding comes first."""

    keeps_input: ClassVar[bool] = False

    def reach(self) -> Reach:
        return Reach(self.kernel, before=self.kernel - 1)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # torch makes a padded copy of what it takes, and keeps the copy.
        return Beside(elements=batch * (taken[0].frames + self.kernel - 1) * self.in_channels)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        padded = self.kept_beside(batch, *taken).elements
        gives, own = self.flow(*taken).elements(batch), self.parameters if needs.own else 0
        made = padded if needs.taken[0] else 0
        return BackwardMoments(
            (Beside(elements=gives + padded + made + own),),
            (Beside(elements=made + own + (taken[0].elements(batch) if needs.taken[0] else 0)),),
        )


@dataclass(frozen=True, slots=True)
class FramesFirst(KeepsNothing):
    """What it takes as a copy in which the channels of each frame lie side by side."""

    hands_on: ClassVar[Collection[int]] = (0,)

"""What WavLM's attention computes beside wav2vec 2.0's: a bias by the distance of frames, and its gates.

What each holds and keeps is said of the modules in ``components.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import (
    INDEX_BYTES,
    NOTHING,
    WHOLE_UTTERANCE,
    Autocast,
    BackwardMoments,
    Beside,
    Costless,
    Flow,
    Linear,
    Needs,
    NewTensor,
    Reach,
    Shape,
)


@dataclass(frozen=True, slots=True)
class PositionBias(NewTensor, Costless):
    """What each head adds to the score of a pair of frames for their distance: a look-up in a table."""

    num_buckets: int
    num_heads: int
    max_distance: int
    keeps_input: ClassVar[bool] = False
    reads_lengths: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.num_buckets, self.num_heads)}

    def flow(self, *taken: Flow) -> Flow:
        frames = taken[0].frames
        return Flow(frames, frames, self.num_heads)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # The buckets of all pairs of frames.
        return Beside(bytes=INDEX_BYTES * taken[0].frames ** 2)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        frames = taken[0].frames
        pairs = frames**2
        # The buckets of all pairs are looked up in those of the 2T - 1 distances; then the table is looked up, and what
        # it says repeated over the batch.
        distances = 32 * (2 * frames - 1) + INDEX_BYTES * frames
        return (
            Beside(bytes=2 * INDEX_BYTES * pairs + distances),
            Beside(elements=self.num_heads * pairs, bytes=INDEX_BYTES * pairs),
            Beside(elements=self.num_heads * pairs * (1 + batch)),
        )

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        indices, pairs = self.kept_beside(batch, *taken), self.num_heads * taken[0].frames ** 2
        # The gradient of one utterance is the sum of all.
        table, summed = self.parameters, pairs if batch > 1 else 0
        gives = pairs * batch
        return BackwardMoments(
            (
                indices._replace(elements=gives + summed),
                indices._replace(elements=pairs + table),
            )
        )


@dataclass(frozen=True, slots=True)
class GateProjection(Linear):
    """A linear layer from the channels of each head, all with the same weights.

    Heads do not lie one after the other: it makes a copy of what it takes, and keeps that. With a single head or frame
    it keeps what it takes, as attention's projection does where that is trained; of a single frame that is not told.
    """

    num_heads: int
    keeps_input: ClassVar[bool] = False

    def flow(self, *taken: Flow) -> Flow:
        return Flow(taken[0].frames, self.out_features, self.num_heads)

    def macs(self, batch: int, *taken: Flow) -> int:
        return self.flow(*taken).rows(batch) * self.in_features * self.out_features

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside(elements=taken[0].elements(batch) if self._copies(*taken) else 0)

    def kept_casts(self, batch: int, needs: Needs, *taken: Flow) -> Sequence[int]:
        return (0,) if "weight" in needs.own and not self._copies(*taken) else ()

    def _copies(self, *taken: Flow) -> bool:
        return self.num_heads > 1 and taken[0].frames > 1

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return taken if self.num_heads == 1 and "weight" in needs.own else ()

    def kept_of_beside(self, batch: int, needs: Needs, *taken: Flow) -> Beside:
        return self.kept_beside(batch, *taken) if "weight" in needs.own else NOTHING

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        gives = self.flow(*taken).elements(batch)
        # The product of matrices, beside the copy; then the product with the bias added.
        return Beside(elements=self.kept_beside(batch, *taken).elements + gives), Beside(elements=2 * gives)


@dataclass(frozen=True, slots=True)
class PositionGate(NewTensor, Costless):
    """The scale of the position bias for each head and query: two gates and a constant, which the parent holds."""

    num_heads: int
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"const": (1, self.num_heads, 1, 1)}

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]._replace(channels=1)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # Both gates, and the second's product with the constant.
        return Beside(elements=3 * taken[0].rows(batch))

    def kept_of_beside(self, batch: int, needs: Needs, *taken: Flow) -> Beside:
        # The product is a factor of the first gate's gradient alone.
        return self.kept_beside(batch, *taken) if needs.taken[0] else Beside(elements=2 * taken[0].rows(batch))

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        rows = taken[0].rows(batch)
        constant = self.num_heads if needs.own else 0
        # Both gates, their gradients apart and together; then those together, and repeated for all numbers of a gate.
        return BackwardMoments(
            (
                Beside(elements=6 * rows + constant),
                Beside(elements=2 * rows + constant + taken[0].elements(batch)),
            )
        )

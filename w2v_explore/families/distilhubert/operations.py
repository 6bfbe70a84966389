"""What DistilHuBERT's prediction heads compute beside wav2vec 2.0's operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from w2v_explore.tree.operations import (
    NOTHING,
    SAME_FRAME,
    Autocast,
    BackwardMoments,
    Beside,
    Flow,
    MacKind,
    Needs,
    NewTensor,
    Reach,
    Shape,
)


@dataclass(frozen=True, slots=True)
class SplitLinear(NewTensor):
    """A linear layer for each of several heads, which takes its own share of the channels; results lie side by side."""

    in_features: int
    num_heads: int
    out_features: int
    mac_kind: ClassVar[MacKind | None] = "linear"
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "lower"
    takes_weight_in_parts: ClassVar[bool] = True

    def reach(self) -> Reach:
        return SAME_FRAME

    def parameter_shapes(self) -> dict[str, Shape]:
        heads, width = self.num_heads, self.out_features
        return {"weight": (heads, self.in_features, width), "bias": (1, 1, heads, width)}

    def flow(self, *taken: Flow) -> Flow:
        return Flow(taken[0].frames, self.num_heads * self.out_features)

    def macs(self, batch: int, *taken: Flow) -> int:
        return taken[0].rows(batch) * self.num_heads * self.in_features * self.out_features

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return taken if "weight" in needs.own else ()

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        # The results of all heads, and their copies side by side.
        return (Beside(elements=2 * self.flow(*taken).elements(batch)),)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        return self._backward_moments(taken[0].elements(batch), self.flow(*taken).elements(batch), copies=2)

    def watched_backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        return self._backward_moments(taken[0].elements(batch), self.flow(*taken).elements(batch), copies=3)

    def _backward_moments(self, takes: int, gives: int, copies: int) -> BackwardMoments:
        """What is held where the gradient of what it takes is there so many times while one head's part is added.

        Each head's gradients are put among 0s of the size of all heads', and added to those of the heads behind it.
        """
        heads = self.num_heads
        share, own = takes // heads, self.parameters
        of_head = own // heads
        first = Beside(elements=gives + share + of_head + takes)
        if heads == 1:
            return BackwardMoments((first,))
        # The part is copied among the 0s; where it is added in a third tensor, it is gone by then.
        adding = copies * takes + (share if copies == 2 else 0) + own + of_head
        if heads == 2:
            # The last head has let go of what comes out, and of what it takes.
            before = Beside(elements=gives + takes + share + own + of_head)
            return BackwardMoments((first, before), (Beside(elements=adding),))
        return BackwardMoments((first, Beside(elements=gives + adding)))

    def autocast_backward_moments(self, batch: int, needs: Needs, watched: bool, *taken: Flow) -> BackwardMoments:
        # Parts are put among 0s and added as without autocast, the gradients of parameters once they are cast to
        # float32. The last head comes first, and each lets go of the cast of its weight.
        heads, of_input, gives = self.num_heads, needs.taken[0], self.flow(*taken).elements(batch)
        takes = taken[0].elements(batch) * of_input
        weights = self.parameter_shapes()["weight"]
        weight = prod(weights) // heads
        cast = weight * of_input
        weight *= "weight" in needs.own
        bias = self.out_features * ("bias" in needs.own)
        share, third = takes // heads, int(watched)
        own = heads * (weight + bias)

        def moments(held: Beside, added: bool) -> list[Beside]:
            """From when a head's products are made, beside what is held; and whether they are added to others."""
            third_of = third * added
            each = (
                (share + weight + bias, weight),
                (share + bias, weight + bias),
                (share + takes, weight + bias),
                (takes + third_of * takes, weight + bias),
                (0 if added else takes, weight + bias + heads * bias),
                (0 if added else takes, weight + 2 * heads * bias),
                (0 if added else takes, weight + heads * weight + (0 if added else heads * bias)),
                (0, (1 + third_of) * heads * weight),
            )
            return [
                held._replace(elements=held.elements + elements, statistics=held.statistics + statistics)
                for elements, statistics in each
            ]

        keeping = [Beside(elements=gives + share + weight + bias)]
        keeping += moments(Beside(elements=gives - cast), added=False)
        held = Beside(elements=gives + takes, statistics=own)
        if heads > 2:
            before = held.elements - cast
            keeping.append(held._replace(elements=before + share + weight + bias))
            keeping += moments(held._replace(elements=before - cast), added=True)
        keeping.append(held._replace(elements=held.elements - (heads - 1) * cast + share + weight + bias))
        return BackwardMoments(tuple(keeping), tuple(moments(Beside(elements=takes, statistics=own), added=True)))

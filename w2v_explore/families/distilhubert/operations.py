"""What DistilHuBERT's prediction heads compute beside wav2vec 2.0's operations."""

from collections.abc import Sequence
from dataclasses import dataclass
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
        return self._backward_moments(batch, needs, taken, watched=False)

    def watched_backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        return self._backward_moments(batch, needs, taken, watched=True)

    def autocast_backward_moments(self, batch: int, needs: Needs, watched: bool, *taken: Flow) -> BackwardMoments:
        return self._backward_moments(batch, needs, taken, watched=watched, is_cast=True)

    def _backward_moments(
        self, batch: int, needs: Needs, taken: tuple[Flow, ...], *, watched: bool, is_cast: bool = False
    ) -> BackwardMoments:
        """The last head comes first. Its gradients are put among 0s of the size of all heads', and so are the others'.

        These are added to those that there are, in a third tensor where autograd is watched. The gradient of what it
        takes is the first, then come the bias' and the weight's, which autocast casts to float32 before; it lets go of
        each head's cast of a weight when the head is through.
        """
        heads, gives = self.num_heads, self.flow(*taken).elements(batch)
        takes = taken[0].elements(batch) * needs.taken[0]
        share, third = takes // heads, int(watched)
        of_weight = self.in_features * self.out_features
        weight, bias = of_weight * ("weight" in needs.own), self.out_features * ("bias" in needs.own)
        cast = of_weight * (is_cast and needs.taken[0])

        def moment(elements: int, own: int) -> Beside:
            return Beside(own, elements) if is_cast else Beside(elements=elements + own)

        def moments(elements: int, own: int, *, are_there: bool) -> list[Beside]:
            """When a head's products are made, beside what is held, where gradients of other heads are or not."""
            return [
                moment(elements + (share + bias + weight if is_cast else 0), own + (weight if is_cast else 0)),
                moment(elements + (share + bias if is_cast else 0), own + (weight + bias if is_cast else 0)),
                moment(elements + share + takes, own + weight + bias),
                moment(elements + takes * (1 + third if are_there else 1), own + weight + bias),
                moment(elements + takes * (not are_there), own + weight + (heads + 1) * bias),
                moment(elements + takes * (not are_there), own + weight + 2 * heads * bias),
                moment(elements + takes * (not are_there), own + (heads + 1) * weight + heads * bias * (not are_there)),
                moment(elements + takes * (not are_there), own + heads * weight * (1 + third if are_there else 1)),
            ]

        product = share + weight + bias
        all_own = heads * (weight + bias)
        keeping = [Beside(elements=gives + product), *moments(gives - cast, 0, are_there=False)]
        if heads > 2:
            keeping.append(moment(gives + takes - cast + product, all_own))
            keeping += moments(gives + takes - 2 * cast, all_own, are_there=True)
        keeping.append(moment(gives + takes - (heads - 1) * cast + product, all_own))
        return BackwardMoments(tuple(keeping), tuple(moments(takes, all_own, are_there=True)))

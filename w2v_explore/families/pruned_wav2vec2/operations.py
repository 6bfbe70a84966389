"""What pruned models compute beside wav2vec 2.0's operations: a scale for each channel, and nothing at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import Autocast, KeepsNothing, Needs, Shape, View


@dataclass(frozen=True, slots=True)
class ChannelScale(KeepsNothing):
    """The product of each channel with a number of its own, which is not trained unless it is named.

    Where it is not, it keeps nothing of what it takes.
    """

    channels: int
    untrained: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,)}

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return taken if needs.own else ()


@dataclass(frozen=True, slots=True)
class Bypass(View):
    """What is left of a layer that has lost both of its blocks and normalises inside them: it gives what it takes."""

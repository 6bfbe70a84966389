"""What pruned models compute beside wav2vec 2.0's operations: a scale for each channel, and nothing at all."""

from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import Autocast, KeepsNothing, Shape, View


@dataclass(frozen=True, slots=True)
class ChannelScale(KeepsNothing):
    """The product of each channel with a number of its own, which is not trained: it keeps nothing of what it takes."""

    channels: int
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,)}


@dataclass(frozen=True, slots=True)
class Bypass(View):
    """What is left of a layer that has lost both of its blocks and normalises inside them: it gives what it takes."""

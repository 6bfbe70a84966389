"""What pruned models compute beside wav2vec 2.0's operations: a scale for each channel, and nothing at all."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import NOTHING, SAME_FRAME, Autocast, Beside, Flow, MacKind, Operation, Reach, Shape


@dataclass(frozen=True, slots=True)
class ChannelScale(Operation):
    """The product of each channel with a number of its own, which is not trained: it keeps nothing of what it takes."""

    channels: int
    untrained: ClassVar[Collection[str]] = ("weight",)
    mac_kind: ClassVar[MacKind | None] = None
    keeps_input: ClassVar[bool] = False
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "wide"

    def reach(self) -> Reach:
        return SAME_FRAME

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,)}

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]

    def macs(self, batch: int, *taken: Flow) -> int:
        return 0

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Bypass(Operation):
    """What is left of a layer that has lost both of its blocks and normalises inside them: it gives what it takes."""

    mac_kind: ClassVar[MacKind | None] = None
    keeps_input: ClassVar[bool] = False
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def reach(self) -> Reach:
        return SAME_FRAME

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]

    def macs(self, batch: int, *taken: Flow) -> int:
        return 0

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return True

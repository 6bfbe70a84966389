"""Operations that no family of ours has; the trees of tests are made of them too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import NOTHING, SAME_FRAME, Autocast, Beside, Flow, Operation, Reach, Shape


class _OfPairs(Operation, is_partial=True):
    """A bias for each pair of frames in some heads, from how many there are."""

    __slots__ = ()
    mac_kind: ClassVar[None] = None
    keeps_input: ClassVar[bool] = False
    keeps_output: ClassVar[bool] = False
    reads_lengths: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def reach(self) -> Reach:
        return SAME_FRAME

    def macs(self, batch: int, *taken: Flow) -> int:
        return 0

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Table(_OfPairs):
    """A learned one."""

    heads: int

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (32, self.heads)}

    def flow(self, *taken: Flow) -> Flow:
        frames = taken[0].frames
        return Flow(frames, frames, self.heads)


@dataclass(frozen=True, slots=True)
class PairBias(_OfPairs):
    """One made of a buffer, for the whole batch."""

    heads: int

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def buffer_shapes(self) -> dict[str, Shape]:
        return {"slopes": (self.heads,)}

    def flow(self, *taken: Flow) -> Flow:
        frames = taken[0].frames
        return Flow(frames, frames, self.heads, shared=True)


@dataclass(frozen=True, slots=True)
class AveragePool(Operation):
    """The means of some frames in a row, none of them in two."""

    kernel: int
    mac_kind: ClassVar[None] = None
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def reach(self) -> Reach:
        return Reach(self.kernel, self.kernel)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]._replace(frames=taken[0].frames // self.kernel)

    def macs(self, batch: int, *taken: Flow) -> int:
        return 0

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return False

"""What a model with adapters computes beside wav2vec 2.0 and the shared operations."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import NOTHING, SAME_FRAME, Autocast, Beside, Flow, MacKind, Operation, Reach, Shape


@dataclass(frozen=True, slots=True)
class Contiguous(Operation):
    """A copy of what it takes with the channels of a frame side by side in memory, as a linear layer wants them."""

    hands_on: ClassVar[Collection[int]] = (0,)
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
        return False

"""What a model with adapters computes beside wav2vec 2.0 and the shared operations."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import KeepsNothing


@dataclass(frozen=True, slots=True)
class Contiguous(KeepsNothing):
    """A copy of what it takes with the channels of a frame side by side in memory, as a linear layer wants them."""

    hands_on: ClassVar[Collection[int]] = (0,)

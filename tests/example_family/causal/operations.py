"""The one operation that other families have not."""

from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import Beside, Conv1d, Flow, Reach


@dataclass(frozen=True, slots=True)
class CausalConv1d(Conv1d):
    """A convolution of as many frames as it takes, none of which sees a later one: all padding comes first."""

    keeps_input: ClassVar[bool] = False

    def reach(self) -> Reach:
        return Reach(self.kernel, before=self.kernel - 1)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # torch makes a padded copy of what it takes, and keeps the copy.
        frames, channels = taken[0].frames + self.kernel - 1, self.in_channels
        return Beside(elements=batch * frames * channels)

"""thop's profile."""

from __future__ import annotations

import thop
import torch
from torch import Tensor, nn

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Its two numbers as they are: the first is MACs."""
    with torch.no_grad():
        macs, parameters = thop.profile(model, inputs=(waveforms,), verbose=False)
    return Counts(int(parameters), int(macs))


if __name__ == "__main__":
    report(count)

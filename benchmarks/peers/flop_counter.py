"""torch's FlopCounterMode around one forward; the first argument is the device, ``cpu`` or ``meta``."""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Half of its total: it counts two FLOPs a MAC, and no parameters."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(waveforms)
    return Counts(None, counter.get_total_flops() // 2)


if __name__ == "__main__":
    report(count, device=sys.argv[1])

"""calflops' calculate_flops."""

from __future__ import annotations

import torch
from calflops import calculate_flops
from torch import Tensor, nn

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Its MACs and parameters, of the three numbers it returns; its FLOPs also hold norms and activations."""
    with torch.no_grad():
        _, macs, parameters = calculate_flops(model, args=[waveforms], print_results=False, output_as_string=False)
    return Counts(int(parameters), int(macs))


if __name__ == "__main__":
    report(count)

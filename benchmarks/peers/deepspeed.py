"""DeepSpeed's flops profiler, without an engine."""

from __future__ import annotations

import torch
from deepspeed.profiling.flops_profiler import get_model_profile
from torch import Tensor, nn

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Its MACs and parameters, of the three numbers it returns; its FLOPs also hold norms and activations."""
    with torch.no_grad():
        _, macs, parameters = get_model_profile(
            model, args=[waveforms], print_profile=False, warm_up=0, as_string=False
        )
    return Counts(int(parameters), int(macs))


if __name__ == "__main__":
    report(count)

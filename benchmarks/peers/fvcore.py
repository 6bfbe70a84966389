"""fvcore's FlopCountAnalysis and parameter_count."""

from __future__ import annotations

import torch
from fvcore.nn import FlopCountAnalysis, parameter_count
from torch import Tensor, nn

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Its flops as they are: its README calls one multiply-add one flop."""
    with torch.no_grad():
        analysis = FlopCountAnalysis(model, waveforms)
        return Counts(parameter_count(model)[""], int(analysis.total()))


if __name__ == "__main__":
    report(count)

"""torchinfo's summary."""

from __future__ import annotations

import torchinfo
from torch import Tensor, nn

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Its total_params and total_mult_adds."""
    statistics = torchinfo.summary(model, input_data=waveforms, device="cpu", verbose=0)
    return Counts(statistics.total_params, statistics.total_mult_adds)


if __name__ == "__main__":
    report(count)

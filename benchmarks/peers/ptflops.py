"""ptflops' get_model_complexity_info, with its default backend."""

from __future__ import annotations

import torch
from ptflops import get_model_complexity_info
from torch import Tensor, nn

from benchmarks.peers.model import Counts, report


def count(model: nn.Module, waveforms: Tensor) -> Counts:
    """Its two numbers as they are: the first is MACs."""
    with torch.no_grad():
        macs, parameters = get_model_complexity_info(
            model,
            (waveforms.shape[1],),
            input_constructor=lambda _: {"waveforms": waveforms},
            as_strings=False,
            print_per_layer_stat=False,
        )
    return Counts(int(parameters), int(macs))


if __name__ == "__main__":
    report(count)

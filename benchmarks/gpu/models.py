"""What the steps build and feed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from w2v_explore import Analysis, Workload, analyze, load_config
from w2v_explore.measure.latency import example_input
from w2v_explore.model.device import find_device

TWO_LAYERS = "encoder_num_layers=2"
"""An override that makes a preset small and leaves all of its operations in it."""


def analysis_of(preset: str, seconds: float, *overrides: str, batch: int = 1, dtype: str = "float32") -> Analysis:
    """A preset under a workload."""
    return analyze(load_config(preset, overrides), Workload.of_seconds(seconds, batch=batch, dtype=dtype))


def waveforms_of(analysis: Analysis, device: str) -> Tensor:
    """Noise of the workload's shape, (B, S), on a device."""
    return example_input(analysis, find_device(device))


def error_of(output: Tensor, expected: Tensor) -> float:
    """The norm of the difference over the norm of what is expected, computed in float64 on the CPU."""
    expected = expected.cpu().double()
    return float((output.cpu().double() - expected).norm() / expected.norm())


@contextmanager
def exact_float32() -> Iterator[None]:
    """Products and convolutions of float32 in float32, and not in TF32, which torch lets cuDNN use by itself."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before

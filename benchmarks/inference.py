"""Eager inference of our model against torchaudio's: the same weights, in turns, in one process."""

from __future__ import annotations

import statistics
import time
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import wav2vec2_base

_PAIRS = 30
_SECONDS = 10


class Inference(NamedTuple):
    """Medians over the pairs: seconds of either, and ours over theirs pair by pair."""

    ours_s: float
    theirs_s: float
    ratio: float
    threads: int


def compare_inference() -> Inference:
    """The base model on 10 s of noise, fp32, on the CPU; which of the two goes first changes from pair to pair."""
    theirs = import_torchaudio_models().wav2vec2_base().eval()
    ours = wav2vec2_base().eval()
    ours.load_state_dict(theirs.state_dict())
    waveforms = torch.randn(1, _SECONDS * 16_000)
    ours_s: list[float] = []
    theirs_s: list[float] = []
    with torch.inference_mode():
        for model in (ours, theirs, ours, theirs):
            _seconds(model, waveforms)
        for pair in range(_PAIRS):
            for is_ours in (True, False) if pair % 2 else (False, True):
                (ours_s if is_ours else theirs_s).append(_seconds(ours if is_ours else theirs, waveforms))
    ratios = [a / b for a, b in zip(ours_s, theirs_s, strict=True)]
    return Inference(
        statistics.median(ours_s), statistics.median(theirs_s), statistics.median(ratios), torch.get_num_threads()
    )


def _seconds(model: nn.Module, waveforms: Tensor) -> float:
    start = time.perf_counter()
    model(waveforms)
    return time.perf_counter() - start

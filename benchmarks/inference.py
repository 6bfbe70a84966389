"""Eager inference of our models against torchaudio's: the same weights, in turns, in one process.

``python -m benchmarks.inference`` prints its section of docs/performance.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import wav2vec2_base, wavlm_base
from w2v_explore.measure.statistics import Ratio, ratio_in_turns, summarize

_PAIRS = 30
_SECONDS = 10
_OURS: dict[str, Callable[[], nn.Module]] = {"wav2vec2_base": wav2vec2_base, "wavlm_base": wavlm_base}

_SECTION = """\
## The model

The base models on {seconds} s of audio, eager, fp32, on the CPU with {threads} threads, {pairs} pairs, the same weights
(`python -m benchmarks.inference`). The ratio is ours over torchaudio's, with its 95 % interval; the aim is never to be
SLOW:

| | ours | torchaudio's | ratio | verdict |
| :--- | ---: | ---: | ---: | :--- |
{rows}
"""


class Inference(NamedTuple):
    """Medians over the pairs in seconds, and ours over theirs pair by pair."""

    ours_s: float
    theirs_s: float
    ratio: Ratio


def compare_inference(name: str) -> Inference:
    """A model of torchaudio's on noise, fp32, on the CPU; which of the two goes first changes from pair to pair."""
    theirs = getattr(import_torchaudio_models(), name)().eval()
    ours = _OURS[name]().eval()
    ours.load_state_dict(theirs.state_dict())
    waveforms = torch.randn(1, _SECONDS * 16_000)
    ours_ns: list[int] = []
    theirs_ns: list[int] = []
    with torch.inference_mode():
        for model in (ours, theirs, ours, theirs):
            _nanoseconds(model, waveforms)
        for pair in range(_PAIRS):
            for is_ours in (True, False) if pair % 2 else (False, True):
                (ours_ns if is_ours else theirs_ns).append(_nanoseconds(ours if is_ours else theirs, waveforms))
    return Inference(summarize(ours_ns).median_s, summarize(theirs_ns).median_s, ratio_in_turns(theirs_ns, ours_ns))


def section() -> str:
    """A section of docs/performance.md."""
    rows = []
    for name in _OURS:
        ours_s, theirs_s, ratio = compare_inference(name)
        interval = f"{ratio.ratio:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
        rows.append(
            f"| {name} | {1e3 * ours_s:.0f} ms | {1e3 * theirs_s:.0f} ms | {interval} | {ratio.verdict.value} |"
        )
    return _SECTION.format(seconds=_SECONDS, threads=torch.get_num_threads(), pairs=_PAIRS, rows="\n".join(rows))


def _nanoseconds(model: nn.Module, waveforms: Tensor) -> int:
    start = time.perf_counter_ns()
    model(waveforms)
    return time.perf_counter_ns() - start


if __name__ == "__main__":
    print(section(), end="")

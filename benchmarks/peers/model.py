"""What every script here starts from: torchaudio's model and a waveform, as asked for on standard input.

These scripts run where w2v-explore is not installed, so nothing here may import it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import sys
import types
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


class Counts(NamedTuple):
    """What a tool says; None is what it does not say."""

    parameters: int | None
    macs: int


def report(count: Callable[[torch.nn.Module, torch.Tensor], Counts], device: str = "cpu") -> None:
    """Build the model, let the tool count, and print one line of JSON; whatever the tool prints goes to stderr."""
    request = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        _prepare_torchaudio()
        from torchaudio.models import wav2vec2_model

        # The tool counts outside this context, through which torch's functions reach patched ones by another way.
        with torch.device(device):
            model = wav2vec2_model(**request["fields"]).eval()
            waveforms = torch.zeros(1, request["samples"])
        counts = count(model, waveforms)
    print(json.dumps(counts._asdict()))


def _prepare_torchaudio() -> None:
    """Put an empty package in torchaudio's place, through which its models are found.

    The package's own first lines load a library that is linked against CUDA; beside a CPU build of torch that fails,
    and the models, which are plain Python, need none of it.
    """
    spec = importlib.util.find_spec("torchaudio")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("torchaudio is not installed", name="torchaudio")
    package = types.ModuleType("torchaudio")
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    package.__version__ = importlib.metadata.version("torchaudio")  # type: ignore[attr-defined]
    sys.modules["torchaudio"] = package

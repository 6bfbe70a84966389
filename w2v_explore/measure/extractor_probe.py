"""What the feature extractor does to real tensors: how many frames it makes, and which samples a frame depends on.

The number of channels changes neither, so each layer is given a few, whatever the config says: enough for a norm over
channels not to make them all alike. In float64 no small gradient is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.errors import DeviceError
from w2v_explore.model.components import FeatureExtractor
from w2v_explore.model.device import require_memory
from w2v_explore.model.materialize import materialize

CHANNELS = 4

_CPU = torch.device("cpu")
_DTYPE = torch.float64


def build_narrow_extractor(config: ModelConfig, *, norms: bool = True) -> FeatureExtractor:
    """The feature extractor of a config with a few channels a layer, its weights always the same.

    Args:
        config: Whose kernels, strides and norms.
        norms: Whether to have the norms.

    Raises:
        DeviceError: Even so the weights do not fit the free memory.
    """
    narrow = tuple((CHANNELS, kernel, stride) for _, kernel, stride in config.conv_layers)
    layer = build_architecture(replace(config, extractor_conv_layer_config=narrow)).child("feature_extractor")
    require_memory(_CPU, layer.parameters * _DTYPE.itemsize, "the weights of the extractor's kernels")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        extractor = materialize(layer, device=_CPU, dtype=_DTYPE)
    assert isinstance(extractor, FeatureExtractor)
    if not norms:
        for block in extractor.conv_layers:
            block.layer_norm = None  # type: ignore[assignment]
    return extractor


def count_frames(extractor: FeatureExtractor, batch: int, samples: int) -> int:
    """Frames that an extractor makes of each utterance.

    Raises:
        RuntimeError, ValueError: torch's own error where the input is too short.
        DeviceError: The waveforms do not fit the free memory.
    """
    with torch.no_grad():
        features, _ = extractor(_noise(batch, samples), None)
    return int(features.shape[1])


def find_least_samples(extractor: FeatureExtractor, batch: int) -> int:
    """The shortest input of which torch makes a frame, found by trying."""
    too_few, enough = 0, 1
    while not _makes_a_frame(extractor, batch, enough):
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _makes_a_frame(extractor, batch, middle):
            enough = middle
        else:
            too_few = middle
    return enough


def find_frame_spans(extractor: FeatureExtractor, samples: int, frames: Sequence[int]) -> list[tuple[int, int]]:
    """The samples on which frames depend: the first whose gradient is not 0, and the one after the last.

    Args:
        extractor: It must not be used again.
        samples: The length of the one utterance.
        frames: Of which a gradient is taken, one after the other.

    Raises:
        DeviceError: The waveforms do not fit the free memory.
    """
    for block in extractor.conv_layers:
        block.register_forward_hook(_keep_only_support)
    waveforms = _noise(1, samples).requires_grad_()
    features, _ = extractor(waveforms, None)
    return [_support(features[0, frame], waveforms) for frame in frames]


def _makes_a_frame(extractor: FeatureExtractor, batch: int, samples: int) -> bool:
    try:
        return count_frames(extractor, batch, samples) > 0
    except DeviceError:
        raise
    except (RuntimeError, ValueError):
        return False


def _noise(batch: int, samples: int) -> Tensor:
    # The waveforms, and what the first layer makes of them at a stride of 1.
    needed = batch * samples * (1 + CHANNELS) * _DTYPE.itemsize
    require_memory(_CPU, needed, "the waveforms and the extractor's first layer")
    return _random(torch.empty(batch, samples, dtype=_DTYPE)) - 0.5


def _keep_only_support(module: object, inputs: object, output: Any) -> None:
    """Have the gradient of a block's output forget its size, lest the product of many layers' vanishes in rounding."""
    output[0].register_hook(lambda gradient: torch.where(gradient != 0, _random(gradient) + 0.5, 0.0))


def _support(features: Tensor, waveforms: Tensor) -> tuple[int, int]:
    """Of a frame, (C,), with respect to the one waveform, (1, S)."""
    # A plain sum of channels would lose what a norm takes out of them all.
    [gradient] = torch.autograd.grad(features, waveforms, _random(features) + 0.5, retain_graph=True)
    positions = gradient[0].nonzero()
    return int(positions[0]), int(positions[-1]) + 1


def _random(like: Tensor) -> Tensor:
    """Numbers from 0 to 1, the same each time."""
    return torch.empty_like(like, requires_grad=False).uniform_(generator=torch.Generator().manual_seed(0))

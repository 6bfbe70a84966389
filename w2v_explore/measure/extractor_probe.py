"""What the feature extractor does to real tensors: how many frames it makes, and which samples a frame depends on.

The number of channels changes neither, so each layer is given a few, whatever the config says: enough for a norm over
channels not to make them all alike. In float64 no small gradient is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor, nn

from w2v_explore.errors import DeviceError
from w2v_explore.measure.from_tree import changed_layers, registered
from w2v_explore.model.device import require_memory
from w2v_explore.model.materialize import Modules, materialize
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Conv1d

CHANNELS = 4

_CPU = torch.device("cpu")
_DTYPE = torch.float64

# What operations call their numbers of channels.
_CHANNEL_SIZES = ("in_channels", "out_channels", "channels")


class NarrowExtractor:
    """What makes frames of waveforms in a model, with a few channels a layer.

    Attributes:
        module: The module, as in the model.
        convolutions: Those inside it.
    """

    def __init__(self, module: nn.Module, convolutions: Sequence[nn.Module]) -> None:
        self.module = module
        self.convolutions = convolutions

    def __call__(self, waveforms: Tensor) -> Tensor:
        """(B, S) → (B, T, `CHANNELS`)."""
        output = self.module(waveforms, None)
        features: Tensor = output[0]
        return features


def build_narrow_extractor(tree: Layer, modules: Modules, *, norms: bool = True) -> NarrowExtractor:
    """The feature extractor of a model with a few channels a layer, its weights always the same.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        norms: Whether to have the norms over the whole utterance.

    Raises:
        DeviceError: Even so the weights do not fit the free memory.
    """
    assert tree.takes is not None
    extractor = narrowed(tree.child(tree.takes.frames_at))
    require_memory(_CPU, extractor.parameters * _DTYPE.itemsize, "the weights of the extractor's kernels")
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        module = materialize(extractor, modules, device=_CPU, dtype=_DTYPE)
    paths = {path: layer.operation for path, layer in registered(extractor)}
    if not norms:
        for path, operation in paths.items():
            if operation is not None and operation.reach().whole:
                parent, _, name = path.rpartition(".")
                setattr(module.get_submodule(parent), name, nn.Identity())
    convolutions = [path for path, operation in paths.items() if isinstance(operation, Conv1d)]
    return NarrowExtractor(module, [module.get_submodule(path) for path in convolutions])


def narrowed(extractor: Layer) -> Layer:
    """The tree of an extractor with `CHANNELS` channels everywhere but in the waveform."""
    operations = [layer.operation for _, layer in registered(extractor)]
    first = next(operation for operation in operations if isinstance(operation, Conv1d))

    def narrow(layer: Layer) -> Layer:
        operation: Any = layer.operation
        if operation is None:
            return layer
        sizes = {field.name: CHANNELS for field in fields(operation) if field.name in _CHANNEL_SIZES}
        if isinstance(operation, Conv1d):
            sizes["groups"] = 1
        if operation is first:
            del sizes["in_channels"]
        return layer._replace(operation=replace(operation, **sizes))

    return changed_layers(extractor, narrow)


def count_frames(extractor: NarrowExtractor, batch: int, samples: int) -> int:
    """Frames that an extractor makes of each utterance.

    Raises:
        RuntimeError, ValueError: torch's own error where the input is too short.
        DeviceError: The waveforms do not fit the free memory.
    """
    with torch.no_grad():
        return extractor(_noise(batch, samples)).shape[1]


def find_least_samples(extractor: NarrowExtractor, batch: int, frames: int = 1) -> int:
    """The shortest input of which torch makes some frames, found by trying."""
    too_few, enough = 0, 1
    while _frames_of(extractor, batch, enough) < frames:
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _frames_of(extractor, batch, middle) >= frames:
            enough = middle
        else:
            too_few = middle
    return enough


def find_frame_spans(extractor: NarrowExtractor, samples: int, frames: Sequence[int]) -> list[tuple[int, int]]:
    """The samples on which frames depend: the first whose gradient is not 0, and the one after the last.

    Args:
        extractor: It must not be used again.
        samples: The length of the one utterance.
        frames: Of which a gradient is taken, one after the other.

    Raises:
        DeviceError: The waveforms do not fit the free memory.
    """
    for convolution in extractor.convolutions:
        convolution.register_forward_hook(_keep_only_support)
    waveforms = _noise(1, samples).requires_grad_()
    features = extractor(waveforms)
    return [_support(features[0, frame], waveforms) for frame in frames]


def _frames_of(extractor: NarrowExtractor, batch: int, samples: int) -> int:
    """Frames, none where the input is too short for torch."""
    try:
        return count_frames(extractor, batch, samples)
    except DeviceError:
        raise
    except (RuntimeError, ValueError):
        return 0


def _noise(batch: int, samples: int) -> Tensor:
    # The waveforms, and what the first layer makes of them at a stride of 1.
    needed = batch * samples * (1 + CHANNELS) * _DTYPE.itemsize
    require_memory(_CPU, needed, "the waveforms and the extractor's first layer")
    return _random(torch.empty(batch, samples, dtype=_DTYPE)) - 0.5


def _keep_only_support(module: object, inputs: object, output: Any) -> None:
    """Have the gradient of an output forget its size, lest the product of many layers' vanishes in rounding."""
    output.register_hook(lambda gradient: torch.where(gradient != 0, _random(gradient) + 0.5, 0.0))


def _support(features: Tensor, waveforms: Tensor) -> tuple[int, int]:
    """Of a frame, (C,), with respect to the one waveform, (1, S)."""
    # A plain sum of channels would lose what a norm takes out of them all.
    [gradient] = torch.autograd.grad(features, waveforms, _random(features) + 0.5, retain_graph=True)
    positions = gradient[0].nonzero()
    return int(positions[0]), int(positions[-1]) + 1


def _random(like: Tensor) -> Tensor:
    """Numbers from 0 to 1, the same each time."""
    return torch.empty_like(like, requires_grad=False).uniform_(generator=torch.Generator().manual_seed(0))

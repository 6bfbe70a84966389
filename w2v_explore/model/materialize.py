"""From the architecture tree to torch modules: children first, in the order of registration, then their parent."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from w2v_explore.model import components
from w2v_explore.model.weight_norm import weight_norm
from w2v_explore.tree import operations
from w2v_explore.tree.layer import Layer

_COMPOSITES: dict[str, type[nn.Module]] = {
    composite.__name__: composite
    for composite in (
        components.ConvLayerBlock,
        components.Encoder,
        components.EncoderLayer,
        components.FeatureExtractor,
        components.FeatureProjection,
        components.FeedForward,
        components.PositionalConv,
        components.SelfAttention,
        components.Transformer,
        components.Wav2Vec2Model,
    )
}


def materialize(layer: Layer, *, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """The module of a layer and all below it, with torch's default initial weights.

    Random numbers are drawn in the order of registration, as torchaudio draws them: the same seed gives the same
    weights.
    """
    if isinstance(layer.operation, operations.Conv1d):
        return _conv(layer, layer.operation, device, dtype)
    if layer.operation is not None:
        return _leaf(layer, layer.operation, device, dtype)
    children = {
        name: materialize(child, device=device, dtype=dtype) for child in layer.children for name in child.copy_names()
    }
    if layer.kind == "ModuleList":
        return nn.ModuleList(children.values())
    return _COMPOSITES[layer.kind](**children, **dict(layer.options))


def _leaf(layer: Layer, operation: operations.Operation, device: torch.device, dtype: torch.dtype) -> nn.Module:
    factory: Any = {"device": device, "dtype": dtype}
    match operation:
        case operations.Linear():
            return nn.Linear(operation.in_features, operation.out_features, **factory)
        case operations.LayerNorm():
            norm = components.ChannelLayerNorm if layer.channels_first else nn.LayerNorm
            return norm(operation.channels, **factory)
        case operations.GroupNorm():
            return nn.GroupNorm(operation.channels, operation.channels, **factory)
        case operations.ScaledDotProductAttention():
            return components.ScaledDotProductAttention(operation.num_heads, float(operation.dropout))
        case operations.Dropout():
            return nn.Dropout(float(operation.p))  # TorchScript takes no whole number for a probability
        case operations.GELU():
            return nn.GELU()
        case operations.Add():
            return components.Add()
        case operations.PaddingMask():
            return components.PaddingMask()
        case operations.SamePad():
            return components.SamePad()
    raise TypeError(f"no module computes {operation}")


def _conv(layer: Layer, operation: operations.Conv1d, device: torch.device, dtype: torch.dtype) -> nn.Module:
    conv = nn.Conv1d(
        operation.in_channels,
        operation.out_channels,
        operation.kernel,
        operation.stride,
        operation.padding,
        groups=operation.groups,
        bias=operation.bias,
        device=device,
        dtype=dtype,
    )
    return weight_norm(conv) if operation.weight_norm else conv

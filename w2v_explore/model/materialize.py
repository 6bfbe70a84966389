"""From a tree to torch modules: children first, in the order of registration, then their parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import torch
from torch import nn

from w2v_explore.model import modules as shared
from w2v_explore.model.weight_norm import weight_norm
from w2v_explore.tree import operations
from w2v_explore.tree.layer import Layer

Modules = Mapping[str, type[nn.Module]]
"""A family's classes of modules, by the kind of the layers that they are made for."""


def materialize(layer: Layer, modules: Modules, *, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """The module of a layer and all below it, with torch's default initial weights.

    A class of ``modules`` is called with the children of its layer under their names and with the layer's options; what
    has no children, with the attributes of its operation and, where it holds parameters or buffers, with ``device`` and
    ``dtype``.
    Operations of a kind that is not in ``modules`` are torch's own, or of `w2v_explore.model.modules`.

    Random numbers are drawn in the order of registration, as torchaudio draws them: the same seed gives the same
    weights.

    Args:
        layer: A tree, or a part of one.
        modules: Those of its family.
        device: Where the weights are made.
        dtype: Of the weights.
    """
    if layer.kind not in modules and layer.operation is not None:
        return _shared(layer, layer.operation, {"device": device, "dtype": dtype})
    children = {
        name: materialize(child, modules, device=device, dtype=dtype)
        for child in layer.children
        for name in child.copy_names()
    }
    if layer.kind == "ModuleList":
        return nn.ModuleList(children.values())
    values: dict[str, Any] = {**children, **dict(layer.options)}
    if layer.operation is not None and not children:
        values |= _attributes(layer.operation)
        if (layer.operation.parameter_shapes() or layer.operation.buffer_shapes()) and not layer.lent:
            values |= {"device": device, "dtype": dtype}
    return modules[layer.kind](**values)


def _attributes(operation: Any) -> dict[str, Any]:
    return {field.name: getattr(operation, field.name) for field in fields(operation)}


def _shared(layer: Layer, operation: operations.Operation, factory: dict[str, Any]) -> nn.Module:
    """The module of an operation that several families have."""
    match operation:
        case operations.Conv1d():
            conv = nn.Conv1d(
                operation.in_channels,
                operation.out_channels,
                operation.kernel,
                operation.stride,
                operation.padding,
                groups=operation.groups,
                bias=operation.bias,
                **factory,
            )
            return weight_norm(conv) if operation.weight_norm else conv
        case operations.Linear():
            return nn.Linear(operation.in_features, operation.out_features, **factory)
        case operations.LayerNorm():
            norm = shared.ChannelLayerNorm if layer.channels_first else nn.LayerNorm
            return norm(operation.channels, **factory)
        case operations.GroupNorm():
            return nn.GroupNorm(operation.channels, operation.channels, **factory)
        case operations.ScaledDotProductAttention():
            return shared.ScaledDotProductAttention(operation.num_heads, float(operation.dropout))
        case operations.Dropout():
            return nn.Dropout(float(operation.p))  # TorchScript takes no whole number for a probability
        case operations.GELU():
            return nn.GELU()
        case operations.ReLU():
            return nn.ReLU()
        case operations.GLU():
            return nn.GLU(dim=1 if layer.channels_first else -1)
        case operations.Add():
            return shared.Add()
        case operations.Multiply():
            return shared.Multiply()
        case operations.PaddingMask():
            return shared.PaddingMask()
        case operations.SamePad():
            return shared.SamePad()
    raise TypeError(f"no module computes {operation}")

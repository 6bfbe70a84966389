"""The torch modules that wav2vec 2.0 has not."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2


class CausalConv1d(nn.Conv1d):
    """Its arguments are the attributes of the operation, Conv1d's among them, and device and dtype."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int,
        padding: int,
        groups: int,
        bias: bool,
        weight_norm: bool,
        **factory: Any,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel, stride, padding, groups=groups, bias=bias, **factory)

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T)."""
        return super().forward(nn.functional.pad(x, (self.kernel_size[0] - 1, 0)))


class CausalBlock(nn.Module):
    """Its arguments are its children, by name."""

    def __init__(self, conv: nn.Module, norm: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.norm = norm
        self.conv = conv
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T)."""
        return self.activation(self.norm(self.conv(x)))


class CausalPositions(nn.Module):
    """What is added to the frames, so that attention knows their order."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        x = x.transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        return x.transpose(1, 2)


MODULES = {
    **wav2vec2.MODULES,
    **{module.__name__: module for module in (CausalBlock, CausalConv1d, CausalPositions)},
}

REFERENCES = (("causal_base", ("encoder_num_layers=2",), 3.0),)

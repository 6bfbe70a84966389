"""The modules of a wav2vec 2.0 Conformer that wav2vec 2.0 lacks; names and order are those of transformers' model.

In the shape comments B is the batch, T frames, D the encoder's width.
"""

from __future__ import annotations

from typing import List, Optional  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.families.wav2vec2_conformer.attention import (
    ConformerAttention,
    DistanceBias,
    DistanceScores,
    PlainLinear,
    QueryBias,
    RelativeAttention,
    RelativePositions,
    RotaryAttention,
    RotaryPositions,
    Rotation,
)
from w2v_explore.model.modules import HuggingFaceModel

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class ConformerConvLayer(wav2vec2.ConvFirstBlock):
    """One layer of the feature extractor: convolution, norm if it has one, GELU."""


class ScaledAdd(nn.Module):
    """The sum of what a residual branch bypasses and a part of the branch.

    Args:
        scale: The part.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        """Both of the same shape."""
        return torch.add(x, branch, alpha=self.scale)


class ConvolutionModule(nn.Module):
    """The convolution module of a conformer layer: a gate, a depthwise convolution over time, a batch norm.

    In training the batch norm's statistics are those of the batch, padding included.
    """

    def __init__(
        self,
        layer_norm: nn.Module,
        pointwise_conv1: nn.Module,
        glu: nn.Module,
        depthwise_conv: nn.Module,
        batch_norm: nn.Module,
        activation: nn.Module,
        pointwise_conv2: nn.Module,
        dropout: nn.Module,
    ) -> None:
        super().__init__()
        self.layer_norm = layer_norm
        self.pointwise_conv1 = pointwise_conv1
        self.glu = glu
        self.depthwise_conv = depthwise_conv
        self.batch_norm = batch_norm
        self.activation = activation
        self.pointwise_conv2 = pointwise_conv2
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        x = self.layer_norm(x).transpose(1, 2)  # (B, D, T)
        x = self.pointwise_conv1(x)
        x = self.glu(x)
        x = self.depthwise_conv(x)
        x = self.batch_norm(x)
        x = self.activation(x)
        x = self.pointwise_conv2(x)
        return self.dropout(x).transpose(1, 2)


class ConformerLayer(nn.Module):
    """A conformer layer: attention and a convolution module between two feed-forward blocks that count half."""

    def __init__(
        self,
        ffn1_layer_norm: nn.Module,
        ffn1: nn.Module,
        ffn1_residual: nn.Module,
        self_attn_layer_norm: nn.Module,
        self_attn_dropout: nn.Module,
        self_attn: nn.Module,
        self_attn_residual: nn.Module,
        conv_module: nn.Module,
        conv_residual: nn.Module,
        ffn2_layer_norm: nn.Module,
        ffn2: nn.Module,
        ffn2_residual: nn.Module,
        final_layer_norm: nn.Module,
    ) -> None:
        super().__init__()
        self.ffn1_layer_norm = ffn1_layer_norm
        self.ffn1 = ffn1
        self.ffn1_residual = ffn1_residual
        self.self_attn_layer_norm = self_attn_layer_norm
        self.self_attn_dropout = self_attn_dropout
        self.self_attn = self_attn
        self.self_attn_residual = self_attn_residual
        self.conv_module = conv_module
        self.conv_residual = conv_residual
        self.ffn2_layer_norm = ffn2_layer_norm
        self.ffn2 = ffn2
        self.ffn2_residual = ffn2_residual
        self.final_layer_norm = final_layer_norm

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D), the positions that attention takes, and a mask (B, 1, T, T) added to its scores → (B, T, D)."""
        # The name is taken over, so that no tensor outlives the last module that takes it.
        x = self.ffn1_residual(x, self.ffn1(self.ffn1_layer_norm(x)))
        attended = self.self_attn(self.self_attn_layer_norm(x), positions, mask)
        attended = self.self_attn_dropout(attended)
        x = self.self_attn_residual(x, attended)
        del attended
        x = self.conv_residual(x, self._convolve(x, mask))
        x = self.ffn2_residual(x, self.ffn2(self.ffn2_layer_norm(x)))
        return self.final_layer_norm(x)

    def _convolve(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        """What the convolution module gives for (B, T, D); a family may tell it what is padding."""
        return self.conv_module(x)


class ConformerEncoder(nn.Module):
    """Positions, the layers and a norm before or behind them.

    Args:
        dropout: Before the first layer.
        layers: Of (B, T, D), positions and a mask.
        layer_drop: The probability that a layer is left out in training.
        embed_positions: From (B, T, D) to what the layers' attention takes; None where it takes none.
        pos_conv_embed: A positional convolution that never runs, where transformers' model holds one.
        layer_norm: Of the layers' input or, with ``norm_last``, of their output; None for no norm.
        norm_last: Whether the norm comes behind the layers.
    """

    def __init__(
        self,
        dropout: nn.Module,
        layers: nn.ModuleList,
        layer_drop: float,
        embed_positions: Optional[nn.Module] = None,
        pos_conv_embed: Optional[nn.Module] = None,
        layer_norm: Optional[nn.Module] = None,
        norm_last: bool = False,
    ) -> None:
        super().__init__()
        self.embed_positions = embed_positions
        self.pos_conv_embed = pos_conv_embed
        self.layer_norm = layer_norm
        self.dropout = dropout
        self.layers = layers
        self.norm_last = norm_last
        self.layer_drop = float(layer_drop)

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T) added to the scores → (B, T, D)."""
        x = self._preprocess(x)
        positions = self._positions(x)
        for layer in self.layers:
            if not self._drops_next_layer():
                x = layer(x, positions, mask)
        if self.layer_norm is not None and self.norm_last:
            x = self.layer_norm(x)
        return x

    def get_intermediate_outputs(
        self, x: Tensor, mask: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> List[Tensor]:
        """The output (B, T, D) of each of the first ``num_layers`` layers, none dropped, without a norm behind them."""
        if num_layers is not None and not 0 < num_layers <= len(self.layers):
            raise ValueError(f"num_layers must be from 1 to {len(self.layers)}, not {num_layers}")
        x = self._preprocess(x)
        positions = self._positions(x)
        outputs: List[Tensor] = []
        for layer in self.layers:
            if num_layers is not None and len(outputs) >= num_layers:
                return outputs
            x = layer(x, positions, mask)
            outputs.append(x)
        return outputs

    def _preprocess(self, x: Tensor) -> Tensor:
        """(B, T, D) → what the first layer takes."""
        if self.layer_norm is not None and not self.norm_last:
            x = self.layer_norm(x)
        return self.dropout(x)

    def _positions(self, x: Tensor) -> Optional[Tensor]:
        """What the layers' attention takes for (B, T, D)."""
        if self.embed_positions is None:
            return None
        return self.embed_positions(x)

    def _drops_next_layer(self) -> bool:
        """Whether LayerDrop leaves out a layer."""
        if not self.training:
            return False
        # torch.export and a graph without breaks have no place for item().
        if self.layer_drop <= 0.0 or self.layer_drop >= 1.0:
            return self.layer_drop >= 1.0
        return torch.rand(1).item() < self.layer_drop


class Wav2Vec2ConformerModel(HuggingFaceModel):
    """A wav2vec 2.0 Conformer, which computes what transformers' ``Wav2Vec2ConformerModel`` does.

    With a head it computes what ``Wav2Vec2ConformerForCTC`` does.
    """


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (
        ConformerAttention, ConformerConvLayer, ConformerEncoder, ConformerLayer, ConvolutionModule, DistanceBias,
        DistanceScores, PlainLinear, QueryBias, RelativeAttention, RelativePositions, RotaryAttention, RotaryPositions,
        Rotation, ScaledAdd, Wav2Vec2ConformerModel,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS = ("encoder_num_layers=2",)
REFERENCES = (
    ("wav2vec2_conformer_rel_pos_large", _TWO_LAYERS, 1.0),
    ("wav2vec2_conformer_rel_pos_large", _TWO_LAYERS, 10.0),
    ("wav2vec2_conformer_rope_large", _TWO_LAYERS, 1.0),
    ("wav2vec2_conformer_rope_large", _TWO_LAYERS, 3.0),
)
"""The forward passes of which `calibrate` times the operations: what no model of wav2vec 2.0 has, at two lengths."""

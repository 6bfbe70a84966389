"""The modules of w2v-BERT 2.0 that a wav2vec 2.0 Conformer lacks; names and order are those of transformers' model.

In the shape comments B is the batch, T frames, F the features of a frame, D the encoder's width.
"""

from __future__ import annotations

from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2_bert.attention import (
    Angles,
    DistanceEmbedding,
    DistanceProducts,
    RelativeKeyAttention,
)
from w2v_explore.families.wav2vec2_conformer import components as conformer
from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class CausalConv1d(nn.Conv1d):
    """A depthwise convolution without a bias, none of whose frames sees a later one.

    Keeps what it takes in a copy with all padding before the first frame. Its arguments are the attributes of the
    operation, Conv1d's among them, and device and dtype.
    """

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
        device: Optional[torch.device] = None,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel, stride, padding, groups=groups, bias=bias, device=device, dtype=dtype
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T)."""
        x = nn.functional.pad(x, (self.kernel_size[0] - 1, 0))
        return self._conv_forward(x, self.weight, self.bias)


class CausalConvolutionModule(nn.Module):
    """The convolution module of a layer: a gate, a causal depthwise convolution over time, a layer norm."""

    def __init__(
        self,
        layer_norm: nn.Module,
        pointwise_conv1: nn.Module,
        glu: nn.Module,
        depthwise_conv: nn.Module,
        depthwise_layer_norm: nn.Module,
        activation: nn.Module,
        pointwise_conv2: nn.Module,
        dropout: nn.Module,
    ) -> None:
        super().__init__()
        self.layer_norm = layer_norm
        self.pointwise_conv1 = pointwise_conv1
        self.glu = glu
        self.depthwise_conv = depthwise_conv
        self.depthwise_layer_norm = depthwise_layer_norm
        self.activation = activation
        self.pointwise_conv2 = pointwise_conv2
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T), less than 0 at keys that are padding → (B, T, D)."""
        x = self.layer_norm(x)
        if mask is not None:
            x = x.masked_fill(mask[:, 0, 0, :, None] < 0, 0.0)
        x = x.transpose(1, 2)  # (B, D, T)
        x = self.pointwise_conv1(x)
        x = self.glu(x)
        x = self.depthwise_conv(x)
        x = self.depthwise_layer_norm(x)
        x = self.activation(x)
        x = self.pointwise_conv2(x)
        return self.dropout(x).transpose(1, 2)


class BertLayer(conformer.ConformerLayer):
    """A conformer layer whose convolution module is told what is padding."""

    def _convolve(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        """What the convolution module gives for (B, T, D)."""
        return self.conv_module(x, mask)


class BertEncoder(conformer.ConformerEncoder):
    """Positions, where they are made for all layers, and the layers; no norm is before or behind them."""


class FramesFirst(nn.Module):
    """A copy in which the channels of each frame lie side by side, for linear layers, which would make one each."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        return x.clone(memory_format=torch.contiguous_format)


class BertAdapterLayer(nn.Module):
    """A layer of the adapter: a residual and attention, each behind a strided convolution, and a feed-forward block."""

    def __init__(
        self,
        residual_layer_norm: nn.Module,
        residual_conv: nn.Module,
        activation: nn.Module,
        self_attn_layer_norm: nn.Module,
        self_attn_conv: nn.Module,
        frames_first: nn.Module,
        self_attn: nn.Module,
        self_attn_dropout: nn.Module,
        self_attn_residual: nn.Module,
        ffn_layer_norm: nn.Module,
        ffn: nn.Module,
        ffn_residual: nn.Module,
    ) -> None:
        super().__init__()
        self.residual_layer_norm = residual_layer_norm
        self.residual_conv = residual_conv
        self.activation = activation
        self.self_attn_layer_norm = self_attn_layer_norm
        self.self_attn_conv = self_attn_conv
        self.frames_first = frames_first
        self.self_attn = self_attn
        self.self_attn_dropout = self_attn_dropout
        self.self_attn_residual = self_attn_residual
        self.ffn_layer_norm = ffn_layer_norm
        self.ffn = ffn
        self.ffn_residual = ffn_residual

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T', T') added to the scores → (B, T', D)."""
        # Names are taken over, so that no tensor outlives the last module that takes it.
        residual = self.activation(self.residual_conv(self.residual_layer_norm(x).transpose(1, 2))).transpose(1, 2)
        x = self.activation(self.self_attn_conv(self.self_attn_layer_norm(x).transpose(1, 2))).transpose(1, 2)
        x = self.frames_first(x)
        x = self.self_attn_residual(self.self_attn_dropout(self.self_attn(x, None, mask)), residual)
        del residual
        return self.ffn_residual(self.ffn(self.ffn_layer_norm(x)), x)


class BertAdapter(nn.Module):
    """Strided convolutions with attention behind the encoder. No layer is dropped; transformers drops some in training.

    Args:
        layers: Of (B, T, D) and a mask.
        kernel: Of the convolutions.
        stride: Of the convolutions.
        proj: From the encoder's width to another; None where both are equal.
        proj_layer_norm: Behind it.
    """

    def __init__(
        self,
        layers: nn.ModuleList,
        kernel: int,
        stride: int,
        proj: Optional[nn.Module] = None,
        proj_layer_norm: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.proj = proj
        self.proj_layer_norm = proj_layer_norm
        self.layers = layers
        self.kernel = kernel
        self.stride = stride
        # Added to the scores of padded frames, as in `PaddingMask`.
        self.padded_score = -10_000.0

    def forward(self, x: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, D) and frames per utterance (B,) → (B, T', D) and the frames that come out of each."""
        if self.proj is not None and self.proj_layer_norm is not None:
            x = self.proj_layer_norm(self.proj(x))
        for layer in self.layers:
            mask: Optional[Tensor] = None
            if lengths is not None:
                lengths = self._strided(lengths, self.kernel // 2)
                mask = self._mask(x, lengths)
            x = layer(x, mask)
        return x, lengths

    def _strided(self, frames: Tensor, padding: int) -> Tensor:
        """The frames that a convolution makes of some; transformers counts valid ones with half a kernel of padding."""
        return torch.div(frames + (2 * padding - self.kernel), self.stride, rounding_mode="floor") + 1

    def _mask(self, x: Tensor, lengths: Tensor) -> Tensor:
        """What is added to the scores, (B, 1, T', T'), for what a layer takes and the frames valid behind it."""
        frames = (x.shape[1] + 2 * (self.stride // 2) - self.kernel) // self.stride + 1
        padded = torch.arange(frames, device=lengths.device)[None, :] >= lengths[:, None]  # (B, T')
        mask = self.padded_score * padded[:, None, None, :].to(x.dtype)
        return mask.expand(x.shape[0], 1, frames, frames)


class Wav2Vec2BertModel(SpeechEncoder):
    """A w2v-BERT 2.0, which computes what transformers' ``Wav2Vec2BertModel`` does.

    With a head it computes what ``Wav2Vec2BertForCTC`` does, whose head lies beside the model; ours lies in it.

    Args:
        feature_projection: From features (B, T, F) to (B, T, D).
        padding_mask: Silences frames past the utterances' lengths.
        encoder: From (B, T, D) to (B, T, D).
        adapter: Strided convolutions behind the encoder, or None.
        intermediate_ffn: A feed-forward block before the adapter, or None.
        intermediate_residual: What adds half of its output; there with it.
        lm_head: A head on the output, or None.
    """

    def __init__(
        self,
        feature_projection: nn.Module,
        padding_mask: nn.Module,
        encoder: BertEncoder,
        adapter: Optional[nn.Module] = None,
        intermediate_ffn: Optional[nn.Module] = None,
        intermediate_residual: Optional[nn.Module] = None,
        lm_head: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.encoder = encoder
        self.adapter = adapter
        self.intermediate_ffn = intermediate_ffn
        self.intermediate_residual = intermediate_residual
        self.lm_head = lm_head

    def forward(self, input_features: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The output of the encoder, through the adapter and the head if there are any.

        Args:
            input_features: (B, T, F), as transformers' ``SeamlessM4TFeatureExtractor`` makes them.
            lengths: Valid frames of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), or (B, T', D) with an adapter, or (B, T or T', outputs) with a head; and the valid frames of each
            utterance, (B,), or None where no lengths were given. Outputs past an utterance's frames are meaningless.

        Raises:
            ValueError: ``input_features`` is not three-dimensional.
        """
        x, mask = self._preprocess(input_features, lengths)
        x = self.encoder(x, mask)
        if self.intermediate_ffn is not None and self.intermediate_residual is not None:
            x = self.intermediate_residual(x, self.intermediate_ffn(x))
        if self.adapter is not None:
            x, lengths = self.adapter(x, lengths)
        if self.lm_head is not None:
            x = self.lm_head(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, input_features: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each layer of the encoder, without adapter and head.

        Args:
            input_features: (B, T, F).
            lengths: Valid frames of each utterance, (B,).
            num_layers: How many layers to run, from 1; None for all.

        Returns:
            A (B, T, D) per layer; and the valid frames of each utterance, or None.

        Raises:
            ValueError: ``input_features`` is not three-dimensional, or ``num_layers`` out of range.
        """
        x, mask = self._preprocess(input_features, lengths)
        return self.encoder.get_intermediate_outputs(x, mask, num_layers), lengths

    def _preprocess(self, input_features: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, F) and frames per utterance (B,) → what the encoder takes, and its mask (B, 1, T, T)."""
        if input_features.ndim != 3:
            raise ValueError(
                f"input_features must have the shape (batch, frames, channels), not {list(input_features.shape)}"
            )
        x = self.feature_projection(input_features)
        if lengths is None:
            return x, None
        return self.padding_mask(x, lengths)


MODULES = conformer.MODULES | {
    module.__name__: module
    for module in (
        Angles, BertAdapter, BertAdapterLayer, BertEncoder, BertLayer, CausalConv1d, CausalConvolutionModule,
        DistanceEmbedding, DistanceProducts, FramesFirst, RelativeKeyAttention, Wav2Vec2BertModel,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS = ("encoder_num_layers=2",)
REFERENCES = (
    ("w2v_bert_2", _TWO_LAYERS, 2.0),
    ("w2v_bert_2", _TWO_LAYERS, 10.0),
)
"""The forward passes of which `calibrate` times the operations: what no other model has, at two lengths."""

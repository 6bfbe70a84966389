"""The modules of a wav2vec 2.0 model with adapters that wav2vec 2.0 lacks.

What they compute is what transformers' ``Wav2Vec2Model`` computes with ``adapter_attn_dim`` and ``add_adapter``. In the
shape comments B is the batch, T frames of the encoder, D its width, E the width of the adapter's output.
"""

from __future__ import annotations

from typing import Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class LayerAdapter(nn.Module):
    """The bottleneck in a transformer layer, through which languages differ in MMS."""

    def __init__(self, norm: nn.Module, linear_1: nn.Module, act_fn: nn.Module, linear_2: nn.Module) -> None:
        super().__init__()
        self.norm = norm
        self.linear_1 = linear_1
        self.act_fn = act_fn
        self.linear_2 = linear_2

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        return self.linear_2(self.act_fn(self.linear_1(self.norm(x))))


class AdaptedEncoderLayer(wav2vec2.EncoderLayer):
    """A transformer layer that normalises its input, with an adapter behind its feed-forward block."""

    def __init__(
        self,
        attention: nn.Module,
        dropout: nn.Module,
        attention_residual: nn.Module,
        layer_norm: nn.Module,
        feed_forward: nn.Module,
        feed_forward_residual: nn.Module,
        final_layer_norm: nn.Module,
        adapter_layer: nn.Module,
        adapter_residual: nn.Module,
        layer_norm_first: bool,
    ) -> None:
        super().__init__(
            attention,
            dropout,
            attention_residual,
            layer_norm,
            feed_forward,
            feed_forward_residual,
            final_layer_norm,
            layer_norm_first,
        )
        self.adapter_layer = adapter_layer
        self.adapter_residual = adapter_residual

    def forward(
        self,
        x: Tensor,
        attention_mask: Optional[Tensor] = None,
        position_bias: Optional[Tensor] = None,
        key_padding_mask: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """As `EncoderLayer`, (B, T, D) → (B, T, D), with the adapter round a third residual addition."""
        # Names are taken over, so that no tensor outlives the last module that takes it.
        bypass = x
        x, position_bias = self.attention(
            self.layer_norm(x),
            attention_mask=attention_mask,
            position_bias=position_bias,
            key_padding_mask=key_padding_mask,
        )
        x = self.dropout(x)
        x = self.attention_residual(bypass, x)
        del bypass
        x = self.feed_forward_residual(x, self.feed_forward(self.final_layer_norm(x)))
        return self.adapter_residual(x, self.adapter_layer(x)), position_bias


class AdapterLayer(nn.Module):
    """A convolution behind the encoder, and its gated linear unit."""

    def __init__(self, conv: nn.Module, glu: nn.Module) -> None:
        super().__init__()
        self.conv = conv
        self.glu = glu
        self.kernel_size: int = conv.kernel_size[0]  # type: ignore[index, assignment]
        self.stride: int = conv.stride[0]  # type: ignore[index, assignment]
        self.padding: int = conv.padding[0]  # type: ignore[index, assignment]

    def forward(self, x: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, E, T_in) → (B, E, T), and the valid frames of each utterance (B,) in frames of the output."""
        if lengths is not None:
            lengths = torch.div(lengths + 2 * self.padding - self.kernel_size, self.stride, rounding_mode="floor") + 1
            lengths = lengths.clamp(min=0)
        return self.glu(self.conv(x)), lengths


class Contiguous(nn.Module):
    """A copy whose rows lie one after the other in memory."""

    def forward(self, x: Tensor) -> Tensor:
        """Of any shape."""
        return x.clone(memory_format=torch.contiguous_format)


class Adapter(nn.Module):
    """The convolutions behind the encoder, which shorten the sequence.

    All of them run in training too. transformers leaves each out with the probability of LayerDrop, and so makes
    several times the frames in such a step.
    """

    def __init__(
        self,
        layers: nn.ModuleList,
        contiguous: nn.Module,
        proj: Optional[nn.Module] = None,
        proj_layer_norm: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.proj = proj
        self.proj_layer_norm = proj_layer_norm
        self.layers = layers
        self.contiguous = contiguous

    def forward(self, x: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, D) and valid frames (B,) → the shorter (B, T', E), and the valid frames of that."""
        if self.proj is not None and self.proj_layer_norm is not None:
            x = self.proj_layer_norm(self.proj(x))
        x = x.transpose(1, 2)
        for layer in self.layers:
            x, lengths = layer(x, lengths)
        return self.contiguous(x.transpose(1, 2)), lengths


class AdaptedWav2Vec2Model(wav2vec2.Wav2Vec2Model):
    """A wav2vec 2.0 model with adapters, whose outputs are those of transformers' ``Wav2Vec2Model``.

    Args:
        feature_extractor: From waveforms (B, S) to features (B, T, C).
        encoder: From features (B, T, C) to (B, T, D).
        adapter: From (B, T, D) to fewer frames (B, T', E), or None.
        aux: A head on what comes out, or None.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        encoder: wav2vec2.Encoder,
        adapter: Optional[nn.Module] = None,
        aux: Optional[nn.Module] = None,
    ) -> None:
        super().__init__(feature_extractor, encoder)
        self.adapter = adapter
        # Registered anew, behind the adapter.
        del self.aux
        self.aux = aux

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The output of the adapter or, without one, of the encoder, through the head if there is one.

        As of `SpeechEncoder`, of (B, T', E) or (B, T', outputs), and frames valid behind the adapter.
        """
        x, lengths = self.feature_extractor(waveforms, lengths)
        x = self.encoder(x, lengths)
        if self.adapter is not None:
            x, lengths = self.adapter(x, lengths)
        if self.aux is not None:
            x = self.aux(x)
        return x, lengths


MODULES = {
    **wav2vec2.MODULES,
    **{
        module.__name__: module
        for module in (AdaptedEncoderLayer, AdaptedWav2Vec2Model, Adapter, AdapterLayer, Contiguous, LayerAdapter)
    },
}

_ADAPTED = ("encoder_num_layers=2", "add_adapter=true")
REFERENCES = (("mms_1b_all", _ADAPTED, 2.0), ("mms_1b_all", _ADAPTED, 6.0))

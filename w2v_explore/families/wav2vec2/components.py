"""The modules of a wav2vec 2.0 model; each takes its child modules ready-made.

Sizes live in the architecture tree, from which `materialize` makes these. In the shape comments B is the batch, S
samples, T frames, C channels of the extractor, D the encoder's width. The attributes' names are the state_dict's and
follow ``torchaudio.models.Wav2Vec2Model``; so do the arguments and results of each composite module, which programs
call by themselves. Every operation that takes time is a module of its own; what is left in these forward() methods are
views.
"""

from __future__ import annotations

from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class ConvLayerBlock(nn.Module):
    """One layer of the feature extractor: convolution, norm if it has one, GELU."""

    def __init__(self, conv: nn.Module, activation: nn.Module, layer_norm: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.layer_norm = layer_norm
        self.conv = conv
        self.activation = activation
        self.kernel_size: int = conv.kernel_size[0]  # type: ignore[index, assignment]
        self.stride: int = conv.stride[0]  # type: ignore[index, assignment]

    def forward(self, x: Tensor, length: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, C_in, T_in) → (B, C, T), and the length of each utterance (B,) in frames of the output."""
        x = self.conv(x)
        if self.layer_norm is not None:
            x = self.layer_norm(x)
        x = self.activation(x)
        if length is not None:
            length = torch.div(length - self.kernel_size, self.stride, rounding_mode="floor") + 1
            # Below one kernel the formula gives 0 or less: no frame.
            length = length.clamp(min=0)
        return x, length


class ConvFirstBlock(ConvLayerBlock):
    """One layer of the feature extractor, as transformers registers it: the norm behind the convolution."""

    def __init__(self, conv: nn.Module, activation: nn.Module, layer_norm: Optional[nn.Module] = None) -> None:
        super().__init__(conv, activation)
        # Registered anew, behind the convolution.
        del self.layer_norm
        self.layer_norm = layer_norm


class FeatureExtractor(nn.Module):
    """The convolutions from waveform to frames."""

    def __init__(self, conv_layers: nn.ModuleList) -> None:
        super().__init__()
        self.conv_layers = conv_layers

    def forward(self, x: Tensor, length: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """Waveforms (B, S) → (B, T, C), and the length of each (B,) from samples to frames."""
        return self._convolve(x, length)

    def _convolve(self, x: Tensor, length: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """What forward() gives, before what a family does to it."""
        if x.dim() != 2:
            raise ValueError(f"waveforms must have the shape (batch, samples), not {list(x.shape)}")
        x = x.unsqueeze(1)  # (B, 1, S)
        for layer in self.conv_layers:
            x, length = layer(x, length)  # (B, C, T)
        return x.transpose(1, 2), length


class FeatureProjection(nn.Module):
    """From the extractor's channels to the encoder's width."""

    def __init__(self, layer_norm: nn.Module, projection: nn.Module, dropout: nn.Module) -> None:
        super().__init__()
        self.layer_norm = layer_norm
        self.projection = projection
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) → (B, T, D)."""
        return self.dropout(self.projection(self.layer_norm(x)))


class PositionalConv(nn.Module):
    """The grouped convolution over frames that takes the place of positional embeddings."""

    def __init__(self, conv: nn.Module, activation: nn.Module, same_pad: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.conv = conv
        self.same_pad = same_pad
        self.activation = activation

    def __prepare_scriptable__(self) -> PositionalConv:
        """What `torch.jit.script` compiles instead of it: itself.

        torchaudio's takes its weight-norm off for good here, since it can be neither scripted nor, once quantised,
        copied with it.
        """
        return self

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        x = self.conv(x.transpose(1, 2))
        if self.same_pad is not None:
            x = self.same_pad(x)
        return self.activation(x).transpose(1, 2)


class SelfAttention(nn.Module):
    """Multi-head self-attention."""

    def __init__(
        self, k_proj: nn.Module, v_proj: nn.Module, q_proj: nn.Module, out_proj: nn.Module, product: nn.Module
    ) -> None:
        super().__init__()
        self.k_proj = k_proj
        self.v_proj = v_proj
        self.q_proj = q_proj
        self.product = product
        self.out_proj = out_proj

    def forward(
        self,
        x: Tensor,
        attention_mask: Optional[Tensor] = None,
        position_bias: Optional[Tensor] = None,
        key_padding_mask: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """Attend from every frame to every frame.

        Args:
            x: (B, T, D).
            attention_mask: (B, 1, T, T), added to the scores.
            position_bias: Unused; it is for an attention with a bias by distance, as WavLM's.
            key_padding_mask: Unused as well.

        Returns:
            (B, T, D); and None for the position bias.
        """
        return self.out_proj(self.product(self.q_proj(x), self.k_proj(x), self.v_proj(x), attention_mask)), None


class FeedForward(nn.Module):
    """The two linear layers of a transformer layer."""

    def __init__(
        self,
        intermediate_dense: nn.Module,
        activation: nn.Module,
        intermediate_dropout: nn.Module,
        output_dense: nn.Module,
        output_dropout: nn.Module,
    ) -> None:
        super().__init__()
        self.intermediate_dense = intermediate_dense
        self.activation = activation
        self.intermediate_dropout = intermediate_dropout
        self.output_dense = output_dense
        self.output_dropout = output_dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        # The name is taken over, so that no tensor outlives the last module that takes it.
        x = self.intermediate_dropout(self.activation(self.intermediate_dense(x)))  # (B, T, ff)
        x = self.output_dense(x)
        return self.output_dropout(x)


class EncoderLayer(nn.Module):
    """A transformer layer; ``layer_norm_first`` chooses between pre-norm and post-norm."""

    def __init__(
        self,
        attention: nn.Module,
        dropout: nn.Module,
        attention_residual: nn.Module,
        layer_norm: nn.Module,
        feed_forward: nn.Module,
        feed_forward_residual: nn.Module,
        final_layer_norm: nn.Module,
        layer_norm_first: bool,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.dropout = dropout
        self.attention_residual = attention_residual
        self.layer_norm = layer_norm
        self.feed_forward = feed_forward
        self.feed_forward_residual = feed_forward_residual
        self.final_layer_norm = final_layer_norm
        self.layer_norm_first = layer_norm_first

    def forward(
        self,
        x: Tensor,
        attention_mask: Optional[Tensor] = None,
        position_bias: Optional[Tensor] = None,
        key_padding_mask: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """Attention and feed-forward, each round a residual addition.

        Args:
            x: (B, T, D).
            attention_mask: As the attention takes it: (B, 1, T, T), added to the scores.
            position_bias: As the attention takes it; None where there is none, or none yet.
            key_padding_mask: As the attention takes it.

        Returns:
            (B, T, D); and the position bias for the next layer.
        """
        # Names are taken over, so that no tensor outlives the last module that takes it.
        bypass = x
        if self.layer_norm_first:
            x = self.layer_norm(x)
        x, position_bias = self.attention(
            x, attention_mask=attention_mask, position_bias=position_bias, key_padding_mask=key_padding_mask
        )
        x = self.dropout(x)
        x = self.attention_residual(bypass, x)
        del bypass
        if self.layer_norm_first:
            return self.feed_forward_residual(x, self.feed_forward(self.final_layer_norm(x))), position_bias
        x = self.layer_norm(x)
        x = self.feed_forward_residual(x, self.feed_forward(x))
        return self.final_layer_norm(x), position_bias


class Transformer(nn.Module):
    """The context network: positions, then the layers.

    ``layer_norm_first`` is about this module's own norm, before or after the layers, and so the negation of the
    config's ``encoder_layer_norm_first``.
    """

    def __init__(
        self,
        pos_conv_embed: nn.Module,
        residual: nn.Module,
        layer_norm: nn.Module,
        dropout: nn.Module,
        layers: nn.ModuleList,
        layer_norm_first: bool,
        layer_drop: float,
    ) -> None:
        super().__init__()
        self.pos_conv_embed = pos_conv_embed
        self.residual = residual
        self.layer_norm = layer_norm
        self.layer_norm_first = layer_norm_first
        self.layer_drop = float(layer_drop)
        self.dropout = dropout
        self.layers = layers

    def forward(
        self, x: Tensor, attention_mask: Optional[Tensor] = None, position_bias: Optional[Tensor] = None
    ) -> Tensor:
        """(B, T, D), a mask (B, 1, T, T) and, for an attention that takes it, a position bias → (B, T, D)."""
        x = self._preprocess(x)
        for layer in self.layers:
            if not self._drops_next_layer():
                x, position_bias = layer(x, attention_mask, position_bias)
        if not self.layer_norm_first:
            x = self.layer_norm(x)
        return x

    def get_intermediate_outputs(
        self, x: Tensor, attention_mask: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> List[Tensor]:
        """The output (B, T, D) of each of the first ``num_layers`` layers, none dropped, without the last norm."""
        if num_layers is not None and not 0 < num_layers <= len(self.layers):
            raise ValueError(f"num_layers must be from 1 to {len(self.layers)}, not {num_layers}")
        x = self._preprocess(x)
        position_bias: Optional[Tensor] = None
        outputs: List[Tensor] = []
        for layer in self.layers:
            if num_layers is not None and len(outputs) >= num_layers:
                return outputs
            x, position_bias = layer(x, attention_mask, position_bias)
            outputs.append(x)
        return outputs

    def _drops_next_layer(self) -> bool:
        """Whether LayerDrop leaves out a layer; in training it always draws a number, as torchaudio does."""
        if not self.training:
            return False
        draw = torch.rand(1)
        # torch.export and a graph without breaks have no place for item(). Where the probability is 0 torchaudio
        # drops a layer when it draws 0, once in 2^24 times; here it never does.
        if self.layer_drop <= 0.0 or self.layer_drop >= 1.0:
            return self.layer_drop >= 1.0
        return draw.item() <= self.layer_drop

    def _preprocess(self, x: Tensor) -> Tensor:
        """(B, T, D) → what the first layer takes."""
        x = self.residual(x, self.pos_conv_embed(x))
        if self.layer_norm_first:
            x = self.layer_norm(x)
        return self.dropout(x)


class Encoder(nn.Module):
    """Projection, padding mask and transformer."""

    def __init__(self, feature_projection: nn.Module, padding_mask: nn.Module, transformer: Transformer) -> None:
        super().__init__()
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.transformer = transformer

    def forward(self, features: Tensor, lengths: Optional[Tensor] = None) -> Tensor:
        """(B, T, C) and frames per utterance (B,) → (B, T, D)."""
        x, mask = self._preprocess(features, lengths)
        return self.transformer(x, mask)

    def extract_features(
        self, features: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> List[Tensor]:
        """(B, T, C) and frames per utterance (B,) → the output (B, T, D) of each layer."""
        x, mask = self._preprocess(features, lengths)
        return self.transformer.get_intermediate_outputs(x, mask, num_layers)

    # torchaudio's HuBERTPretrainModel calls it.
    def _preprocess(self, features: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, C) and frames per utterance (B,) → what the transformer takes, and its mask (B, 1, T, T)."""
        x = self.feature_projection(features)
        if lengths is None:
            return x, None
        return self.padding_mask(x, lengths)


class Wav2Vec2Model(SpeechEncoder):
    """A wav2vec 2.0 model (Baevski et al. 2020), equal to ``torchaudio.models.Wav2Vec2Model``.

    State_dicts go both ways, and with the same weights both give the same outputs. Make one with `wav2vec2_model` or
    `build_model`.

    Args:
        feature_extractor: From waveforms (B, S) to features (B, T, C).
        encoder: From features (B, T, C) to (B, T, D).
        aux: A head on the encoder's output, or None.
    """

    def __init__(self, feature_extractor: nn.Module, encoder: Encoder, aux: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.encoder = encoder
        self.aux = aux

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The encoder's output, through the head if there is one: as of `SpeechEncoder`."""
        x, lengths = self.feature_extractor(waveforms, lengths)
        x = self.encoder(x, lengths)
        if self.aux is not None:
            x = self.aux(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each transformer layer, without the head: as of `SpeechEncoder`."""
        x, lengths = self.feature_extractor(waveforms, lengths)
        return self.encoder.extract_features(x, lengths, num_layers), lengths


MODULES = {
    module.__name__: module
    for module in (
        ConvLayerBlock, Encoder, EncoderLayer, FeatureExtractor, FeatureProjection, FeedForward, PositionalConv,
        SelfAttention, Transformer, Wav2Vec2Model,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS, _SIX_LAYERS = ("encoder_num_layers=2",), ("encoder_num_layers=6",)
REFERENCES = (
    ("base", _TWO_LAYERS, 1.0),
    ("base", _TWO_LAYERS, 10.0),
    ("base", _SIX_LAYERS, 2.0),
    ("lighthubert_small_subnet", _TWO_LAYERS, 5.0),
    ("large_lv60k", _TWO_LAYERS, 10.0),
)
"""The forward passes of which `calibrate` times the operations: a preset, with fewer layers, and seconds of audio.

Both modes of the extractor, from where overheads weigh to where memory that is newly asked for does. The passes of
other families have the same operations at lengths between, and at larger widths.
"""

"""The modules of an omniASR encoder that wav2vec 2.0 lacks, or registers in another order.

transformers' ``OmniASRAudioModel`` is the reference, to the names of the state_dict. It takes waveforms as (B, 1, S);
the model here takes (B, S), as those of all families do. In the shape comments B is the batch, S samples, T frames, C
channels of the extractor, D the encoder's width.
"""

from __future__ import annotations

from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class OmniASRConvLayer(wav2vec2.ConvFirstBlock):
    """One layer of the extractor: convolution, norm, GELU."""


class OmniASRConvLayers(nn.ModuleList):
    """The convolutions from waveform to frames; its arguments are its layers, by number."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__(layers.values())

    def forward(self, x: Tensor, length: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """Waveforms (B, S) → (B, T, C), and the length of each (B,) from samples to frames."""
        if x.dim() != 2:
            raise ValueError(f"waveforms must have the shape (batch, samples), not {list(x.shape)}")
        x = x.unsqueeze(1)  # (B, 1, S)
        for layer in self:
            x, length = layer(x, length)  # (B, C, T)
        return x.transpose(1, 2), length


class OmniASRSubsampling(nn.Module):
    """From waveforms to frames of the encoder's width."""

    def __init__(self, conv_layers: OmniASRConvLayers, layer_norm: nn.Module, projection: nn.Module) -> None:
        super().__init__()
        self.conv_layers = conv_layers
        self.layer_norm = layer_norm
        self.projection = projection

    def forward(self, x: Tensor, length: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """Waveforms (B, S) → (B, T, D), and the length of each (B,) from samples to frames."""
        # A name is taken over, so that no tensor outlives the module that takes it.
        x, length = self.conv_layers(x, length)
        x = self.layer_norm(x)
        return self.projection(x), length


class OmniASRPositions(nn.Module):
    """The grouped convolution over frames that takes the place of positional embeddings, and its residual addition."""

    def __init__(self, conv: nn.Module, same_pad: nn.Module, activation: nn.Module, residual: nn.Module) -> None:
        super().__init__()
        self.conv = conv
        self.same_pad = same_pad
        self.activation = activation
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        positions = self.activation(self.same_pad(self.conv(x.transpose(1, 2))))  # (B, D, T)
        return self.residual(x, positions.transpose(1, 2))


class OmniASREncoderLayer(nn.Module):
    """A transformer layer that normalises its input; what the feed-forward block gives is dropped of twice."""

    def __init__(
        self,
        attention: nn.Module,
        dropout: nn.Module,
        attention_residual: nn.Module,
        layer_norm: nn.Module,
        feed_forward: nn.Module,
        feed_forward_dropout: nn.Module,
        feed_forward_residual: nn.Module,
        final_layer_norm: nn.Module,
    ) -> None:
        super().__init__()
        self.attention = attention
        self.dropout = dropout
        self.attention_residual = attention_residual
        self.layer_norm = layer_norm
        self.feed_forward = feed_forward
        self.feed_forward_dropout = feed_forward_dropout
        self.feed_forward_residual = feed_forward_residual
        self.final_layer_norm = final_layer_norm

    def forward(self, x: Tensor, attention_mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T), added to the scores → (B, T, D)."""
        x = self.attention_residual(x, self.dropout(self._attend(x, attention_mask)))
        return self.feed_forward_residual(x, self.feed_forward_dropout(self.feed_forward(self.final_layer_norm(x))))

    # A method of its own, so that what attention takes is gone when the residual branch is added.
    def _attend(self, x: Tensor, attention_mask: Optional[Tensor]) -> Tensor:
        attended: Tensor = self.attention(self.layer_norm(x), attention_mask)[0]
        return attended


class OmniASRModel(SpeechEncoder):
    """The encoder of omniASR, equal to transformers' ``OmniASRAudioModel``; with a head, to ``OmniASRForCTC``.

    Args:
        subsampling: From waveforms (B, S) to (B, T, D).
        padding_mask: Silences the frames past each utterance's length.
        encode_positions: Adds what tells frames apart.
        layers: From (B, T, D) to (B, T, D), each.
        layer_norm: On the last layer's output.
        dropout: On the norm's output.
        layer_drop: The probability that a layer is left out in training.
        ctc_head: A head on the encoder's output, or None.
    """

    def __init__(
        self,
        subsampling: nn.Module,
        padding_mask: nn.Module,
        encode_positions: nn.Module,
        layers: nn.ModuleList,
        layer_norm: nn.Module,
        dropout: nn.Module,
        layer_drop: float,
        ctc_head: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.ctc_head = ctc_head
        self.subsampling = subsampling
        self.padding_mask = padding_mask
        self.encode_positions = encode_positions
        self.layers = layers
        self.layer_norm = layer_norm
        self.dropout = dropout
        self.layer_drop = float(layer_drop)

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The encoder's output, through the head if there is one: as of `SpeechEncoder`."""
        x, mask, lengths = self._preprocess(waveforms, lengths)
        for layer in self.layers:
            if not self._drops_next_layer():
                x = layer(x, mask)
        x = self.layer_norm(x)
        x = self.dropout(x)
        if self.ctc_head is not None:
            x = self.ctc_head(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each transformer layer, without the head: as of `SpeechEncoder`."""
        if num_layers is not None and not 0 < num_layers <= len(self.layers):
            raise ValueError(f"num_layers must be from 1 to {len(self.layers)}, not {num_layers}")
        x, mask, lengths = self._preprocess(waveforms, lengths)
        outputs: List[Tensor] = []
        for layer in self.layers:
            if num_layers is not None and len(outputs) >= num_layers:
                return outputs, lengths
            x = layer(x, mask)
            outputs.append(x)
        return outputs, lengths

    def _preprocess(
        self, waveforms: Tensor, lengths: Optional[Tensor]
    ) -> Tuple[Tensor, Optional[Tensor], Optional[Tensor]]:
        """Waveforms (B, S) → what the first layer takes, its mask (B, 1, T, T), and the frames of each utterance."""
        x, lengths = self.subsampling(waveforms, lengths)
        mask: Optional[Tensor] = None
        if lengths is not None:
            x, mask = self.padding_mask(x, lengths)
        return self.encode_positions(x), mask, lengths

    def _drops_next_layer(self) -> bool:
        """Whether LayerDrop leaves out a layer; in training it always draws a number, as transformers does."""
        if not self.training:
            return False
        draw = torch.rand([])
        # torch.export and a graph without breaks have no place for item().
        if self.layer_drop <= 0.0 or self.layer_drop >= 1.0:
            return self.layer_drop >= 1.0
        return draw.item() < self.layer_drop


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (
        OmniASRConvLayer, OmniASRConvLayers, OmniASREncoderLayer, OmniASRModel, OmniASRPositions, OmniASRSubsampling,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

REFERENCES = ()
"""All its operations are wav2vec 2.0's, whose passes `calibrate` times."""

"""The torch modules that wav2vec 2.0 has not; names and order of registration are those of transformers' model.

In the shape comments B is the batch, S samples, T frames, C channels of the extractor, D the encoder's width.
"""

from __future__ import annotations

from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class Data2VecAudioConvLayer(wav2vec2.ConvLayerBlock):
    """One layer of the feature extractor: convolution, norm, GELU; the convolution is registered first."""

    def __init__(self, conv: nn.Module, layer_norm: nn.Module, activation: nn.Module) -> None:
        super().__init__(conv, activation)
        self.layer_norm = layer_norm


class PlainLayerNorm(nn.Module):
    """A layer norm over the channels of a (B, D, T) activation, without parameters."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T). Keeps its input."""
        return nn.functional.layer_norm(x.transpose(1, 2), [self.channels]).transpose(1, 2)


class Data2VecAudioPositionalConvLayer(nn.Module):
    """One of the positional convolutions, with its norm and GELU."""

    def __init__(
        self, conv: nn.Module, layer_norm: nn.Module, activation: nn.Module, same_pad: Optional[nn.Module] = None
    ) -> None:
        super().__init__()
        self.conv = conv
        self.same_pad = same_pad
        self.layer_norm = layer_norm
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T)."""
        x = self.conv(x)
        if self.same_pad is not None:
            x = self.same_pad(x)
        return self.activation(self.layer_norm(x))


class Data2VecAudioPositionalConvEmbedding(nn.Module):
    """The convolutions over frames that take the place of positional embeddings, one behind the other."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        x = x.transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        return x.transpose(1, 2)


class Data2VecAudioModel(SpeechEncoder):
    """A data2vec audio model (Baevski et al. 2022), which computes what transformers' ``Data2VecAudioModel`` does.

    With a head it computes what ``Data2VecAudioForCTC`` does, whose head lies beside the model; ours lies in it.

    Args:
        feature_extractor: From waveforms (B, S) to features (B, T, C).
        feature_projection: From features to (B, T, D).
        padding_mask: Silences frames past the utterances' lengths.
        encoder: A `Transformer`, from (B, T, D) to (B, T, D).
        lm_head: A head on the encoder's output, or None.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        feature_projection: nn.Module,
        padding_mask: nn.Module,
        encoder: wav2vec2.Transformer,
        lm_head: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.encoder = encoder
        self.lm_head = lm_head

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The encoder's output, through the head if there is one.

        Args:
            waveforms: (B, S).
            lengths: Valid samples of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), or (B, T, outputs) with a head; and the valid frames of each utterance, (B,), or None where
            no lengths were given. Outputs past an utterance's frames are meaningless.

        Raises:
            ValueError: ``waveforms`` is not two-dimensional.
        """
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        x = self.encoder(x, mask)
        if self.lm_head is not None:
            x = self.lm_head(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each transformer layer, without the head.

        Args:
            waveforms: (B, S).
            lengths: Valid samples of each utterance, (B,).
            num_layers: How many layers to run, from 1; None for all.

        Returns:
            A (B, T, D) per layer; and the valid frames of each utterance, or None.

        Raises:
            ValueError: ``waveforms`` is not two-dimensional, or ``num_layers`` out of range.
        """
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        return self.encoder.get_intermediate_outputs(x, mask, num_layers), lengths

    def _preprocess(self, features: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, C) and frames per utterance (B,) → what the transformer takes, and its mask (B, 1, T, T)."""
        x = self.feature_projection(features)
        if lengths is None:
            return x, None
        return self.padding_mask(x, lengths)


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (
        Data2VecAudioConvLayer, Data2VecAudioModel, Data2VecAudioPositionalConvEmbedding,
        Data2VecAudioPositionalConvLayer, PlainLayerNorm,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

REFERENCES = ()
"""None: all that it computes is timed in the forward passes of others."""

"""The torch modules that wav2vec 2.0 has not; names and order of registration are those of transformers' model.

In the shape comments B is the batch, S samples, T frames, C channels of the extractor, D the encoder's width.
"""

from __future__ import annotations

from typing import Optional

from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.model.modules import HuggingFaceModel

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP045


class Data2VecAudioConvLayer(wav2vec2.ConvFirstBlock):
    """One layer of the feature extractor: convolution, norm, GELU."""


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


class Data2VecAudioModel(HuggingFaceModel):
    """A data2vec audio model (Baevski et al. 2022), which computes what transformers' ``Data2VecAudioModel`` does.

    With a head it computes what ``Data2VecAudioForCTC`` does.
    """


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

"""The torch modules that wav2vec 2.0 has not; names and order of registration are those of transformers and s3prl.

In the shape comments B is the batch, S samples, T frames, C channels of the extractor, D the encoder's width, N heads
that predict layers and P their width.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class HubertConvLayer(wav2vec2.ConvLayerBlock):
    """One layer of the feature extractor, whose convolution is registered before its norm."""

    def __init__(self, conv: nn.Module, activation: nn.Module, layer_norm: Optional[nn.Module] = None) -> None:
        super().__init__(conv, activation)
        # Registered anew, behind the convolution.
        del self.layer_norm
        self.layer_norm = layer_norm


class PlainProjection(nn.Module):
    """From the extractor's channels to the encoder's width, without a norm before it."""

    def __init__(self, projection: nn.Module, dropout: nn.Module) -> None:
        super().__init__()
        self.projection = projection
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) → (B, T, D)."""
        return self.dropout(self.projection(x))


class SplitLinear(nn.Module):
    """A linear layer for each head, from its own share of the channels."""

    def __init__(self, in_features: int, num_heads: int, out_features: int, **factory: Any) -> None:
        super().__init__()
        self.in_features = in_features
        self.num_heads = num_heads
        self.weight = nn.Parameter(torch.empty(num_heads, in_features, out_features, **factory))
        self.bias = nn.Parameter(torch.empty(1, 1, num_heads, out_features, **factory))
        for parameter in (self.weight, self.bias):
            nn.init.uniform_(parameter, -(in_features**-0.5), in_features**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N·D) → (B, T, N·P)."""
        batch, frames, _ = x.shape
        heads = x.view(batch * frames, self.num_heads, self.in_features)
        results: List[Tensor] = []
        for head in range(self.num_heads):
            weight, bias = self.weight[head].t(), self.bias[0, 0, head]
            results.append(nn.functional.linear(heads[:, head], weight, bias))
        return torch.cat(results, 1).view(batch, frames, -1)


class SingleHead(nn.Module):
    """The linear layer of a single head."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, P)."""
        return self.layer(x)


class PredictionHeads(nn.Sequential):
    """The heads that predict layers of the teacher: a linear layer for all, GELU, and one for each."""

    def __init__(self, **children: nn.Module) -> None:
        super().__init__(OrderedDict(children))


class DistilHubertModel(SpeechEncoder):
    """A DistilHuBERT (Chang et al. 2022), which computes what transformers' ``HubertModel`` does of such a config.

    With a head it computes what ``HubertForCTC`` does, whose head lies beside the model; ours lies in it. With heads
    that predict layers it computes what s3prl's ``DistillerModel`` predicts.

    Args:
        feature_extractor: From waveforms (B, S) to features (B, T, C).
        feature_projection: From features to (B, T, D).
        padding_mask: Silences frames past the utterances' lengths.
        encoder: A `Transformer`, from (B, T, D) to (B, T, D).
        lm_head: A head on the encoder's output, or None.
        output_layer: Heads that predict layers of the teacher, from (B, T, D) to (B, T, N·P), or None.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        feature_projection: nn.Module,
        padding_mask: nn.Module,
        encoder: wav2vec2.Transformer,
        lm_head: Optional[nn.Module] = None,
        output_layer: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.encoder = encoder
        self.lm_head = lm_head
        self.output_layer = output_layer

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The encoder's output, through the head or the heads if there are any.

        Args:
            waveforms: (B, S).
            lengths: Valid samples of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), (B, T, outputs) with a head, or (B, T, N·P) with heads that predict layers, the first first; and
            the valid frames of each utterance, (B,), or None where no lengths were given. Outputs past an utterance's
            frames are meaningless.

        Raises:
            ValueError: ``waveforms`` is not two-dimensional.
        """
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        x = self.encoder(x, mask)
        if self.lm_head is not None:
            x = self.lm_head(x)
        if self.output_layer is not None:
            x = self.output_layer(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each transformer layer, without the heads.

        With ``encoder_layer_norm_first`` the last of them is not what forward() returns: the final norm is missing.

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
    for module in (DistilHubertModel, HubertConvLayer, PlainProjection, PredictionHeads, SingleHead, SplitLinear)
}
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

REFERENCES = ()
"""None: all that it computes is timed in the forward passes of others."""

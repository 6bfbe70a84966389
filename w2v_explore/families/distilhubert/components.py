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
from w2v_explore.model.modules import HuggingFaceModel

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class HubertConvLayer(wav2vec2.ConvFirstBlock):
    """One layer of the feature extractor: convolution, norm if it has one, GELU."""


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


class DistilHubertModel(HuggingFaceModel):
    """A DistilHuBERT (Chang et al. 2022), which computes what transformers' ``HubertModel`` does of such a config.

    With a head it computes what ``HubertForCTC`` does; with heads that predict layers it computes what s3prl's
    ``DistillerModel`` predicts.

    Args:
        output_layer: Heads that predict layers of the teacher, from (B, T, D) to (B, T, N·P), or None. All others are
            as of `HuggingFaceModel`.
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
        super().__init__(feature_extractor, feature_projection, padding_mask, encoder, lm_head)
        self.output_layer = output_layer

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """As of `SpeechEncoder`; with heads that predict layers (B, T, N·P), those of the first layer first."""
        x, lengths = self._encode(waveforms, lengths)
        if self.lm_head is not None:
            x = self.lm_head(x)
        if self.output_layer is not None:
            x = self.output_layer(x)
        return x, lengths


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (DistilHubertModel, HubertConvLayer, PlainProjection, PredictionHeads, SingleHead, SplitLinear)
}
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

REFERENCES = ()
"""None: all that it computes is timed in the forward passes of others."""

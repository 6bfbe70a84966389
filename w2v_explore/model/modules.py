"""What the models of several families are made of: `SpeechEncoder`, which each is, its forms, modules of operations.

In the shape comments B is the batch, S samples, T frames, C channels, D the encoder's width.
"""

from __future__ import annotations

from typing import ClassVar, List, Optional, Protocol, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class SpeechEncoder(nn.Module):
    """A model of any architecture: frames of features from waveforms, or from features made of them.

    Attributes:
        graph_outputs: What an ONNX graph calls what forward() gives; empty where that is features, or logits of a head,
            and valid frames.
        no_graph: Why no graph is made of forward(); empty where one is.
    """

    graph_outputs: ClassVar[tuple[str, ...]] = ()
    no_graph: ClassVar[str] = ""

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The output of the encoder, through the head if there is one.

        Args:
            waveforms: (B, S); features (B, frames, channels) for a model that takes such.
            lengths: Valid samples, or frames, of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), or (B, T, outputs) with a head; and the valid frames of each utterance, (B,), or None where
            no lengths were given. Outputs past an utterance's frames are meaningless.

        Raises:
            ValueError: ``waveforms`` has another number of dimensions.
        """
        raise NotImplementedError

    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each layer of the encoder, without the head.

        Where the encoder normalises behind its layers, the last of them is not what forward() returns without a head.

        Args:
            waveforms: As for forward().
            lengths: As for forward().
            num_layers: How many layers to run, from 1; None for all.

        Returns:
            A (B, T, D) per layer; and the valid frames of each utterance, or None.

        Raises:
            ValueError: ``waveforms`` has another number of dimensions, or ``num_layers`` is out of range.
        """
        raise NotImplementedError


class Layers(Protocol):
    """Layers that run one after the other, and what comes before and behind them."""

    def __call__(self, x: Tensor, mask: Optional[Tensor], /) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T) added to the scores → (B, T, D)."""

    def get_intermediate_outputs(self, x: Tensor, mask: Optional[Tensor], num_layers: Optional[int], /) -> List[Tensor]:
        """The output (B, T, D) of each of the first ``num_layers`` layers."""


class HuggingFaceModel(SpeechEncoder):
    """A model of waveforms whose parts are registered side by side, as transformers has them, and its head with them.

    In transformers the head lies beside such a model, in another around both.

    Args:
        feature_extractor: From waveforms (B, S) to features (B, T, C).
        feature_projection: From features to (B, T, D).
        padding_mask: Silences frames past the utterances' lengths.
        encoder: From (B, T, D) to (B, T, D).
        lm_head: A head on the encoder's output, or None.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        feature_projection: nn.Module,
        padding_mask: nn.Module,
        encoder: Layers,
        lm_head: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.encoder = encoder
        self.lm_head = lm_head

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The encoder's output, through the head if there is one: as of `SpeechEncoder`."""
        x, lengths = self._encode(waveforms, lengths)
        if self.lm_head is not None:
            x = self.lm_head(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each layer, without the head: as of `SpeechEncoder`."""
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        return self.encoder.get_intermediate_outputs(x, mask, num_layers), lengths

    def _encode(self, waveforms: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """Waveforms (B, S) and samples per utterance (B,) → the encoder's output (B, T, D), and frames (B,)."""
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        return self.encoder(x, mask), lengths

    def _preprocess(self, features: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, C) and frames per utterance (B,) → what the encoder takes, and its mask (B, 1, T, T)."""
        x = self.feature_projection(features)
        if lengths is None:
            return x, None
        return self.padding_mask(x, lengths)


class Add(nn.Module):
    """The sum of a residual branch and what it bypasses."""

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        """Both of the same shape."""
        return x + branch


class Multiply(nn.Module):
    """The product of what is scaled and a scale for each of its rows."""

    def forward(self, scale: Tensor, x: Tensor) -> Tensor:
        """(…, T, 1) and (…, T, C) → (…, T, C)."""
        return scale * x


class ChannelLayerNorm(nn.LayerNorm):
    """Layer norm over the channels of a (B, C, T) activation."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) → (B, C, T)."""
        x = nn.functional.layer_norm(x.transpose(1, 2), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.transpose(1, 2)


class SamePad(nn.Module):
    """Drops the frame that an even kernel with padding kernel / 2 puts out beyond its input's."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T + 1) → (B, D, T)."""
        return x[:, :, :-1]


class ScaledDotProductAttention(nn.Module):
    """softmax(q kᵀ / √head_dim) v, head by head."""

    def __init__(self, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout = dropout

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Optional[Tensor]) -> Tensor:
        """Three (B, T, D) and a mask (B, 1, T, T) added to the scores → (B, T, D)."""
        batch, frames, embed_dim = q.shape
        heads = [batch, frames, self.num_heads, embed_dim // self.num_heads]
        attended = nn.functional.scaled_dot_product_attention(
            q.view(heads).transpose(1, 2),  # (B, heads, T, head_dim)
            k.view(heads).transpose(1, 2),
            v.view(heads).transpose(1, 2),
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return attended.transpose(1, 2).reshape(batch, frames, embed_dim)


class PaddingMask(nn.Module):
    """Silences the frames past each utterance's length."""

    def __init__(self) -> None:
        super().__init__()
        # Added to the scores of padded frames; -inf would give NaN where an utterance has no frame at all.
        self.padded_score = -10_000.0

    def forward(self, x: Tensor, lengths: Tensor) -> Tuple[Tensor, Tensor]:
        """(B, T, D) and frames per utterance (B,) → x with padding zeroed, and the mask (B, 1, T, T) for attention."""
        batch, frames, _ = x.shape
        padded = torch.arange(frames, device=lengths.device)[None, :] >= lengths[:, None]  # (B, T)
        x = x.masked_fill(padded[:, :, None], 0.0)
        mask = self.padded_score * padded[:, None, None, :].to(x.dtype)
        return x, mask.expand(batch, 1, frames, frames)

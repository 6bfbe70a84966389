"""The torch modules that wav2vec 2.0 has not; names and order of registration are those of DPHuBERT's modules.

In the shape comments B is the batch, S samples, T frames, C channels of the extractor, D the encoder's width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class ChannelScale(nn.Module):
    """The product of each channel with a number of its own, which its parent holds.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """(B, T, C) and (C,) → (B, T, C)."""
        return x * weight


class ScaledExtractor(wav2vec2.FeatureExtractor):
    """The convolutions from waveform to frames, and a scale for each channel, which is not trained."""

    def __init__(self, conv_layers: nn.ModuleList, dummy: ChannelScale) -> None:
        super().__init__(conv_layers)
        weight: Tensor = conv_layers[-1].conv.weight  # type: ignore[assignment, union-attr]
        self.dummy_weight = nn.Parameter(weight.new_ones(dummy.channels), requires_grad=False)
        self.dummy = dummy

    def forward(self, x: Tensor, length: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """Waveforms (B, S) → (B, T, C), and the length of each (B,) from samples to frames."""
        x, length = self._convolve(x, length)
        return self.dummy(x, self.dummy_weight), length


# What an `EncoderLayer` always has.
_LACKING: Mapping[str, Any] = dict.fromkeys(
    ("attention", "attention_residual", "feed_forward", "feed_forward_residual")
)


class PrunedEncoderLayer(wav2vec2.EncoderLayer):
    """A transformer layer that may lack its attention, its feed-forward block, or both.

    Args:
        bypass: What runs where nothing else does.
        parts: The modules of an `EncoderLayer` and its ``layer_norm_first``, without the block that it lacks and the
            block's residual addition. In a pre-norm layer a norm runs only where its block is there.
    """

    def __init__(self, bypass: Optional[nn.Module] = None, **parts: Any) -> None:
        super().__init__(**{**_LACKING, **parts})
        self.bypass = bypass

    def forward(
        self,
        x: Tensor,
        attention_mask: Optional[Tensor] = None,
        position_bias: Optional[Tensor] = None,
        key_padding_mask: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """The blocks that are there, each round a residual addition.

        Args:
            x: (B, T, D).
            attention_mask: (B, 1, T, T), added to the scores.
            position_bias: Unused, and handed on.
            key_padding_mask: Unused.

        Returns:
            (B, T, D); and the position bias.
        """
        if self.bypass is not None:
            return self.bypass(x), position_bias
        # Names are taken over, so that no tensor outlives the last module that takes it.
        if self.attention is not None and self.attention_residual is not None:
            bypassed = x
            if self.layer_norm_first:
                x = self.layer_norm(x)
            x, _ = self.attention(x, attention_mask, None, None)
            x = self.dropout(x)
            x = self.attention_residual(bypassed, x)
            del bypassed
        if self.layer_norm_first:
            if self.feed_forward is not None and self.feed_forward_residual is not None:
                x = self.feed_forward_residual(x, self.feed_forward(self.final_layer_norm(x)))
            return x, position_bias
        x = self.layer_norm(x)
        if self.feed_forward is not None and self.feed_forward_residual is not None:
            x = self.feed_forward_residual(x, self.feed_forward(x))
        return self.final_layer_norm(x), position_bias


class Bypass(nn.Module):
    """Gives what it takes."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        return x


MODULES = wav2vec2.MODULES | {
    module.__name__: module for module in (Bypass, ChannelScale, PrunedEncoderLayer, ScaledExtractor)
}
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS = (
    "encoder_num_layers=2",
    "encoder_use_attention=[true, true]",
    "encoder_use_feed_forward=[true, true]",
    "encoder_num_heads=[12, 6]",
    "encoder_ff_interm_features=[3072, 768]",
)
REFERENCES = (("hubert_base_prunable", _TWO_LAYERS, 1.0), ("hubert_base_prunable", _TWO_LAYERS, 3.0))
"""The forward passes of which `calibrate` times the operations: the scale of channels is of a kind of its own."""

"""`SpeechEncoder`, which every model is."""

from __future__ import annotations

from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

from torch import Tensor, nn

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class SpeechEncoder(nn.Module):
    """A model of any architecture: frames of features from waveforms, or from features made of them.

    In the shapes B is the batch, S samples, T frames, D the width of the encoder.
    """

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The output of the encoder, through the head if there is one.

        Args:
            waveforms: (B, S); features (B, frames, channels) for a model that takes such.
            lengths: Valid samples, or frames, of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), or (B, T, outputs) with a head; and the valid frames of each utterance, (B,), or None where
            no lengths were given.
        """
        raise NotImplementedError

    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each layer of the encoder, without the head.

        Args:
            waveforms: As for forward().
            lengths: As for forward().
            num_layers: How many layers to run, from 1; None for all.

        Returns:
            A (B, T, D) per layer; and the valid frames of each utterance, or None.
        """
        raise NotImplementedError

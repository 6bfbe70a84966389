"""Padding changes the output of an utterance, lengths given or not.

What it does
    Says so wherever the depthwise convolutions of the layers see more than one frame. Advice, because it matters only
    to those who batch utterances of different lengths.
Why is this bad
    Lengths silence padded frames before the first layer and in attention, not in the convolution modules: there the
    last (encoder_conv_kernel - 1) / 2 frames of an utterance see what the layers made of its padding, and attention
    carries it to all others. In one measurement of four layers the same utterance gave outputs that differed by 3.3
    alone and in a padded batch, where those of wav2vec 2.0 with layer norms differ by 1e-6; transformers computes the
    same as the model here. In training batch norm counts padded frames as well. Evaluate one by one, or in batches of
    equal length.
Example
    extends: wav2vec2_conformer_rel_pos_large
Use instead
    extends: wav2vec2_conformer_rel_pos_large
    encoder_conv_kernel: 1
"""

from collections.abc import Iterator

from w2v_explore.families.wav2vec2_conformer.fields import PADDING as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extends", "encoder_conv_kernel")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the kernel."""
    if subject.model.encoder_conv_kernel > 1:
        message = (
            "padding changes an utterance's output though lengths are given: the layers' convolutions see padded "
            "frames; evaluate one by one or in equal lengths"
        )
        yield Finding(message)

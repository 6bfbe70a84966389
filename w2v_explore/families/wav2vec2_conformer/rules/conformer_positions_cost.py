"""Relative positions cost a projection of all distances in each layer.

What it does
    Says what relative positions cost, where encoder_positions is relative. Advice, because every published checkpoint
    of them needs it.
Why is this bad
    Each layer projects an embedding of each of the 2T - 1 distances of T frames, twice as many rows as one of its four
    other projections has at batch 1, and does so once whatever the batch: cost per utterance falls as batches grow. Its
    scores of distances cost as much as both of attention's products, and make a bias for each head and pair of frames,
    with which no kernel of flash attention runs; in training each layer keeps it. Rotary positions cost none of this.
Example
    extends: wav2vec2_conformer_rel_pos_large
Use instead
    extends: wav2vec2_conformer_rope_large
"""

from collections.abc import Iterator

from w2v_explore.families.wav2vec2_conformer.fields import POSITIONS_COST as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extends", "encoder_positions")


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the positions."""
    model = subject.model
    if model.encoder_positions != "relative":
        return
    parameters = model.encoder_num_layers * (model.encoder_embed_dim**2 + 2 * model.encoder_embed_dim)
    message = (
        f"relative positions cost {parameters / 1e6:.3g} M parameters and, in each layer, a projection of 2T - 1 "
        "distances once whatever the batch, and a bias for each head and pair of frames; rotary ones cost none of these"
    )
    yield Finding(message)

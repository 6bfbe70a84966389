"""A size of the quantiser is less than 1.

What it does
    Checks that num_codevector_groups, num_codevectors_per_group, codevector_dim and proj_codevector_dim are at least 1.
Why is this bad
    Without codebooks, vectors or numbers in them there is nothing to quantise with, and so no target of pre-training.
Example
    extends: wav2vec2_pretrain_base
    num_codevector_groups: 0
Use instead
    extends: wav2vec2_pretrain_base
    num_codevector_groups: 2
"""

from w2v_explore.families.wav2vec2_pretrain.fields import SIZES as RULE

__all__ = ["RULE"]

TORCH = "building raises"

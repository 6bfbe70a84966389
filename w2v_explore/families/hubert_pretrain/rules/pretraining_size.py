"""A size of pre-training is less than it can be.

What it does
    Checks that num_classes, final_dim, mask_length and mask_channel_length are at least 1, and mask_min_space and
    mask_channel_min_space at least 0.
Why is this bad
    A model without classes has nothing to predict, and the number of masked spans is divided by their length.
Example
    extends: hubert_pretrain_base
    mask_length: 0
Use instead
    extends: hubert_pretrain_base
    mask_length: 10
"""

from w2v_explore.families.hubert_pretrain.fields import MASK_SIZES as RULE

__all__ = ["RULE"]

TORCH = "forward raises"

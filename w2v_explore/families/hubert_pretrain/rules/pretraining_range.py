"""A number of pre-training is out of its range.

What it does
    Checks that mask_prob and mask_channel_prob are from 0 to 1, mask_other and mask_channel_other 0 or more, and
    feature_grad_mult, where it is not null, between 0 and 1.
Why is this bad
    torchaudio refuses a feature_grad_mult of 0, 1 or more. The others it takes as they are: a mask_prob above 1 asks
    for more spans than have room, and one below 0 for none.
Example
    extends: hubert_pretrain_base
    feature_grad_mult: 1.0
Use instead
    extends: hubert_pretrain_base
    feature_grad_mult: null
"""

from w2v_explore.families.hubert_pretrain.fields import RANGES as RULE

__all__ = ["RULE"]

TORCH = "building raises"

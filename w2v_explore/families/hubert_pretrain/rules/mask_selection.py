"""The lengths of masked spans are drawn in no known way.

What it does
    Checks that mask_selection and mask_channel_selection are static, uniform, normal or poisson.
Why is this bad
    torchaudio builds a model with any word, and raises in the first step.
Example
    extends: hubert_pretrain_base
    mask_selection: fixed
Use instead
    extends: hubert_pretrain_base
    mask_selection: static
"""

from w2v_explore.families.hubert_pretrain.fields import MASK_SELECTION as RULE

__all__ = ["RULE"]

TORCH = "forward raises"

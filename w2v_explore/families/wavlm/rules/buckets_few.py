"""The position bias tells too few distances apart.

What it does
    Checks that encoder_num_buckets is 4 or more.
Why is this bad
    Half of the buckets are for frames ahead, half for frames behind, and half of these for distances that have a bucket
    each. With fewer than 4 that is none, and working out the others divides by it.
Example
    extends: wavlm_base
    encoder_num_buckets: 3
Use instead
    extends: wavlm_base
    encoder_num_buckets: 320
"""

from w2v_explore.families.wavlm.fields import BUCKETS_FEW as RULE

__all__ = ["RULE"]

TORCH = "forward raises"

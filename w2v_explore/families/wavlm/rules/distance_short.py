"""The longest distance that the position bias tells apart has a bucket of its own already.

What it does
    Checks that encoder_max_distance is more than a quarter of encoder_num_buckets.
Why is this bad
    Distances below that quarter have a bucket each; the buckets behind them grow exponentially up to
    encoder_max_distance, which has to lie beyond. Otherwise distances are sent to buckets that there are not: looking
    one up raises, but only for utterances that are long enough.
Example
    extends: wavlm_base
    encoder_num_buckets: 32
    encoder_max_distance: 8
Use instead
    extends: wavlm_base
    encoder_num_buckets: 32
    encoder_max_distance: 128
"""

from w2v_explore.families.wavlm.fields import DISTANCE_SHORT as RULE

__all__ = ["RULE"]

TORCH = "forward raises"

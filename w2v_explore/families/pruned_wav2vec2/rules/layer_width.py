"""A layer has no heads and is said to have attention, or no inner features and a feed-forward block.

What it does
    Checks that encoder_num_heads is 1 or more in each layer in which encoder_use_attention is true, and
    encoder_ff_interm_features in each in which encoder_use_feed_forward is; in others they may be 0, and never less.
Why is this bad
    A block of no width builds, and gives nothing but its biases: whoever prunes a layer to nothing means that it is
    gone.
Example
    extends: hubert_base_prunable
    encoder_num_heads: [12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 0]
Use instead
    extends: hubert_base_prunable
    encoder_use_attention: [true, true, true, true, true, true, true, true, true, true, true, false]
    encoder_num_heads: [12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 0]
"""

from w2v_explore.families.pruned_wav2vec2.fields import LAYER_WIDTH as RULE

__all__ = ["RULE"]

TORCH = "accepts"

"""A list has not a value for each transformer layer.

What it does
    Checks that encoder_use_attention, encoder_use_feed_forward, encoder_num_heads and encoder_ff_interm_features are
    lists of as many values as encoder_num_layers says.
Why is this bad
    Each layer takes its value by its number: a shorter list raises on building, and what a longer one says last is
    about no layer.
Example
    extends: hubert_base_prunable
    encoder_num_heads: [12, 12, 12, 12, 12, 12]
Use instead
    extends: hubert_base_prunable
    encoder_num_heads: [12, 12, 12, 12, 12, 12, 8, 8, 8, 8, 8, 8]
"""

from w2v_explore.families.pruned_wav2vec2.fields import LAYER_LIST as RULE

__all__ = ["RULE"]

TORCH = "building raises"

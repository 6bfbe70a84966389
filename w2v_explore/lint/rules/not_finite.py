"""A probability is infinite or not a number.

What it does
    Finds .nan, .inf and -.inf as a dropout or as encoder_layer_drop.
Why is this bad
    NaN passes the check on building and raises in the first forward pass, in evaluation too; infinity raises on
    building. As encoder_attention_dropout either raises in training only. As encoder_layer_drop they are accepted
    silently: NaN and -.inf switch LayerDrop off, .inf skips every layer in training.
Example
    extends: base
    encoder_dropout: .nan
Use instead
    extends: base
    encoder_dropout: 0.1
"""

from w2v_explore.config.codes import NOT_FINITE as RULE

__all__ = ["RULE"]

TORCH = "forward raises"

"""A probability is not a number.

What it does
    Checks that the four dropouts and encoder_layer_drop are numbers. YAML 1.1, which PyYAML reads, takes 1e-1 for text:
    an exponent needs a point before it and a sign, as in 1.0e-1.
Why is this bad
    Text or null as encoder_attention_dropout or encoder_layer_drop goes unnoticed until the first training step, after
    the data is loaded and evaluation has passed. The other three raise on building. true and false are accepted as 1
    and 0.
Example
    extends: base
    encoder_attention_dropout: 1e-1
Use instead
    extends: base
    encoder_attention_dropout: 0.1
"""

from w2v_explore.config.codes import NUMBER_TYPE as RULE

__all__ = ["RULE"]

TORCH = "training raises"

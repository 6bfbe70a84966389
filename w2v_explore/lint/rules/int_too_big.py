"""A number is too large for any model.

What it does
    Checks that sizes and counts are at most 2,147,483,647, and encoder_num_layers at most 10,000. The largest published
    encoder has 48 layers and a width of 1,920. What the convolutions come to together, the samples that a frame sees
    and those from one frame to the next, is at most 2^1000.
Why is this bad
    torch counts in 64 bits: past those, building raises, as it does below. Short of them it asks for memory until there
    is none, or takes the value: with a stride of 4,294,967,296 in the last layer, every input gives a single frame.
Example
    extends: base
    encoder_ff_interm_features: 3072307230723072307
Use instead
    extends: base
    encoder_ff_interm_features: 3072
"""

from w2v_explore.config.codes import INT_TOO_BIG as RULE

__all__ = ["RULE"]

TORCH = "building raises"

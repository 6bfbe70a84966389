"""The output of the adapter behind the encoder has no features.

What it does
    Checks that adapter_embed_dim is 1 or more, or null.
Why is this bad
    Without features there is nothing for a head to read. transformers takes 0 for the width of the encoder, which null
    stands for here.
Example
    extends: mms_1b_all
    add_adapter: true
    adapter_embed_dim: 0
Use instead
    extends: mms_1b_all
    adapter_embed_dim: null
"""

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_WIDTH_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "accepts"

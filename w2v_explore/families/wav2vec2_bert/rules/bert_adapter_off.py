"""A feed-forward block stands before an adapter that is not there.

What it does
    Checks that adapter_intermediate_ffn is true with add_adapter alone.
Why is this bad
    transformers makes no such config: the block is a part of what stands behind the encoder.
Example
    extends: w2v_bert_2
    adapter_intermediate_ffn: true
Use instead
    extends: w2v_bert_2
    add_adapter: true
    adapter_intermediate_ffn: true
"""

from w2v_explore.families.wav2vec2_bert.fields import ADAPTER_OFF as RULE

__all__ = ["RULE"]

TORCH = "building raises"

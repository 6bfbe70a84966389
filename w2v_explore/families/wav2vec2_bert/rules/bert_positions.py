"""encoder_positions is no kind of positions that there is.

What it does
    Checks that encoder_positions is relative_key, relative, rotary or none.
Why is this bad
    There is no such attention. transformers calls the first three so in position_embeddings_type, and null the last.
Example
    extends: w2v_bert_2
    encoder_positions: shaw
Use instead
    extends: w2v_bert_2
    encoder_positions: relative_key
"""

from w2v_explore.families.wav2vec2_bert.fields import POSITIONS as RULE

__all__ = ["RULE"]

TORCH = "building raises"

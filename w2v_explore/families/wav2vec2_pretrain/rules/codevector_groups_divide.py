"""The codebooks do not divide the width of the quantised features.

What it does
    Checks that num_codevector_groups divides codevector_dim.
Why is this bad
    A quantised frame is a vector of each codebook, one behind the other; transformers refuses to build the model.
Example
    extends: wav2vec2_pretrain_base
    num_codevector_groups: 3
Use instead
    extends: wav2vec2_pretrain_base
    num_codevector_groups: 2
"""

from w2v_explore.families.wav2vec2_pretrain.fields import GROUPS_DIVIDE as RULE

__all__ = ["RULE"]

TORCH = "building raises"

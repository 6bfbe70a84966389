"""encoder_activation is neither swish nor gelu.

What it does
    Checks that encoder_activation is swish, which torch calls SiLU, or gelu.
Why is this bad
    Every published conformer has swish, and fairseq knows nothing else; gelu is what transformers takes where a config
    does not say it.
Example
    extends: wav2vec2_conformer_rel_pos_large
    encoder_activation: elephant
Use instead
    extends: wav2vec2_conformer_rel_pos_large
    encoder_activation: swish
"""

from w2v_explore.families.wav2vec2_conformer.fields import ACTIVATION as RULE

__all__ = ["RULE"]

TORCH = "building raises"

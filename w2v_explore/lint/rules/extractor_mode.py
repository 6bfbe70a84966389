"""extractor_mode is neither group_norm nor layer_norm.

What it does
    Checks that extractor_mode is group_norm (one norm, after the first convolution) or layer_norm (after every one).
Why is this bad
    torchaudio knows these two words only. fairseq writes default, and Hugging Face group, for group_norm; Hugging Face
    writes layer for layer_norm. The message gives the word that is meant.
Example
    extends: base
    extractor_mode: default
Use instead
    extends: base
    extractor_mode: group_norm
"""

from w2v_explore.config.codes import EXTRACTOR_MODE as RULE

__all__ = ["RULE"]

TORCH = "building raises"

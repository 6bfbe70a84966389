"""A key is no field of a config.

What it does
    Checks each key against the fields of the architecture and the keys about the file itself (extends, name,
    sample_rate …), and says which field a misspelling, or a name from fairseq or Hugging Face, most likely means.
Why is this bad
    The value reaches no model. torchaudio names one such key and stops; a program that picks the fields it knows runs
    on with the value of the base, here 12 layers.
Example
    extends: base
    encoder_layers: 6
Use instead
    extends: base
    encoder_num_layers: 6
"""

from w2v_explore.config.codes import UNKNOWN_KEY as RULE

__all__ = ["RULE"]

TORCH = "building raises"

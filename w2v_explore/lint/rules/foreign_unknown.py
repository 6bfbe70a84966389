"""Another program's config has a field that is not known here.

What it does
    Checks each field beside those of the architecture against what fairseq's and transformers' configs have, and finds
    those that are in no list and change no layer by their value (switched off; text in a config.json) or their name (a
    loss, a head, masking, training, a path). With --allow-unknown also those that may change the architecture (E285).
Why is this bad
    It may be a misspelling, and the field that was meant then keeps its default. It is ignored here.
Example
    model:
      _name: wav2vec2
      encoder_layers: 12
      atention_dropout: 0.2
Use instead
    model:
      _name: wav2vec2
      encoder_layers: 12
      attention_dropout: 0.2
"""

from w2v_explore.config.codes import FOREIGN_UNKNOWN as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

"""Another program's config has a field that is not known here.

What it does
    Checks each field beside those of the architecture against what fairseq's and transformers' configs have.
Why is this bad
    It may be a misspelling, and the field that was meant then keeps its default; or a newer field, which may change the
    architecture. It is ignored here.
Example
    model:
      _name: wav2vec2
      encoder_layers: 12
      encoder_ffn_dim: 2048
Use instead
    model:
      _name: wav2vec2
      encoder_layers: 12
      encoder_ffn_embed_dim: 2048
"""

from w2v_explore.config.codes import FOREIGN_UNKNOWN as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

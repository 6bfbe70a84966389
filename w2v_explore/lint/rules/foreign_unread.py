"""Another program's config has a field that is not known here, and may change the architecture.

What it does
    Finds fields of the architecture's own section that are in no list of what fairseq's and transformers' configs have,
    and that are switched on: not false, null, 0, empty text or an empty container. Names that look like a loss, a
    head, masking, training or a path are warned of instead (W284); in a config.json, so is text.
Why is this bad
    Relative positions in each layer, attention that layers share, a second encoder: forks add such fields, and the
    figures would be those of another model. Remove the field where it changes nothing; with --allow-unknown it is left
    out, and reports say so.
Example
    model:
      _name: hubert
      encoder_layers: 12
      use_rel_pos_enc: true
Use instead
    model:
      _name: hubert
      encoder_layers: 12
"""

from w2v_explore.config.codes import FOREIGN_UNREAD as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

"""Another program's config says what no config here can.

What it does
    Finds fields of another program's config that change the architecture and have no counterpart among the fields
    here: other activations, adapters, conformer layers, several positional convolutions.
Why is this bad
    Dropped silently, they would leave a model with other parameters and other outputs, and figures of that model.
    torchaudio's importers do drop some of them.
Example
    model:
      _name: wav2vec2
      encoder_layers: 6
      activation_fn: relu
Use instead
    model:
      _name: wav2vec2
      encoder_layers: 6
      activation_fn: gelu
"""

from w2v_explore.config.codes import FOREIGN_REFUSED as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

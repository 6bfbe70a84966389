"""Another program's config has more than the architecture.

What it does
    Finds parts that stand beside an architecture which is read all the same: classification and x-vector heads, a
    weighted sum of all layers, decoders and whatever else a model has around the one that is read, the quantiser and
    projections of pre-training, code of a config's own. Also a CTC head of fairseq's, whose size no config states:
    `# w2v: aux_num_out=32` in a line of the file does.
Why is this bad
    The figures are those of the backbone, with a CTC head where there is one: the other parts are not in them.
Example
    model:
      _name: wav2vec2
      encoder_layers: 12
      target_glu: true
Use instead
    model:
      _name: wav2vec2
      encoder_layers: 12
"""

from w2v_explore.config.codes import FOREIGN_HEAD as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

"""Another program's config does not say what the architecture is.

What it does
    Finds fairseq's configs for fine-tuning without w2v_args: their architecture is in the checkpoint that w2v_path
    names. Also values of the architecture that are left open, ??? and interpolations of what stands in no file; lists
    of defaults that name a file which is not known here; configs that state neither the name of a model that is
    known nor a size of the encoder; and students under `distiller` by whose fields they may be s3prl's or FitHuBERT's.
Why is this bad
    fairseq finds the rest at run time, in the checkpoint, in another file or on the command line. Here there is nothing
    to count, and no default stands for a model that nobody stated.
Example
    model:
      _name: wav2vec_ctc
      w2v_path: ???
      layerdrop: 0.1
Use instead
    model:
      _name: wav2vec_ctc
      w2v_path: ???
      layerdrop: 0.1
      w2v_args:
        model:
          _name: wav2vec2
          encoder_layers: 12
    # w2v: aux_num_out=32
"""

from w2v_explore.config.codes import FOREIGN_INCOMPLETE as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

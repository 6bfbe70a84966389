"""Another program's config states two sample rates.

What it does
    Finds samples per second that differ from those that are taken: in fairseq's task, model, dataset or w2v_args, in a
    config.json and the preprocessor_config.json beside it. fairseq's task and the feature extractor go first.
Why is this bad
    Everything per second follows from the sample rate, and so does the time that a frame stands for. A model that was
    trained at one rate and is fed at another sees its audio slowed down or sped up.
Example
    task:
      sample_rate: 16000
    model:
      _name: wav2vec2
      encoder_layers: 12
      sample_rate: 8000
Use instead
    task:
      sample_rate: 16000
    model:
      _name: wav2vec2
      encoder_layers: 12
"""

from w2v_explore.config.codes import SAMPLE_RATES as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

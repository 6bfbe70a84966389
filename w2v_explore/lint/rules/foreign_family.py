"""A config that cannot be read as one of a wav2vec 2.0 model.

What it does
    Recognises by their content the configs of LightHuBERT, those of fairseq2 that name no model or architecture that
    is known, and what lies beside a model: a preprocessor_config.json, a tokenizer, arguments of a training, recipes
    of SpeechBrain, ESPnet, NeMo and others, or a mapping that nothing is known of. Says what the file looks like and
    what to give instead.
Why is this bad
    fairseq2 names an architecture and keeps its values in Python; LightHuBERT's file holds a space of architectures.
    The others state no architecture at all.
Example
    model:
      family: wav2vec2_asr
      arch: my_large
Use instead
    extends: asr_large_100h
"""

from w2v_explore.config.codes import FOREIGN_FAMILY as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

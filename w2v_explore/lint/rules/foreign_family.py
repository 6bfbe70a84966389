"""Another program's config, near ours, that cannot be read.

What it does
    Recognises the configs of fairseq2, LightHuBERT and s3prl's DistilHuBERT, and says why they are not read.
Why is this bad
    fairseq2 names an architecture and keeps its values in Python; LightHuBERT's file holds a space of architectures;
    DistilHuBERT lacks a layer norm that the model here always has.
Example
    model:
      family: wav2vec2_asr
      arch: base_100h
Use instead
    extends: asr_base_100h
"""

from w2v_explore.config.codes import FOREIGN_FAMILY as RULE

__all__ = ["RULE"]

TORCH = "never sees it"

"""adapter_activation is no activation that the adapter can have.

What it does
    Checks that adapter_activation is relu, gelu or swish.
Why is this bad
    The feed-forward blocks of the adapter have no other here; every published model has relu.
Example
    extends: w2v_bert_2
    adapter_activation: tanh
Use instead
    extends: w2v_bert_2
    adapter_activation: relu
"""

from w2v_explore.families.wav2vec2_bert.fields import ADAPTER_ACTIVATION as RULE

__all__ = ["RULE"]

TORCH = "accepts"

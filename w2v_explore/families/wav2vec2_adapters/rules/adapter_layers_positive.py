"""The adapter behind the encoder has no layers.

What it does
    Checks that adapter_num_layers is 1 or more.
Why is this bad
    Without layers it shortens nothing; add_adapter: false is the way to say that there is none.
Example
    extends: mms_1b_all
    adapter_num_layers: 0
Use instead
    extends: mms_1b_all
    add_adapter: false
"""

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_LAYERS_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "accepts"

"""The kernel or the stride of the adapter's convolutions is below 1.

What it does
    Checks that adapter_kernel and adapter_stride are 1 or more.
Why is this bad
    A convolution looks at one frame at least, and goes on by one at least.
Example
    extends: mms_1b_all
    add_adapter: true
    adapter_stride: 0
Use instead
    extends: mms_1b_all
    adapter_stride: 2
"""

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_CONV_POSITIVE as RULE

__all__ = ["RULE"]

TORCH = "forward raises"

"""The layers have no adapter, since they normalise their output.

What it does
    Checks that encoder_layer_norm_first is true where encoder_adapter_features is no null.
Why is this bad
    transformers builds an adapter in layers that normalise their input alone, and passes over adapter_attn_dim in
    others without a word: the model has no adapters, and no figure here counts any.
Example
    extends: mms_1b_all
    extractor_mode: group_norm
    extractor_conv_bias: false
    encoder_layer_norm_first: false
Use instead
    extends: mms_1b_all
    encoder_layer_norm_first: true
"""

from collections.abc import Iterator

from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_UNUSED as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_adapter_features", "encoder_layer_norm_first")


def check(subject: Subject) -> Iterator[Finding]:
    """Look whether a layer has what the config asks for."""
    features = subject.model.encoder_adapter_features
    if features is not None and subject.model.layer_adapter_features is None:
        yield Finding(
            f"encoder_adapter_features is {features}, and layers that normalise their output have no adapter; write "
            "null, or encoder_layer_norm_first: true"
        )

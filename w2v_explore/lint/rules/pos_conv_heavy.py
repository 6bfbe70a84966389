"""The positional convolution outweighs the transformer layers around it.

What it does
    Finds a positional convolution with more parameters than two transformer layers.
Why is this bad
    Its parameters are width² × kernel / groups: with groups 1 it costs 75.5 M parameters in a base model of 94.4 M,
    with the usual 16 groups 4.7 M. A forgotten or mistaken encoder_pos_conv_groups is the usual reason.
Example
    extends: base
    encoder_pos_conv_groups: 1
Use instead
    extends: base
    encoder_pos_conv_groups: 16
"""

from collections.abc import Iterator

from w2v_explore.lint.codes import POS_CONV_HEAVY as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_embed_dim", "encoder_pos_conv_kernel", "encoder_pos_conv_groups", "encoder_ff_interm_features")
# The feed-forward block is what it is held against.
_CAUSES = KEYS[:3]


def check(subject: Subject) -> Iterator[Finding]:
    """Hold its parameters against those of a layer: four projections and the feed-forward block, biases aside."""
    model = subject.model
    width = model.encoder_embed_dim
    positional = width * width * model.encoder_pos_conv_kernel // model.encoder_pos_conv_groups
    layer = 4 * width * width + 2 * width * model.encoder_ff_interm_features
    if positional > 2 * layer:
        message = (
            f"the positional convolution has {positional / 1e6:.4g} M parameters, as many as {positional / layer:.3g} "
            f"transformer layers; more groups than {model.encoder_pos_conv_groups}, or a kernel below "
            f"{model.encoder_pos_conv_kernel}, make it lighter"
        )
        yield Finding(message, _CAUSES)

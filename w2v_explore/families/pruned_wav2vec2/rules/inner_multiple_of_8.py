"""The inner width of a feed-forward block is no multiple of 8.

What it does
    Checks that encoder_ff_interm_features is a multiple of 8 in each layer that has a feed-forward block.
Why is this bad
    Tensor cores multiply matrices in half precision whose sides are multiples of 8: of others the rows lie askew in
    memory, and the product takes a slower kernel. A layer that was pruned from 672 features to 666 may be the slower
    for it.
Example
    extends: hubert_base_prunable
    encoder_ff_interm_features: [3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 666]
Use instead
    extends: hubert_base_prunable
    encoder_ff_interm_features: [3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 3072, 664]
"""

from collections.abc import Iterator

from w2v_explore.families.pruned_wav2vec2.fields import INNER_MULTIPLE_OF_8 as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_ff_interm_features",)


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the inner width of each layer."""
    model = subject.model
    layers = enumerate(zip(model.encoder_use_feed_forward, model.encoder_ff_interm_features, strict=True))
    odd = [(layer, width) for layer, (has, width) in layers if has and width % 8]
    if odd:
        layer, width = odd[0]
        others = f", and those of {len(odd) - 1} more layers" if len(odd) > 1 else ""
        message = (
            f"encoder_ff_interm_features[{layer}] is {width}{others}; tensor cores want multiples of 8: write "
            f"{max(8, width - width % 8)} or {width - width % 8 + 8}"
        )
        yield Finding(message, item=(layer,))

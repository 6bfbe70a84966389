"""Neither masked frames nor the others have logits.

What it does
    Finds skip_masked true with skip_nomask true.
Why is this bad
    There is nothing to take a loss from but the penalty on features: the backward pass comes by the extractor alone,
    and nothing behind it gets a gradient. Published models are trained with both false; with skip_nomask true masked
    frames alone count, as HuBERT's loss usually weighs them.
Example
    extends: hubert_pretrain_base
    skip_masked: true
    skip_nomask: true
Use instead
    extends: hubert_pretrain_base
    skip_nomask: true
"""

from collections.abc import Iterator

from w2v_explore.families.hubert_pretrain.fields import NOTHING_PREDICTED as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("skip_masked", "skip_nomask")


def check(subject: Subject) -> Iterator[Finding]:
    """Both frames are skipped."""
    if subject.model.skip_masked and subject.model.skip_nomask:
        yield Finding(
            "with skip_masked and skip_nomask true no frame has logits to learn from; write one of them false"
        )

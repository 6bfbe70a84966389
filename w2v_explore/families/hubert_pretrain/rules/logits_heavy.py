"""The logits of a frame take a megabyte or more, several times over.

What it does
    Says so where (num_classes + 1) × final_dim numbers are 1 MB or more in float32. Advice, since published models are
    so: with 500 classes of width 768 it is 1.5 MB.
Why is this bad
    Each frame is compared with its label and all classes in one tensor of that size a frame, four of which are there at
    once, and three of which training keeps: 10 s of audio are 770 MB each time. It is most of what limits a batch, and
    is in no MACs. fairseq compares in the same way; where memory is short, a product of normalised matrices gives the
    same logits without.
Example
    extends: hubert_pretrain_base
    num_classes: 2000
Use instead
    extends: hubert_pretrain_base
    num_classes: 500
"""

from collections.abc import Iterator

from w2v_explore.families.hubert_pretrain.fields import LOGITS_HEAVY as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("num_classes", "final_dim")
_HEAVY_BYTES = 10**6


def check(subject: Subject) -> Iterator[Finding]:
    """The size of a frame's vectors."""
    model = subject.model
    size = 4 * (model.num_classes + 1) * model.final_dim
    if size >= _HEAVY_BYTES and not (model.skip_masked and model.skip_nomask):
        message = (
            f"the cosines of a frame with {model.num_classes} classes of width {model.final_dim} take {size / 1e6:.3g} "
            "MB in float32, four times at once and three times kept by training; `w2v-explore memory` has the sum"
        )
        yield Finding(message)

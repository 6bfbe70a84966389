"""The model holds a positional convolution that it never runs.

What it does
    Says how many parameters the positional convolution has, unless encoder_pos_conv_kernel is 1 and
    encoder_pos_conv_groups as large as encoder_embed_dim. Advice, because every published checkpoint has it.
Why is this bad
    fairseq's and transformers' conformers register wav2vec 2.0's positional convolution and do not call it: 4.7 M
    parameters in a base model, 8.4 M in a large one, that lie in checkpoints and in memory and do nothing. They get no
    gradient, and Adam makes no moments for them: DistributedDataParallel stops with an error unless it is made with
    find_unused_parameters=True. A model that is trained from its beginning can have the smallest of them instead;
    checkpoints fit the one that they were made with alone.
Example
    extends: wav2vec2_conformer_rel_pos_large
Use instead
    extends: wav2vec2_conformer_rel_pos_large
    encoder_pos_conv_kernel: 1
    encoder_pos_conv_groups: 1024
"""

from collections.abc import Iterator

from w2v_explore.families.wav2vec2_conformer.fields import POS_CONV_DEAD as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extends", "encoder_pos_conv_kernel", "encoder_pos_conv_groups", "encoder_embed_dim")


def check(subject: Subject) -> Iterator[Finding]:
    """Count its parameters: a direction, a magnitude for each frame of the kernel, a bias."""
    model = subject.model
    width, kernel, groups = model.encoder_embed_dim, model.encoder_pos_conv_kernel, model.encoder_pos_conv_groups
    if kernel == 1 and groups == width:
        return
    parameters = width * width // groups * kernel + kernel + width
    message = (
        f"the positional convolution has {parameters / 1e6:.3g} M parameters and never runs; they get no gradient, so "
        "that DistributedDataParallel needs find_unused_parameters=True"
    )
    yield Finding(message)

"""There are so many positional convolutions that the number may be meant as a kernel.

What it does
    Finds more than 16 positional convolutions, one behind the other.
Why is this bad
    Hugging Face's num_conv_pos_embeddings is the kernel of the one positional convolution in a wav2vec 2.0, 128, and
    the number of positional convolutions in a data2vec, 5; the kernel of these is conv_pos_kernel_size, 19. 128 taken
    over from a wav2vec 2.0 makes 128 convolutions, which in a base model have 90 M parameters, as many as all the rest
    of it.
Example
    extends: data2vec_audio_base
    encoder_pos_conv_depth: 128
Use instead
    extends: data2vec_audio_base
    encoder_pos_conv_depth: 5
"""

from collections.abc import Iterator

from w2v_explore.families.data2vec_audio.fields import POS_DEPTH_LARGE as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("encoder_pos_conv_depth", "encoder_pos_conv_kernel", "encoder_pos_conv_groups", "encoder_embed_dim")

_MOST = 16


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the number, and say what it costs."""
    model = subject.model
    depth, width = model.encoder_pos_conv_depth, model.encoder_embed_dim
    if depth > _MOST:
        parameters = depth * (width * width // model.encoder_pos_conv_groups * model.encoder_pos_conv_kernel + width)
        message = (
            f"encoder_pos_conv_depth is {depth}: so many positional convolutions, one behind the other, have "
            f"{parameters / 1e6:.4g} M parameters; every published model has 5, and the kernel of each is "
            f"encoder_pos_conv_kernel, {model.encoder_pos_conv_kernel}"
        )
        yield Finding(message, KEYS[:1])

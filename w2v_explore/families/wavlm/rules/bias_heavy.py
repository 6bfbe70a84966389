"""Training keeps more of the position bias than the weights take.

What it does
    Where a duration is given (`--seconds`, or `seconds` in pyproject.toml), compares what the bias by distance keeps
    for one utterance of it with the model's weights, both in float32.
Why is this bad
    The bias is a number for each head and pair of frames. It lives from the first layer to the last, and each layer
    keeps its gated copy: 11.4 MiB each at 10 s in WavLM Base and 103 MiB at 30 s, as the square of the duration, and
    for each utterance of a batch. A wav2vec 2.0 of the same size keeps nothing of the kind. Activation checkpoints keep
    the bias once and one gated copy.
Example
    extends: wavlm_base
    # with --seconds 30
Use instead
    extends: wavlm_base
    # with --seconds 10
"""

from collections.abc import Iterator

from w2v_explore.analysis.receptive_field import minimum_samples, num_frames
from w2v_explore.config.architecture import build_architecture
from w2v_explore.families.wavlm.fields import BIAS_HEAVY as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extends", "encoder_num_heads", "encoder_num_layers")

_FLOAT_BYTES = 4


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the bias and the gated copies of all layers for the duration against the weights."""
    seconds, model = subject.settings.seconds, subject.model
    if seconds is None:
        return
    samples = round(seconds * subject.reading.sample_rate)
    if samples < minimum_samples(model, batch=1):
        return
    bias = _FLOAT_BYTES * model.encoder_num_heads * num_frames(model, samples) ** 2
    kept = bias * (model.encoder_num_layers + 1)
    weights = _FLOAT_BYTES * build_architecture(model).parameters
    if kept > weights:
        yield Finding(
            f"for {seconds:g} s the layers keep {kept / 2**30:.3g} GiB of position bias in training for each "
            f"utterance, and the weights are {weights / 2**30:.3g} GiB: train on shorter clips, or with activation "
            "checkpoints"
        )

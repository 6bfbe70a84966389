"""Training keeps more of the distances of frames than the weights take.

What it does
    Where a duration is given (`--seconds`, or `seconds` in pyproject.toml), compares what relative_key positions keep
    for an utterance of it with the model's weights, both in float32.
Why is this bad
    Each layer looks up a vector of a head's width for each pair of frames, and training keeps all of them: 61 MiB a
    layer at 10 s, and as the square of the duration. They are the same for the whole batch, so that a smaller batch
    saves nothing of them. Activation checkpoints keep those of one layer; rotary positions have none.
Example
    extends: w2v_bert_2
    # with --seconds 30
Use instead
    extends: w2v_bert_2
    # with --seconds 10
"""

from collections.abc import Iterator

from w2v_explore.analysis.receptive_field import minimum_samples, num_frames
from w2v_explore.config.architecture import build_architecture
from w2v_explore.families.wav2vec2_bert.fields import DISTANCE_TABLE as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("extends", "encoder_positions", "encoder_num_layers", "encoder_embed_dim", "encoder_num_heads")

_FLOAT_BYTES = 4


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the vectors of all layers for the duration against the weights."""
    seconds, model = subject.settings.seconds, subject.model
    if seconds is None or model.encoder_positions != "relative_key":
        return
    samples = round(seconds * subject.reading.sample_rate)
    if samples < minimum_samples(model, batch=1):
        return
    head_dim = model.encoder_embed_dim // model.encoder_num_heads
    kept = _FLOAT_BYTES * num_frames(model, samples) ** 2 * head_dim * model.encoder_num_layers
    weights = _FLOAT_BYTES * build_architecture(model).parameters
    if kept > weights:
        yield Finding(
            f"for {seconds:g} s the layers keep {kept / 2**30:.3g} GiB of vectors of distances in training, and the "
            f"weights are {weights / 2**30:.3g} GiB: train on shorter clips, or with activation checkpoints"
        )

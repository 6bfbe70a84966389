"""Where attention's product outgrows the feed-forward modules: its cost grows with the square of the duration."""

from collections.abc import Sequence
from itertools import pairwise

from w2v_explore.analysis.receptive_field import kernel_field
from w2v_explore.config.model_config import ModelConfig


def macs_crossing_samples(config: ModelConfig) -> int:
    """The shortest utterance, in samples, in which attention's two products take more MACs than the feed-forward.

    A layer's products take 2 · frames² · width, its feed-forward 2 · frames · width · encoder_ff_interm_features: the
    first are more from one frame above encoder_ff_interm_features on, whatever the batch.
    """
    field, stride = kernel_field(config)
    inner_width: int = config.encoder_ff_interm_features
    return field + stride * inner_width


def measured_crossing_s(
    seconds: Sequence[float], attention_s: Sequence[float], feed_forward_s: Sequence[float]
) -> float | None:
    """The duration at which attention's product begins to take longer than the feed-forward, both measured.

    Between two durations their ratio is taken to grow as a straight line, since one grows with the square of the
    duration and the other with the duration.

    Args:
        seconds: Durations, ascending.
        attention_s: Time in the products at each.
        feed_forward_s: Time in the feed-forward modules at each.

    Returns:
        None where it does not lie between the measured durations.
    """
    ratios = [attention / feed for attention, feed in zip(attention_s, feed_forward_s, strict=True)]
    for (start, before), (end, after) in pairwise(zip(seconds, ratios, strict=True)):
        if before <= 1 < after:
            return start + (end - start) * (1 - before) / (after - before)
    return None

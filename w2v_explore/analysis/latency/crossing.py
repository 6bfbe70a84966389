"""Where attention's product outgrows the feed-forward modules: its cost grows with the square of the duration."""

from collections.abc import Sequence
from itertools import pairwise

from w2v_explore.analysis.analyze import Analysis

FEED_FORWARD = "FeedForward"
"""The kind of the feed-forward modules."""


def macs_crossing_samples(analysis: Analysis) -> int:
    """The shortest utterance, in samples, in which attention's two products take more MACs than the feed-forward.

    With f frames the products take a · f², the feed-forward modules b · f: the first are more from one frame above
    b / a on, whatever the batch.
    """
    batch = analysis.workload.batch
    products = feed_forward = frames = until = 0
    for position, call in enumerate(analysis.calls):
        if call.layer.kind == FEED_FORWARD:
            until = call.end
        if call.operation is None:
            continue
        macs = call.copies * call.operation.macs(batch, *call.takes)
        if call.operation.mac_kind == "attention":
            products, frames = products + macs, call.gives.frames
        elif position < until:
            feed_forward += macs
    field = analysis.receptive_field
    return field.receptive_field_samples + field.stride_samples * (feed_forward * frames // products)


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

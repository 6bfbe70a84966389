"""Where attention's product outgrows the feed-forward modules: its cost grows with the square of the duration."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor, inf
from typing import NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.tree.run import Call, run

FEED_FORWARD = "FeedForward"
"""The kind of the feed-forward modules."""


class MacsByPart(NamedTuple):
    """The MACs of a forward pass by what they are for.

    Attributes:
        attention: Of attention's two products, which grow with the square of the duration.
        feed_forward: Of the feed-forward modules.
        linear: Of all other linear layers.
        convolution: Of all other convolutions.
    """

    attention: int
    feed_forward: int
    linear: int
    convolution: int


def macs_by_part(calls: Sequence[Call], batch: int) -> MacsByPart:
    """The MACs of calls by what they are for; the parts add up to all."""
    counts = dict.fromkeys(MacsByPart._fields, 0)
    until = 0
    for position, call in enumerate(calls):
        if call.layer.kind == FEED_FORWARD:
            until = call.end
        kind = call.operation.mac_kind if call.operation else None
        if call.operation is None or kind is None:
            continue
        part = "feed_forward" if position < until and kind != "attention" else kind
        counts[part] += call.copies * call.operation.macs(batch, *call.takes)
    return MacsByPart(**counts)


def macs_crossing_samples(analysis: Analysis) -> int | None:
    """The shortest utterance, in samples, in which attention's two products take more MACs than the feed-forward.

    With f frames the products take a · f² + c · f, of which c is not 0 where frames are held against relative positions
    too, and the feed-forward modules b · f: the first are more from one frame above (b - c) / a on, whatever the batch.
    Where some layers have fewer frames, as behind an adapter's convolutions, the length is looked for instead.

    Returns:
        None of a model without attention.
    """
    workload, field = analysis.workload, analysis.receptive_field
    attended = {
        call.gives.frames for call in analysis.calls if call.operation and call.operation.mac_kind == "attention"
    }
    if not attended:
        return None
    if len(attended) > 1:
        return _crossing_looked_for(analysis)
    (frames,) = attended
    # One frame more shows how fast the products of each frame grow.
    longer = run(analysis.tree, analysis.takes.flow(workload.samples + field.stride_samples))
    macs, more = (macs_by_part(calls, workload.batch) for calls in (analysis.calls, longer))
    of_frame = Fraction(macs.attention, frames)
    growth = Fraction(more.attention, frames + 1) - of_frame
    further = floor((Fraction(macs.feed_forward, frames) - of_frame) / growth)
    return field.receptive_field_samples + field.stride_samples * max(frames + further, 0)


def _crossing_looked_for(analysis: Analysis) -> int:
    """The same by halving the lengths between one that is too short and one that is not."""

    def is_more(samples: int) -> bool:
        macs = macs_by_part(run(analysis.tree, analysis.takes.flow(samples)), analysis.workload.batch)
        return macs.attention > macs.feed_forward

    least = analysis.receptive_field.minimum_samples
    if is_more(least):
        return least
    short, long = least, 2 * least
    while not is_more(long):
        short, long = long, 2 * long
    while long - short > 1:
        middle = (short + long) // 2
        short, long = (short, middle) if is_more(middle) else (middle, long)
    return long


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
    ratios = [
        # Without a feed-forward no product outgrows it.
        attention / feed if feed else inf
        for attention, feed in zip(attention_s, feed_forward_s, strict=True)
    ]
    for (start, before), (end, after) in pairwise(zip(seconds, ratios, strict=True)):
        if before <= 1 < after:
            return start + (end - start) * (1 - before) / (after - before)
    return None

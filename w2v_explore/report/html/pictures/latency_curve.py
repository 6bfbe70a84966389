"""Measured latency over the duration of the audio."""

from __future__ import annotations

from w2v_explore.report.curve import curve_series, describe_intervals
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.line_chart import Interval, Line, Mark, line_chart
from w2v_explore.report.units import duration
from w2v_explore.results.curve import Curve


def curve_picture(curve: Curve) -> Picture:
    """The time of a pass and of its parts, with the interval of the headline, over the duration.

    Args:
        curve: Two durations or more.
    """
    title = "Latency over duration"
    lines = [Line(series.name, series.values, number) for number, series in enumerate(curve_series(curve))]
    intervals = [
        Interval(low, high, is_doubtful)
        for (low, high), is_doubtful in zip(curve.intervals_s, curve.noisy, strict=True)
    ]
    marks = []
    if curve.measured_crossing_s is not None:
        marks.append(Mark(curve.measured_crossing_s, f"{curve.measured_crossing_s:.3g} s: attention overtakes"))
    svg = line_chart(title, curve.seconds, lines, "time of a forward pass", duration, marks, intervals)
    doubtful = " Crosses: NOISY, doubtful." if any(curve.noisy) else ""
    words = f"Both axes are logarithmic. Bars: {describe_intervals(curve)}.{doubtful}"
    return Picture(title, svg, words, "chart")

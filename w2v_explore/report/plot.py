"""Latency over the duration of the audio as a picture; needs matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from w2v_explore.encoding import printable
from w2v_explore.report.curve import curve_series, describe_intervals
from w2v_explore.report.importing import importing_matplotlib
from w2v_explore.report.units import duration
from w2v_explore.results.curve import Curve

# Okabe and Ito's colours, which people who see few colours can tell apart.
_COLOURS = {"end to end": "#000000", "attention product": "#D55E00", "feed-forward": "#0072B2", "rest": "#009E73"}
_MARKERS = {"end to end": "o", "attention product": "^", "feed-forward": "s", "rest": "v"}


def plot_curves(curves: Sequence[Curve], remark: str, format: str) -> bytes:
    """The curves side by side, both axes logarithmic.

    Args:
        curves: One at least.
        remark: What was measured with, below the plot.
        format: ``svg`` or ``png``.
    """
    with importing_matplotlib():
        from matplotlib.figure import Figure

    figure = Figure(figsize=(1.2 + 5.2 * len(curves), 5.4), layout="constrained")
    axes = figure.subplots(1, len(curves), sharex=True, sharey=True, squeeze=False)[0]
    for axis, curve in zip(axes, curves, strict=True):
        _draw(axis, curve)
    axes[0].set_ylabel("time of one forward pass")
    figure.supxlabel(printable(remark), fontsize="small", color="0.35", parse_math=False)
    content = io.BytesIO()
    figure.savefig(content, format=format, dpi=150)
    return content.getvalue()


def _draw(axis: Any, curve: Curve) -> None:
    for series in curve_series(curve):
        width = 2.2 if series.name == "end to end" else 1.5
        axis.plot(
            curve.seconds,
            series.values,
            label=series.name,
            color=_COLOURS[series.name],
            marker=_MARKERS[series.name],
            linewidth=width,
        )
    _draw_intervals(axis, curve)
    axis.set_xscale("log")
    axis.set_yscale("log")
    _mark(axis, curve.measured_crossing_s, "--", "product outgrows feed-forward: time")
    if curve.macs_crossing_s is not None and curve.macs_crossing_s <= 2.5 * curve.seconds[-1]:
        _mark(axis, curve.macs_crossing_s, ":", "product outgrows feed-forward: MACs")
    axis.set_xticks(curve.seconds, [f"{seconds:g}" for seconds in curve.seconds])
    axis.xaxis.set_minor_locator(_no_ticks())
    axis.yaxis.set_major_formatter(lambda value, position: _tick(value))
    axis.set_title(printable(curve.name), parse_math=False)
    axis.set_xlabel("seconds of audio")
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small", frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)


def _draw_intervals(axis: Any, curve: Curve) -> None:
    """The interval of each headline, and a mark where something disturbed the measurement."""
    below = [value - low for value, (low, _) in zip(curve.end_to_end_s, curve.intervals_s, strict=True)]
    above = [high - value for value, (_, high) in zip(curve.end_to_end_s, curve.intervals_s, strict=True)]
    bars = [[max(each, 0.0) for each in below], [max(each, 0.0) for each in above]]
    axis.errorbar(
        curve.seconds,
        curve.end_to_end_s,
        yerr=bars,
        fmt="none",
        ecolor=_COLOURS["end to end"],
        capsize=4,
        label=describe_intervals(curve),
    )
    noisy = [
        (seconds, value)
        for seconds, value, is_noisy in zip(curve.seconds, curve.end_to_end_s, curve.noisy, strict=True)
        if is_noisy
    ]
    if noisy:
        x, y = zip(*noisy, strict=True)
        axis.plot(x, y, linestyle="none", marker="X", markersize=11, color="#CC0000", label="NOISY: doubtful", zorder=5)


def _mark(axis: Any, seconds: float | None, style: str, what: str) -> None:
    if seconds is not None:
        axis.axvline(seconds, linestyle=style, color="0.5", linewidth=1, label=f"{what}, {seconds:.3g} s")


def _no_ticks() -> Any:
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _tick(value: float) -> str:
    """A power of ten without the decimals of a measured value."""
    return duration(value).replace(".00", "").replace(".0", "")

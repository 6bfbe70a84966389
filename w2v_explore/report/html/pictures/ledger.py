"""When the layers of a measured pass ran: each above those that it calls, as long as it took."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.analysis.latency.crossing import FEED_FORWARD
from w2v_explore.report.html.markup import element
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.axes import (
    TEXT_SIZE,
    WIDTH,
    Axis,
    axis_over,
    draw_axis,
    fitting,
    picture,
    said,
    width_of,
    words_at,
)
from w2v_explore.report.units import duration, percent
from w2v_explore.results.layer_times import module_spans
from w2v_explore.results.result import Result

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.ledger import Ledger

_ROW, _TOP = 22, 4
# What is narrower is not to be seen, and told in the table.
_LEAST = 0.3
# Of a name in less room so little would be left that it says nothing.
_LEAST_CUT = 60
_NAME_SIZE = 12
_PLAIN = "k0"
# As in the chart of MACs: what a module computes, by its colour.
_COLOURS = {"attention": "k1", "feed_forward": "k2", "linear": "k3", "convolution": "k4"}


def ledger_pictures(result: Result) -> list[Picture]:
    """When the layers of a measured model ran; none of what was not measured, or was compiled."""
    if result.measurement is None or result.measurement.latency.ledger is None:
        return []
    return [ledger_picture(result.analysis, result.measurement.latency.ledger)]


def ledger_picture(analysis: Analysis, ledger: Ledger) -> Picture:
    """The modules of the reported hooked pass over its time.

    Args:
        analysis: Of the model that ran.
        ledger: What its layers took.
    """
    whole_ns = ledger.end_to_end_ns
    axis = axis_over([0.0, whole_ns / 1e9], 0, WIDTH, duration, most=5, ends_at_ticks=False)
    layers = list(_coloured(analysis))
    spans = module_spans(ledger)
    deepest = max(layer.depth for layer, _ in layers if layer.path in spans)
    below = _TOP + _ROW * (deepest + 1)
    boxes = [
        _box(layer, colour, spans[layer.path], ledger, axis)
        for layer, colour in layers
        if layer.path in spans and axis.at(spans[layer.path][1] / 1e9) - axis.at(spans[layer.path][0] / 1e9) > _LEAST
    ]
    title = f"When each layer ran, {analysis.workload.seconds:g} s of audio"
    return Picture(
        title,
        picture(below + 22, title, *draw_axis(axis, _TOP, below), *boxes),
        f"One pass of {duration(whole_ns / 1e9)}, the median of {ledger.passes} with hooks; each module is above those "
        "that it calls. Blue: attention's products; orange: the feed-forward; green: other linear layers; violet: "
        f"convolutions. {percent(ledger.unattributed_ns / whole_ns)} of the time is in no layer's operation.",
        "chart",
    )


def _coloured(analysis: Analysis) -> Iterator[tuple[LayerFigures, str]]:
    """Every layer with its colour: that of what it computes, or of the feed-forward in which it is."""
    feed_forward = None
    for layer in unfold(analysis.layers):
        if feed_forward is not None and not layer.path.startswith(f"{feed_forward}."):
            feed_forward = None
        if layer.kind == FEED_FORWARD:
            feed_forward = layer.path
        kind = layer.operation.mac_kind if layer.operation else None
        part = "feed_forward" if feed_forward is not None else kind
        yield layer, _COLOURS[part] if part else _PLAIN


def _box(layer: LayerFigures, colour: str, span: tuple[int, int], ledger: Ledger, axis: Axis) -> str:
    left, right = (axis.at(each / 1e9) for each in span)
    top, width = _TOP + _ROW * layer.depth, right - left
    total_ns = ledger.layers[layer.path].total_ns
    took = f"{duration(total_ns / 1e9)}, {percent(total_ns / ledger.end_to_end_ns)}"
    path = layer.path or "the model"
    place = {"x": round(left, 2), "y": top, "width": round(width, 2), "height": _ROW - 2}
    if colour != _PLAIN:
        return element("rect", said(path, took), class_=f"{colour} strong border tip", **place)
    box = element("rect", said(path, took), class_=f"{colour} soft border tip", **place)
    # Words in a picture of these are smaller than in others.
    name = fitting(layer.name or "model", TEXT_SIZE / _NAME_SIZE * (width - 6))
    if width_of(name) > width or (name.endswith("…") and width < _LEAST_CUT):
        return box
    return box + words_at(name, left + width / 2, top + 14, anchor="middle", class_="name inside")

"""Which samples one frame sees, layer by layer of the extractor."""

from __future__ import annotations

from w2v_explore.analysis.receptive_field import ConvLayerField, ReceptiveField
from w2v_explore.report.html.markup import element
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.axes import WIDTH, fitting, picture, said, width_of, words_at
from w2v_explore.report.units import exact, milliseconds

_LEFT, _TOP, _ROW, _BAR, _TICK = 92.0, 50.0, 34.0, 17.0, 6.0
_LEAST_TICK = 2.5
# Of more layers than a screen has room for the last are drawn, which are those that see most.
_MOST_LAYERS = 24


def receptive_field_picture(field: ReceptiveField, sample_rate: int) -> Picture:
    """The picture of what a frame sees.

    Args:
        field: Of an extractor with a convolution at least.
        sample_rate: Of the audio.
    """
    width, step = field.receptive_field_samples, field.stride_samples
    shown = field.layers[-_MOST_LAYERS:]
    span = width + step
    scale = (WIDTH - _LEFT - 4) / span
    bottom = _TOP + _ROW * len(shown)
    parts = _axis(width, step, span, scale, bottom, sample_rate)
    for number, layer in enumerate(shown):
        y = _TOP + _ROW * number
        parts.append(_row(len(field.layers) - len(shown) + number, layer, field, scale, y, sample_rate))
    title = "What one frame sees of the waveform"
    words = (
        f"One frame sees {_both(width, sample_rate)}, the next begins {_both(step, sample_rate)} later. Each bar is "
        "what a single frame of a layer sees, its outline what the next does; below it are the frames of the layer "
        "from which one frame of the last layer is made."
    )
    if len(shown) < len(field.layers):
        words += f" The last {len(shown)} of {len(field.layers)} layers are drawn."
    if field.positional_span_samples is not None:
        words += (
            f" Through the positional convolution a frame sees {_both(field.positional_span_samples, sample_rate)}."
        )
    return Picture(title, picture(bottom + 8, title, *parts), words, "chart")


def _both(samples: int, sample_rate: int) -> str:
    return f"{exact(samples)} sample{'s' * (samples != 1)} ({milliseconds(samples, sample_rate)} ms)"


def _axis(width: int, step: int, span: int, scale: float, bottom: float, sample_rate: int) -> list[str]:
    """The samples at which the first frames begin and end, and when that is."""
    parts = [
        words_at("samples", 0, _TOP - 26, class_="muted"),
        words_at("ms", 0, _TOP - 10, class_="muted"),
    ]
    taken: list[tuple[float, float]] = []
    for sample in (0, width, step, span):
        place = round(_LEFT + sample * scale, 1)
        labels = exact(sample), milliseconds(sample, sample_rate)
        half = max(map(width_of, labels)) / 2
        left = min(max(place - half, _LEFT - half), WIDTH - 2 * half)
        if any(left < end + 6 and left + 2 * half > start - 6 for start, end in taken):
            continue
        taken.append((left, left + 2 * half))
        parts.append(element("line", class_="grid", x1=place, x2=place, y1=_TOP - 6, y2=bottom))
        for label, y in zip(labels, (_TOP - 26, _TOP - 10), strict=True):
            parts.append(words_at(label, left + half, y, anchor="middle", class_="muted"))
    return parts


def _row(number: int, layer: ConvLayerField, field: ReceptiveField, scale: float, y: float, sample_rate: int) -> str:
    """A layer: what its first frame sees, and which of its frames the first of the last layer is made of."""
    seen, jump = layer.receptive_field_samples, layer.jump_samples
    words = (
        f"Layer {number}: kernel {layer.kernel}, stride {layer.stride}. A frame sees {_both(seen, sample_rate)}, the "
        f"next begins {_both(jump, sample_rate)} later; there are {exact(layer.frames)}."
    )
    beside = max(width_of(str(number)) + 4, 22.0)
    width = seen * scale
    figure = exact(seen)
    is_inside = width_of(figure) + 8 <= width
    bar = {"y": y, "height": _BAR, "width": round(max(width, 1.0), 1)}
    parts = [
        said(words),
        element("rect", class_="hit", x=0, y=y - 4, width=WIDTH, height=_ROW - 1),
        words_at(str(number), 0, y + 13),
        words_at(fitting(f"{layer.kernel}/{layer.stride}", _LEFT - beside), beside, y + 13, class_="muted"),
        element("rect", class_="k4 soft", x=_LEFT, **bar),
        element("rect", class_="k4 line next", x=round(_LEFT + jump * scale, 1), **bar),
        words_at(figure, _LEFT + 4 if is_inside else _LEFT + (jump + seen) * scale + 5, y + 13),
        _ticks(layer, field, scale, y + _BAR + 2),
    ]
    return element("g", *parts, class_="tip row")


def _ticks(layer: ConvLayerField, field: ReceptiveField, scale: float, y: float) -> str:
    """The frames of a layer that the first frame of the last sees, each as wide as they are apart."""
    jump = layer.jump_samples
    frames = (field.receptive_field_samples - layer.receptive_field_samples) // jump + 1
    each = jump * scale
    if each < _LEAST_TICK:
        return element("rect", class_="k4 strong", x=_LEFT, y=y, width=round(frames * each, 1), height=_TICK)
    path = "".join(
        f"M{_LEFT + frame * each:.1f} {y:g}h{each - 1:.1f}v{_TICK:g}h-{each - 1:.1f}z" for frame in range(frames)
    )
    return element("path", class_="k4 strong", d=path)

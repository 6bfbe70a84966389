"""Numbers as people read them. Decimal prefixes throughout: 1 M is 10^6, 1 GB is 10^9 bytes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import shorten

if TYPE_CHECKING:
    from w2v_explore.analysis.figures import Unit

_PREFIXES = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


_USUAL_WORDS = ("encoder_", "extractor_")
# A thousand times as much still fits a float.
_MAX_BITS = 1_000


def exact(number: int) -> str:
    """``94370944`` → ``94,370,944``."""
    return f"{number:,}"


def signed_exact(number: int) -> str:
    """``-44255232`` → ``−44,255,232``, ``7`` → ``+7``."""
    return f"{number:+,}".replace("-", "−")


def short(number: float) -> str:
    """Four significant digits and a prefix: ``94370944`` → ``94.37 M``; whole numbers below 1000 as they are."""
    magnitude = abs(number)
    for size, prefix in _PREFIXES:
        # What would round to 1000 takes the next prefix.
        if magnitude >= size * 0.99995:
            return f"{number / size:#.4g}".rstrip(".") + f" {prefix}"
    return f"{number:.4g}"


def size_bytes(number: float) -> str:
    """``377483776`` → ``377.5 MB``."""
    text = short(number)
    return f"{text}B" if text[-1].isalpha() else f"{text} B"


def duration(seconds: float) -> str:
    """``0.00123`` → ``1.23 ms``, with three significant digits; from 1000 s on every whole second."""
    magnitude = abs(seconds)
    if magnitude >= 999.5:
        return f"{seconds:,.0f} s"
    for size, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if magnitude >= size * 0.9995:
            return f"{seconds / size:#.3g}".rstrip(".") + f" {unit}"
    return f"{seconds * 1e9:.0f} ns" if seconds else "0"


def milliseconds(samples: int, sample_rate: int) -> str:
    """The duration of some samples: ``400`` at 16 kHz → ``25``; as many decimals as it has, up to four."""
    if samples.bit_length() > _MAX_BITS:  # fractions of a millisecond do not matter
        return f"{1000 * samples // sample_rate:,}"
    return f"{1000 * samples / sample_rate:,.4f}".rstrip("0").rstrip(".")


def percent(fraction: float) -> str:
    """``0.363`` → ``36.3 %``."""
    return f"{100 * fraction:.1f} %"


_TEXTS: Mapping["Unit", Callable[[float], str]] = {
    "bytes": size_bytes,
    "samples": "{:,}".format,
    "frames": "{:,}".format,
    "Hz": "{:g}".format,
    "s": duration,
    "s/s": "{:.3g}".format,
}


def signed_percent(ratio: float) -> str:
    """A ratio as a change: ``1.05`` → ``+5.0 %``, ``1.0002`` → ``+0.02 %``, ``45.6`` → ``+4,460 %``."""
    change = 100 * (ratio - 1)
    magnitude = abs(change)
    digits = ",.0f" if magnitude >= 999.95 else ".1f" if magnitude >= 0.05 or magnitude < 0.0005 else ".1g"
    return f"{change:+{digits}} %".replace("-", "−")


UNCHANGED = "="


def signed(change: float, text: Callable[[float], str]) -> str:
    """A change with its sign, its number written by ``text``: ``+94.37 M``."""
    return f"{'+' if change > 0 else '−'}{text(abs(change))}" if change else UNCHANGED


def figure_text(unit: "Unit") -> Callable[[float], str]:
    """How a figure that is counted in a unit is written."""
    return _TEXTS.get(unit, short)


def brief_text(unit: "Unit") -> Callable[[float], str]:
    """The same in a few characters, as changes stand in narrow columns."""
    return size_bytes if unit == "bytes" else short


def scalar(value: object) -> str:
    """A field's value as YAML writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
    return str(value)


def conv_layers(layers: Sequence[Sequence[int]]) -> str:
    """Conv layers as channels·kernel/stride, equal ones in a row counted: ``512·10/5, 4 × 512·3/2``."""
    parts = [
        (f"{channels}·{kernel}/{stride}", len(list(equal)))
        for (channels, kernel, stride), equal in groupby(map(tuple, layers))
    ]
    return ", ".join(text if count == 1 else f"{count} × {text}" for text, count in parts)


def listed(value: Sequence[Any]) -> str:
    """A field's value that is a list: conv layers, or a value for each layer, equal ones in a row counted alike."""
    if value and isinstance(value[0], (list, tuple)):
        return conv_layers(value)
    parts = [(scalar(each), len(list(equal))) for each, equal in groupby(value)]
    return ", ".join(text if count == 1 else f"{count} × {text}" for text, count in parts)


def is_field_list(value: Any) -> bool:
    """Whether a value is a list that a field may have: of conv layers, or of flags or numbers."""
    return isinstance(value, list) and (
        all(isinstance(each, (list, tuple)) and len(each) == 3 for each in value)
        or all(isinstance(each, int) for each in value)
    )


def field_value(value: Any) -> str:
    """A field's value in a table; the value that an override replaced may be of any type."""
    if is_field_list(value):
        return listed(value)
    return describe(value) if isinstance(value, (list, dict)) else shorten(scalar(value))


def brief_field(name: str) -> str:
    """The name of a field where there is little room, as in a column's heading: ``num_layers``.

    The word that most fields begin with is left out, where two words are left to tell a field from others.
    """
    for word in _USUAL_WORDS:
        if name.startswith(word) and "_" in name.removeprefix(word):
            return name.removeprefix(word)
    return name


def first_few(names: Sequence[str], most: int) -> str:
    """``a, b, c and 4 more``."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")

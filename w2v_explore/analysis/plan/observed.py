"""What a user sees of a training that runs, beside what published runs would take: how far off, and where to look."""

import math
import re
from typing import NamedTuple

from w2v_explore.analysis.plan.utilisation import TimeEstimate
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import QuantityError

_SECONDS = {
    **dict.fromkeys(("ms", "millisecond"), 1e-3),
    **dict.fromkeys(("s", "sec", "second"), 1.0),
    **dict.fromkeys(("m", "min", "minute"), 60.0),
    **dict.fromkeys(("h", "hr", "hour"), 3600.0),
    **dict.fromkeys(("d", "day"), 86_400.0),
    **dict.fromkeys(("w", "week"), 604_800.0),
}
_NUMBER = r"(\d[\d,]*(?:\.\d*)?|\.\d+)"
_UNIT = r"([a-z]+)"
_UPDATE = r"(?:updates?|steps?|iterations?|iters?|its?)"
_IN = re.compile(rf"{_NUMBER}\s*{_UPDATE}\s*(?:in|per|/)\s*(?:{_NUMBER}\s*)?{_UNIT}", re.ASCII)
_FOR = re.compile(rf"{_NUMBER}\s*{_UNIT}\s*(?:for|per|/|an|each)\s*(?:{_NUMBER}\s*)?{_UPDATE}", re.ASCII)
_DURATION = re.compile(rf"(?:{_NUMBER}\s*{_UNIT}\s*)+", re.ASCII)
_PART = re.compile(rf"{_NUMBER}\s*{_UNIT}", re.ASCII)
_MOST_SECONDS = 1e10
# How near a ratio is to a number of accumulated batches that it is taken for it.
_NEAR = 1.25


class Observed(NamedTuple):
    """How fast a training runs.

    Attributes:
        text: As it was given.
        seconds_per_update: Wall time of an update.
    """

    text: str
    seconds_per_update: float


class Verdict(NamedTuple):
    """What an observed time says.

    Attributes:
        ratio: Observed over estimated: above 1 is slower.
        is_usual: Whether the interval of the estimate holds it.
        summary: In a sentence.
        look_at: What to look at, the likeliest first; empty where it is usual.
    """

    ratio: float
    is_usual: bool
    summary: str
    look_at: tuple[str, ...]


def parse_duration(text: str) -> float:
    """The seconds that a text writes: ``3d``, ``36 h``, ``1h30min``.

    Raises:
        QuantityError: It writes none.
    """
    plain = text.strip().lower()
    if _DURATION.fullmatch(plain):
        seconds = math.fsum(_seconds(number, unit, text) for number, unit in _PART.findall(plain))
        if 0 < seconds < _MOST_SECONDS:
            return seconds
    raise QuantityError(f"{shorten(text)!r} is no time; write one as 3d, 36h or 90min")


def parse_observed(text: str) -> Observed:
    """How fast a training runs, of a text as ``73 updates in 20 min``, ``16.4 s per update`` or ``2.5 it/s``.

    Raises:
        QuantityError: It says nothing of the kind.
    """
    plain = text.strip().lower()
    found = _IN.fullmatch(plain)
    if found:
        updates, number, unit = found.groups()
    else:
        found = _FOR.fullmatch(plain)
        if not found:
            raise QuantityError(_no_rate(text))
        number, unit, updates = found.groups()
    seconds = _seconds(number or "1", unit, text)
    count = _plain_number(updates or "1")
    if not seconds or not count or not 1e-6 < seconds / count < _MOST_SECONDS:
        raise QuantityError(_no_rate(text))
    return Observed(text.strip(), seconds / count)


def judge(observed: Observed, estimate: TimeEstimate, *, accumulate: int = 1) -> Verdict:
    """How far an observed time is from that of published runs, and what to look at first.

    Args:
        observed: The training's.
        estimate: Of the same training.
        accumulate: Batches that an update adds up.
    """
    times = estimate.seconds_per_update
    ratio = observed.seconds_per_update / times.estimate
    usual = times.low <= observed.seconds_per_update <= times.high
    slower = ratio if ratio >= 1 else 1 / ratio
    how = f"{slower:.2g} times as {'long' if ratio >= 1 else 'fast'} as published runs would take"
    if usual:
        how = f"within what published runs would take, {ratio:.2f} times the estimate"
    seconds = _shown(observed.seconds_per_update)
    return Verdict(
        ratio=ratio,
        is_usual=usual,
        summary=f"An update takes {seconds}: {how} ({_shown(times.low)} to {_shown(times.high)}).",
        look_at=() if usual else tuple(_slow(ratio, accumulate) if ratio > 1 else _fast(ratio, accumulate)),
    )


def _slow(ratio: float, accumulate: int) -> list[str]:
    found = []
    if accumulate > 1 and accumulate / _NEAR < ratio < accumulate * _NEAR:
        found.append(
            f"Whether an update adds up {accumulate} batches of the size that was given, or one such batch in all."
        )
    return [
        *found,
        "The processor that feeds the cards: watch the cards' utilisation. Where it is far below 100 %, set "
        "OMP_NUM_THREADS=1 (30 % became 97 to 100 % in fairseq#3342), and give more workers for loading.",
        "Where the audio lies: copy it to a local disk, uncompressed.",
        "Whether 16 bits are really on, and the batch as full as it was given.",
        "The network between machines: compare with the devices of one machine alone.",
    ]


def _fast(ratio: float, accumulate: int) -> list[str]:
    found = []
    if accumulate > 1 and accumulate / _NEAR < 1 / ratio < accumulate * _NEAR:
        found.append(f"Whether batches were counted as updates: an update adds up {accumulate}.")
    return [*found, "Whether batches are as full as was given: utterances that are shorter than the crop fill less."]


def _seconds(number: str, unit: str, text: str) -> float:
    scale = _SECONDS.get(unit) or _SECONDS.get(unit.removesuffix("s"))
    if scale is None:
        raise QuantityError(f"{shorten(text)!r} has no unit of time in {shorten(unit)!r}; write s, min, h or d")
    return _plain_number(number) * scale


def _plain_number(text: str) -> float:
    value = float(text.replace(",", ""))
    return value if math.isfinite(value) else 0.0


def _no_rate(text: str) -> str:
    return f"{shorten(text)!r} says no rate; write it as '73 updates in 20 min', '16.4 s per update' or '2.5 it/s'"


def _shown(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"

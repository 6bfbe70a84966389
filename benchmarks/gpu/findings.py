"""What a step is told, and what it finds."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

Verdict = Literal["passed", "failed", "skipped", "noted"]
"""Whether a finding met its criterion; ``noted`` where it has none."""

Figure = str | int | float | bool | None
"""The names of figures end in their units: ``_bytes``, ``_s``, ``_ns``, ``_share``."""


class Context(NamedTuple):
    """What every step is told.

    Attributes:
        device: ``cuda``, ``cuda:1`` or ``cpu``.
        quick: Whether small models and few runs do.
        out: The folder of results; steps may put files there.
        limit_s: Seconds that the step may take.
    """

    device: str
    quick: bool
    out: str
    limit_s: float = math.inf

    @property
    def on_cuda(self) -> bool:
        """Whether the device is a card."""
        return self.device.startswith("cuda")


class Finding(NamedTuple):
    """One thing that was looked at: what, whether it met its criterion, its figures, and what they mean."""

    what: str
    verdict: Verdict
    figures: Mapping[str, Figure]
    note: str = ""


def judged(what: str, passed: bool, figures: Mapping[str, Figure], note: str = "") -> Finding:
    """A finding that has a criterion, which the note states."""
    return Finding(what, "passed" if passed else "failed", figures, note)


def noted(what: str, figures: Mapping[str, Figure], note: str = "") -> Finding:
    """A finding without a criterion."""
    return Finding(what, "noted", figures, note)


def attempt(what: str, find: Callable[[str], Finding], needed_bytes: int = 0, free_bytes: int | None = None) -> Finding:
    """What a function finds; skipped where memory does not suffice, failed where it raises, so that the next can run.

    Args:
        what: The finding's name.
        find: What finds it; called with the name.
        needed_bytes: The device's memory that it takes.
        free_bytes: What is free; None where that is unknown.
    """
    if free_bytes is not None and needed_bytes > free_bytes:
        why = f"needs about {needed_bytes / 1e9:.1f} GB, of which {free_bytes / 1e9:.1f} GB are free"
        return Finding(what, "skipped", {}, why)
    try:
        return find(what)
    except Exception as error:
        traceback.print_exc()  # into the step's log
        reason = (str(error).strip().splitlines() or [""])[0]
        return Finding(what, "failed", {}, f"{type(error).__name__}: {reason}")


class Attempt(NamedTuple):
    """What `attempt` takes."""

    what: str
    find: Callable[[str], Finding]
    needed_bytes: int = 0
    free_bytes: int | None = None


# What is begun last has to end within the step's time.
_LATEST_SHARE = 0.8


def attempt_in_time(context: Context, attempts: Iterable[Attempt]) -> Iterator[Finding]:
    """What each finds; skipped where it would begin when the step's time is nearly over, so that none is cut off."""
    latest = time.monotonic() + _LATEST_SHARE * context.limit_s
    for each in attempts:
        if time.monotonic() > latest:
            yield Finding(each.what, "skipped", {}, "the step's time was nearly over")
        else:
            yield attempt(*each)

"""Time stamps on a device: the one interface that CPU, CUDA and MPS share.

A stamp costs little and waits for nothing; the duration between two stamps is asked for once the device has been
synchronised. On a GPU stamps are events in the stream, since the host is long past a kernel when it runs.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

import torch


class Clock(Protocol):
    """Stamps and what lies between them."""

    def synchronize(self) -> None:
        """Wait until the device has done all that was asked of it."""

    def stamp(self) -> Any:
        """Mark this point in the device's work."""

    def seconds(self, start: Any, end: Any) -> float:
        """The time between two stamps; only after `synchronize`."""


class CpuClock:
    """The host's monotonic clock; the CPU works synchronously."""

    def synchronize(self) -> None:
        """Nothing is pending on a CPU."""

    def stamp(self) -> int:
        """Nanoseconds."""
        return time.perf_counter_ns()

    def seconds(self, start: int, end: int) -> float:
        """The difference of two stamps."""
        return (end - start) / 1e9


class EventClock:
    """Events in the stream of a CUDA or MPS device; ``backend`` is ``torch.cuda`` or ``torch.mps``.

    Events are made once and used again in each pass, so that none is allocated while the clock runs.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._events: list[Any] = []
        self._used = 0

    def synchronize(self) -> None:
        """Wait for the device; the stamps so far can be read until the next `stamp`."""
        self._backend.synchronize()
        self._used = 0

    def stamp(self) -> Any:
        """An event recorded in the current stream."""
        if self._used == len(self._events):
            self._events.append(self._event())
        event = self._events[self._used]
        self._used += 1
        event.record()
        return event

    def seconds(self, start: Any, end: Any) -> float:
        """The device's own time between two events."""
        milliseconds: float = start.elapsed_time(end)
        return milliseconds / 1e3

    def _event(self) -> Any:
        events = getattr(self._backend, "event", self._backend)  # torch.mps keeps its Event in a submodule
        return events.Event(enable_timing=True)


def clock_for(device: torch.device) -> Clock:
    """The clock of a device."""
    match device.type:
        case "cuda":
            return EventClock(torch.cuda)
        case "mps":
            return EventClock(torch.mps)
    return CpuClock()

"""Time stamps on a device: the one interface that CPU, CUDA and MPS share.

A stamp costs little and waits for nothing; the duration between two stamps is asked for once the device has been
synchronised. On a GPU stamps are events in the stream, since the host is long past a kernel when it runs. Durations
are whole nanoseconds, so that sums of them are exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor

# Several times the last cache of any GPU so far (50 MB on an H100).
_CACHE_BYTES = 256 * 2**20


class Clock(Protocol):
    """Stamps and what lies between them."""

    def clear_cache(self) -> None:
        """Push out of the device's caches what the last pass left there, where that would flatter the next."""

    def synchronize(self) -> None:
        """Wait until the device has done all that was asked of it."""

    def stamp(self) -> Any:
        """Mark this point in the device's work."""

    def nanoseconds(self, start: Any, end: Any) -> int:
        """The time between two stamps; only after `synchronize`."""


class CpuClock:
    """The host's monotonic clock; the CPU works synchronously."""

    def clear_cache(self) -> None:
        """A pass of any model streams more weights than a CPU's caches hold: nothing to do."""

    def synchronize(self) -> None:
        """Nothing is pending on a CPU."""

    def stamp(self) -> int:
        """Nanoseconds."""
        return time.perf_counter_ns()

    def nanoseconds(self, start: int, end: int) -> int:
        """The difference of two stamps."""
        return end - start


class EventClock:
    """Events in the current stream of a CUDA or MPS device; ``backend`` is ``torch.cuda`` or ``torch.mps``.

    Events are made once and used again in each pass, so that none is allocated while the clock runs.
    """

    def __init__(self, backend: Any, clear_cache: Callable[[], object]) -> None:
        self._backend = backend
        self._clear_cache = clear_cache
        self._events: list[Any] = []
        self._used = 0

    def clear_cache(self) -> None:
        """Write more memory than the device's last cache holds."""
        self._clear_cache()

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

    def nanoseconds(self, start: Any, end: Any) -> int:
        """The device's own time between two events, which it counts to about half a microsecond."""
        milliseconds: float = start.elapsed_time(end)
        return round(1e6 * milliseconds)

    def _event(self) -> Any:
        events = getattr(self._backend, "event", self._backend)  # torch.mps keeps its Event in a submodule
        return events.Event(enable_timing=True)


def clock_for(device: torch.device) -> Clock:
    """The clock of a device, which has to be torch's current one of its kind while the clock is used."""
    backend = {"cuda": torch.cuda, "mps": torch.mps}.get(device.type)
    return CpuClock() if backend is None else EventClock(backend, _cache_sweep(device))


def _cache_sweep(device: torch.device) -> Callable[[], Tensor]:
    """Overwrites a buffer as large as any cache, which is allocated when it is first wanted."""
    buffers: list[Tensor] = []

    def sweep() -> Tensor:
        if not buffers:
            buffers.append(torch.empty(_CACHE_BYTES, dtype=torch.int8, device=device))
        return buffers[0].zero_()

    return sweep

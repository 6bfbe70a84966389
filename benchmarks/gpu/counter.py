"""What a card's allocator counts, and how much of it may go unexplained."""

from __future__ import annotations

import gc
from typing import NamedTuple

import torch

from w2v_explore.model.device import free_bytes

_MOST_UNEXPLAINED = 0.01
# Handles and random states that torch keeps on a card; nothing that grows with a model.
_SMALL_BYTES = 2**21

LIMIT = f"unexplained at most {_MOST_UNEXPLAINED:.0%} of the closed form, or {_SMALL_BYTES / 2**20:.0f} MiB"


class Peak(NamedTuple):
    """The most since the counter began: blocks in use, blocks held, and what was asked for, in bytes."""

    allocated: int
    reserved: int
    requested: int


class MemoryCounter:
    """What torch's allocator counts on a card, less what was there when the counter was made."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._requested = self._allocated = 0
        self.begin()
        self.cublas_bytes()
        self._requested, self._allocated = self.requested(), self._stat("allocated_bytes.all.current")

    def begin(self) -> None:
        """Forget earlier peaks, and give back blocks that nobody uses, so that what is held belongs to what comes."""
        torch.cuda.synchronize(self._device)
        torch.cuda.empty_cache()
        self.forget_peaks()

    def forget_peaks(self) -> None:
        """Count peaks from here on."""
        torch.cuda.reset_peak_memory_stats(self._device)

    def peak(self) -> Peak:
        """The peaks since then."""
        torch.cuda.synchronize(self._device)
        return Peak(
            torch.cuda.max_memory_allocated(self._device) - self._allocated,
            torch.cuda.max_memory_reserved(self._device),
            self.peak_requested(),
        )

    def peak_requested(self) -> int:
        """That of what was asked for alone, at once: the allocator counts on the host."""
        return self._stat("requested_bytes.all.peak") - self._requested

    def requested(self) -> int:
        """What is in use now, as it was asked for."""
        return self._stat("requested_bytes.all.current") - self._requested

    def cublas_bytes(self) -> int:
        """What cuBLAS holds; it is given back, and taken again by the next product."""
        clear = getattr(torch._C, "_cuda_clearCublasWorkspaces", None)
        if clear is None:
            return 0
        before = self.requested()
        clear()
        return before - self.requested()

    def _stat(self, name: str) -> int:
        value: int = torch.cuda.memory_stats(self._device)[name]
        return value


def is_explained(unexplained: int, closed: int) -> bool:
    """Whether so much is within the limit."""
    return abs(unexplained) <= max(_MOST_UNEXPLAINED * closed, _SMALL_BYTES)


def with_spare(needed: int) -> int:
    """With room for what the closed forms leave out."""
    return int(1.3 * needed) + 2**30


def free_bytes_now(device: torch.device) -> int | None:
    """What is free on a device now; None where that is unknown."""
    gc.collect()  # models of before, which refer to themselves
    return free_bytes(device)

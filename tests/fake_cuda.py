"""A card that is not there: what `torch.cuda` offers a clock, and its counts of memory, with a log of the calls."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class FakeEvent:
    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend
        self.time = 0.0

    def record(self) -> None:
        self.backend.log.append("record")
        self.backend.now += 5.0
        self.time = self.backend.now

    def elapsed_time(self, other: FakeEvent) -> float:
        calls = [call for call in self.backend.log if call != "read"]
        assert calls[-1] == "synchronize", "an event is read only once the device has caught up"
        self.backend.log.append("read")
        return other.time - self.time


class FakeBackend:
    """What `torch.cuda` offers a clock."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.now = 0.0

    def synchronize(self) -> None:
        self.log.append("synchronize")

    def Event(self, enable_timing: bool) -> FakeEvent:  # noqa: N802
        assert enable_timing
        self.log.append("allocate")
        return FakeEvent(self)


class FakeMemory(TorchDispatchMode):
    """The counts of a card's memory, made from the tensors that are alive on the CPU; no kernel takes more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.log: list[str] = []
        self.now = self.peak = 0
        self._known: set[int] = set()
        calls = {
            "synchronize": lambda device=None: self.log.append("synchronize"),
            "empty_cache": lambda: self.log.append("empty cache"),
            "reset_peak_memory_stats": self._reset,
            "max_memory_allocated": lambda device: self._read(),
            "max_memory_reserved": lambda device: self._read(),
            "memory_stats": self._stats,
        }
        for name, call in calls.items():
            monkeypatch.setattr(torch.cuda, name, call)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, Tensor):
                self._add(tensor.untyped_storage())
        self.peak = max(self.peak, self.now)
        return output

    def _add(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key not in self._known:
            self._known.add(key)
            self.now += size
            weakref.finalize(storage, self._remove, key, size)

    def _remove(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.now -= size

    def _reset(self, device: object) -> None:
        self.log.append("reset")
        self.peak = self.now

    def _read(self) -> int:
        self.log.append("read peak")
        return self.peak

    def _stats(self, device: object) -> dict[str, int]:
        return {
            "requested_bytes.all.peak": self.peak,
            "requested_bytes.all.current": self.now,
            "allocated_bytes.all.current": self.now,
        }

"""Where the time of one forward pass went: each operation's own share, and what no operation took.

The reported pass is one that ran, and its times are whole nanoseconds: own times and the remainder (views, Python,
freeing memory, the hooks) add up to its end to end exactly. How the figures spread over all hooked passes stands
beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from w2v_explore.measure.clock import Clock
from w2v_explore.measure.statistics import Ratio, Timing, ratio_in_turns, summarize

Span = tuple[int, int]
"""When something began and ended, in nanoseconds since its pass began."""


class HookedPass(NamedTuple):
    """A forward pass with hooks on its operations.

    Attributes:
        end_to_end_ns: All of it.
        spans: Of each operation that ran, by module path, in the order in which they began.
    """

    end_to_end_ns: int
    spans: Mapping[str, Span]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerLatency:
    """The time of one layer.

    Attributes:
        own_ns: In the operation itself, in the reported pass; zero for a layer that only calls others.
        total_ns: In the operations at and below the layer, in the reported pass.
        own: The same as ``own_ns`` over all hooked passes.
        total: The same as ``total_ns`` over all hooked passes.
    """

    own_ns: int
    total_ns: int
    own: Timing
    total: Timing


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ledger:
    """The hooked pass whose end to end is their median, layer by layer.

    The layers' ``own_ns`` and ``unattributed_ns`` add up to ``end_to_end_ns``; so do ``unattributed_ns`` and the
    model's ``total_ns``.

    Attributes:
        end_to_end_ns: Of the reported pass.
        unattributed_ns: What no operation of it took.
        layers: Every layer, by module path.
        spans: Of each operation of the reported pass that ran, by module path.
        hooked: End to end over all hooked passes.
        passes: How many hooked passes there were.
        ratio: Hooked over plain passes, from the turns that had both.
    """

    end_to_end_ns: int
    unattributed_ns: int
    layers: Mapping[str, LayerLatency]
    spans: Mapping[str, Span]
    hooked: Timing
    passes: int
    ratio: Ratio

    def __repr__(self) -> str:
        return (
            f"<Ledger of {len(self.layers)} layers: {self.end_to_end_ns:,} ns, {self.unattributed_ns:,} of them "
            f"unattributed, {self.passes} hooked passes>"
        )

    @property
    def unattributed_share(self) -> float:
        """Of the reported pass."""
        return self.unattributed_ns / self.end_to_end_ns


def time_pass(forward: Callable[[Tensor], object], waveforms: Tensor, clock: Clock) -> int:
    """Nanoseconds of a plain forward pass."""
    start, end = _run(forward, waveforms, clock)
    return clock.nanoseconds(start, end)


def time_hooked_pass(
    forward: Callable[[Tensor], object], waveforms: Tensor, clock: Clock, modules: Mapping[str, nn.Module]
) -> HookedPass:
    """A forward pass with stamps before and after each of some modules; the hooks are gone afterwards."""
    stamps: dict[str, tuple[Any, Any]] = {}
    handles: list[RemovableHandle] = []
    try:
        for path, module in modules.items():
            handles += _hook(module, path, stamps, clock)
        start, end = _run(forward, waveforms, clock)
    finally:
        for handle in handles:
            handle.remove()
    spans = {
        path: (clock.nanoseconds(start, began), clock.nanoseconds(start, ended))
        for path, (began, ended) in stamps.items()
    }
    return HookedPass(clock.nanoseconds(start, end), spans)


def build_ledger(paths: Sequence[str], passes: Sequence[HookedPass], plain_ns: Sequence[int]) -> Ledger:
    """The ledger of the median pass.

    Args:
        paths: Of all layers, the model's empty one among them.
        passes: Hooked passes, one at least.
        plain_ns: The plain pass of the same turn as each of them.
    """
    own = [own_times(hooked.spans) for hooked in passes]
    total = [total_times(times) for times in own]
    chosen = sorted(range(len(passes)), key=lambda number: passes[number].end_to_end_ns)[(len(passes) - 1) // 2]
    end_to_end_ns = [hooked.end_to_end_ns for hooked in passes]
    layers = {
        path: LayerLatency(
            own_ns=own[chosen].get(path, 0),
            total_ns=total[chosen].get(path, 0),
            own=summarize([times.get(path, 0) for times in own]),
            total=summarize([times.get(path, 0) for times in total]),
        )
        for path in paths
    }
    return Ledger(
        end_to_end_ns=end_to_end_ns[chosen],
        unattributed_ns=end_to_end_ns[chosen] - sum(own[chosen].values()),
        layers=layers,
        spans=passes[chosen].spans,
        hooked=summarize(end_to_end_ns),
        passes=len(passes),
        ratio=ratio_in_turns(plain_ns, end_to_end_ns),
    )


def own_times(spans: Mapping[str, Span]) -> dict[str, int]:
    """Each operation's own time; one inside another (weight-norm in a convolution) is taken off it."""
    own = {path: ended - began for path, (began, ended) in spans.items()}
    for path, (began, ended) in spans.items():
        outer = next((parent for parent in enclosing(path) if parent in own), None)
        if outer is not None:
            own[outer] -= ended - began
    return own


def total_times(own: Mapping[str, int]) -> dict[str, int]:
    """The sum of the operations at and below each layer that has any."""
    totals: dict[str, int] = {}
    for path, time in own.items():
        for layer in (path, *enclosing(path)):
            totals[layer] = totals.get(layer, 0) + time
    return totals


def enclosing(path: str) -> list[str]:
    """The paths of the layers around one, the nearest first; the model itself, the empty path, last."""
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, -1, -1)] if path else []


def _run(forward: Callable[[Tensor], object], waveforms: Tensor, clock: Clock) -> tuple[Any, Any]:
    clock.clear_cache()
    clock.synchronize()
    start = clock.stamp()
    forward(waveforms)
    end = clock.stamp()
    clock.synchronize()
    return start, end


def _hook(
    module: nn.Module, path: str, stamps: dict[str, tuple[Any, Any]], clock: Clock
) -> tuple[RemovableHandle, RemovableHandle]:
    def before(module: nn.Module, inputs: object) -> None:
        stamps[path] = (clock.stamp(), None)

    def after(module: nn.Module, inputs: object, output: object) -> None:
        stamps[path] = (stamps[path][0], clock.stamp())

    return module.register_forward_pre_hook(before), module.register_forward_hook(after)

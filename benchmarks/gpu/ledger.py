"""The ledger on the device: whether it adds up, whether its clock is the device's, and who waits for whom."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks.gpu.findings import Context, Figure, Finding, attempt, judged
from benchmarks.gpu.models import TWO_LAYERS, analysis_of, waveforms_of
from w2v_explore import Analysis
from w2v_explore.measure.clock import Clock, clock_for
from w2v_explore.measure.latency import Latency, Plan, measure_latency
from w2v_explore.model.device import current_device, find_device, free_bytes

_RUNS, _QUICK_RUNS = 20, 3
_PASSES = 5

# The aims of `python -m benchmarks.ledger`, on a CPU.
_MOST_UNATTRIBUTED, _MOST_HOOKED = 0.05, 1.05
# A card's clock counts half microseconds: an operation's own time, a difference of two spans, can be below nothing.
_LEAST_OWN_NS = -1_000
# Hooks double the host's work, and single operations may be shorter than the calls that start them: where all calls
# take less than this share of the card's time, the card has work throughout.
_OUTRUN = 0.2
# Of 30 s at once: enough to keep a fast card busy.
_LARGE_BATCH = 8


class Passes(NamedTuple):
    """Medians of plain passes.

    Attributes:
        device_ns: Between stamps before and after.
        call_ns: Until the call of the model returned, on the host's clock; nothing waited for the device.
        wall_ns: Until the device was done, on the host's clock.
    """

    device_ns: float
    call_ns: float
    wall_ns: float

    @property
    def outrun(self) -> bool:
        """Whether the device waits for the host's calls, in hooked passes at least."""
        return self.call_ns >= _OUTRUN * self.device_ns


def check_ledgers(context: Context) -> Iterator[Finding]:
    """The stream of the stamps, then the ledgers of two models at three durations, and in a batch, in two dtypes."""
    device = find_device(context.device)
    with current_device(device):
        if context.on_cuda:
            yield attempt("stamps see the work of the current stream", partial(_check_stream, device))
        for preset in ("base",) if context.quick else ("base", "large"):
            for dtype in ("float32",) if context.quick and not context.on_cuda else ("float32", "bfloat16"):
                large = [(30.0, _LARGE_BATCH)] if context.on_cuda else []
                for seconds, batch in [(1.0, 1)] if context.quick else [(1.0, 1), (10.0, 1), (30.0, 1), *large]:
                    overrides = [TWO_LAYERS] if context.quick else []
                    analysis = analysis_of(preset, seconds, *overrides, batch=batch, dtype=dtype)
                    what = f"{analysis.config.name}, {f'{batch} × ' * (batch > 1)}{seconds:g} s, {dtype}"
                    needed = int(1.2 * analysis.inference.total_bytes) + 2**29
                    yield attempt(what, partial(_check_ledger, analysis, context), needed, free_bytes(device))


def _check_ledger(analysis: Analysis, context: Context, what: str) -> Finding:
    runs = _QUICK_RUNS if context.quick else _RUNS
    latency, model = measure_latency(analysis, context.device, plan=Plan(runs=runs))
    waveforms = waveforms_of(analysis, context.device)
    with torch.inference_mode():
        passes = time_passes(model, waveforms, clock_for(waveforms.device))
        kernels = count_kernels(model, waveforms) if context.on_cuda else None
    return _judge(what, latency, passes, kernels, aims=context.on_cuda and not passes.outrun)


def _judge(what: str, latency: Latency, passes: Passes, kernels: Kernels | None, *, aims: bool) -> Finding:
    ledger = latency.ledger
    assert ledger is not None
    own = [layer.own_ns for layer in ledger.layers.values()]
    remainder_ns = ledger.end_to_end_ns - ledger.unattributed_ns - sum(own)
    passed = remainder_ns == 0 and min(own) >= _LEAST_OWN_NS and passes.wall_ns >= 0.99 * passes.device_ns
    note = (
        "self times and the rest make the pass to the nanosecond, none is below −1 µs; the host's clock shows no less"
    )
    if aims:
        passed = passed and ledger.unattributed_share <= _MOST_UNATTRIBUTED and ledger.ratio.low <= _MOST_HOOKED
        note += f"; not attributed at most {_MOST_UNATTRIBUTED:.0%}, hooked over plain at most {_MOST_HOOKED:g}"
    elif kernels is not None:
        note += (
            "; the card outruns the host's calls in hooked passes: what is not attributed is waiting, and has no limit"
        )
    figures: dict[str, Figure] = {
        "plain_pass_s": latency.end_to_end.median_s,
        "hooked_pass_ns": ledger.end_to_end_ns,
        "sum_short_by_ns": remainder_ns,
        "least_self_ns": min(own),
        "not_attributed_share": ledger.unattributed_share,
        "hooked_over_plain": ledger.ratio.ratio,
        "host_until_call_returns_s": passes.call_ns / 1e9,
        "host_until_device_is_done_s": passes.wall_ns / 1e9,
    }
    if kernels is not None:
        if not kernels.launched:
            note += "; torch's profiler saw no kernel, so that nothing is known of them"
        figures |= {
            "kernels": kernels.launched,
            "kernels_busy_s": kernels.busy_s,
            "card_idle_s": max(0.0, latency.end_to_end.median_s - kernels.busy_s),
        }
    return judged(what, passed, figures, note)


def time_passes(forward: Callable[[Tensor], object], waveforms: Tensor, clock: Clock) -> Passes:
    """Time some plain passes on both clocks; the device is waited for before and after each, never within."""
    taken = []
    for _ in range(_PASSES):
        clock.synchronize()
        began = time.perf_counter_ns()
        start = clock.stamp()
        forward(waveforms)
        end = clock.stamp()
        called = time.perf_counter_ns()
        clock.synchronize()
        done = time.perf_counter_ns()
        taken.append((clock.nanoseconds(start, end), called - began, done - began))
    return Passes(*(statistics.median(column) for column in zip(*taken, strict=True)))


class Kernels(NamedTuple):
    """What ran on a card in one pass: how many kernels, copies and fills, and for how long, as torch's profiler saw."""

    launched: int
    busy_s: float


def count_kernels(forward: Callable[[Tensor], object], waveforms: Tensor) -> Kernels:
    """Profile a pass. The profiler slows the host down, not the kernels: their number and time are of use, no more."""
    from torch.autograd.profiler_util import DeviceType  # type: ignore[attr-defined]
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiler:
        forward(waveforms)
        torch.cuda.synchronize()
    kernels = [event for event in profiler.events() if event.device_type == DeviceType.CUDA]
    return Kernels(len(kernels), sum(event.time_range.elapsed_us() for event in kernels) / 1e6)


def _check_stream(device: torch.device, what: str) -> Finding:
    """Stamps around work in their own stream, and around work in another."""
    clock = clock_for(device)
    matrix = torch.rand(4096, 4096, device=device)
    streams = [torch.cuda.Stream(device) for _ in range(2)]  # type: ignore[no-untyped-call]
    taken = []
    for working in (*streams, *streams):  # cuBLAS takes memory in each at its first product
        torch.cuda.synchronize(device)
        with torch.cuda.stream(streams[0]):
            start = clock.stamp()
            with torch.cuda.stream(working):
                for _ in range(20):
                    torch.mm(matrix, matrix)
            end = clock.stamp()
        clock.synchronize()
        taken.append(clock.nanoseconds(start, end) / 1e9)
    own_s, other_s = taken[2:]
    figures: dict[str, Figure] = {"work_in_own_stream_s": own_s, "work_in_another_s": other_s}
    return judged(
        what,
        own_s > 0 and other_s < own_s / 5,
        figures,
        "work in another stream adds less than a fifth of what it takes in the stamps' own",
    )

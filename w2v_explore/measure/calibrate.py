"""Measures what predictions rest on: the two roofs of a device, and the operations of a few reference models.

The operations are timed by hooks inside whole forward passes, each model in a process of its own (`process`). Run by
themselves, again and again, they find their weights in the cache and their memory allocated, and come out up to a
quarter faster than in a model.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime, timezone
from typing import NamedTuple

import torch

from w2v_explore import host
from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.latency.calibration import Calibration, NoiseMark, Reference, Sample, canonical_device
from w2v_explore.analysis.latency.prediction import Neighbours, estimate_latency, work_between
from w2v_explore.analysis.latency.roofline import Roofs, trace_work
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.load import load_config
from w2v_explore.measure.clock import Clock, clock_for
from w2v_explore.measure.from_tree import stacked_layers
from w2v_explore.measure.latency import Plan, Progress, measure_latency
from w2v_explore.measure.noise import Disturbance
from w2v_explore.measure.process import Run, new_processes
from w2v_explore.measure.threads import torch_threads
from w2v_explore.model.device import device_name, find_device

_PASSES = 3

_ROOF_RUNS = 7
_MATRIX_SECONDS = 0.05
_LARGEST_MATRIX = 8192
# STREAM asks for arrays of four times the last cache at least.
_STREAM_BYTES = 2**27

# No operation takes less: what a coarse clock shows as nothing.
_LEAST_SECONDS = 1e-9


class TimedPass(NamedTuple):
    """A forward pass as `calibrate` uses it.

    Attributes:
        median_s: End to end, without hooks.
        iqr_s: Interquartile range of the same.
        own: Median own time of each operation in the hooked passes, scaled to the plain ones, by module path.
        unattributed_s: What no operation took, likewise.
        disturbances: What made it doubtful, as `latency` judges it.
    """

    median_s: float
    iqr_s: float
    own: dict[str, float]
    unattributed_s: float
    disturbances: tuple[Disturbance, ...]


def calibrate(
    device: str = "cpu",
    dtype: str = "float32",
    *,
    threads: int | None = None,
    references: Sequence[tuple[str, Analysis]] | None = None,
    run: Run | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Measure a device; a quiet one, since predictions are for one that is as busy as it was.

    Args:
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        dtype: Of weights and activations.
        threads: For torch on a CPU; None for as many as it takes by itself.
        references: Names and forward passes to measure, in this dtype, two or more; None for those of every family.
        run: What calls the functions that measure; None for `new_processes`.
        progress: Called as the work goes on.

    Raises:
        DeviceError: The device is absent, too small, or cannot run the dtype.
    """
    target = find_device(device)
    report = progress or (lambda step, done, total: None)
    passes = references or reference_passes(dtype)
    used_threads = threads or torch.get_num_threads()
    timed: list[TimedPass] = []
    with new_processes() if run is None else nullcontext(run) as call:
        for number, (name, analysis) in enumerate(passes):
            report(name, number, len(passes) + 1)
            timed.append(call(time_pass, analysis, device, used_threads))
        report("matrix throughput and memory bandwidth", len(passes), len(passes) + 1)
        roofs = call(measure_roofs, device, dtype, used_threads)
    samples = [
        sample
        for number, ((_, analysis), one) in enumerate(zip(passes, timed, strict=True))
        for sample in _samples(number, analysis, one)
    ]
    is_cpu = target.type == "cpu"
    return Calibration(
        device=canonical_device(device),
        device_name=device_name(target),
        dtype=dtype,
        threads=used_threads if is_cpu else None,
        is_default_threads=not is_cpu or used_threads == torch.get_num_threads(),
        torch_version=host.torch_version(),
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        roofs=roofs,
        samples=tuple(samples),
        references=tuple(_hold_out(passes, timed, samples, roofs)),
        noise=tuple(_mark_noise(timed)),
    )


def time_pass(analysis: Analysis, device: str, threads: int, runs: int = _PASSES) -> TimedPass:
    """Time a forward pass, in this process; this is all that `calibrate` wants of `measure_latency`."""
    latency, _ = measure_latency(analysis, device, plan=Plan(runs=runs), threads=threads)
    assert latency.ledger is not None
    # Where a card waits for the host, hooks make a pass up to twice as long: what they saw is scaled to the plain pass.
    hooked_over_plain = 1.0 if latency.device == "cpu" else max(1.0, latency.ledger.ratio.ratio)
    return TimedPass(
        median_s=latency.end_to_end.median_s,
        iqr_s=latency.end_to_end.iqr_s,
        own={path: layer.own.median_s / hooked_over_plain for path, layer in latency.layers.items()},
        unattributed_s=latency.ledger.unattributed_ns / 1e9 / hooked_over_plain,
        disturbances=latency.noise.disturbances,
    )


def _mark_noise(timed: Sequence[TimedPass]) -> Iterator[NoiseMark]:
    """Each kind of disturbance of any pass, at its worst."""
    found: dict[str, list[Disturbance]] = {}
    for one in timed:
        for disturbance in one.disturbances:
            found.setdefault(disturbance.criterion.name, []).append(disturbance)
    for name, same in found.items():
        worst = max(same, key=lambda disturbance: abs(disturbance.reading))
        yield NoiseMark(name, worst.found, worst.criterion.advice, len(same))


def measure_roofs(device: str, dtype: str, threads: int) -> Roofs:
    """The fastest of a few runs: the product of two square matrices, and STREAM's triad.

    The matrices are as large as it takes for their product to last 50 ms. The triad (McCalpin 1995), ``a = b + s c``,
    reads two arrays of 134 MB and writes a third; as in STREAM, reading what is about to be overwritten does not count.
    """
    target = find_device(device)
    clock = clock_for(target)
    kind: torch.dtype = getattr(torch, dtype)
    with torch_threads(threads), torch.inference_mode():
        size = 256
        while True:
            left, right = (torch.rand(size, size, device=target, dtype=kind) for _ in range(2))
            product = torch.empty_like(left)
            seconds = _fastest(clock, lambda: torch.mm(left, right, out=product))  # noqa: B023
            if seconds >= _MATRIX_SECONDS or size >= _LARGEST_MATRIX:
                break
            size *= 2
        macs_per_s = size**3 / seconds
        elements = _STREAM_BYTES // kind.itemsize
        b, c = (torch.rand(elements, device=target, dtype=kind) for _ in range(2))
        a = torch.empty_like(b)
        seconds = _fastest(clock, lambda: torch.add(b, c, alpha=3, out=a))
    return Roofs(macs_per_s, 3 * elements * kind.itemsize / seconds)


def _fastest(clock: Clock, run: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs, after one to warm up."""
    run()
    taken = []
    for _ in range(_ROOF_RUNS):
        clock.synchronize()
        start = clock.stamp()
        run()
        end = clock.stamp()
        clock.synchronize()
        taken.append(clock.nanoseconds(start, end) / 1e9)
    return max(min(taken), _LEAST_SECONDS)


def reference_passes(dtype: str) -> list[tuple[str, Analysis]]:
    """The name of each forward pass that a family has measured, and the pass, in a dtype."""
    passes = []
    for family in map(family_named, FAMILIES):
        for preset, overrides, seconds in family.part("components").REFERENCES:
            analysis = analyze(load_config(preset, overrides), Workload.of_seconds(seconds, dtype=dtype))
            passes.append((f"{preset}, {stacked_layers(analysis.tree)} layers", analysis))
    return passes


def _samples(reference: int, analysis: Analysis, timed: TimedPass) -> Iterator[Sample]:
    """The operations of a pass; of equal layers in a row their mean."""
    own: dict[str, list[float]] = {}
    for path, seconds in timed.own.items():
        own.setdefault(analysis.tree.folded_path(path), []).append(seconds)
    works = trace_work(analysis)
    taken = {work: statistics.fmean(own[work.path]) for work in works}
    taken[work_between(works)] = timed.unattributed_s
    for work, seconds in taken.items():
        yield Sample(reference, work.kind, work.macs, work.bytes, max(seconds, _LEAST_SECONDS))


def _hold_out(
    passes: Sequence[tuple[str, Analysis]], timed: Sequence[TimedPass], samples: Sequence[Sample], roofs: Roofs
) -> Iterator[Reference]:
    """Each pass as it was measured, and as the samples of all others predict it."""
    for number, ((name, analysis), one) in enumerate(zip(passes, timed, strict=True)):
        others = Neighbours([sample for sample in samples if sample.reference != number], roofs)
        predicted_s = estimate_latency(analysis, others).seconds
        yield Reference(name, analysis.workload.audio_seconds, one.median_s, one.iqr_s, predicted_s)

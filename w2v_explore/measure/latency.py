"""Latency of a forward pass, end to end and layer by layer.

Two kinds of pass alternate, so that a drift of the machine meets both: plain ones, whose median is the headline, and
hooked ones, which attribute the time to the operations. In each hooked pass the operations' own times and a remainder
(views, Python, freeing memory, the hooks) add up to its end to end. Their medians need not: each is taken by itself.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.workload import DTYPE_BYTES
from w2v_explore.errors import DeviceError
from w2v_explore.measure.clock import Clock, clock_for
from w2v_explore.model.build import build_model
from w2v_explore.model.components import Wav2Vec2Model
from w2v_explore.model.device import device_name, find_device, require_memory

WARM_UP_RUNS = 3
DEFAULT_RUNS = 10

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps of it are done, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The spread of a repeated measurement, in seconds."""

    median_s: float
    iqr_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerLatency:
    """The time of one layer in the hooked passes.

    Attributes:
        own: Time in the operation itself; zero for a layer that only calls others.
        total: Time in the operations at and below the layer.
    """

    own: Timing
    total: Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A measured forward pass.

    Attributes:
        device: ``cpu``, ``cuda:0``.
        device_name: What the hardware is called.
        dtype: Of weights and activations.
        threads: Threads that torch computes with on the CPU.
        torch_version: The torch that computed.
        runs: Passes of each kind that count.
        warm_up_runs: Passes before them that do not.
        end_to_end: Of the plain passes: the headline.
        hooked: Of the hooked passes, end to end.
        layers: Of every layer, by module path.
        unattributed_s: The median, over the hooked passes, of what no operation took.
    """

    device: str
    device_name: str
    dtype: str
    threads: int
    torch_version: str
    runs: int
    warm_up_runs: int
    end_to_end: Timing
    hooked: Timing
    layers: dict[str, LayerLatency]
    unattributed_s: float


def measure_latency(
    analysis: Analysis, device: str = "cpu", *, runs: int = DEFAULT_RUNS, progress: Progress | None = None
) -> tuple[Latency, Wav2Vec2Model]:
    """Build the model of an analysis on a device and time its forward pass on noise, without lengths.

    Args:
        analysis: Model and workload.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        runs: Counted passes of each kind.
        progress: Called as the work goes on.

    Returns:
        The measurement, and the model that was measured, in evaluation mode.

    Raises:
        DeviceError: The device is absent, too small, or cannot run the dtype.
    """
    report = progress or (lambda step, done, total: None)
    target = find_device(device)
    require_memory(target, _least_bytes(analysis), "the weights and the largest operation")
    report("building the model", 0, 1)
    dtype: torch.dtype = getattr(torch, analysis.workload.dtype)
    model = build_model(analysis.config.model, device=target, dtype=dtype).eval()
    waveforms = example_input(analysis, target)
    paths = [row.path for row in unfold(analysis.layers) if row.operation is not None]
    try:
        plain, hooked, samples = _time_passes(model, waveforms, paths, clock_for(target), runs, report)
    except RuntimeError as error:
        if _is_about_device(error):
            first_line = str(error).splitlines()[0]
            raise DeviceError(f"{device} cannot run this model in {analysis.workload.dtype}: {first_line}") from error
        raise
    own = _own_times(paths, samples)
    attributed = [sum(times) for times in zip(*own.values(), strict=True)]
    latency = Latency(
        device=str(target),
        device_name=device_name(target),
        dtype=analysis.workload.dtype,
        threads=torch.get_num_threads(),
        torch_version=torch.__version__,
        runs=runs,
        warm_up_runs=WARM_UP_RUNS,
        end_to_end=summarize(plain),
        hooked=summarize(hooked),
        layers=_layer_latencies([row.path for row in unfold(analysis.layers)], own, runs),
        unattributed_s=statistics.median(whole - part for whole, part in zip(hooked, attributed, strict=True)),
    )
    return latency, model


def example_input(analysis: Analysis, device: torch.device) -> Tensor:
    """Noise of the workload's shape and dtype, (B, S); the same each time."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(analysis.workload.batch, analysis.workload.samples, generator=generator)
    return noise.to(device=device, dtype=getattr(torch, analysis.workload.dtype))


def summarize(seconds: Sequence[float]) -> Timing:
    """Median and interquartile range (0 for a single value)."""
    if len(seconds) == 1:
        return Timing(median_s=seconds[0], iqr_s=0.0)
    lower, median, upper = statistics.quantiles(seconds, n=4, method="inclusive")
    return Timing(median_s=median, iqr_s=upper - lower)


def _least_bytes(analysis: Analysis) -> int:
    """Weights plus the largest activation: less than this no forward pass can do with."""
    sizes = [_elements(row.output_shape) for row in analysis.layers if row.operation is not None]
    return analysis.parameter_bytes + max(sizes) * DTYPE_BYTES[analysis.workload.dtype]


def _elements(shape: Sequence[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def _is_about_device(error: RuntimeError) -> bool:
    text = str(error)
    return any(
        hint in text for hint in ("not implemented for", "out of memory", "can't allocate memory", "not supported")
    )


def _time_passes(
    model: nn.Module, waveforms: Tensor, paths: Sequence[str], clock: Clock, runs: int, report: Progress
) -> tuple[list[float], list[float], list[list[float]]]:
    """Seconds of the plain passes, of the hooked passes, and of each of the modules at ``paths`` in the latter."""
    modules = dict(model.named_modules())
    stamps: list[tuple[Any, Any]] = [(None, None)] * len(paths)
    plain, hooked = [], []
    per_module: list[list[float]] = [[] for _ in paths]
    total = WARM_UP_RUNS + 2 * runs
    with torch.inference_mode():
        for done in range(WARM_UP_RUNS):
            report("warming up", done, total)
            _time_pass(model, waveforms, clock)
        for run in range(runs):
            report("measuring", WARM_UP_RUNS + 2 * run, total)
            plain.append(_time_pass(model, waveforms, clock))
            report("measuring", WARM_UP_RUNS + 2 * run + 1, total)
            handles = [
                handle for number, path in enumerate(paths) for handle in _hook(modules[path], number, stamps, clock)
            ]
            try:
                hooked.append(_time_pass(model, waveforms, clock))
            finally:
                for handle in handles:
                    handle.remove()
            for seconds, (start, end) in zip(per_module, stamps, strict=True):
                # A module that did not run (the padding mask, where no lengths are given) took no time.
                seconds.append(0.0 if end is None else clock.seconds(start, end))
        report("measuring", total, total)
    return plain, hooked, per_module


def _time_pass(model: nn.Module, waveforms: Tensor, clock: Clock) -> float:
    clock.synchronize()
    start = clock.stamp()
    model(waveforms)
    end = clock.stamp()
    clock.synchronize()
    return clock.seconds(start, end)


def _hook(module: nn.Module, number: int, stamps: list[tuple[Any, Any]], clock: Clock) -> tuple[Any, Any]:
    def before(module: nn.Module, inputs: object) -> None:
        stamps[number] = (clock.stamp(), None)

    def after(module: nn.Module, inputs: object, output: object) -> None:
        stamps[number] = (stamps[number][0], clock.stamp())

    return module.register_forward_pre_hook(before), module.register_forward_hook(after)


def _own_times(paths: Sequence[str], samples: Sequence[Sequence[float]]) -> dict[str, list[float]]:
    """Each operation's own time in each pass; one inside another (weight-norm in a convolution) is taken off it."""
    own = {path: list(times) for path, times in zip(paths, samples, strict=True)}
    for path, times in zip(paths, samples, strict=True):
        outer = next((parent for parent in _parents(path) if parent in own), None)
        if outer is not None:
            own[outer] = [whole - part for whole, part in zip(own[outer], times, strict=True)]
    return own


def _layer_latencies(paths: Sequence[str], own: dict[str, list[float]], runs: int) -> dict[str, LayerLatency]:
    """Own and total time of every layer; a total is the sum of the operations at and below it, pass by pass."""
    nothing = [0.0] * runs
    totals = dict.fromkeys(paths, nothing)
    for path, times in own.items():
        for layer in (path, *_parents(path)):
            totals[layer] = [whole + part for whole, part in zip(totals[layer], times, strict=True)]
    return {path: LayerLatency(own=summarize(own.get(path, nothing)), total=summarize(totals[path])) for path in paths}


def _parents(path: str) -> list[str]:
    """The paths of the layers around one, the nearest first; the model itself, the empty path, last."""
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, -1, -1)] if path else []

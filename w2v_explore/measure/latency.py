"""Latency of a forward pass, end to end and layer by layer, of one model or of several that take turns.

A turn is a plain pass of each model and, in the first ten turns and every tenth after them, a hooked pass of each: so
a drift of the machine meets all of them. The plain passes' median is the headline; the hooked ones say where the time
goes (`ledger`). Which model goes first changes from turn to turn.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from w2v_explore import host
from w2v_explore.analysis.analyze import Analysis, as_analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import MAX_RUNS
from w2v_explore.config.load import ConfigLike
from w2v_explore.errors import DeviceError
from w2v_explore.measure.clock import Clock, clock_for
from w2v_explore.measure.from_tree import input_shape
from w2v_explore.measure.ledger import HookedPass, LayerLatency, Ledger, build_ledger, time_hooked_pass, time_pass
from w2v_explore.measure.noise import Noise, NoiseWatch, Readings, drift, judge, spread
from w2v_explore.measure.statistics import Estimate, Ratio, estimate, ratio_in_turns
from w2v_explore.measure.threads import torch_threads
from w2v_explore.model.build import build_model
from w2v_explore.model.device import (
    current_device,
    device_name,
    explain_device_errors,
    find_device,
    require_memory,
)
from w2v_explore.model.modules import SpeechEncoder

_LEAST_RUNS = 10
_LEAST_WARM_UP, _MOST_WARM_UP = 3, 10
# A pass that beats all before it by less than this is as warm as it gets.
_WARM = 0.05
# A card that was idle clocks at a sixth of its rate (345 MHz of an H200's 1,980), and short passes end before it rises.
_CLOCKS_UP_NS, _MOST_TO_CLOCKS_UP = 200_000_000, 200

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps of it are done, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When a measurement has enough turns.

    Attributes:
        runs: After exactly so many; None to go by the other two.
        target: When the 95 % interval of every median reaches no further from it than this share of it.
        budget_s: At the latest when measuring has taken so long, but not before ten turns.
    """

    runs: int | None = None
    target: float = 0.02
    budget_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Latency:
    """A measured forward pass.

    Attributes:
        device: ``cpu``, ``cuda:0``.
        device_name: What the hardware is called.
        dtype: Of weights and activations.
        audio_seconds: The duration of all utterances of the batch together.
        threads: Threads that torch computes with on the CPU.
        torch_version: The torch that computed.
        runs: Plain passes that count.
        warm_up_runs: Passes before them that do not.
        end_to_end: Of the plain passes: the headline.
        target: The uncertainty that the measurement was to reach; None where the runs were given.
        compile_s: The first pass of a compiled model, which compiles it; None for an eager one.
        ledger: Where the time goes; None for a compiled model, whose graph has no modules left to hook.
        noise: Whether the machine was quiet.
        against_first: Over the first of the models that took turns; None for a model measured alone, and for the first.
    """

    device: str
    device_name: str
    dtype: str
    audio_seconds: float
    threads: int
    torch_version: str
    runs: int
    warm_up_runs: int
    end_to_end: Estimate
    target: float | None
    compile_s: float | None
    ledger: Ledger | None
    noise: Noise
    against_first: Ratio | None

    def __repr__(self) -> str:
        estimate, noisy = self.end_to_end, ", noisy" if self.noise.noisy else ""
        return (
            f"<Latency on {self.device} in {self.dtype}: median {estimate.median_s:.4g} s, "
            f"{estimate.low_s:.4g} to {estimate.high_s:.4g} s, {self.runs} runs{noisy}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The object ``latency`` in the JSON of ``summary --device`` (docs/json.md), as plain data."""
        estimate = self.end_to_end
        document = {
            "method": (
                f"median of {self.runs} plain forward passes after {self.warm_up_runs} warm-up passes; the interval "
                "is the percentile bootstrap's, of five passes or fewer their range; layers from the median of the "
                "hooked passes, in turn with the plain ones"
            ),
            "device": self.device,
            "device_name": self.device_name,
            "dtype": self.dtype,
            "threads": self.threads,
            "torch_version": self.torch_version,
            "compiled": self.compile_s is not None,
            "compile_s": self.compile_s,
            "runs": self.runs,
            "warm_up_runs": self.warm_up_runs,
            "end_to_end": {
                "median_s": estimate.median_s,
                "iqr_s": estimate.iqr_s,
                "low_s": estimate.low_s,
                "high_s": estimate.high_s,
                "confidence": estimate.confidence,
                "uncertainty": estimate.uncertainty,
                "target": self.target,
                "p90_s": estimate.p90_s,
                "p99_s": estimate.p99_s,
            },
            "real_time_factor": self.real_time_factor,
            "audio_seconds_per_second": 1 / self.real_time_factor if self.real_time_factor else None,
            # That of the device, which the command finds.
            "calibration": None,
        }
        if self.ledger is not None:
            document |= _ledger_document(self.ledger)
        return document | {"noise": self.noise.to_dict()}

    @property
    def real_time_factor(self) -> float:
        """Seconds of computation for each second of audio."""
        return self.end_to_end.median_s / self.audio_seconds

    @property
    def layers(self) -> Mapping[str, LayerLatency]:
        """The ledger's layers, by module path; none for a compiled model."""
        return self.ledger.layers if self.ledger else {}


def _ledger_document(ledger: Ledger) -> dict[str, Any]:
    return {
        "hooked": {"median_s": ledger.hooked.median_s, "iqr_s": ledger.hooked.iqr_s, "runs": ledger.passes},
        "unattributed_s": ledger.unattributed_ns / 1e9,
        "ledger": {
            "end_to_end_ns": ledger.end_to_end_ns,
            "unattributed_ns": ledger.unattributed_ns,
            "unattributed_share": ledger.unattributed_share,
            "hooked_over_plain": ledger.ratio.ratio,
            "hooked_over_plain_low": ledger.ratio.low,
            "hooked_over_plain_high": ledger.ratio.high,
        },
    }


@dataclass(kw_only=True)
class _Runner:
    """A model on its device, and its passes so far."""

    analysis: Analysis
    model: SpeechEncoder
    forward: Callable[[Tensor], object]
    waveforms: Tensor
    modules: dict[str, nn.Module]
    compile_s: float | None = None
    warm_up_runs: int = 0
    plain_ns: list[int] = field(default_factory=list)
    hooked: list[HookedPass] = field(default_factory=list)
    hooked_plain_ns: list[int] = field(default_factory=list)


def measure_latency(
    config: Analysis | ConfigLike,
    device: str = "cpu",
    *,
    workload: Workload | None = None,
    plan: Plan | None = None,
    threads: int | None = None,
    compiled: bool = False,
    model: SpeechEncoder | None = None,
    progress: Progress | None = None,
) -> tuple[Latency, SpeechEncoder]:
    """Build the model of a config on a device and time its forward pass on noise, without lengths.

    Args:
        config: As in `analyze`, or an analysis.
        device: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        workload: As in `analyze`; that of the analysis where one is given.
        plan: When there are enough passes; by default when the median is known to 2 %, or after 30 s.
        threads: That torch computes with on the CPU meanwhile; by default as many as it does anyway.
        compiled: Whether to time the model as ``torch.compile`` makes it.
        model: The one that an earlier call returned for the same config, device and dtype, to be used again.
        progress: Called as the work goes on.

    Returns:
        The measurement, and the model that was measured, in evaluation mode.

    Raises:
        DeviceError: The device is absent, too small, or cannot run the dtype; or nothing can be compiled here.
        WorkloadError: The input is too short to give a frame.
        TypeError: An argument is of another type.
    """
    analysis = as_analysis(config, workload)
    models = None if model is None else [model]
    return measure_in_turns(
        [analysis], device, plan=plan, threads=threads, compiled=compiled, models=models, progress=progress
    )[0]


def measure_in_turns(
    analyses: Sequence[Analysis],
    device: str = "cpu",
    *,
    plan: Plan | None = None,
    threads: int | None = None,
    compiled: bool = False,
    models: Sequence[SpeechEncoder] | None = None,
    progress: Progress | None = None,
) -> list[tuple[Latency, SpeechEncoder]]:
    """`measure_latency` of several models, all in memory at once, that take turns."""
    plan, report = plan or Plan(), progress or (lambda step, done, total: None)
    target = find_device(device)
    _require_memory(analyses, target, built=models is not None)
    what = f"{' and '.join(dict.fromkeys(each.config.name for each in analyses))} in {analyses[0].workload.dtype}"
    with torch_threads(threads), current_device(target), explain_device_errors(target, what), torch.inference_mode():
        if models is None:
            report("building the model" if len(analyses) == 1 else "building the models", 0, 1)
            models = [_build(analysis, target) for analysis in analyses]
        runners = [_runner(analysis, model, target) for analysis, model in zip(analyses, models, strict=True)]
        if compiled:
            report("compiling", 0, 1)
            for runner in runners:
                _compile(runner)
        clock = clock_for(target)
        on_cpu = target.type == "cpu"
        _warm_up(runners, clock, report, on_cpu=on_cpu)
        watch = NoiseWatch(torch.get_num_threads(), on_cpu=on_cpu)
        with _no_garbage_collection():
            _take_turns(runners, clock, plan, report)
        readings = watch.finish()
        return [(_latency(runner, runners[0], target, plan, readings), runner.model) for runner in runners]


def example_input(analysis: Analysis, device: torch.device) -> Tensor:
    """Noise of the workload's shape and dtype, (B, S) where the model takes waveforms; the same each time."""
    generator = torch.Generator().manual_seed(0)
    workload = analysis.workload
    shape = input_shape(analysis.tree, workload)
    noise = torch.randn(shape, generator=generator, device="cpu", dtype=torch.float32)
    return noise.to(device=device, dtype=getattr(torch, workload.dtype))


def _require_memory(analyses: Sequence[Analysis], device: torch.device, *, built: bool) -> None:
    """Refuse what cannot run: all weights that are not there yet, and the tensors of the largest pass."""
    memory = [analysis.inference for analysis in analyses]
    weights = 0 if built else sum(each.parameter_bytes for each in memory)
    activations = max(each.peak_activation_bytes for each in memory)
    require_memory(device, weights + activations, "a forward pass's tensors" if built else "weights and a forward pass")


def _build(analysis: Analysis, device: torch.device) -> SpeechEncoder:
    dtype: torch.dtype = getattr(torch, analysis.workload.dtype)
    with torch.inference_mode(False):  # the caller may train the model that is returned
        return build_model(analysis.config.model, device=device, dtype=dtype).eval()


def _runner(analysis: Analysis, model: SpeechEncoder, device: torch.device) -> _Runner:
    modules = dict(model.named_modules())
    operations = {row.path: modules[row.path] for row in unfold(analysis.layers) if row.operation is not None}
    return _Runner(
        analysis=analysis,
        model=model,
        forward=model,
        waveforms=example_input(analysis, device),
        modules=operations,
    )


def _compile(runner: _Runner) -> None:
    """Put the compiled model in the place of the eager one."""
    torch.compiler.reset()  # no earlier shape or model may decide what is compiled
    try:
        compiled: Any = torch.compile(runner.model, dynamic=False)
        start = time.perf_counter()
        with host.away():  # torch starts Python to try the processor's instructions
            compiled(runner.waveforms)
        runner.compile_s = time.perf_counter() - start
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0]
        raise DeviceError(
            f"torch.compile cannot compile this model here: {reason}; it needs a C++ compiler for the CPU and Triton "
            "for CUDA; or measure without --compile"
        ) from error
    runner.forward = compiled
    runner.modules = {}


def _warm_up(runners: Sequence[_Runner], clock: Clock, report: Progress, *, on_cpu: bool) -> None:
    """Run each model until it gets no faster, ten times at most; on an accelerator, until its clocks are up as well."""
    least_ns, most_runs = (0, _MOST_WARM_UP) if on_cpu else (_CLOCKS_UP_NS, _MOST_TO_CLOCKS_UP)
    for runner in runners:
        best, taken_ns = float("inf"), 0
        for number in range(1, most_runs + 1):
            report("warming up", number - 1, most_runs)
            passed = time_pass(runner.forward, runner.waveforms, clock)
            runner.warm_up_runs += 1
            taken_ns += passed
            is_no_faster = number >= _LEAST_WARM_UP and passed > best * (1 - _WARM)
            if taken_ns >= least_ns and (is_no_faster or number >= _MOST_WARM_UP):
                break
            best = min(best, passed)


def _take_turns(runners: Sequence[_Runner], clock: Clock, plan: Plan, report: Progress) -> None:
    start = time.monotonic()
    turn = 0
    while not _is_enough(runners, plan, time.monotonic() - start):
        report("measuring", turn, plan.runs or _expected_turns(turn, plan, time.monotonic() - start))
        order = runners if turn % 2 == 0 else runners[::-1]
        for runner in order:
            runner.plain_ns.append(time_pass(runner.forward, runner.waveforms, clock))
        if turn < _LEAST_RUNS or turn % 10 == 0:
            for runner in order:
                _run_hooked(runner, clock)
        turn += 1


def _run_hooked(runner: _Runner, clock: Clock) -> None:
    if runner.modules:
        runner.hooked.append(time_hooked_pass(runner.forward, runner.waveforms, clock, runner.modules))
        runner.hooked_plain_ns.append(runner.plain_ns[-1])


def _is_enough(runners: Sequence[_Runner], plan: Plan, elapsed_s: float) -> bool:
    runs = len(runners[0].plain_ns)
    if plan.runs is not None:
        return runs >= plan.runs
    if runs < _LEAST_RUNS:
        return False
    if elapsed_s >= plan.budget_s or runs >= MAX_RUNS:
        return True
    # Looking takes some milliseconds: the more runs there are, the less one more changes.
    looks = runs % max(1, runs // 10) == 0
    return looks and all(estimate(runner.plain_ns).uncertainty <= plan.target for runner in runners)


def _expected_turns(turns: int, plan: Plan, elapsed_s: float) -> int:
    """How many turns the budget allows, going by those so far."""
    return max(_LEAST_RUNS, int(turns * plan.budget_s / elapsed_s)) if turns else _LEAST_RUNS


def _latency(runner: _Runner, first: _Runner, device: torch.device, plan: Plan, readings: Readings) -> Latency:
    readings = replace(readings, drift=drift(runner.plain_ns), spread=spread(runner.plain_ns))
    paths = [row.path for row in unfold(runner.analysis.layers)]
    return Latency(
        device=str(device),
        device_name=device_name(device),
        dtype=runner.analysis.workload.dtype,
        audio_seconds=runner.analysis.workload.audio_seconds,
        threads=torch.get_num_threads(),
        torch_version=torch.__version__,
        runs=len(runner.plain_ns),
        warm_up_runs=runner.warm_up_runs,
        end_to_end=estimate(runner.plain_ns),
        target=plan.target if plan.runs is None else None,
        compile_s=runner.compile_s,
        ledger=build_ledger(paths, runner.hooked, runner.hooked_plain_ns) if runner.hooked else None,
        noise=Noise(readings, judge(readings)),
        against_first=None if runner is first else ratio_in_turns(first.plain_ns, runner.plain_ns),
    )


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep Python's collector, which may take longer than a pass, out of them."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

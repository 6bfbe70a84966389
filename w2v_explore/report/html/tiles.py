"""The figures that matter most of one config, for the top of its section."""

from __future__ import annotations

from collections.abc import Iterator

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.costs import Fits, MemoryCosts
from w2v_explore.report.html.page import Tile
from w2v_explore.report.memory_answer import describe_way
from w2v_explore.report.units import duration, exact, milliseconds, short, size_bytes
from w2v_explore.results.result import Result


def result_tiles(result: Result) -> list[Tile]:
    """What `summary` answers; what was measured or predicted comes first."""
    analysis = result.analysis
    parameters, macs, memory = analysis.parameters, analysis.macs.total, analysis.inference.total_bytes
    return [
        *_latency(result),
        Tile("parameters", short(parameters), exact(parameters)),
        Tile("MACs", short(macs), exact(macs)),
        Tile("memory of inference", size_bytes(memory), f"{exact(memory)} bytes"),
        *_training(analysis),
        *_frames(analysis),
    ]


def memory_tiles(costs: MemoryCosts) -> list[Tile]:
    """What `memory` answers of a config at one length."""
    dtype, inference = next(iter(costs.inference.items()))
    return [
        Tile(f"inference, {dtype}", size_bytes(inference.total_bytes), f"{exact(inference.total_bytes)} bytes"),
        _step(costs) if costs.fits is None else _fit(costs.fits),
    ]


def _step(costs: MemoryCosts) -> Tile:
    total = costs.training[costs.precision].total_bytes(checkpointing=False)
    return Tile(f"training, {costs.precision}", size_bytes(total), f"{exact(total)} bytes")


def _fit(fits: Fits) -> Tile:
    answer = fits.answer
    needed = f"{size_bytes(answer.needed_bytes)} of {size_bytes(fits.memory_bytes)}"
    return Tile(f"a step in {describe_way(answer)}", "fits" if answer.fits else "does not fit", needed)


def _latency(result: Result) -> Iterator[Tile]:
    factor = result.real_time_factor
    if factor is None:
        return
    if result.measurement is not None:
        latency = result.measurement.latency
        yield Tile("latency", duration(latency.end_to_end.median_s), f"median, on {latency.device_name}")
    elif result.prediction is not None:
        found = result.prediction
        yield Tile(
            "latency, predicted", duration(found.seconds), f"{duration(found.low_s)} to {duration(found.high_s)}"
        )
    yield Tile("real-time factor", f"{factor:.3g}", f"{1 / factor:.3g} s of audio a second")


def _training(analysis: Analysis) -> Iterator[Tile]:
    if analysis.workload.precision:
        total = analysis.training.total_bytes(checkpointing=False)
        yield Tile("memory of training", size_bytes(total), f"{exact(total)} bytes")


def _frames(analysis: Analysis) -> Iterator[Tile]:
    field, rate = analysis.receptive_field, analysis.workload.sample_rate
    width, step = field.receptive_field_samples, field.stride_samples
    yield Tile("receptive field", f"{milliseconds(width, rate)} ms", f"{exact(width)} samples")
    yield Tile("frame rate", f"{field.frame_rate_hz(rate):g} Hz", f"a frame each {milliseconds(step, rate)} ms")

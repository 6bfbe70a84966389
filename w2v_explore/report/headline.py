"""The figures that most people come for: `summary` answers them first, and its page has them above all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.report.units import duration, exact, milliseconds, percent, short, size_bytes
from w2v_explore.results.result import Measurement, Result

if TYPE_CHECKING:
    from w2v_explore.analysis.latency.prediction import Prediction


class Headline(NamedTuple):
    """A figure that matters.

    Attributes:
        label: What it is of.
        value: In a few characters.
        exact: The same in full, or what little there is to say of it, for a tile.
        detail: What else it is, for a line.
    """

    label: str
    value: str
    exact: str
    detail: str


def headlines(result: Result) -> Iterator[Headline]:
    """The figures of one config in order; what was measured or predicted comes first."""
    analysis = result.analysis
    yield from latency_headlines(result)
    yield from _costs(analysis)
    yield from _frames(analysis)


def latency_headlines(result: Result) -> Iterator[Headline]:
    """The latency and the real-time factor; none where nothing was measured or predicted."""
    if result.measurement is not None:
        yield _measured(result.measurement)
    elif result.prediction is not None:
        yield _predicted(result.prediction)
    factor = result.real_time_factor
    if factor is not None:
        audio = f"{1 / factor:.3g} s of audio"
        yield Headline(
            "real-time factor", f"{factor:.3g}", f"{audio} a second", f"{audio} for each second of computation"
        )


def _measured(measurement: Measurement) -> Headline:
    from w2v_explore.report.latency import describe_setting

    latency = measurement.latency
    plain = latency.end_to_end
    return Headline(
        "latency",
        duration(plain.median_s),
        f"median, on {latency.device_name}{', NOISY' if latency.noise.noisy else ''}",
        f"IQR {duration(plain.iqr_s)}, {latency.runs} runs, {describe_setting(latency)}",
    )


def _predicted(prediction: Prediction) -> Headline:
    from w2v_explore.report.prediction import describe_device

    low, high = duration(prediction.low_s), duration(prediction.high_s)
    return Headline(
        "latency, predicted",
        duration(prediction.seconds),
        f"{low} to {high}{', NOISY' if prediction.calibration.noise else ''}",
        f"between {low} and {high}, on {describe_device(prediction.calibration)}",
    )


def _costs(analysis: Analysis) -> Iterator[Headline]:
    sizes = analysis.parameter_bytes_by_dtype
    yield Headline(
        "parameters",
        short(analysis.parameters),
        exact(analysis.parameters),
        f"float32: {size_bytes(sizes['float32'])}, float16 or bfloat16: {size_bytes(sizes['bfloat16'])}",
    )
    macs = analysis.macs
    yield Headline(
        "MACs",
        short(macs.total),
        exact(macs.total),
        f"{short(analysis.macs_per_audio_second)} for each second of audio; "
        f"attention {percent(macs.attention / macs.total)}",
    )
    inference = analysis.inference
    total, live = inference.total_bytes, inference.peak_activation_bytes
    yield Headline(
        "memory of inference",
        size_bytes(total),
        f"{exact(total)} bytes",
        f"weights {size_bytes(total - live)}, live tensors at most {size_bytes(live)}",
    )
    if analysis.workload.precision:
        training = analysis.training
        total = training.total_bytes(checkpointing=False)
        kept = size_bytes(total - training.state_bytes)
        yield Headline(
            "memory of training",
            size_bytes(total),
            f"{exact(total)} bytes",
            f"in {analysis.workload.precision}; {kept} kept by the forward pass",
        )


def _frames(analysis: Analysis) -> Iterator[Headline]:
    field, rate = analysis.receptive_field, analysis.workload.sample_rate
    width, step = field.receptive_field_samples, field.stride_samples
    yield Headline(
        "receptive field",
        f"{milliseconds(width, rate)} ms",
        f"{exact(width)} samples",
        f"{exact(width)} samples{_wider(analysis)}",
    )
    each = f"{milliseconds(step, rate)} ms"
    yield Headline(
        "frame rate",
        f"{field.frame_rate_hz(rate):g} Hz",
        f"a frame each {each}",
        f"{exact(field.frames)} frames, one every {each} ({exact(step)} samples)",
    )
    if analysis.output_frames != field.frames and not analysis.expectations:
        stride = analysis.output_stride_samples
        yield Headline(
            "output rate",
            f"{rate / stride:.4g} Hz",
            f"one in {exact(stride)} samples",
            f"{exact(analysis.output_frames)} frames come out, one every {exact(stride)} samples",
        )


def _wider(analysis: Analysis) -> str:
    """What a frame sees beyond the extractor, in brief."""
    if analysis.macs.attention:
        return "; the whole utterance through attention"
    return "; the whole utterance through the norm" if analysis.receptive_field.normalizes_over_utterance else ""

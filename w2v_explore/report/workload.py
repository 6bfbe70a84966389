"""The words for what the figures of a report are of: the audio, the batch, and what the model takes of it."""

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.workload import Workload
from w2v_explore.report.units import exact
from w2v_explore.tree.inputs import Waveforms


def describe_workload(analysis: Analysis) -> str:
    """``10 s of audio at 16 kHz (160,000 samples), batch 1, float32, trained in amp-bfloat16``."""
    workload = analysis.workload
    trained = f", trained in {workload.precision}" if workload.precision else ""
    return f"{describe_audio(workload)}, batch {workload.batch}, {workload.dtype}{trained}"


def describe_audio(workload: Workload) -> str:
    """``10 s of audio at 16 kHz (160,000 samples)``."""
    rate = f"{workload.sample_rate / 1000:g} kHz"
    return f"{workload.seconds:g} s of audio at {rate} ({exact(workload.samples)} samples)"


def describe_features(analysis: Analysis) -> list[str]:
    """A line on what a model takes that takes features, and how they are made of samples; none of waveforms.

    ``takes 499 frames of 160 features: a frame is 2 windows of 400 samples, one every 160``
    """
    takes = analysis.takes
    if isinstance(takes, Waveforms):
        return []
    frames = takes.flow(analysis.workload.samples).frames
    windows = "a window" if takes.joined == 1 else f"{takes.joined} windows"
    return [
        f"takes {exact(frames)} frame{'s' if frames > 1 else ''} of {exact(takes.channels)} features: "
        f"a frame is {windows} of {exact(takes.window_samples)} samples, one every {exact(takes.hop_samples)}"
    ]

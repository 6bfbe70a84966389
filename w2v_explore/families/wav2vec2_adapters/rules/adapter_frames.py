"""The adapter behind the encoder leaves a fraction of the frames.

What it does
    Says how many frames a second come out where add_adapter is true and its convolutions have a stride.
Why is this bad
    Each of the three convolutions that transformers adds by default halves the frames: one comes every 160 ms instead
    of every 20, and the receptive field, labels and alignments of the encoder no longer fit. That is meant for a
    decoder that attends to fewer frames. A CTC head can put out no more symbols than there are frames, 6.25 a second,
    and speech has 10 to 15 letters a second: utterances with more give an infinite loss, or with ctc_zero_infinity
    none at all. torchaudio's import_huggingface_model drops the adapter without a word.
Example
    extends: mms_1b_all
    add_adapter: true
Use instead
    extends: mms_1b_all
    add_adapter: false
"""

from collections.abc import Iterator

from w2v_explore.analysis.receptive_field import kernel_field
from w2v_explore.diagnostics import shown_number
from w2v_explore.families.wav2vec2_adapters.fields import ADAPTER_FRAMES as RULE
from w2v_explore.lint.subject import Finding, Subject

__all__ = ["RULE", "check"]

TORCH = "accepts"
KEYS = ("add_adapter", "adapter_num_layers", "adapter_stride", "aux_num_out")

# A frame of more is given no duration.
_MAX_SAMPLES = 10**9


def check(subject: Subject) -> Iterator[Finding]:
    """Look at the strides behind the encoder."""
    model = subject.model
    if not model.add_adapter or model.adapter_stride == 1:
        return
    _, stride = kernel_field(model)
    divisor = model.adapter_stride**model.adapter_num_layers
    message = f"the adapter leaves one frame in {shown_number(divisor)}"
    samples = stride * divisor
    if samples <= _MAX_SAMPLES:
        seconds = samples / subject.reading.sample_rate
        message += f", one every {1000 * seconds:.4g} ms ({1 / seconds:.4g} a second)"
    if model.aux_num_out is not None:
        message += ", and a CTC head puts out no more symbols than that: speech has 10 to 15 letters a second"
    yield Finding(f"{message}; fewer adapter_num_layers or adapter_stride: 1 leave more")

"""A mask of training is longer than the clip.

What it does
    Where a duration is given (`--seconds`, or `seconds` in pyproject.toml) and another program's config masks frames in
    training, compares the length of one mask (`mask_time_length`, in fairseq `mask_length`; 10 frames by default) with
    the frames that the duration gives.
Why is this bad
    transformers raises a ValueError in the first training step with such a clip, and evaluates without a word. It does
    not mask where apply_spec_augment is false or mask_time_prob is 0. In fairseq, one mask covers whatever follows its
    first frame.
Example
    model_type: wav2vec2
    mask_time_length: 10
    # with --seconds 0.2, which are 9 frames
Use instead
    model_type: wav2vec2
    mask_time_length: 5
    # with --seconds 0.2, which are 9 frames
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.receptive_field import minimum_samples, num_frames
from w2v_explore.lint.codes import MASK_TOO_LONG as RULE
from w2v_explore.lint.subject import Finding, Subject

if TYPE_CHECKING:
    from w2v_explore.config.dialects.ledger import Account, Translation

__all__ = ["RULE", "check"]

TORCH = "never sees it"


class _Names(NamedTuple):
    """What a dialect calls the settings of its masks, and what holds where it does not state them."""

    length: str
    default_length: int
    probability: str
    default_probability: float
    switch: str
    default_switch: bool
    what_happens: str


_NAMES = {
    "huggingface": _Names(
        "mask_time_length", 10, "mask_time_prob", 0.05, "apply_spec_augment", True,
        "training raises in transformers; make it shorter, or the clips longer",
    ),
    "fairseq": _Names(
        "mask_length", 10, "mask_prob", 0.65, "apply_mask", True,
        "one mask can cover all of it; make it shorter, or the clips longer",
    ),
}  # fmt: skip

# What fine-tunes a model masks only where apply_mask is true; pre-training asks for no such switch.
_FINE_TUNED = "w2v_args."


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the length of a mask against the frames."""
    seconds, translation = subject.settings.seconds, subject.document.translation
    names = _NAMES.get(translation.dialect) if translation is not None else None
    if seconds is None or translation is None or names is None:
        return
    samples = round(seconds * subject.reading.sample_rate)
    if samples < minimum_samples(subject.model, batch=1):
        return
    stated = _stated(translation)
    if any(_FINE_TUNED in account.theirs for account in translation.accounts):
        names = names._replace(default_switch=False)
    length = _number(stated, names.length, names.default_length)
    probability = _number(stated, names.probability, names.default_probability)
    switch = stated[names.switch].value if names.switch in stated else names.default_switch
    frames = num_frames(subject.model, samples)
    if switch is not False and probability > 0 and length > frames:
        account = stated.get(names.length)
        whose = "" if account else " by default"
        message = f"{names.length} is {length:g}{whose}, and {seconds:g} s are {frames} frames: {names.what_happens}"
        yield Finding(message, place=account.place if account else None)


def _stated(translation: "Translation") -> dict[str, "Account"]:
    """What becomes of each name; where a level wraps a model to fine-tune it, the masks are those of that level."""
    accounts = [account for account in translation.accounts if _FINE_TUNED not in account.theirs]
    return {account.theirs.rpartition(".")[2]: account for account in accounts}


def _number(stated: Mapping[str, "Account"], name: str, default: float) -> float:
    """What a name holds; 0 for what is no number, which is another rule's matter."""
    value = stated[name].value if name in stated else default
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0

"""A mask of training is longer than what it masks.

What it does
    Where a duration is given (`--seconds`, or `seconds` in pyproject.toml) and another program's config masks frames in
    training, compares the length of one mask (`mask_time_length`, in fairseq `mask_length`; 10 frames by default) with
    the frames that the duration gives. Where Hugging Face's config masks features, which it does not by default, it
    compares `mask_feature_length` with the width.
Why is this bad
    transformers raises a ValueError in the first training step with such a clip or width, and evaluates without a word.
    It does not mask where apply_spec_augment is false or the probability is 0. In fairseq, one mask covers whatever
    follows its first frame.
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
    from w2v_explore.config.entries import Account, Translation

__all__ = ["RULE", "check"]

TORCH = "never sees it"
KEYS = ("encoder_embed_dim",)


# What fine-tunes a model in fairseq masks only where apply_mask is true; pre-training asks for no such switch.
_FINE_TUNED = "w2v_args."
_RAISES = "training raises in transformers"


class _Masks(NamedTuple):
    """The masks of a dialect along one axis: the names of length and probability, and what each is by default."""

    length: tuple[str, int]
    probability: tuple[str, float]
    outcome: str


_FRAMES = {
    "huggingface": _Masks(("mask_time_length", 10), ("mask_time_prob", 0.05), f"{_RAISES}; make it shorter"),
    "fairseq": _Masks(("mask_length", 10), ("mask_prob", 0.65), "one mask can cover all of it; make it shorter"),
}
_FEATURES = _Masks(("mask_feature_length", 10), ("mask_feature_prob", 0.0), f"{_RAISES}; make it shorter")


def check(subject: Subject) -> Iterator[Finding]:
    """Hold the length of a mask against the frames of the duration, and against the width."""
    translation = subject.document.translation
    if translation is None or translation.dialect not in _FRAMES or not _is_on(translation):
        return
    stated, seconds = _stated(translation), subject.settings.seconds
    if seconds is not None:
        samples = round(seconds * subject.reading.sample_rate)
        if samples >= minimum_samples(subject.model, batch=1):
            frames = num_frames(subject.model, samples)
            yield from _compare(stated, _FRAMES[translation.dialect], frames, f"{seconds:g} s are {frames} frames")
    if translation.dialect == "huggingface":
        width = subject.model.encoder_embed_dim
        yield from _compare(stated, _FEATURES, width, f"a frame has {width} features")


def _is_on(translation: "Translation") -> bool:
    """Whether training masks at all."""
    stated = _stated(translation)
    is_fine_tuned = any(_FINE_TUNED in account.theirs for account in translation.accounts)
    name = "apply_mask" if translation.dialect == "fairseq" else "apply_spec_augment"
    return stated[name].value is not False if name in stated else not is_fine_tuned


def _compare(stated: Mapping[str, "Account"], masks: _Masks, limit: int, what: str) -> Iterator[Finding]:
    length = _number(stated, *masks.length)
    if _number(stated, *masks.probability) > 0 and length > limit:
        account = stated.get(masks.length[0])
        whose = "" if account else " by default"
        message = f"{masks.length[0]} is {length:g}{whose}, and {what}: {masks.outcome}"
        yield Finding(message, (), place=account.place if account else None)


def _stated(translation: "Translation") -> dict[str, "Account"]:
    """What becomes of each name; where a level wraps a model to fine-tune it, the masks are those of that level."""
    accounts = [account for account in translation.accounts if _FINE_TUNED not in account.theirs]
    return {account.theirs.rpartition(".")[2]: account for account in accounts}


def _number(stated: Mapping[str, "Account"], name: str, default: float) -> float:
    """What a name holds; 0 for what is no number, which is another rule's matter."""
    value = stated[name].value if name in stated else default
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0

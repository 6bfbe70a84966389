"""The 32 fields of a HuBERT in pre-training, the arguments of ``torchaudio.models.hubert_pretrain_model``.

All are the config's. Fifteen are the encoder's. Those of masking say how many frames are masked, and so how the memory
of the logits is shared between masked frames and others; ``skip_masked`` and ``skip_nomask`` leave one of both out.
``feature_grad_mult`` alone changes no figure, and a model without it would not be trained as the config says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config.kinds import (
    MAX_SIZE,
    Agreement,
    Choice,
    Fault,
    Field,
    Flag,
    Integer,
    Real,
)
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

RANGES = Rule("E255", "pretraining-range")
MASK_SELECTION = Rule("E256", "mask-selection")
MASK_SIZES = Rule("E257", "pretraining-size")
MASK_OTHER = Rule("E258", "mask-other")
NOTHING_PREDICTED = Rule("W345", "nothing-predicted")
LOGITS_HEAVY = Rule("A441", "logits-heavy")

_SELECTIONS = ("static", "uniform", "normal", "poisson")
_NO_COST = "No parameters, no MACs"
_SHARE = f"{_NO_COST}; it shares the memory of the logits between masked and unmasked frames."
_NO_FIGURE = f"{_NO_COST}, no memory."


def _masking(prefix: str, of: str, effect: str) -> dict[str, Field]:
    """The fields of masking, of frames or of channels."""
    no_overlap = "no_mask_overlap" if prefix == "mask" else "no_mask_channel_overlap"
    return {
        f"{prefix}_prob": Field(
            kind=Real(RANGES, 0.0, 1.0),
            summary=f"The share of {of} that spans would mask if none overlapped, 0 for none.",
            effect=effect,
        ),
        f"{prefix}_selection": Field(
            kind=Choice(values=_SELECTIONS, synonyms={}, rule=MASK_SELECTION),
            summary=f"How long a span of masked {of} is: {prefix}_length always (static), drawn evenly from "
            f"{prefix}_other to twice {prefix}_length (uniform), or around {prefix}_length, with the deviation "
            f"{prefix}_other (normal) or as a Poisson variable, with which torchaudio's forward() fails.",
            effect=effect,
        ),
        f"{prefix}_other": Field(
            kind=Real(RANGES, 0.0, float(MAX_SIZE)),
            summary=f"The shortest span where {prefix}_selection is uniform, the deviation of lengths where it is "
            "normal; nothing otherwise.",
            effect=effect,
        ),
        f"{prefix}_length": Field(
            kind=Integer(rule=MASK_SIZES),
            summary=f"The {of} of a span.",
            effect=effect,
        ),
        no_overlap: Field(
            kind=Flag(),
            summary=f"Whether spans of masked {of} keep apart from each other.",
            effect=effect,
        ),
        f"{prefix}_min_space": Field(
            kind=Integer(rule=MASK_SIZES, minimum=0),
            summary=f"The least {of} between two spans, where {no_overlap} is true.",
            effect=_NO_FIGURE,
        ),
    }


FIELDS: dict[str, Field] = {
    **{name: field for name, field in wav2vec2.FIELDS.items() if name != "aux_num_out"},
    **_masking("mask", "frames", _SHARE),
    **_masking(
        "mask_channel", "channels", f"{_NO_COST}; above a mask_channel_prob of 0 training keeps a mask of them."
    ),
    "skip_masked": Field(
        kind=Flag(),
        summary="Whether masked frames have no logits, and so no loss.",
        effect="No parameters, no MACs; saves the memory of their logits.",
    ),
    "skip_nomask": Field(
        kind=Flag(),
        summary="Whether unmasked frames have no logits, and so no loss.",
        effect="No parameters, no MACs; saves the memory of their logits.",
    ),
    "num_classes": Field(
        kind=Integer(rule=MASK_SIZES),
        summary="The classes that labels are: clusters of k-means, 100 in HuBERT's first iteration and 500 later.",
        effect="final_dim parameters for each class; no MACs. The cosines of a frame to all classes hold one vector of "
        "final_dim more for each, in float32, and several such tensors at once.",
    ),
    "final_dim": Field(
        kind=Integer(rule=MASK_SIZES),
        summary="The width in which frames are compared with classes.",
        effect="encoder_embed_dim + 1 + num_classes parameters and encoder_embed_dim MACs per frame for each; the "
        "memory of the cosines in proportion.",
    ),
    "feature_grad_mult": Field(
        kind=Real(RANGES, 0.0, 1.0, is_open=True, optional=True),
        summary="What the gradients of the feature extractor are scaled by; null for as they are.",
        effect=_NO_FIGURE,
    ),
}


def _agrees(prefix: str) -> Agreement:
    """Evenly drawn lengths have a shortest that is no longer than the longest."""
    selection, other, length = (f"{prefix}_{name}" for name in ("selection", "other", "length"))

    def fault(values: Mapping[str, Any]) -> Fault:
        message = (
            f"{other} is {values[other]:g}, and the longest span is {2 * values[length]}, twice {length}: with "
            f"{selection} uniform it is the shortest; write {2 * values[length]} or less"
        )
        return Fault(MASK_OTHER, other, (), message, partner=length)

    return Agreement(
        (selection, other, length),
        lambda values: values[selection] != "uniform" or int(values[other]) <= 2 * values[length],
        fault,
    )


AGREEMENTS = (*wav2vec2.AGREEMENTS, _agrees("mask"), _agrees("mask_channel"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HuBERTPretrainConfig(wav2vec2.EncoderConfig):
    """HuBERT in pre-training, as ``torchaudio.models.hubert_pretrain_model`` takes it; `FIELDS` has each field."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    mask_prob: float
    mask_selection: str
    mask_other: float
    mask_length: int
    no_mask_overlap: bool
    mask_min_space: int
    mask_channel_prob: float
    mask_channel_selection: str
    mask_channel_other: float
    mask_channel_length: int
    no_mask_channel_overlap: bool
    mask_channel_min_space: int
    skip_masked: bool
    skip_nomask: bool
    num_classes: int
    final_dim: int
    feature_grad_mult: float | None

    @property
    def aux_num_out(self) -> None:
        """There is no linear head."""
        return None

"""The 18 fields of a WavLM config, the arguments of ``torchaudio.models.wavlm_model``: wav2vec 2.0's and two more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config.kinds import Agreement, Fault, Field, Integer
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

BUCKETS_FEW = Rule("E238", "buckets-few")
DISTANCE_SHORT = Rule("E239", "distance-short")
BIAS_HEAVY = Rule("W343", "bias-heavy")

_OWN = {
    "encoder_num_buckets": Field(
        kind=Integer(rule=BUCKETS_FEW, minimum=4),
        summary="The kinds of distance between frames that the position bias tells apart; half of them are for frames "
        "ahead.",
        effect="One parameter per head for each bucket, in the first layer alone; no MACs.",
    ),
    "encoder_max_distance": Field(
        kind=Integer(rule=DISTANCE_SHORT),
        summary="The distance, in frames, from which on all distances share a bucket; more than a quarter of "
        "encoder_num_buckets. Below that quarter each distance has a bucket; between, buckets grow exponentially.",
        effect="None on parameters or MACs; it is in no weight, and a checkpoint does not tell it.",
    ),
}


def _fields() -> dict[str, Field]:
    """In the order of torchaudio's arguments."""
    fields: dict[str, Field] = {}
    for name, field in wav2vec2.FIELDS.items():
        fields[name] = field
        if name == "encoder_num_heads":
            fields |= _OWN
    return fields


FIELDS = _fields()


def _short(values: Mapping[str, Any]) -> Fault:
    buckets, distance = values["encoder_num_buckets"], values["encoder_max_distance"]
    message = (
        f"encoder_max_distance is {distance}, and the first {buckets // 4} distances have a bucket each, a quarter of "
        f"encoder_num_buckets {buckets}; write {buckets // 4 + 1} or more"
    )
    return Fault(DISTANCE_SHORT, "encoder_max_distance", (), message, partner="encoder_num_buckets")


AGREEMENTS = (
    *wav2vec2.AGREEMENTS,
    Agreement(
        ("encoder_num_buckets", "encoder_max_distance"),
        lambda values: values["encoder_max_distance"] > values["encoder_num_buckets"] // 4,
        _short,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WavLMConfig(wav2vec2.Wav2Vec2Config):
    """A WavLM architecture, as ``torchaudio.models.wavlm_model`` takes it; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    encoder_num_buckets: int
    encoder_max_distance: int

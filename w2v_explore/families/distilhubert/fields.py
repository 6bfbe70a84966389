"""The 18 fields of a DistilHuBERT config: wav2vec 2.0's, and the heads that predict layers of the teacher."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from w2v_explore.config.kinds import Agreement, Fault, Field, Integer
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

PREDICTION_HEADS = Rule("E251", "prediction-heads")
TWO_HEADS = Rule("E252", "two-heads")

MAX_PREDICTIONS = 1_000

FIELDS = {
    **wav2vec2.FIELDS,
    "prediction_num_heads": Field(
        kind=Integer(rule=PREDICTION_HEADS, maximum=MAX_PREDICTIONS, optional="no such heads"),
        summary="The layers of the teacher that distillation predicts, with a head for each; null for a model without "
        "these heads, as it is used after distillation.",
        effect="For each head encoder_embed_dim × (encoder_embed_dim + 1) + (encoder_embed_dim + 1) × prediction_dim "
        "parameters, and as many MACs per frame but for the biases.",
    ),
    "prediction_dim": Field(
        kind=Integer(rule=PREDICTION_HEADS, optional="no such heads"),
        summary="The width of the teacher, and so of each prediction; null where prediction_num_heads is null.",
        effect="(encoder_embed_dim + 1) × prediction_num_heads parameters for each feature.",
    ),
}


def _one_stated(values: Mapping[str, Any]) -> Fault:
    heads, width = values["prediction_num_heads"], values["prediction_dim"]
    message = (
        f"prediction_num_heads is {_word(heads)} and prediction_dim {_word(width)}; write a number for both, or null "
        "for both"
    )
    return Fault(PREDICTION_HEADS, "prediction_dim", (), message, partner="prediction_num_heads")


def _word(value: int | None) -> str:
    return "null" if value is None else str(value)


def _two_heads(values: Mapping[str, Any]) -> Fault:
    message = (
        f"aux_num_out is {values['aux_num_out']} and prediction_num_heads {values['prediction_num_heads']}; a model "
        "has one kind of heads: write null for the other"
    )
    return Fault(TWO_HEADS, "prediction_num_heads", (), message, partner="aux_num_out")


AGREEMENTS = (
    *wav2vec2.AGREEMENTS,
    Agreement(
        ("prediction_num_heads", "prediction_dim"),
        lambda values: (values["prediction_num_heads"] is None) == (values["prediction_dim"] is None),
        _one_stated,
    ),
    Agreement(
        ("aux_num_out", "prediction_num_heads"),
        lambda values: None in (values["aux_num_out"], values["prediction_num_heads"]),
        _two_heads,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistilHubertConfig(wav2vec2.Wav2Vec2Config):
    """A DistilHuBERT architecture; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    prediction_num_heads: int | None
    prediction_dim: int | None

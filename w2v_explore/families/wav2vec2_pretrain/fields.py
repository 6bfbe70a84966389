"""The 20 fields of a wav2vec 2.0 in pre-training: its encoder's, and sizes of transformers' ``Wav2Vec2Config``.

How frames are masked and negatives are drawn is no field: whoever trains hands both to the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.config.kinds import Field, Integer, Probability, divides
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

SIZES = Rule("E259", "codevector-size")
GROUPS_DIVIDE = Rule("E262", "codevector-groups-divide")

FIELDS: dict[str, Field] = {
    **{name: field for name, field in wav2vec2.FIELDS.items() if name != "aux_num_out"},
    "feat_quantizer_dropout": Field(
        kind=Probability(),
        summary="Dropout on the features before the quantiser.",
        effect="Training only; no parameters, no MACs.",
    ),
    "num_codevector_groups": Field(
        kind=Integer(rule=SIZES),
        summary="The codebooks, of each of which a frame is given one vector; they divide codevector_dim.",
        effect="The quantiser's projection in proportion; the vectors of a codebook are the shorter.",
    ),
    "num_codevectors_per_group": Field(
        kind=Integer(rule=SIZES),
        summary="The vectors of a codebook.",
        effect="The quantiser's projection and codebooks in proportion, and the memory of the product that looks "
        "vectors up: every frame times every vector.",
    ),
    "codevector_dim": Field(
        kind=Integer(rule=SIZES),
        summary="The width of the quantised features: a vector of each codebook, one behind the other.",
        effect="The codebooks, the memory of their product with each frame, and the inputs of project_q in proportion.",
    ),
    "proj_codevector_dim": Field(
        kind=Integer(rule=SIZES),
        summary="The width in which the transformer's output and the quantised features are compared.",
        effect="encoder_embed_dim + codevector_dim + 2 parameters for each, and as many MACs per frame but for the 2.",
    ),
}

AGREEMENTS = (*wav2vec2.AGREEMENTS, divides("num_codevector_groups", "codevector_dim", GROUPS_DIVIDE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wav2Vec2PretrainConfig(wav2vec2.EncoderConfig):
    """wav2vec 2.0 in pre-training, as transformers' ``Wav2Vec2ForPreTraining``; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    feat_quantizer_dropout: float
    num_codevector_groups: int
    num_codevectors_per_group: int
    codevector_dim: int
    proj_codevector_dim: int

    @property
    def aux_num_out(self) -> None:
        """There is no linear head."""
        return None

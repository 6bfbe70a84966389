"""The fields: wav2vec 2.0's, and how many positional convolutions there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.config.kinds import Field, Integer
from w2v_explore.diagnostics import Rule
from w2v_explore.families.wav2vec2 import fields as wav2vec2

POS_CONV_DEPTH = Rule("E298", "pos-conv-depth")

FIELDS = {
    **wav2vec2.FIELDS,
    "encoder_pos_conv_depth": Field(
        kind=Integer(rule=POS_CONV_DEPTH, maximum=100),
        summary="The number of positional convolutions, one behind the other.",
        effect="The positional convolutions' parameters and MACs in proportion.",
    ),
}

AGREEMENTS = wav2vec2.AGREEMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class CausalConfig(wav2vec2.Wav2Vec2Config):
    """wav2vec 2.0 whose positional convolutions see only what was before; `FIELDS` has what each field is."""

    FIELDS: ClassVar[Mapping[str, Field]] = FIELDS

    encoder_pos_conv_depth: int

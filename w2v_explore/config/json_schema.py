"""The JSON Schema (draft-07) of a config file, for editors and validators, made from the table of fields."""

from typing import Any

from w2v_explore.config.family import default_family
from w2v_explore.config.kinds import MAX_CONV_LAYERS, MAX_SIZE, Choice, ConvLayers, Field, Flag, Integer, Probability
from w2v_explore.config.reading import MAX_SAMPLE_RATE, METADATA, TEXT_METADATA

FIELDS = default_family().config.FIELDS

_OTHER_METADATA: dict[str, dict[str, Any]] = {
    "extends": {
        "type": "string",
        "description": "A preset's name or a relative path: the config that holds for every field not stated here.",
    },
    "sample_rate": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_SAMPLE_RATE,
        "default": 16000,
        "description": "Samples per second of the audio that the model is for.",
    },
    "budgets": {"type": "object", "description": "Limits on the figures of the config."},
}


def json_schema() -> dict[str, Any]:
    """The schema. What needs two fields at once (heads dividing the width) or another file is beyond it."""
    properties: dict[str, Any] = {name: _metadata(name) for name in METADATA}
    properties |= {name: _field(field) for name, field in FIELDS.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "w2v-explore config",
        "description": "A wav2vec 2.0 architecture: the 16 arguments of torchaudio.models.wav2vec2_model.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": ["extends"]}, {"required": list(FIELDS)}],
    }


def _metadata(name: str) -> dict[str, Any]:
    if name in TEXT_METADATA:
        return {"type": "string", "description": TEXT_METADATA[name]}
    return _OTHER_METADATA[name]


def _field(field: Field) -> dict[str, Any]:
    description = f"{field.summary} {field.effect}"
    return {**_type(field), "description": description}


def _type(field: Field) -> dict[str, Any]:
    match field.kind:
        case Choice(values=values):
            return {"enum": list(values)}
        case Flag():
            return {"type": "boolean"}
        case Probability():
            return {"type": "number", "minimum": 0, "maximum": 1}
        case Integer(maximum=maximum, optional=optional):
            return {"type": ["integer", "null"] if optional else "integer", "minimum": 1, "maximum": maximum}
        case ConvLayers():
            size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE}
            layer = {"type": "array", "items": size, "minItems": 3, "maxItems": 3}
            return {"type": ["array", "null"], "items": layer, "minItems": 1, "maxItems": MAX_CONV_LAYERS}

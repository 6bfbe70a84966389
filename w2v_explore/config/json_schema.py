"""The JSON Schema (draft-07) of a config file, for editors and validators, made from the families' tables of fields."""

from collections.abc import Mapping
from typing import Any

from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, FAMILIES, Family, family_named
from w2v_explore.config.kinds import (
    MAX_CONV_LAYERS,
    MAX_LISTED_LAYERS,
    MAX_SIZE,
    Choice,
    ConvLayers,
    Field,
    Flag,
    Integer,
    Kind,
    PerLayer,
    Probability,
    Real,
)
from w2v_explore.config.metadata import MAX_SAMPLE_RATE, METADATA, SEARCH, TEXT_METADATA

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
    SEARCH: {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": r"^\w+(\[(\d+|\*)\](\.(channels|kernel|stride))?)?$"},
        "additionalProperties": {"$ref": "#/definitions/values"},
        "description": "What `w2v-explore search` varies: fields, or parts of them, and their values.",
    },
    "budgets": {"type": "object", "description": "Limits on the figures of the config."},
}


# A list, a range, ratios to another field, or any of these for each item of a list.
_VALUES = {
    "type": ["array", "string", "object"],
    "minItems": 1,
    "pattern": r"\.\.",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "number"} for name in ("from", "to", "step", "multiple_of")},
        "ratio": {"type": ["number", "string", "array", "object"]},
        "of": {"type": "string"},
        "each": {"$ref": "#/definitions/values"},
    },
}


def json_schema() -> dict[str, Any]:
    """The schema, with a branch for each architecture.

    What needs two fields at once (heads dividing the width) or another file is beyond it: a config that extends another
    and does not say of which architecture it is may have the fields of any.
    """
    families = [family_named(name) for name in FAMILIES]
    described = {family: {name: _field(field) for name, field in family.config.FIELDS.items()} for family in families}
    properties: dict[str, Any] = {name: _metadata(name) for name in METADATA}
    for name in dict.fromkeys(name for fields in described.values() for name in fields):
        properties[name] = _of_any([fields[name] for fields in described.values() if name in fields])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "w2v-explore config",
        "description": "The architecture of a speech encoder: the arguments of torchaudio.models.wav2vec2_model, "
        "or the fields of the architecture that it names.",
        "definitions": {"values": _VALUES},
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": ["extends"]}, *[_branch(family, described[family], properties) for family in families]],
    }


def _of_any(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """What a key may hold that is a field of some families, with the words of the first."""
    types: list[dict[str, Any]] = []
    for field in fields:
        allowed = {name: value for name, value in field.items() if name != "description"}
        if allowed not in types:
            types.append(allowed)
    return fields[0] if len(types) == 1 else {"anyOf": types, "description": fields[0]["description"]}


def _branch(family: Family, fields: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """What a config of one family states that extends none, where it is less than `properties` allow."""
    own = {name: field for name, field in fields.items() if properties[name] != field}
    others = dict.fromkeys((name for name in properties if name not in fields and name not in METADATA), False)
    stated = [] if family.name == DEFAULT_FAMILY else [ARCHITECTURE]
    return {
        "properties": {ARCHITECTURE: {"const": family.name}, **own, **others},
        "required": [*stated, *fields],
    }


def _metadata(name: str) -> dict[str, Any]:
    if name == ARCHITECTURE:
        what = "The kind of encoder, which decides on the fields; by default that of the config that it extends."
        return {"enum": list(FAMILIES), "default": DEFAULT_FAMILY, "description": what}
    if name in TEXT_METADATA:
        return {"type": "string", "description": TEXT_METADATA[name]}
    return _OTHER_METADATA[name]


def _field(field: Field) -> dict[str, Any]:
    description = f"{field.summary} {field.effect}"
    return {**_type(field.kind), "description": description}


def _type(kind: Kind) -> dict[str, Any]:
    match kind:
        case Choice(values=values):
            return {"enum": list(values)}
        case Flag():
            return {"type": "boolean"}
        case Probability():
            return {"type": "number", "minimum": 0, "maximum": 1}
        case Real(minimum=minimum, maximum=maximum, is_open=is_open, optional=optional):
            ends = ("exclusiveMinimum", "exclusiveMaximum") if is_open else ("minimum", "maximum")
            return {
                "type": ["number", "null"] if optional else "number",
                **dict(zip(ends, (minimum, maximum), strict=True)),
            }
        case Integer(minimum=minimum, maximum=maximum, optional=optional):
            return {"type": ["integer", "null"] if optional else "integer", "minimum": minimum, "maximum": maximum}
        case ConvLayers():
            size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE}
            layer = {"type": "array", "items": size, "minItems": 3, "maxItems": 3}
            return {"type": ["array", "null"], "items": layer, "minItems": 1, "maxItems": MAX_CONV_LAYERS}
        case PerLayer(each=each):
            return {"type": "array", "items": _type(each), "minItems": 1, "maxItems": MAX_LISTED_LAYERS}

"""The presets as a body of evidence: which values they give a field."""

from dataclasses import replace
from math import gcd
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import Family
from w2v_explore.config.load import Config, load_preset
from w2v_explore.config.presets import preset_names
from w2v_explore.errors import ConfigError


class UsedValue(NamedTuple):
    """A value of a field.

    Attributes:
        value: Plain data.
        presets: The presets that have it.
        in_reference: The reference preset with this value; None where its other fields do not allow it.
    """

    value: Any
    presets: tuple[str, ...]
    in_reference: Analysis | None


def analyze_usage(field: str, workload: Workload, family: Family) -> list[UsedValue]:
    """The values that the presets of a family give a field, the most used first."""
    presets: dict[str, tuple[Any, list[str]]] = {}
    for name in preset_names():
        model = load_preset(name).model
        if model.family is not family:
            continue
        value = model.to_mapping()[field]
        presets.setdefault(repr(value), (value, []))[1].append(name)
    reference = load_preset(family.reference)
    used = [
        UsedValue(value, tuple(names), _with(reference, field, value, workload)) for value, names in presets.values()
    ]
    return sorted(used, key=lambda value: -len(value.presets))


def _with(reference: Config, field: str, value: Any, workload: Workload) -> Analysis | None:
    fields = {**reference.model.to_mapping(), field: value}
    for agreement in reference.model.family.agreements:
        if agreement.divides and agreement.divides[1] == field and agreement.keeps_quotient:
            # Heads have to divide the width; how many there are costs nothing.
            divisor = agreement.divides[0]
            fields[divisor] = gcd(value, fields[divisor])
    try:
        model = type(reference.model).from_mapping(fields)
    except ConfigError:
        return None
    return analyze(replace(reference, model=model), workload)

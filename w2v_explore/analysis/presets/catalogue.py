"""The presets side by side, those of one architecture together."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.family import FAMILIES, Family, family_asked, family_named
from w2v_explore.config.kinds import Probability, meaning
from w2v_explore.config.load import load_preset
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError
from w2v_explore.version import SCHEMA_VERSION


class Listed(NamedTuple):
    """A preset among others.

    Attributes:
        name: Its name.
        analysis: Its figures, of an utterance of 10 s.
        like: The first preset of its architecture; None where it is the first.
        dropouts: The dropouts in which it differs from that preset: its value and the other's.
    """

    name: str
    analysis: Analysis
    like: str | None
    dropouts: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, Any]:
        """Its entry in the JSON document of ``presets`` (docs/json.md), as plain data."""
        config, analysis = self.analysis.config, self.analysis
        return {
            "name": self.name,
            "title": config.name,
            "family": config.family,
            "architecture": config.model.family.name,
            "description": config.description,
            "parameters": analysis.parameters,
            "layers": config.model.encoder_num_layers,
            "width": config.model.encoder_embed_dim,
            "outputs": config.model.aux_num_out,
            "macs_per_audio_second": analysis.macs_per_audio_second,
            "like": self.like,
            "dropouts": {field: {"preset": own, "like": other} for field, (own, other) in self.dropouts.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Catalogue:
    """The presets that were asked for.

    Attributes:
        workload: What their figures are of.
        presets: By architecture, in the order of docs/config.md, the smaller models first.
    """

    workload: Workload
    presets: tuple[Listed, ...]

    def __repr__(self) -> str:
        return f"<Catalogue of {len(self.presets)} presets>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``presets`` (docs/json.md), as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "seconds": self.workload.seconds,
            "presets": [preset.to_dict() for preset in self.presets],
        }


def find_presets(
    *, family: str | None = None, architecture: str | None = None, max_parameters: float | None = None
) -> Catalogue:
    """The published models that come with the program.

    Args:
        family: The published group that they are of, as ``HuBERT``; case does not count.
        architecture: What ``architecture:`` of their configs names.
        max_parameters: The most elements of parameters that they have.

    Raises:
        ArgumentError: There is no such group or architecture.
        TypeError: An argument is of another type.
    """
    for name, value in (("family", family), ("architecture", architecture)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} is {kind_of(value)}; give a name")
    if max_parameters is not None and (
        isinstance(max_parameters, bool) or not isinstance(max_parameters, (int, float))
    ):
        raise TypeError(f"max_parameters is {kind_of(max_parameters)}; give a number")
    families = [family_asked(architecture)] if architecture is not None else list(map(family_named, FAMILIES))
    groups = None if family is None else _groups_called(family)
    most = float("inf") if max_parameters is None else max_parameters
    workload = Workload.of_seconds()
    return Catalogue(
        workload=workload,
        presets=tuple(
            Listed(name, analyze(load_preset(name), workload), like, dropouts)
            for each in families
            for name, like, dropouts in by_architecture(each, groups, most)
        ),
    )


def _groups_called(name: str) -> set[str]:
    """The published groups of a name."""
    groups = {group for family in FAMILIES for group in _groups_of(family_named(family)).values()}
    called = {group for group in groups if group.casefold() == name.casefold()}
    if not called:
        # Imported only where something is wrong.
        from w2v_explore.config.suggest import did_you_mean, nearest

        ordered = sorted(groups, key=str.casefold)
        instead = did_you_mean(nearest(name, ordered), f"give one of {', '.join(ordered)}")
        raise ArgumentError(f"there is no family {shorten(name) or repr(name)} of presets; {instead}")
    return called


def _groups_of(family: Family) -> dict[str, str]:
    groups: dict[str, str] = family.part("preset_values").PRESET_GROUPS
    return groups


def by_architecture(
    family: Family, groups: set[str] | None, most: float
) -> Iterator[tuple[str, str | None, dict[str, tuple[float, float]]]]:
    """The presets of a family with the one that each is like, and the dropouts in which it is not.

    Of one architecture the first is one of the group that is called as the family is, if there is one, and then one
    that is called as its group is.
    """
    fields, group_of = family.config.FIELDS, _groups_of(family)
    kinds = [field.kind for field in fields.values()]

    def architecture(preset: tuple[str, int, tuple[Any, ...]]) -> tuple[int, str]:
        _, parameters, values = preset
        meanings = zip(values, kinds, strict=True)
        return parameters, repr([meaning(value, kind) for value, kind in meanings if not isinstance(kind, Probability)])

    def rank(name: str) -> tuple[bool, bool, str]:
        group = group_of[name]
        return group != family.title, not name.startswith(group.lower()), name

    presets = [
        (name, parameters, tuple(values))
        for name, (parameters, *values) in family.part("preset_values").PRESET_VALUES.items()
        if parameters <= most and (groups is None or group_of[name] in groups)
    ]
    alike = [
        sorted(each, key=lambda preset: rank(preset[0]))
        for _, each in groupby(sorted(presets, key=architecture), architecture)
    ]
    for (first, _, values), *others in sorted(alike, key=lambda each: (each[0][1], each[0][0])):
        yield first, None, {}
        unlike = [
            (
                name,
                {
                    field: (own, other)
                    for field, own, other, kind in zip(fields, own_values, values, kinds, strict=True)
                    if own != other and isinstance(kind, Probability)
                },
            )
            for name, _, own_values in others
        ]
        for name, dropouts in sorted(unlike, key=lambda each: (len(each[1]), repr(each[1]), each[0])):
            yield name, first, dropouts

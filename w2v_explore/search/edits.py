"""What makes a design of the config that a space is around: the edits, and what each contributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.comparing.attribution import MOST_APART, Contribution, attribute
from w2v_explore.analysis.comparing.compare import told_apart
from w2v_explore.analysis.comparing.shapley import shapley_values
from w2v_explore.analysis.figures import ALIASES, Figures, Number
from w2v_explore.config.load import Config
from w2v_explore.errors import WorkloadError


class Edit(NamedTuple):
    """A field that differs from the config that the space is around.

    Attributes:
        field: The field.
        before: Its value there.
        after: Its value here.
        shares: Of the change of each figure that was asked for, what the field contributes (its Shapley value). Fields
            that cannot change without one another have the share of all of them. A figure that is no sum of terms, as a
            component's, is left out where more than `MOST_APART` fields changed, or where the input is too short for a
            config between the two.
        together: The fields that the shares are of: this one, and those that it cannot change without; empty where no
            figure was asked for.
    """

    field: str
    before: Any
    after: Any
    shares: Mapping[str, Number]
    together: tuple[str, ...] = ()


def edits_of(base: Analysis, design: Config, figures: Sequence[str] = ()) -> tuple[Edit, ...]:
    """The fields in which a design means something else than the config that it is made of.

    Args:
        base: The config.
        design: Another of the same family.
        figures: Of which the shares are told, by any of their names.
    """
    before, after = base.config.model.meaning(), design.model.meaning()
    changed = [name for name in before if before[name] != after[name]]
    players = dict(_shares(base, analyze(design, base.workload), figures)) if figures and changed else {}
    of_field = {field: (shares, fields) for fields, shares in players.items() for field in fields}
    return tuple([Edit(name, before[name], after[name], *of_field.get(name, ({}, ()))) for name in changed])


def _shares(
    base: Analysis, design: Analysis, figures: Sequence[str]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Number]]]:
    """The fields of each player, and its shares."""
    contributions = attribute(base, design)
    known = told_apart(base.workload)
    others = [name for name in figures if _own_name(name) not in known]
    tried: Mapping[str, Sequence[Fraction]] | None = {}
    if others:
        tried = _tried(base, design, contributions, others) if len(contributions) <= MOST_APART else None
    if tried is None:
        tried, figures = {}, [name for name in figures if name not in others]
    for number, contribution in enumerate(contributions):
        shares: dict[str, Number] = {}
        for name in figures:
            if name in others:
                share = tried[name][number] if name in tried else Fraction(0)
            else:
                share = contribution.figures.get(_own_name(name), Fraction(0))
                if name in ALIASES and ALIASES[name].in_milliseconds:
                    share = share * 1000 / base.workload.sample_rate
            shares[name] = share.numerator if share.denominator == 1 else float(share)
        yield contribution.fields, shares


def _own_name(name: str) -> str:
    return ALIASES[name].figure if name in ALIASES else name


def _tried(
    base: Analysis, design: Analysis, contributions: Sequence[Contribution], figures: Sequence[str]
) -> Mapping[str, Sequence[Fraction]] | None:
    """The shares of figures that are not known to be sums of terms: of all configs between the two, each by itself.

    None where the input is too short for one of them.
    """
    values = design.config.model.to_mapping()

    def worth(coalition: int) -> Mapping[str, Fraction]:
        changed = [each.fields for number, each in enumerate(contributions) if coalition >> number & 1]
        model = base.config.model
        fields = {**model.to_mapping(), **{name: values[name] for names in changed for name in names}}
        between = Figures(analyze(replace(base.config, model=type(model)(**fields)), base.workload))
        return {name: Fraction(between[name]) for name in figures}

    try:
        return shapley_values(len(contributions), worth)
    except WorkloadError:
        return None

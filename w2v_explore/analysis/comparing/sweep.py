"""A config at every combination of some values of its fields: the figures of each, in one table."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze, as_analysis, config_and_workload
from w2v_explore.analysis.comparing.asked import require_fields, require_figures, require_names
from w2v_explore.analysis.figures import FIGURES, Figures, Number
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of, plain_data
from w2v_explore.config.load import Config, ConfigLike
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, ConfigError, WorkloadError

MAX_MEMBERS = 10_000
"""The combinations that a sweep may have: each takes up to a hundredth of a second."""

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it is, and how much there is."""

_HOW = "give a list of values for each field, as {'encoder_num_layers': [6, 12]}"


class Member(NamedTuple):
    """One combination of values.

    Attributes:
        fields: The value of each field that varies.
        figures: The figures of the config, by name; empty where there is none.
        problem: Why there is no such config, or why it cannot be given the input; empty where nothing is wrong.
    """

    fields: Mapping[str, Any]
    figures: Mapping[str, Number]
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data; what does not apply is null."""
        return {
            "fields": dict(self.fields),
            "figures": dict(self.figures) if not self.problem else None,
            "problem": self.problem or None,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sweep:
    """The figures of a config at every combination of values.

    Attributes:
        analysis: The config as it is, and the workload.
        fields: The values of each field that varies.
        figures: The names of the figures.
        members: A combination each, the values of the last field varying first.
    """

    analysis: Analysis
    fields: Mapping[str, tuple[Any, ...]]
    figures: tuple[str, ...]
    members: tuple[Member, ...]

    def __repr__(self) -> str:
        return f"<Sweep of {self.analysis.config.name!r}: {len(self.members)} configs, {len(self.valid)} of them valid>"

    @property
    def valid(self) -> list[Member]:
        """The combinations that are configs."""
        return [member for member in self.members if not member.problem]

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``sweep`` (docs/json.md), as plain data."""
        return {
            **config_and_workload(self.analysis),
            "size": len(self.members),
            "valid": len(self.valid),
            "fields": {name: list(values) for name, values in self.fields.items()},
            "members": [member.to_dict() for member in self.members],
        }


def sweep(
    config: Analysis | ConfigLike,
    fields: Mapping[str, Sequence[Any]],
    workload: Workload | None = None,
    *,
    figures: Sequence[str] = (),
    progress: Progress | None = None,
) -> Sweep:
    """Work out the figures of a config at every combination of values of some fields.

    Args:
        config: As in `analyze`, or an analysis.
        fields: The values of each field that varies; equal ones count once.
        workload: As in `analyze`; that of the analysis where one is given.
        figures: The names of the figures, as conditions have them; by default all of a model as a whole.
        progress: Called with what is done, how much of it is, and how much there is.

    Raises:
        ArgumentError: There is no such field or figure, a field has no values, or there are too many combinations.
        WorkloadError: The input is too short for the config as it is.
        TypeError: An argument is of another type.
    """
    if not isinstance(fields, Mapping):
        raise TypeError(f"fields is {kind_of(fields)}; {_HOW}")
    for name, values in fields.items():
        if not isinstance(name, str):
            raise TypeError(f"fields has {kind_of(name)} for a field's name; {_HOW}")
        if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
            raise TypeError(f"fields has {kind_of(values)} for {shorten(name)}; {_HOW}")
    require_names("figures", figures)
    analysis = as_analysis(config, workload)
    family = analysis.config.model.family
    require_fields(fields, family)
    require_figures(figures, family)
    varied = {name: tuple(distinct([_plain(name, value) for value in values])) for name, values in fields.items()}
    size = prod(map(len, varied.values()))
    if not varied or not size:
        empty = next((name for name in varied if not varied[name]), None)
        raise ArgumentError(f"{empty} has no values; {_HOW}" if empty else f"no field varies; {_HOW}")
    if size > MAX_MEMBERS:
        counts = " × ".join(f"{len(values):,}" for values in varied.values())
        raise ArgumentError(
            f"{counts + ' = ' if len(varied) > 1 else ''}{size:,} configs are too many; give fewer values, for "
            f"{MAX_MEMBERS:,} at most"
        )
    names = tuple(dict.fromkeys(figures)) or tuple(FIGURES)
    members = tuple(_members(analysis, varied, names, size, progress))
    return Sweep(analysis=analysis, fields=varied, figures=names, members=members)


def distinct(values: Iterable[Any]) -> list[Any]:
    """Plain values, each once; true is no 1, within a list neither."""
    return list({repr(value): value for value in values}.values())


def _plain(field: str, value: Any) -> Any:
    """A value in Python's own types, as JSON has it."""
    value = plain_data(value)
    try:
        json.dumps(value, allow_nan=False)
    except TypeError as error:
        message = (
            f"the values of {field} hold {kind_of(value)}; give numbers, True, False, None, texts or lists of them"
        )
        raise TypeError(message) from error
    except ValueError as error:
        raise ArgumentError(f"the values of {field} hold a number that is not finite; give finite numbers") from error
    return value


def _members(
    analysis: Analysis,
    varied: Mapping[str, tuple[Any, ...]],
    names: Sequence[str],
    size: int,
    progress: Progress | None,
) -> Iterator[Member]:
    for number, values in enumerate(product(*varied.values())):
        if progress is not None:
            progress("configs", number, size)
        yield _member(analysis.config, analysis.workload, dict(zip(varied, values, strict=True)), names)


def _member(config: Config, workload: Workload, values: Mapping[str, Any], names: Sequence[str]) -> Member:
    model = config.model
    try:
        changed = replace(config, model=type(model)(**{**model.to_mapping(), **values}))
        figures = Figures(analyze(changed, workload))
        return Member(values, {name: figures[name] for name in names})
    except ConfigError as error:
        return Member(values, {}, "; ".join(problem.message for problem in error.problems))
    except WorkloadError as error:
        return Member(values, {}, str(error))

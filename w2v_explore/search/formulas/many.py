"""`analyze_many`: the figures of many configs at once, worked out by the formulas of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.analysis.analyze import workload_of
from w2v_explore.analysis.comparing.asked import require_fields, require_figures
from w2v_explore.analysis.figures import ALIASES, FIGURES, Number, figure_named
from w2v_explore.analysis.formulas.sizes import NeedsValueError, Path
from w2v_explore.analysis.latency.calibration import Calibration
from w2v_explore.analysis.latency.prediction import require_calibration_for
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of, plain_data
from w2v_explore.config.family import Family
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, MissingExtraError
from w2v_explore.search.formulas.latency import PREDICTED, Predictions
from w2v_explore.search.formulas.members import Column, Group, by_value, column, groups
from w2v_explore.search.formulas.paths import Paths
from w2v_explore.search.formulas.program import CHUNK, GREATEST
from w2v_explore.search.formulas.tracing import Traced, trace

if TYPE_CHECKING:
    import pandas
    import pyarrow
    from numpy.typing import NDArray

    from w2v_explore.search.formulas.members import Values

MOST_PATHS = 1_000
"""Paths that are kept for further configs. Each may take a few hundred kilobytes, and a space may have millions."""


class TooLargeError(ArgumentError):
    """A figure does not fit 64 bits.

    Attributes:
        name: The figure.
        member: The number of the config, from 0.
        found: What the figure of a config is, and the most that it may be, to be said after the config's name.
    """

    def __init__(self, name: str, member: int, figure: Number) -> None:
        self.name, self.member, self._figure = name, member, figure
        self.found = (
            f"is {figure:.4g}, and figures of many configs are whole numbers of 64 bits, {GREATEST:.4g} at most"
        )
        super().__init__(
            f"{name} of config {member} {self.found}; leave out so large a config, or analyse it by itself"
        )

    def __reduce__(self) -> tuple[type[TooLargeError], tuple[str, int, Number]]:
        # It comes from processes, too.
        return TooLargeError, (self.name, self.member, self._figure)


class Formulas:
    """The formulas of configs of one family, kept for further ones.

    Args:
        family: The family.
        base: The values of all fields, for those that no column has.
        workload: Of the figures.
        names: The figures, by the names in `analysis.figures`.
        calibration: Of the device whose latency is predicted, under `PREDICTED`; None where none is.
    """

    def __init__(
        self,
        family: Family,
        base: Mapping[str, Any],
        workload: Workload,
        names: Sequence[str],
        calibration: Calibration | None = None,
    ) -> None:
        self._family = family
        self._base = base
        self._workload = workload
        self._names = names
        self._predictions = None if calibration is None else Predictions(calibration)
        # By the keys of groups, the one that was used last at the end.
        self._paths: dict[object, Paths] = {}

    @property
    def paths(self) -> int:
        """How many are kept."""
        return sum(each.number for each in self._paths.values())

    def known(self, key: object) -> Paths | None:
        """The paths of the groups of a key, where any are kept."""
        return self._paths.get(key)

    def figures(self, columns: Sequence[Column]) -> tuple[NDArray[np.bool_], dict[str, NDArray[Any]]]:
        """Which configs of some columns are valid, and the figures of these; as in `Columns`.

        Raises:
            TooLargeError: A figure does not fit 64 bits.
        """
        size = len(columns[0].codes)
        valid = np.ones(size, bool)
        for each in columns:
            valid &= each.are_right[each.codes]
        found: dict[str, NDArray[Any]] = {
            name: np.full(size, -1, np.int64) if is_whole(name) else np.full(size, np.nan) for name in self._names
        }
        if self._predictions is not None:
            found[PREDICTED] = np.full(size, np.nan)
        # One group after the other is made, as there may be as many as configs.
        left = [groups(self._family, self._base, columns, np.flatnonzero(valid))]
        while left:
            group = next(left[-1], None)
            if group is None:
                left.pop()
                continue
            paths = self._paths_of(group)
            if not paths.by_value:
                try:
                    self._add(group, paths, valid, found)
                    continue
                except NeedsValueError as error:
                    paths.by_value = frozenset(error.fields)
            left.append(by_value(self._family, self._base, columns, group, paths.by_value))
        return valid, found

    def _paths_of(self, group: Group) -> Paths:
        """The paths of a group, after which those that were not used for longest are forgotten where they are many."""
        while max(self.paths, len(self._paths)) > MOST_PATHS:
            del self._paths[next(iter(self._paths))]
        paths = self._paths.pop(group.key, None) or Paths()
        self._paths[group.key] = paths
        return paths

    def _add(self, group: Group, paths: Paths, valid: NDArray[np.bool_], found: Mapping[str, NDArray[Any]]) -> None:
        """Add the figures of a group."""

        def path_of(place: int) -> Traced:
            path = Path()
            with_works = self._predictions is not None
            return trace(
                self._family, group.values(place, path), path, self._workload, self._names, with_works=with_works
            )

        for end, places in paths.lead(group.fields, np.arange(len(group.members)), path_of):
            if end.figures is None:
                valid[group.members[places]] = False
                continue
            for start in range(0, len(places), CHUNK):
                chunk = places[start : start + CHUNK]
                members = group.members[chunk]
                fields = {number: group.fields[number][chunk] for number in end.figures.fields}
                given = end.figures(fields, len(chunk))
                if self._predictions is not None:
                    sizes = given[len(self._names) :]
                    found[PREDICTED][members] = self._predictions.seconds(end.kinds, sizes, len(chunk))
                for name, figures in zip(self._names, given[: len(self._names)], strict=True):
                    if found[name].dtype == np.int64:
                        _check_size(name, members, figures)
                    found[name][members] = figures


def is_whole(name: str) -> bool:
    """Whether a figure, by any of its names, is a whole number."""
    return figure_named(name).is_whole and not (name in ALIASES and ALIASES[name].in_milliseconds)


def _check_size(name: str, members: NDArray[np.int64], figures: Any) -> None:
    """Refuse what does not fit 64 bits; what was worked out in these does."""
    if isinstance(figures, np.ndarray) and figures.dtype != object:
        return
    for member, figure in zip(members.tolist(), np.broadcast_to(figures, members.shape).tolist(), strict=True):
        if abs(figure) > GREATEST:
            raise TooLargeError(name, member, figure)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Columns:
    """The figures of many configs, an array each; ``columns["parameters"]`` is one.

    Attributes:
        config: All fields that no column has are its.
        workload: Of the figures.
        fields: The columns as they were given.
        valid: Of each config, whether it is one: its fields are right, and the workload is long enough for it.
        figures: By name the figures of all, whole numbers of 64 bits or numbers with fractions (float64). Of a config
            that is not valid they are -1, or not a number.
    """

    config: Config
    workload: Workload
    fields: Mapping[str, Values]
    valid: NDArray[np.bool_]
    figures: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.valid)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.figures[name]

    def __repr__(self) -> str:
        return (
            f"<Columns: {len(self.figures)} figures of {len(self):,} configs, {int(self.valid.sum()):,} of them valid>"
        )

    def member(self, number: int) -> Config:
        """One of the configs, by its place in the columns from 0.

        Raises:
            ConfigError: Its fields are wrong; carries every problem.
            IndexError: There is none.
        """
        values = {name: column[range(len(self))[number]] for name, column in self.fields.items()}
        model = self.config.model
        fields = {name: values.get(name, getattr(model, name)) for name in model.FIELDS}
        return Config(
            name=f"{self.config.name}, config {range(len(self))[number]}",
            origin=self.config.origin,
            model=type(model)(**fields),
            sample_rate=self.config.sample_rate,
            sample_rate_source=self.config.sample_rate_source,
            not_counted=self.config.not_counted,
        )

    def to_numpy(self) -> NDArray[np.void]:
        """One array with a row for each config and a named column for ``valid`` and each figure."""
        columns = {"valid": self.valid, **self.figures}
        table = np.empty(len(self), [(name, values.dtype) for name, values in columns.items()])
        for name, values in columns.items():
            table[name] = values
        return table

    def to_pandas(self) -> pandas.DataFrame:
        """A frame with a row for each config: its fields and its figures, which are missing where it is not valid.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise _missing("pandas") from error
        types = {"i": "Int64", "f": "Float64"}
        figures = {
            name: pandas.Series(values, dtype=types[values.dtype.kind]).mask(~self.valid)
            for name, values in self.figures.items()
        }
        return pandas.DataFrame({**_plain(self.fields), **figures})

    def to_arrow(self) -> pyarrow.Table:
        """A table with a row for each config: its fields and its figures, which are null where it is not valid.

        Raises:
            MissingExtraError: pyarrow is not installed.
        """
        try:
            import pyarrow
        except ModuleNotFoundError as error:
            raise _missing("pyarrow") from error
        figures = {name: pyarrow.array(values, mask=~self.valid) for name, values in self.figures.items()}
        return pyarrow.table({**_plain(self.fields), **figures})


def _plain(fields: Mapping[str, Values]) -> dict[str, list[Any]]:
    return {name: [plain_data(value) for value in values] for name, values in fields.items()}


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(f"columns need {package} for that, which is not installed: run pip install {package}")


def analyze_many(
    config: ConfigLike,
    columns: Mapping[str, Sequence[Any] | NDArray[Any]],
    workload: Workload | None = None,
    figures: Iterable[str] | None = None,
    calibration: Calibration | None = None,
) -> Columns:
    """Work out the figures of many configs in closed form: those of `analyze`, to the integer, for all at once.

    The formulas are those of the config's tree, and configs of one structure are worked out together. Numbers cost next
    to nothing; each structure some milliseconds, as another word or flag, null beside numbers, or another length of a
    list, and each value of the few numbers that no formula is for, as of a mask's probability. Of layers with lists of
    widths, the last digit of the MACs of training on average may be rounded otherwise.

    Args:
        config: From `load_config`, or what `load_config` takes; or the fields alone.
        columns: By the name of a field its value in each config, plain data or an array of numpy's; all of one length.
        workload: What is computed; as in `analyze`.
        figures: Their names, of components too, as docs/json.md lists them; by default all figures of a model as a
            whole.
        calibration: From `require_calibration`: the latency of a forward pass that `predict` expects of each config is
            a further column, ``prediction.seconds``, the same but for the last digits.

    Raises:
        CalibrationError: The calibration is of another dtype than the workload.
        ArgumentError: A column is of no field, or of another length than the others; there is no such figure; or one
            does not fit 64 bits.
        WorkloadError: The workload is at another sample rate than the config states.
        TypeError: An argument is of another type.
    """
    config = as_config(config)
    workload = workload_of(config, workload)
    family = config.model.family
    if not isinstance(columns, Mapping):
        raise TypeError(f"columns is {kind_of(columns)}; give a mapping of fields to values")
    require_fields(_texts(columns), family)
    given = {name: _values(name, values) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in given.items()}
    if not lengths:
        raise ArgumentError("columns has none; give the values of at least one field")
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ArgumentError(f"columns are of several lengths: {shorten(said)}; give each config a value of every field")
    names = _names(figures, family)
    if calibration is not None:
        require_calibration_for(calibration, workload)
    model = config.model
    base = {name: getattr(model, name) for name in model.FIELDS}
    formulas = Formulas(family, base, workload, names, calibration)
    valid, found = formulas.figures([column(family, name, values) for name, values in given.items()])
    return Columns(config=config, workload=workload, fields=given, valid=valid, figures=found)


def _texts(names: Iterable[Any]) -> list[str]:
    """Names, of which some may be no text: no field and no figure is called as Python writes these."""
    return [name if isinstance(name, str) else repr(name) for name in names]


def _values(name: str, values: Any) -> Values:
    """The values of a column that was given under a name."""
    if isinstance(values, np.ndarray) and values.ndim:
        # A kind of array of its own may mean other values than the memory has: what is masked is null.
        return values if type(values) is np.ndarray else values.tolist()
    if isinstance(values, (list, tuple)):
        return values
    if isinstance(values, (str, bytes, Mapping, np.ndarray)) or not isinstance(values, Iterable):
        raise TypeError(f"the column {name} is {kind_of(values)}; give a list or an array with a value for each config")
    return list(values)


def _names(figures: Iterable[str] | None, family: Family) -> Sequence[str]:
    """The names of the figures that are asked for."""
    if figures is None:
        return tuple(FIGURES)
    if isinstance(figures, str) or not isinstance(figures, Iterable):
        raise TypeError(f"figures is {kind_of(figures)}; give a list of names")
    names = tuple(dict.fromkeys(_texts(figures)))
    require_figures(names, family)
    return names

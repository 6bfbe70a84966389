"""`analyze_many`: the figures of many configs at once, by the formulas of the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.figures import figure_named
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import Family
from w2v_explore.errors import ArgumentError
from w2v_explore.search.members import Column, Group, by_value, groups
from w2v_explore.search.paths import End, Paths
from w2v_explore.search.program import CHUNK, GREATEST
from w2v_explore.search.sizes import NeedsValueError, Path
from w2v_explore.search.tracing import Traced, trace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Formulas:
    """The formulas of configs of one family, kept for further ones.

    Args:
        family: The family.
        base: The values of all fields that no column has.
        workload: Of the figures.
        names: The figures, by the names in `analysis.figures`.
    """

    def __init__(self, family: Family, base: Mapping[str, Any], workload: Workload, names: Sequence[str]) -> None:
        self._family = family
        self._base = base
        self._workload = workload
        self._names = names
        self._paths: dict[object, Paths] = {}
        # Of a structure the fields that are wanted by their value.
        self._wanted: dict[object, set[int]] = {}

    @property
    def paths(self) -> int:
        return sum(each.number for each in self._paths.values())

    def figures(self, columns: Sequence[Column]) -> tuple[NDArray[np.bool_], dict[str, NDArray[Any]]]:
        """Which configs of some columns there are, and the figures of these; of the others -1 and not a number."""
        import numpy as np

        size = len(columns[0].codes)
        are_right = np.ones(size, bool)
        for each in columns:
            if not all(each.are_right):
                are_right &= np.array(each.are_right)[each.codes]
        found = {
            name: np.full(size, -1, np.int64) if figure_named(name).is_whole else np.full(size, np.nan)
            for name in self._names
        }
        left = list(groups(self._family, self._base, columns, np.flatnonzero(are_right)))
        while left:
            group = left.pop()
            wanted = self._wanted.setdefault(group.key, set())
            if not wanted:
                try:
                    self._add(group, are_right, found)
                    continue
                except NeedsValueError as error:
                    wanted.update(error.fields)
            left += by_value(self._family, self._base, columns, group, wanted)
        return are_right, found

    def _add(self, group: Group, are_right: NDArray[np.bool_], found: Mapping[str, NDArray[Any]]) -> None:
        """Add the figures of a group."""
        import numpy as np

        def path_of(place: int) -> Traced:
            path = Path()
            return trace(self._family, group.values(place, path), path, self._workload, self._names)

        paths = self._paths.setdefault(group.key, Paths())
        for end, places in paths.lead(group.fields, np.arange(len(group.members)), path_of):
            if end.figures is None:
                are_right[group.members[places]] = False
                continue
            for start in range(0, len(places), CHUNK):
                chunk = places[start : start + CHUNK]
                members = group.members[chunk]
                fields = {number: group.fields[number][chunk] for number in end.figures.fields}
                for name, figures in zip(self._names, end.figures(fields, len(chunk)), strict=True):
                    if isinstance(figures, np.ndarray) and figures.dtype == object and found[name].dtype == np.int64:
                        _check_size(name, members, figures)
                    found[name][members] = figures


def _check_size(name: str, members: Any, figures: Any) -> None:
    for member, figure in zip(members.tolist(), figures.tolist(), strict=True):
        if abs(figure) > GREATEST:
            raise ArgumentError(
                f"{name} of config {member} is {figure:.4g}, past the whole numbers of 64 bits; leave such sizes out"
            )

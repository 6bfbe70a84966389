"""What constraints rule out of a space before its figures are worked out: boxes of which no config satisfies them all.

A box is all combinations that have the same values on some axes. Over a box each number in the fields lies between two
numbers, and so does what formulas make of it (`formulas.intervals`); where a figure only rises with the numbers, its
ends are those of the box's corners. A box is ruled out if, on whatever path a config of it may be, some constraint
cannot hold. Combinations of it that are no config are ruled out with it.

What is known of paths is found from a fixed sample of the space, and so is which axes make boxes that are worth it. So
a combination is ruled out by the space and the question alone, whatever was worked out before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from w2v_explore.analysis.figures import Number
from w2v_explore.config.kinds import MAX_SIZE
from w2v_explore.errors import ArgumentError
from w2v_explore.search.formulas.intervals import Interval, as_real, between, interval, take
from w2v_explore.search.formulas.many import Formulas, is_whole
from w2v_explore.search.formulas.members import Column, groups
from w2v_explore.search.formulas.paths import Fork, Paths
from w2v_explore.search.question.constraints import ranges_of
from w2v_explore.search.question.question import Question
from w2v_explore.search.space.members import Members
from w2v_explore.search.space.space import Parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]

LEAST_SIZE = 2**19
"""Combinations of the least space that is bounded: a lesser one is worked out before bounds are prepared."""

BLOCK = 2**16
"""Combinations at most that a box is made of: about those of a chunk."""

_LEAST_BOX = 16
"""Combinations of the least box: bounding one takes as long as working out a few configs."""

_FACTOR = 8
"""Boxes at least in one of the level before: a level takes a while, however few its boxes are."""

_WORTH = 1 / 8
"""The share of its boxes that a level has to rule out in the sample."""

_SAMPLE = 256
"""Combinations that paths are found of."""

_MOST_PATHS = 32
"""Paths that are enough: finding one takes some ten milliseconds."""

_CENTRES = 64
"""Combinations that the axes are tried around, one by one."""

_TRIED = 64
"""Blocks that levels are tried on."""

_MOST_BOXES = 4096
"""Boxes that a level is tried on, at most."""

_MOST_LISTED = 20_000
"""Answers that are listed of a question at most."""

_STEP = 16
"""Combinations that are looked at for paths at once."""

_FAR = 1e300
"""Beyond any figure."""

_PARTS = 1000
"""Parts that a share is rounded down to."""


class _Number(NamedTuple):
    """A number in the value of a field, or what of the value is structure.

    Attributes:
        axes: On which it depends.
        low: The least that it is, in all combinations of these.
        high: The greatest; it is less than `low` where there is none.
    """

    axes: tuple[int, ...]
    low: NDArray[Any]
    high: NDArray[Any]

    def over(self, fixed: frozenset[int]) -> _Number:
        """The same in boxes, in which the axes have all values but for some."""
        free = tuple([place for place, axis in enumerate(self.axes) if axis not in fixed])
        axes = tuple([axis for axis in self.axes if axis in fixed])
        return _Number(axes, self.low.min(axis=free), self.high.max(axis=free))

    def of(self, boxes: Codes) -> tuple[NDArray[Any], NDArray[Any]]:
        """The least and the greatest in some boxes, by the numbers of the values on the axes, a row each."""
        if not self.axes:
            return np.full(len(boxes), self.low), np.full(len(boxes), self.high)
        places = tuple([boxes[:, axis] for axis in self.axes])
        return self.low[places], self.high[places]


class _Level(NamedTuple):
    """Boxes of one kind.

    Attributes:
        axes: On which each has one value.
        added: Those of them on which a box of the level before has all.
        numbers: What the numbers in the fields are, by the numbers under which formulas know them.
        structures: What the structure of each field is.
        answers: What is answered to those questions whose answers are listed: 1 for yes, 0 for no.
    """

    axes: frozenset[int]
    added: tuple[int, ...]
    numbers: Mapping[int, _Number]
    structures: Sequence[_Number]
    answers: Mapping[Fork, _Number]


class Bounds:
    """What the constraints of a question rule out of its space.

    Args:
        question: The question.
        members: Of its space.
        reference: The figures of the config that changes are against, under all of their names.
    """

    def __init__(self, question: Question, members: Members, reference: Mapping[str, Number]) -> None:
        space = question.space
        self._members = members
        self._sizes = [len(axis.values) for axis in space.axes]
        self._strides = [prod(self._sizes[axis + 1 :]) for axis in range(len(self._sizes))]
        self._levels: list[_Level] = []
        self._numbers: dict[int, _Number] = {}
        self._structures: list[_Number] = []
        self._kinds: list[int] = []
        self._unlisted: set[int] = set()
        self._first = 0
        if not question.constraints or space.size < LEAST_SIZE or not all(map(self._add, space.axes_of)):
            return
        if prod(self._kinds) >= 2**63:
            return
        self._block = next(stride for stride in (space.size, *self._strides) if stride <= BLOCK)
        self._ranges = ranges_of(question.constraints, reference)
        self._names = tuple(dict.fromkeys(name for name, _ in self._ranges))
        formulas = Formulas(space.config.model.family, members.base(), question.workload, self._names)
        try:
            self._known = dict(self._find_paths(formulas, question))
        except ArgumentError:
            # A figure does not fit 64 bits, which the run itself says.
            return
        self._answers = dict(self._list_answers())
        self._levels = list(self._worthy_levels())

    def _add(self, field: str) -> bool:
        """Add the numbers and the structure of a field that varies; whether they are known."""
        table, rule = self._members.tables.get(field), self._members.space.rules[field]
        if table is not None:
            self._add_listed(self._members.space.axes_of[field], table)
            return True
        # A list with too many values to be listed, each of whose items is the value of an axis.
        return isinstance(rule, Parts) and not rule.of and self._add_parts(field, rule)

    def _add_listed(self, axes: tuple[int, ...], table: Column) -> None:
        shape = [self._sizes[axis] for axis in axes]
        are_right = table.are_right[table.codes]
        structure, rows = table.structure_codes[table.codes], table.rows[table.codes]
        self._kinds.append(len(table.structures))
        self._structures.append(_masked(axes, shape, structure, are_right))
        widths = [own.shape[1] for own in table.numbers]
        for place in range(max(widths, default=0)):
            values = np.zeros(len(are_right), table.numbers[0].dtype)
            is_there = np.zeros(len(are_right), bool)
            for number, own in enumerate(table.numbers):
                if place < widths[number]:
                    there = are_right & (structure == number)
                    values[there] = own[rows[there], place]
                    is_there |= there
            self._numbers[self._first + place] = _masked(axes, shape, values, is_there)
        self._first += max(widths, default=0)

    def _add_parts(self, field: str, rule: Parts) -> bool:
        base = self._members.space.base[field]
        width = len(base[0]) if isinstance(base[0], (list, tuple)) else 1
        for axis, item in zip(rule.axes, rule.items, strict=True):
            values = self._members.space.axes[axis].values
            if not all(type(value) is int and 0 <= value <= MAX_SIZE for value in values):
                return False
            if item[0] < len(base) and len(values) > 1:
                number = self._first + item[0] * width + (item[1] if len(item) > 1 else 0)
                self._numbers[number] = _Number((axis,), np.array(values, np.int64), np.array(values, np.int64))
                self._unlisted.add(number)
        self._kinds.append(1)
        self._structures.append(_Number((), np.array(0), np.array(0)))
        self._first += len(base) * width
        return True

    def left(self, start: int, stop: int) -> Codes:
        """The combinations of a chunk, from ``start`` to before ``stop``, that are not ruled out, in order."""
        if not self._levels:
            return np.arange(start, stop, dtype=np.int64)
        first, end = start // self._block, -(-stop // self._block)
        boxes = self._blocks(range(first, end))
        for level in self._levels:
            boxes = self._parts(boxes, level.added)
            boxes = boxes[self._may_hold(level, boxes)]
        free = [axis for axis in range(len(self._sizes)) if axis not in self._levels[-1].axes]
        inside = self._parts(np.zeros((1, len(self._sizes)), np.int64), free) @ self._strides
        is_left = np.zeros((end - first) * self._block, bool)
        is_left[(boxes @ self._strides - first * self._block)[:, np.newaxis] + inside] = True
        return start + np.flatnonzero(is_left[start - first * self._block : stop - first * self._block])

    def _blocks(self, numbers: Sequence[int]) -> Codes:
        """Blocks by their numbers, as boxes: the axes that vary in them have 0."""
        return self._members.codes(np.array(numbers, np.int64) * self._block)

    def _parts(self, boxes: Codes, axes: Sequence[int]) -> Codes:
        """The parts of some boxes that have one value on further axes."""
        for axis in axes:
            values = np.tile(np.arange(self._sizes[axis]), len(boxes))
            boxes = np.repeat(boxes, self._sizes[axis], axis=0)
            boxes[:, axis] = values
        return boxes

    def _may_hold(self, level: _Level, boxes: Codes) -> Bools:
        """Of which boxes a config may satisfy all constraints, as far as is known."""
        found = np.zeros(len(boxes), bool)
        for places, figures in self._figures(level, boxes):
            holds = np.ones(len(places), bool)
            if figures is not None:
                for name, (least, most) in self._ranges:
                    holds &= (figures[name].high >= least) & (figures[name].low <= most)
            found[places] |= holds
        return found

    def _figures(self, level: _Level, boxes: Codes) -> Iterator[tuple[Codes, Mapping[str, Interval] | None]]:
        """Between what the figures lie that configs of some boxes have, for each path that they may take.

        Yields:
            Places of boxes, and the figures of their configs; None where nothing is known of these. Of configs that
            take another path, other figures are yielded.
        """
        structure = np.zeros(len(boxes), np.int64)
        is_known = np.ones(len(boxes), bool)
        for kinds, each in zip(self._kinds, level.structures, strict=True):
            low, high = each.of(boxes)
            # Otherwise no combination of the box is a config, which they are counted as where they are worked out.
            is_known &= low <= high
            structure = structure * kinds + high
        unknown = is_known.copy()
        for number, paths in self._known.items():
            places = np.flatnonzero(is_known & (structure == number))
            unknown[places] = False
            own = boxes[places]
            fields = {field: interval(*level.numbers[field].of(own)) for field in paths.fields}
            for end, there in paths.may_lead(len(places), partial(_may_be, level, own, fields)):
                if end is None:
                    yield places[there], None
                elif end.figures is not None:
                    figures = between(end.figures, take(fields, there))
                    yield places[there], None if figures is None else self._named(figures)
        yield np.flatnonzero(unknown | ~is_known), None

    def _named(self, figures: Sequence[Interval]) -> Mapping[str, Interval]:
        """Figures as they are held against constraints."""
        return {
            name: each if is_whole(name) else as_real(each) for name, each in zip(self._names, figures, strict=True)
        }

    def _find_paths(self, formulas: Formulas, question: Question) -> Iterator[tuple[int, Paths]]:
        """The paths of a sample of the space, by the number of the structure."""
        space = question.space
        corners = [0, *[(each - 1) * stride for each, stride in zip(self._sizes, self._strides, strict=True)]]
        sample = [member for corner in corners for member in (corner, space.size - 1 - corner)]
        sample += space.spread(_SAMPLE)
        family, base = space.config.model.family, self._members.base()
        # Together, so that of each number that varies there is more than one value, and is among the paths' fields.
        codes = self._members.codes(np.array(sample, np.int64))
        every = self._members.columns(self._members.varied(codes))
        for start in range(0, len(sample), _STEP):
            columns = [each._replace(codes=each.codes[start : start + _STEP]) for each in every]
            formulas.figures(columns)
            are_right = np.logical_and.reduce([each.are_right[each.codes] for each in columns])
            for group in groups(family, base, columns, np.flatnonzero(are_right)):
                paths = formulas.known(group.key)
                if paths is not None and not paths.by_value and self._unlisted <= group.fields.keys():
                    structure = 0
                    for kinds, each in zip(self._kinds, columns, strict=True):
                        structure = structure * kinds + int(each.structure_codes[each.codes[group.members[0]]])
                    yield structure, paths
            if formulas.paths >= _MOST_PATHS:
                break

    def _list_answers(self) -> Iterator[tuple[Fork, _Number]]:
        """The answers to questions that depend on few axes, in all combinations of these; mostly remainders."""
        for fork in [fork for paths in self._known.values() for fork in paths.forks()]:
            axes = tuple(sorted({axis for field in fork.fields for axis in self._numbers[field].axes}))
            shape = [self._sizes[axis] for axis in axes]
            if prod(shape) > _MOST_LISTED:
                continue
            boxes = np.zeros((prod(shape), len(self._sizes)), np.int64)
            boxes[:, axes] = np.indices(shape).reshape(len(axes), -1).T
            ends = {field: self._numbers[field].of(boxes) for field in fork.fields}
            are_there = np.logical_and.reduce([low <= high for low, high in ends.values()])
            answers = np.zeros(len(boxes), np.int8)
            with np.errstate(all="ignore"):
                # What takes another path may divide by 0; whatever is answered of it is of no weight.
                places = np.flatnonzero(are_there)
                answers[places] = fork.answers({field: low for field, (low, _) in ends.items()}, places)
            yield fork, _masked(axes, shape, answers, are_there)

    def _worthy_levels(self) -> Iterator[_Level]:
        """The levels that rule out enough of a sample."""
        axes = range(len(self._sizes))
        fixed = frozenset([axis for axis in axes if self._strides[axis] >= self._block])
        structural = [axis for axis in self._structural_axes() if axis not in fixed]
        others = self._by_effect([axis for axis in axes if axis not in fixed and axis not in structural])
        boxes = self._blocks(sorted({member // self._block for member in self._members.space.spread(_TRIED)}))
        added: list[int] = []
        left = self._block
        for steps in (structural, *self._steps(others, left // prod(self._sizes[axis] for axis in structural))):
            added += steps
            growth = prod(self._sizes[axis] for axis in added)
            if left // growth < _LEAST_BOX:
                return
            level = self._level(fixed.union(added), added)
            parts = self._parts(boxes[:: -(-len(boxes) * growth // _MOST_BOXES)], added)
            holds = self._may_hold(level, parts)
            if (1 - _WORTH) * len(parts) >= holds.sum():
                yield level
                if not holds.any():
                    return
                boxes, fixed, added, left = parts[holds], level.axes, [], left // growth

    def _steps(self, axes: Sequence[int], left: int) -> Iterator[list[int]]:
        """Axes, as many together as make enough boxes, while these are large enough."""
        step: list[int] = []
        for axis in axes:
            if left // self._sizes[axis] >= _LEAST_BOX:
                left //= self._sizes[axis]
                step.append(axis)
                if prod(self._sizes[each] for each in step) >= _FACTOR:
                    yield step
                    step = []
        if step:
            yield step

    def _level(self, fixed: frozenset[int], added: Sequence[int]) -> _Level:
        return _Level(
            fixed,
            tuple(added),
            {number: each.over(fixed) for number, each in self._numbers.items()},
            [each.over(fixed) for each in self._structures],
            {fork: each.over(fixed) for fork, each in self._answers.items()},
        )

    def _structural_axes(self) -> list[int]:
        """The axes on which the structure of a field depends, of its values that are right."""
        every = frozenset(range(len(self._sizes)))
        found: set[int] = set()
        for each in self._structures:
            for axis in each.axes:
                over = each.over(every - {axis})
                if ((over.low != over.high) & (over.low <= over.high)).any():
                    found.add(axis)
        return sorted(found)

    def _by_effect(self, axes: Sequence[int]) -> list[int]:
        """Those of some axes on which what constraints say depends, the one first on which it depends most."""
        every = frozenset(range(len(self._sizes)))
        boxes = self._members.codes(np.array(self._members.space.spread(_CENTRES), np.int64))
        effects = {axis: self._effect(self._level(every - {axis}, ()), boxes) for axis in axes}
        return sorted([axis for axis in axes if effects[axis]], key=lambda axis: (-effects[axis], axis))

    def _effect(self, level: _Level, boxes: Codes) -> int:
        """How much figures vary within boxes, against how far they are from the ends of what satisfies constraints."""
        effect = 0
        for _, figures in self._figures(level, boxes):
            if figures is None:
                continue
            for name, ends in self._ranges:
                low, high, _ = as_real(figures[name])
                low, high = np.clip(low, -_FAR, _FAR), np.clip(high, -_FAR, _FAR)
                for end in [min(each, _FAR) for each in ends]:
                    away = np.maximum(np.maximum(low - end, end - high), 0)
                    # Whole numbers add up to the same on every machine.
                    shares = (_PARTS * (high - low) / np.maximum(high - low + away, 1)).astype(np.int64)
                    effect += int(shares.sum())
        return effect


def _may_be(
    level: _Level, boxes: Codes, fields: Mapping[int, Interval], fork: Fork, there: Codes
) -> tuple[Bools, Bools]:
    """Of which of some boxes, by their places, the answer to a question may be no for a config, and of which yes."""
    if fork not in level.answers:
        return fork.may_be(take(fields, there), len(there))
    low, high = level.answers[fork].of(boxes[there])
    return low == 0, high == 1


def _masked(axes: tuple[int, ...], shape: Sequence[int], values: NDArray[Any], are_there: Bools) -> _Number:
    """A number that is not there in some combinations."""
    limits = np.finfo(values.dtype) if values.dtype == np.float64 else np.iinfo(values.dtype)
    low, high = np.where(are_there, values, limits.max), np.where(are_there, values, limits.min)
    return _Number(axes, low.reshape(shape), high.reshape(shape))

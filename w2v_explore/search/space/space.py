"""A space of configs: axes, whose values are combined in every way, and rules that make values of fields of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any, NamedTuple, Protocol

from w2v_explore.config.kinds import MAX_LISTED_LAYERS, STANDARD_CONV_LAYERS, ConvLayers
from w2v_explore.config.load import Config
from w2v_explore.config.reading import FieldChange

NO_VALUE = "no value"
"""What stands for the value of a field where a combination gives none: no number and no list, so that no config is."""


_GOLDEN = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio: its multiples lie evenly between 0 and 2^64."""


class Axis(NamedTuple):
    """What varies by itself.

    Attributes:
        name: A field, a part of one (``encoder_num_heads[3]``), or a ratio (``encoder_ff_interm_features /
            encoder_embed_dim``).
        values: Its values as plain data, each once; ratios are texts of fractions (``1/64``).
    """

    name: str
    values: tuple[Any, ...]


class Rule(Protocol):
    """How the value of a field is made."""

    @property
    def axes(self) -> tuple[int, ...]:
        """The numbers of the axes whose values it takes."""

    @property
    def of(self) -> tuple[str, ...]:
        """The fields whose values it takes."""

    def value(self, base: Any, axes: Sequence[Any], of: Sequence[Any]) -> Any:
        """The value, as plain data.

        Args:
            base: The field's value in the config that the space is around.
            axes: The values of its axes.
            of: The values of the fields that it takes.
        """


@dataclass(frozen=True, slots=True)
class Given:
    """The value of an axis as it is."""

    axis: int
    of: tuple[str, ...] = ()

    @property
    def axes(self) -> tuple[int, ...]:
        """The axis."""
        return (self.axis,)

    def value(self, base: Any, axes: Sequence[Any], of: Sequence[Any]) -> Any:
        """The axis's."""
        return axes[0]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio, which is the value of an axis, times the value of another field: a width and its heads."""

    axis: int
    of: tuple[str]

    @property
    def axes(self) -> tuple[int, ...]:
        """The axis."""
        return (self.axis,)

    def value(self, base: Any, axes: Sequence[Any], of: Sequence[Any]) -> Any:
        """The product; none where the other field has none."""
        return times(axes[0], of[0])


@dataclass(frozen=True, slots=True)
class Parts:
    """A list, some of whose items are values of axes.

    Attributes:
        axes: The axes; one may stand for several items.
        items: The way into the list that each has: ``(3,)`` is the fourth layer, ``(0, 1)`` the kernel of the first
            convolution.
        ratios_of: Of each, the field that the axis's value is a ratio to; None where it is no ratio.
        firsts: Of each, the axis's first value.
        length: The field that says how long the list is; further items are like its last. None where none does.
    """

    axes: tuple[int, ...]
    items: tuple[tuple[int, ...], ...]
    ratios_of: tuple[str | None, ...]
    firsts: tuple[Any, ...]
    length: str | None = None

    @property
    def of(self) -> tuple[str, ...]:
        """The fields whose values it takes."""
        return tuple(dict.fromkeys(name for name in (self.length, *self.ratios_of) if name is not None))

    def value(self, base: Any, axes: Sequence[Any], of: Sequence[Any]) -> Any:
        """The list; none where an axis all of whose items are cut off has another value than its first.

        So each list is made by one combination alone.
        """
        others = dict(zip(self.of, of, strict=True))
        found: list[Any] = [list(item) if isinstance(item, (tuple, list)) else item for item in base]
        if self.length is not None:
            length = others[self.length]
            if not isinstance(length, int) or not 1 <= length <= MAX_LISTED_LAYERS:
                return NO_VALUE
            found = of_length(found, length)
        used = {axis for axis, item in zip(self.axes, self.items, strict=True) if item[0] < len(found)}
        for axis, item, value, other, first in zip(
            self.axes, self.items, axes, self.ratios_of, self.firsts, strict=True
        ):
            if axis not in used and value != first:
                return NO_VALUE
            if item[0] < len(found):
                part = value if other is None else times(value, others[other])
                if len(item) == 1:
                    found[item[0]] = part
                else:
                    found[item[0]][item[1]] = part
        return found


@dataclass(frozen=True, slots=True)
class Quotient:
    """What divides another field's value as often as it does in the config that the space is around."""

    of: tuple[str]
    quotient: int
    axes: tuple[int, ...] = ()

    def value(self, base: Any, axes: Sequence[Any], of: Sequence[Any]) -> Any:
        """The other field's value by the quotient; none where that is no whole number."""
        return of[0] // self.quotient if isinstance(of[0], int) and of[0] % self.quotient == 0 else NO_VALUE


def times(ratio: str, number: Any) -> Any:
    """A ratio times a number; with a fraction, which no field of whole numbers takes, where it does not come out even.

    `NO_VALUE` where the number is none.
    """
    if not isinstance(number, int):
        return NO_VALUE
    product = Fraction(ratio) * number
    return int(product) if product.denominator == 1 else float(product)


def of_length(values: list[Any], length: int) -> list[Any]:
    """A list of another length: cut off, or with further items like its last, none of them the same object."""
    last = values[-1]
    return values[:length] + [list(last) if isinstance(last, list) else last for _ in range(length - len(values))]


def in_words(fields: Mapping[str, Any]) -> str:
    """Fields that differ: ``encoder_num_layers 6, encoder_embed_dim 512``."""
    return ", ".join([str(FieldChange(name, None, value)) for name, value in fields.items()]) or "the config itself"


@dataclass(frozen=True)
class Space:
    """The configs that combinations of values make.

    Attributes:
        config: The config that the space is around, whose the other fields are.
        axes: What varies; combinations are counted with the last axis varying first.
        rules: By field how its value is made; what follows a field stands after it.
    """

    config: Config
    axes: tuple[Axis, ...]
    rules: Mapping[str, Rule]

    @property
    def size(self) -> int:
        """How many combinations there are; not all need be configs."""
        return prod(len(axis.values) for axis in self.axes)

    @cached_property
    def along(self) -> Mapping[str, tuple[str, ...]]:
        """The fields that have no axes and move along with others, with which they must agree: of each, which."""
        return {field: rule.of for field, rule in self.rules.items() if not rule.axes}

    @cached_property
    def base(self) -> Mapping[str, Any]:
        """The values of the fields of the config that the space is around; null convolutions written out."""
        model = self.config.model
        conv = {name: STANDARD_CONV_LAYERS for name in self.rules if self._is_standard(name)}
        return {**model.to_mapping(), **{name: [list(layer) for layer in layers] for name, layers in conv.items()}}

    def _is_standard(self, name: str) -> bool:
        is_layers = isinstance(self.config.model.FIELDS[name].kind, ConvLayers)
        return is_layers and not isinstance(self.rules[name], Given) and getattr(self.config.model, name) is None

    @cached_property
    def axes_of(self) -> Mapping[str, tuple[int, ...]]:
        """By field that varies, the axes on which its value depends, in order."""
        found: dict[str, tuple[int, ...]] = {}
        for field, rule in self.rules.items():
            axes = {*rule.axes, *[axis for other in rule.of for axis in found.get(other, ())]}
            found[field] = tuple(sorted(axes))
        return found

    def value(self, field: str, values: Mapping[int, Any]) -> Any:
        """The value of a field where the axes on which it depends have some values."""
        rule = self.rules.get(field)
        if rule is None:
            return self.base[field]
        return rule.value(
            self.base[field], [values[axis] for axis in rule.axes], [self.value(other, values) for other in rule.of]
        )

    def codes(self, member: int) -> tuple[int, ...]:
        """The numbers of the values of a combination, by its number from 0, of any size."""
        found = []
        for axis in reversed(self.axes):
            member, code = divmod(member, len(axis.values))
            found.append(code)
        return tuple(reversed(found))

    def member(self, codes: Sequence[int]) -> int:
        """The number of a combination, by the numbers of its values."""
        number = 0
        for axis, code in zip(self.axes, codes, strict=True):
            number = number * len(axis.values) + code
        return number

    def spread(self, count: int) -> list[int]:
        """Numbers of combinations that lie all over the space, whatever period the axes have; the same everywhere.

        In a small space there may be some more than once.
        """
        size = self.size
        return [(number * _GOLDEN % 2**64) * size >> 64 for number in range(count)]

    def fields(self, member: int) -> dict[str, Any]:
        """The values of all fields that vary, of a combination."""
        values = {number: self.axes[number].values[code] for number, code in enumerate(self.codes(member))}
        return {field: self.value(field, values) for field in self.rules}

    def differing(self, member: int) -> dict[str, Any]:
        """The fields of a combination that have a value, and differ from the config that the space is around."""
        return {name: value for name, value in self.fields(member).items() if value not in (self.base[name], NO_VALUE)}

    def config_of(self, member: int) -> Config:
        """The config of a combination.

        Raises:
            ConfigError: It is none; carries every problem.
        """
        model = self.config.model
        changed = type(model)(**{**model.to_mapping(), **self.fields(member)})
        return Config(
            name=self.config.name,
            origin=self.config.origin,
            model=changed,
            sample_rate=self.config.sample_rate,
            sample_rate_source=self.config.sample_rate_source,
            not_counted=self.config.not_counted,
        )

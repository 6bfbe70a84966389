"""What fields of a config may hold: the kinds of values with their limits, and what several must come to together.

`Field` is a row of a family's table.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from w2v_explore.diagnostics import Rule

# torch holds sizes in 64-bit integers; with factors below 2^31 no product of two of them overflows.
MAX_SIZE = 2**31 - 1
# The extractor's receptive field and stride, to which all its layers multiply: whatever is worked out from them is a
# float, which ends at 2^1024, and can be printed.
MAX_FIELD = 2**1000
# Far above any published encoder (48 layers), low enough that a report which unfolds every layer still ends.
MAX_ENCODER_LAYERS = 10_000
MAX_CONV_LAYERS = 1_000
# Layers that a list tells apart are layers of the tree, which does not fold them.
MAX_LISTED_LAYERS = 1_000

ConvLayer = tuple[int, int, int]

STANDARD_CONV_LAYERS: tuple[ConvLayer, ...] = (
    (512, 10, 5),
    (512, 3, 2),
    (512, 3, 2),
    (512, 3, 2),
    (512, 3, 2),
    (512, 2, 2),
    (512, 2, 2),
)
"""The extractor of the wav2vec 2.0 paper, which null convolutions stand for: 400 samples wide, one frame every 320."""


class Choice(NamedTuple):
    """One of a few words. ``synonyms`` maps other programs' words to ours."""

    values: tuple[str, ...]
    synonyms: dict[str, str]
    rule: Rule


class Flag:
    """``true`` or ``false``."""


class Integer(NamedTuple):
    """A whole number from ``minimum`` to ``maximum``; ``rule`` is broken by less.

    ``optional`` says what null stands for, as "no head"; empty where null is not allowed.
    ``follows`` is the field of another width that it is usually a multiple of, and is kept in proportion to.
    ``usual`` is what every published model of the family has, for the linter to hold other values against.
    """

    rule: Rule
    maximum: int = MAX_SIZE
    optional: str = ""
    minimum: int = 1
    follows: str | None = None
    usual: int | None = None


class Probability:
    """A number from 0 to 1."""


class Real(NamedTuple):
    """A number from ``minimum`` to ``maximum``, or between them where it ``is_open``; ``optional`` allows null.

    ``rule`` is broken by a number outside.
    """

    rule: Rule
    minimum: float
    maximum: float
    is_open: bool = False
    optional: bool = False

    def holds(self, number: float) -> bool:
        """Whether a number lies in the range."""
        if self.is_open:
            return self.minimum < number < self.maximum
        return self.minimum <= number <= self.maximum

    def __str__(self) -> str:
        """``a number from 0 to 1``, as messages and pages say what it may be."""
        low, high = f"{self.minimum:,.10g}", f"{self.maximum:,.10g}"
        words = f"a number between {low} and {high}" if self.is_open else f"a number from {low} to {high}"
        return f"{words}, or null" if self.optional else words


class ConvLayers:
    """A list of ``[channels, kernel, stride]``, or null for `STANDARD_CONV_LAYERS`."""


class PerLayer(NamedTuple):
    """A list with a value for each layer of the encoder; ``rule`` is broken by what is no such list.

    Beside it stands the agreement of `counts` that its length is the number of layers.
    """

    each: Flag | Integer
    rule: Rule


Kind = Choice | Flag | Integer | Probability | Real | ConvLayers | PerLayer


def meaning(value: Any, kind: Kind) -> Any:
    """What a value means, by which configs are compared: null convolutions are the standard seven."""
    return [list(layer) for layer in STANDARD_CONV_LAYERS] if value is None and isinstance(kind, ConvLayers) else value


class Field(NamedTuple):
    """A field of a family's configs.

    Attributes:
        kind: Its type and limits.
        summary: What it is.
        effect: What it does to parameters, MACs and behaviour.
    """

    kind: Kind
    summary: str
    effect: str


class Fault(NamedTuple):
    """A rule broken by a value.

    Attributes:
        rule: The rule.
        key: The field.
        item: The way into a list: ``(2, 1)`` is the kernel of the third layer; empty for the value as a whole.
        message: What was found and what to write.
        fix: The YAML text of the one right value, if there is one.
        partner: The other field that the rule is about.
    """

    rule: Rule
    key: str
    item: tuple[int, ...]
    message: str
    fix: str | None = None
    partner: str | None = None


class Agreement(NamedTuple):
    """What several fields, each right by itself, must come to together.

    Attributes:
        fields: The fields.
        holds: Whether their values, by name, agree.
        fault: What is wrong where they do not.
        divides: Where they agree if one divides the other: the divisor and the number.
        keeps_quotient: Whether the divisor then moves along with the number, as heads do, whose width is a choice.
        counts: Where they agree if one is the length of the other: the number and the list.
    """

    fields: tuple[str, ...]
    holds: Callable[[Mapping[str, Any]], bool]
    fault: Callable[[Mapping[str, Any]], Fault]
    divides: tuple[str, str] | None = None
    keeps_quotient: bool = False
    counts: tuple[str, str] | None = None


def divides(divisor: str, number: str, rule: Rule, *, keeps_quotient: bool = False) -> Agreement:
    """The agreement that the value of one field divides the value of another.

    Args:
        divisor: The field whose value divides; the fault is its.
        number: The field whose value is divided.
        rule: The rule that is broken where it does not.
        keeps_quotient: As in `Agreement`.
    """

    def holds(values: Mapping[str, Any]) -> bool:
        return bool(values[number] % values[divisor] == 0)

    def fault(values: Mapping[str, Any]) -> Fault:
        value, divided = values[divisor], values[number]
        divisors = divisors_of(divided)
        below = max(candidate for candidate in divisors if candidate < value)
        above = min((candidate for candidate in divisors if candidate > value), default=None)
        nearest = f"write {below} or {above}, the nearest that do" if above else f"write {below}, the nearest that does"
        message = f"{divisor} is {value}, which does not divide {number} {divided}; {nearest}"
        return Fault(rule, divisor, (), message, partner=number)

    return Agreement((divisor, number), holds, fault, (divisor, number), keeps_quotient)


def counts(number: str, listed: str, rule: Rule) -> Agreement:
    """The agreement that a list has as many values as a number says.

    Args:
        number: The field whose value is the number.
        listed: The field whose value is the list; the fault is its.
        rule: The rule that is broken where it has more or fewer.
    """

    def holds(values: Mapping[str, Any]) -> bool:
        return bool(len(values[listed]) == values[number])

    def fault(values: Mapping[str, Any]) -> Fault:
        has, wanted = len(values[listed]), values[number]
        values_it_has = "1 value" if has == 1 else f"{has} values"
        message = f"{listed} has {values_it_has}, and {number} is {wanted}; write a value for each layer"
        return Fault(rule, listed, (), message, partner=number)

    return Agreement((number, listed), holds, fault, counts=(number, listed))


def divisors_of(number: int) -> list[int]:
    """All numbers that divide one, in no order."""
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return small + [number // divisor for divisor in small]

"""The values that a space gives to what varies: lists and ranges."""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil

import yaml

from w2v_explore.config.entries import plain_value
from w2v_explore.config.kinds import MAX_SIZE
from w2v_explore.config.text.limits import TAG
from w2v_explore.config.typed import MAX_VALUES, is_meant_as_range, numbers_in
from w2v_explore.config.validate import describe
from w2v_explore.diagnostics import shorten

HOW = "write a list, as [6, 12], or a range, as 2..24:2"
_ENDS = ("from", "to")
_HOW_OF_RANGES = "write {from: 2, to: 24, step: 2}, or {from: 256, to: 1024, multiple_of: 64}"
_EXPONENT = re.compile(r"\d{1,3}(?:\.\d{1,9})?e[+-]?\d", re.ASCII | re.IGNORECASE)
_FRACTION = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)(?:/(\d{1,15}))?", re.ASCII)


class WrongValues(Exception):  # noqa: N818 - raised and caught in this folder
    """What is wrong with values, and the node that says them."""

    def __init__(self, message: str, node: yaml.Node) -> None:
        super().__init__(message)
        self.message = message
        self.node = node


Listed = list[tuple[object, yaml.Node]]
"""Values as plain data, each with the node that says it."""


def values_of(node: yaml.Node) -> Listed:
    """The values that a list, a range, or ranges in a list come to.

    Raises:
        WrongValues: They are none.
    """
    if isinstance(node, yaml.MappingNode):
        return [(value, node) for value in _range_of(node)]
    if isinstance(node, yaml.SequenceNode):
        if not node.value:
            raise WrongValues(f"the list has no values; {HOW}", node)
        found: Listed = []
        for item in node.value:
            found += _value_or_range(item)
            # Of many ranges there would be no end.
            if len(found) > MAX_VALUES:
                raise WrongValues(f"more than {MAX_VALUES:,} values are too many; give fewer", node)
        return found
    value = plain_value(node)
    if not is_meant_as_range(node, value):
        one = shorten(node.value) if isinstance(node, yaml.ScalarNode) and value is not None else "null"
        raise WrongValues(
            f"{describe(value)} is one value alone; write a list, as [{one}], or a range, as 2..24:2", node
        )
    return _value_or_range(node)


def _value_or_range(node: yaml.Node) -> Listed:
    value = plain_value(node)
    if not (isinstance(node, yaml.ScalarNode) and is_meant_as_range(node, value)):
        return [(value, node)]
    return [(number, node) for number in numbers_in(node.value, _refuser(node))]


def _refuser(node: yaml.Node) -> Callable[[str], WrongValues]:
    return lambda message: WrongValues(message, node)


def _range_of(node: yaml.MappingNode) -> list[object]:
    """The numbers of ``{from, to, step}`` or of ``{from, to, multiple_of}``."""
    nodes = pairs_of(node, (*_ENDS, "step", "multiple_of"), _HOW_OF_RANGES)
    missing = [name for name in _ENDS if name not in nodes]
    if missing:
        raise WrongValues(f"the range has no {missing[0]}; {_HOW_OF_RANGES}", node)
    if {"step", "multiple_of"} <= nodes.keys():
        raise WrongValues("a range has a step or a multiple_of, not both; remove one of the two", nodes["multiple_of"])
    numbers = {name: _number(name, value) for name, value in nodes.items()}
    first, last = numbers["from"], numbers["to"]
    if last < first:
        raise WrongValues(
            f"the range goes down; write the lesser number first, as {{from: {last}, to: {first}}}", nodes["to"]
        )
    by = "multiple_of" if "multiple_of" in nodes else "step"
    step = numbers.get(by, Decimal(1))
    if step <= 0:
        raise WrongValues(f"{by} is {step}; write a number above 0", nodes[by])
    if by == "multiple_of":
        multiple = Fraction(step)
        first = step * ceil(Fraction(first) / multiple)
        if first > last:
            raise WrongValues(f"no multiple of {step} lies from {numbers['from']} to {last}; write a wider range", node)
    count = (Fraction(last) - Fraction(first)) // Fraction(step) + 1
    if count > MAX_VALUES:
        larger = "larger multiple_of" if by == "multiple_of" else "larger step"
        raise WrongValues(f"the range is {count:,} values; write a {larger}, for {MAX_VALUES:,} at most", node)
    are_whole = all(
        number == int(number) and isinstance(plain_value(nodes[name]), int) for name, number in numbers.items()
    )
    return [(int if are_whole else float)(first + step * place) for place in range(int(count))]


def pairs_of(node: yaml.MappingNode, known: Iterable[str], how: str) -> Mapping[str, yaml.Node]:
    """The values of a mapping by its keys.

    Raises:
        WrongValues: It has another key.
    """
    for key, _ in node.value:
        if key.value not in known or not isinstance(key, yaml.ScalarNode):
            name = shorten(key.value) if isinstance(key, yaml.ScalarNode) else "a list or a mapping"
            raise WrongValues(f"{name} is nothing that values have; {how}", key)
    return {key.value: value for key, value in node.value}


def _number(name: str, node: yaml.Node) -> Decimal:
    value = plain_value(node)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MAX_SIZE:
        instead = f"a number of at most {MAX_SIZE}"
        if isinstance(value, str) and _EXPONENT.fullmatch(value):
            # YAML 1.1 takes 1e-1 for a text.
            instead = f"{float(value):g}"
        raise WrongValues(f"{name} is {describe(value)}; write {instead}", node)
    return Decimal(repr(value))


def ratios_of(node: yaml.Node) -> list[str]:
    """The ratios that a number, a fraction as ``1/64``, or a list or a range of them come to, as fractions, each once.

    Raises:
        WrongValues: They are none.
    """
    is_one = isinstance(node, yaml.ScalarNode) and not is_meant_as_range(node, plain_value(node))
    listed = [(plain_value(node), node)] if is_one else values_of(node)
    return list(dict.fromkeys(str(_fraction(value, place)) for value, place in listed))


def _fraction(value: object, node: yaml.Node) -> Fraction:
    found: Fraction | None = None
    if isinstance(value, str):
        written = _FRACTION.fullmatch(value.replace(" ", ""))
        if written and int(written[2] or 1):
            found = Fraction(written[1]) / int(written[2] or 1)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_SIZE:
        found = Fraction(repr(value))
    if found is None or not 0 < found <= MAX_SIZE:
        raise WrongValues(f"{describe(value)} is no ratio; write a number above 0, as 4, 3.5 or 1/64", node)
    return found


def is_text(node: yaml.Node) -> bool:
    """Whether a node is one that stands for a text."""
    return isinstance(node, yaml.ScalarNode) and node.tag == f"{TAG}str"

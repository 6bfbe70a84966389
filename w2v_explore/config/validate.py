"""Checks the values of a config's fields, wherever they come from: a YAML file, ``--set``, or a Python call."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from w2v_explore.config import codes
from w2v_explore.config.conv_expression import parse_conv_expression
from w2v_explore.config.kinds import (
    MAX_CONV_LAYERS,
    MAX_FIELD,
    MAX_LISTED_LAYERS,
    MAX_SIZE,
    Agreement,
    Choice,
    Fault,
    Field,
    Flag,
    Integer,
    Kind,
    PerLayer,
    Probability,
    Real,
)

_FLAG_WORDS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_CONV_PARTS = (("channels", codes.CONV_CHANNELS), ("kernel", codes.CONV_KERNEL), ("stride", codes.CONV_STRIDE))


Limits = tuple[type, float, float]


def _limits_of(kind: Kind) -> Limits | None:
    """The type of the values that need no further look, and their range; None for words and lists.

    What lies outside may be right as well: null, or a number that is written as a whole one.
    """
    match kind:
        case Integer():
            return int, kind.minimum, kind.maximum
        case Probability():
            return float, 0.0, 1.0
        case Real(is_open=False):
            return float, kind.minimum, kind.maximum
        case Flag():
            return bool, False, True
    return None


Check = tuple[str, Kind, Limits | None]


def checks_of(fields: Mapping[str, Field]) -> list[Check]:
    """What `validate` looks at in each field."""
    return [(key, field.kind, _limits_of(field.kind)) for key, field in fields.items()]


def validate(values: Mapping[str, object], checks: Sequence[Check], agreements: Sequence[Agreement]) -> list[Fault]:
    """As `Family.faults`.

    Args:
        values: Plain data by field name.
        checks: Of a family's fields, as `checks_of` gives them.
        agreements: The family's.
    """
    faults: list[Fault] = []
    for key, kind, limits in checks:
        if key not in values:
            continue
        value = values[key]
        if limits is not None and value.__class__ is limits[0] and limits[1] <= value <= limits[2]:  # type: ignore[operator]
            # Most values are right, and every config is asked.
            continue
        if isinstance(kind, Integer):
            fault = _check_integer(key, value, kind)
        elif isinstance(kind, Probability):
            fault = _check_probability(key, value, kind)
        elif isinstance(kind, Real):
            fault = _check_real(key, value, kind)
        elif isinstance(kind, Flag):
            fault = _check_flag(key, value)
        elif isinstance(kind, Choice):
            fault = _check_choice(key, value, kind)
        elif isinstance(kind, PerLayer):
            faults += _check_per_layer(key, value, kind)
            continue
        else:
            faults += _check_conv_layers(key, value)
            continue
        if fault is not None:
            faults.append(fault)
    broken = {fault.key for fault in faults}
    for fields, holds, fault_of, *_ in agreements:
        if broken.isdisjoint(fields) and all(map(values.__contains__, fields)) and not holds(values):
            faults.append(fault_of(values))
    return faults


def describe(value: object) -> str:
    """How a message names a value: ``text 'abc'``, ``true``, ``null``, ``a list``."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f"text {_shorten(repr(value))}"
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
        case int() if abs(value) >= 10**15:
            return f"a number of {int(value.bit_length() * math.log10(2)) + 1} digits"
    return _shorten(repr(value))


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:36]}…{text[-1]}"


def _whole_number_in(value: object, minimum: int = 1, maximum: int = MAX_SIZE) -> str | None:
    """The allowed whole number that a float or a quoted text plainly stands for, as YAML."""
    number: int | None = None
    match value:
        case float() if value.is_integer():
            number = int(value)
        case str() if value.isascii() and value.isdigit() and len(value) <= 10:
            number = int(value)
    return str(number) if number is not None and minimum <= number <= maximum else None


def _number_in(value: str, kind: Probability | Real) -> str | None:
    """The allowed number that a text plainly stands for (quoted, or ``1e-1``, text to YAML 1.1), as YAML."""
    try:
        number = float(value)
    except ValueError:
        return None
    if not (kind.holds(number) if isinstance(kind, Real) else 0 <= number <= 1):
        return None
    # Without a dot, YAML 1.1 takes 1e-05 for text.
    text = repr(number)
    return text if "." in text else text.replace("e", ".0e")


def _check_integer(key: str, value: object, kind: Integer) -> Fault | None:
    if value is None and kind.optional:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        fix = _whole_number_in(value, kind.minimum, kind.maximum)
        or_null = " or null" if kind.optional else ""
        instead = f"write {fix}" if fix else f"write a whole number from {kind.minimum}{or_null}"
        return Fault(codes.INT_TYPE, key, (), f"{key} is {describe(value)}; {instead}", fix)
    if value < kind.minimum:
        hint = f", or null for {kind.optional}" if kind.optional else ""
        return Fault(kind.rule, key, (), f"{key} is {describe(value)}; write a whole number from {kind.minimum}{hint}")
    if value > kind.maximum:
        return Fault(codes.INT_TOO_BIG, key, (), f"{key} is {describe(value)}; the largest allowed is {kind.maximum}")
    return None


def _check_probability(key: str, value: object, kind: Probability) -> Fault | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        fix = _number_in(value, kind) if isinstance(value, str) else None
        instead = f"write {fix}" if fix else "write a number from 0 to 1"
        return Fault(codes.NUMBER_TYPE, key, (), f"{key} is {describe(value)}; {instead}", fix)
    if 0 <= value <= 1:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return Fault(codes.NOT_FINITE, key, (), f"{key} is {value}; write a number from 0 to 1")
    message = f"{key} is {describe(value)}, no probability; write a number from 0 to 1"
    return Fault(codes.DROPOUT_RANGE, key, (), message)


def _check_real(key: str, value: object, kind: Real) -> Fault | None:
    if value is None and kind.optional:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        fix = _number_in(value, kind) if isinstance(value, str) else None
        return Fault(codes.NUMBER_TYPE, key, (), f"{key} is {describe(value)}; write {fix or kind}", fix)
    if kind.holds(value):
        return None
    rule = codes.NOT_FINITE if isinstance(value, float) and not math.isfinite(value) else kind.rule
    return Fault(rule, key, (), f"{key} is {describe(value)}; write {kind}")


def _check_flag(key: str, value: object) -> Fault | None:
    if isinstance(value, bool):
        return None
    fix = None
    if isinstance(value, str):
        fix = _FLAG_WORDS.get(value.lower())
    elif isinstance(value, int) and value in (0, 1):
        fix = "true" if value else "false"
    return Fault(codes.BOOL_TYPE, key, (), f"{key} is {describe(value)}; write {fix or 'true or false'}", fix)


def _check_choice(key: str, value: object, kind: Choice) -> Fault | None:
    if value in kind.values:
        return None
    synonym = kind.synonyms.get(value) if isinstance(value, str) else None
    instead = synonym or " or ".join(kind.values)
    return Fault(kind.rule, key, (), f"{key} is {describe(value)}; write {instead}", synonym)


def _check_per_layer(key: str, value: object, kind: PerLayer) -> Iterator[Fault]:
    each = "true or false" if isinstance(kind.each, Flag) else "a whole number"
    if not isinstance(value, Sequence) or isinstance(value, str):
        message = f"{key} is {describe(value)}; write a list with {each} for each layer"
        yield Fault(kind.rule, key, (), message)
    elif not value:
        yield Fault(kind.rule, key, (), f"{key} has no values; write {each} for each layer")
    elif len(value) > MAX_LISTED_LAYERS:
        message = f"{key} has {len(value)} values; the most allowed is {MAX_LISTED_LAYERS}"
        yield Fault(kind.rule, key, (), message)
    else:
        for number, item in enumerate(value):
            name = f"{key}[{number}]"
            check = _check_integer(name, item, kind.each) if isinstance(kind.each, Integer) else _check_flag(name, item)
            if check is not None:
                yield check._replace(key=key, item=(number,))


def _check_conv_layers(key: str, value: object) -> Iterator[Fault]:
    if value is None:
        return
    expression = _conv_expression_in(value)
    if expression is not None:
        layers = parse_conv_expression(expression)
        if layers is not None and not any(_check_conv_layers(key, layers)):
            fix = to_flow_yaml(layers)
            yield Fault(
                codes.CONV_SHAPE, key, (), f"{key} is fairseq's Python expression; write {_shorten_layers(fix)}", fix
            )
            return
    if not isinstance(value, Sequence) or isinstance(value, str):
        yield Fault(
            codes.CONV_SHAPE,
            key,
            (),
            f"{key} is {describe(value)}; write a list of [channels, kernel, stride], or null for the standard seven",
        )
    elif not value:
        yield Fault(
            codes.CONV_EMPTY, key, (), f"{key} has no layers; write at least one, or null for the standard seven layers"
        )
    elif len(value) > MAX_CONV_LAYERS:
        yield Fault(codes.CONV_SHAPE, key, (), f"{key} has {len(value)} layers; the most allowed is {MAX_CONV_LAYERS}")
    else:
        faults = [fault for number, layer in enumerate(value) for fault in _check_conv_layer(key, number, layer)]
        yield from faults or _check_field(key, value)


def _check_field(key: str, layers: Sequence[Sequence[int]]) -> Iterator[Fault]:
    """Hold what the layers come to together against the largest size; where they pass it, the first is named."""
    field, jump = 1, 1
    for number, (_, kernel, stride) in enumerate(layers):
        field += (kernel - 1) * jump
        jump *= stride
        for position, part, samples in ((1, "kernel", field), (2, "stride", jump)):
            if samples > MAX_FIELD:
                what = "a frame sees" if part == "kernel" else "a frame comes every"
                message = (
                    f"with the {part} of {key}[{number}], {what} {samples:.4g} samples; the most allowed is 2^1000"
                )
                yield Fault(codes.INT_TOO_BIG, key, (number, position), message)
                return


def _check_conv_layer(key: str, number: int, layer: object) -> Iterator[Fault]:
    name = f"{key}[{number}]"
    if not isinstance(layer, Sequence) or isinstance(layer, str) or len(layer) != 3:
        found = f"a list of {len(layer)}" if isinstance(layer, (list, tuple)) else describe(layer)
        yield Fault(
            codes.CONV_SHAPE,
            key,
            (number,),
            f"{name} is {found}; write three whole numbers, [channels, kernel, stride]",
        )
        return
    for position, (value, (part, rule)) in enumerate(zip(layer, _CONV_PARTS, strict=True)):
        if not isinstance(value, int) or isinstance(value, bool):
            fix = _whole_number_in(value)
            message = f"the {part} of {name} is {describe(value)}; write {fix or 'a whole number from 1'}"
            yield Fault(codes.CONV_SHAPE, key, (number, position), message, fix)
        elif value < 1:
            message = f"the {part} of {name} is {describe(value)}; write a whole number from 1"
            yield Fault(rule, key, (number, position), message)
        elif value > MAX_SIZE:
            message = f"the {part} of {name} is {describe(value)}; the largest allowed is {MAX_SIZE}"
            yield Fault(codes.INT_TOO_BIG, key, (number, position), message)


def _conv_expression_in(value: object) -> str | None:
    """The text of a fairseq expression: a string, or what YAML makes of an unquoted ``[(512, 10, 5)]``."""
    if isinstance(value, str):
        return value
    if (
        isinstance(value, list)
        and value
        and isinstance(value[0], str)
        and value[0].startswith("(")
        and all(isinstance(item, str) or (isinstance(item, int) and abs(item) <= MAX_SIZE) for item in value)
    ):
        return f"[{', '.join(map(str, value))}]"
    return None


def to_flow_yaml(values: Sequence[Any]) -> str:
    """A field's value that is a list as one line of YAML: ``[[512, 10, 5], [512, 3, 2]]``, ``[true, false]``."""
    return str([list(value) if isinstance(value, (list, tuple)) else value for value in values]).lower()


def _shorten_layers(text: str) -> str:
    return text if len(text) <= 120 else f"{text[: text.index(']', 80) + 1]}, …]"

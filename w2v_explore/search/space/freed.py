"""Fields that are set free: their values, by the steps that `sensitivity` takes in the config as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any

from w2v_explore.analysis.comparing.steps import DROPOUT, HEAD_OUTPUTS, allowed_divisors, channels_step, step_size
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import Choice, ConvLayers, Flag, Integer, PerLayer, Probability, Real
from w2v_explore.config.search.section import Varying, distinct, fault_of, past_the_last, target_of
from w2v_explore.config.search.target import CONV_PARTS, Target
from w2v_explore.config.typed import MAX_VALUES, parse_values
from w2v_explore.diagnostics import Place, Problem, shorten
from w2v_explore.errors import ArgumentError, ConfigError

_EIGHTH = 8


def free_fields(model: ModelConfig, texts: Sequence[str], varying: Sequence[Varying]) -> Iterator[Varying]:
    """What is set free.

    Args:
        model: The config, whose values are the middle of those that a field is given.
        texts: Fields or parts of them, or ``FIELD=VALUES``.
        varying: What varies already.

    Raises:
        ArgumentError: There is no such field, or it varies already.
        ConfigError: The values behind a field are none.
    """
    taken = list(varying)
    for text in texts:
        name = text.partition("=")[0].strip()
        place = Place(f"--free {shorten(text)}")
        for each in _freed(model, text, name, place, taken):
            before = next((other for other in taken if other.target.meets(each.target)), None)
            if before is not None:
                whose = "is set free twice" if before.place.path.startswith("--free") else "varies in `search:` already"
                raise ArgumentError(f"{before.target} {whose}; remove --free {shorten(name)}")
            taken.append(each)
            yield each


def _freed(model: ModelConfig, text: str, name: str, place: Place, varying: Sequence[Varying]) -> Iterator[Varying]:
    target = target_of(name, model.family)
    if isinstance(target, str):
        raise ArgumentError(target)
    missing = past_the_last(model.family, model.to_mapping(), target, varying)
    if missing is not None:
        raise ArgumentError(missing)
    if "=" in text:
        yield _vary(target, _given(model, target, text, place), place)
        return
    kind = model.FIELDS[target.field].kind
    if isinstance(kind, ConvLayers | PerLayer) and (target.item is None or _is_layer(kind, target)):
        for part in _parts(model, kind, target):
            yield _vary(part, _near(model, part, _value(model, part)), place)
        return
    yield _vary(target, _values(model, target), place)


def _vary(target: Target, values: Sequence[Any], place: Place) -> Varying:
    return Varying(target, tuple(values), None, False, place, place)


def _given(model: ModelConfig, target: Target, text: str, place: Place) -> list[Any]:
    """The values behind a field, each once."""
    _, listed = parse_values("--free", text)
    faults = [fault for value in listed if (fault := fault_of(model.family, target, value)) is not None]
    if faults:
        raise ConfigError(
            [Problem(rule=fault.rule, place=place, key=str(target), message=fault.message) for fault in faults]
        )
    return distinct(model.FIELDS[target.field].kind, target, listed)


def _is_layer(kind: ConvLayers | PerLayer, target: Target) -> bool:
    """Whether it is a convolution, whole: three numbers."""
    return isinstance(kind, ConvLayers) and target.part is None


def _parts(model: ModelConfig, kind: ConvLayers | PerLayer, target: Target) -> Iterator[Target]:
    """The numbers and flags in a list, each by itself."""
    if target.item == "*":
        raise ArgumentError(f"{target} is not one number; set free {target}.channels, .kernel or .stride")
    items = range(len(model.meaning()[target.field])) if target.item is None else (target.item,)
    for item in items:
        if isinstance(kind, PerLayer):
            yield Target(target.field, item)
        else:
            yield from (Target(target.field, item, part) for part in range(len(CONV_PARTS)))


def _value(model: ModelConfig, target: Target) -> Any:
    """The value that a target has in the config; further layers are like the last."""
    value = model.meaning()[target.field]
    if target.item is None:
        return value
    items = value if target.item == "*" else [value[min(target.item, len(value) - 1)]]
    values = list(dict.fromkeys(item if target.part is None else item[target.part] for item in items))
    if len(values) > 1:
        shown = ", ".join(map(str, values[:3]))
        raise ArgumentError(
            f"the layers of {target} differ ({shown}{', …' if len(values) > 3 else ''}); give values, as --free "
            f"'{target}={values[0]},{values[1]}'"
        )
    return values[0]


def _near(model: ModelConfig, target: Target, value: Any) -> list[Any]:
    """The values of a part of a list that is free as a whole: a step to less and one to more."""
    if isinstance(value, bool):
        return [False, True]
    size = channels_step(value) if target.part == 0 else 1
    return _allowed(model, target, [value - size, value, value + size])


def _values(model: ModelConfig, target: Target) -> list[Any]:
    """All values that steps lead to from that of the config."""
    value = _value(model, target)
    kind = model.FIELDS[target.field].kind
    if target.item is not None:
        if isinstance(value, bool):
            return [False, True]
        size = channels_step(value) if target.part == 0 else 1
        return _allowed(model, target, _numbers(target, value, size))
    match kind:
        case Choice(values=words):
            return list(words)
        case Flag():
            return [False, True]
        case Probability():
            return sorted({0.0, value or DROPOUT})
        case Real():
            return _allowed(model, target, _reals(value, kind))
        case Integer() if value is None:
            return [None, HEAD_OUTPUTS]
    divisors = allowed_divisors(model, target.field)
    if divisors is not None:
        place = divisors.index(value)
        near = divisors[max(0, place - 1) : place + 2]
        return [number for number in divisors if value <= 2 * number <= 4 * value or number in near]
    return _allowed(model, target, _numbers(target, value, step_size(model, target.field)))


def _numbers(target: Target, value: int, size: int) -> list[int]:
    """The numbers from half of one to twice as much that steps of a size lead to, or a step each way."""
    down, up = max(1, (value - ceil(value / 2)) // size), max(1, value // size)
    if down + up >= MAX_VALUES:
        raise ArgumentError(f"{target} has {down + up + 1:,} values near {value:,}; give some, as --free {target}=…")
    return [value + size * times for times in range(-down, up + 1)]


def _reals(value: float | None, kind: Real) -> list[float | None]:
    """A number and what its eighths lead to, from half of it to twice as much; from 0, or from null, one each way."""
    size = value or min(kind.maximum - kind.minimum, float(_EIGHTH))
    around = range(-_EIGHTH // 2, _EIGHTH + 1) if value else range(-1, 2)
    stepped = [float(f"{(value or 0.0) + times * size / _EIGHTH:.9g}") for times in around if times]
    return [None, *stepped] if value is None else [*sorted([value, *stepped])]


def _allowed(model: ModelConfig, target: Target, values: Sequence[Any]) -> list[Any]:
    return [value for value in values if fault_of(model.family, target, value) is None]

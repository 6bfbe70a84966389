"""The steps in the arguments of a config: one to less and one to more, as kinds and agreements of fields allow."""

from collections.abc import Iterator, Mapping
from math import lcm
from typing import Any, NamedTuple

from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import Choice, ConvLayers, Flag, Integer, PerLayer, Probability, Real, divisors_of

HEAD_OUTPUTS = 32
"""Outputs of the head that a model without one is given: the letters of an English CTC model and its special tokens."""
DROPOUT = 0.1
"""What a probability of 0 steps to."""
# How far a number goes that has to come to something together with others.
_FURTHEST = 8

Values = Mapping[str, Any]


class Change(NamedTuple):
    """A step taken.

    Attributes:
        target: The field, or the part of it: ``extractor_conv_layer_config[0] kernel``, ``encoder_num_heads[3]``.
        before: Its value.
        after: Its value after the step.
        values: All fields that change; more than one where another has to move along.
    """

    target: str
    before: Any
    after: Any
    values: Values


def steps_of(config: ModelConfig) -> Iterator[tuple[str, list[Values]]]:
    """For each step the field and what to try, the first that gives a valid config being taken.

    By the kind of a field, and by what it has to come to together with others: a flag flips, a word is the next, a
    probability goes on or off, a number goes down and up, one in a range by an eighth. A number that divides another
    is the next that does; a number that others divide steps by the least that keeps them, or their quotient.
    """
    quotients = _quotients(config)
    for name, field in config.FIELDS.items():
        before = getattr(config, name)
        match field.kind:
            case Choice(values=words):
                yield name, [{name: words[(words.index(before) + 1) % len(words)]}]
            case Flag():
                yield name, [{name: not before}]
            case Probability():
                yield name, [{name: 0.0 if before else DROPOUT}]
            case Real():
                for after in _in_range(before, field.kind):
                    yield name, [{name: after}]
            case Integer() if before is None:
                yield name, [{name: HEAD_OUTPUTS}]
            case Integer():
                both = _numbers(config, name, quotients)
                for tried in both:
                    yield name, tried
                # Once more with all that follows it.
                following = {
                    other: getattr(config, other)
                    for other, each in config.FIELDS.items()
                    if isinstance(each.kind, Integer) and each.kind.follows == name
                }
                if following:
                    for tried in both:
                        yield name, [_with_following(values, name, before, following) for values in tried]
            case ConvLayers() | PerLayer():
                yield name, []


def _with_following(values: Values, name: str, before: int, following: Mapping[str, int]) -> Values:
    """The values of a step with the widths that are kept in proportion to the one that it changes."""
    return {**values, **{key: round(value * values[name] / before) for key, value in following.items()}}


def _quotients(config: ModelConfig) -> dict[str, dict[str, int]]:
    """Of each number, by the divisor, the quotients that a step in it keeps."""
    quotients: dict[str, dict[str, int]] = {}
    for agreement in config.family.agreements:
        if agreement.divides and agreement.keeps_quotient:
            divisor, number = agreement.divides
            quotients.setdefault(number, {})[divisor] = getattr(config, number) // getattr(config, divisor)
    return quotients


def _in_range(before: float | None, kind: Real) -> Iterator[float]:
    """A number in a range after a step down and one up: an eighth of it; from 0, or from null, of the range."""
    size = before or min(kind.maximum - kind.minimum, 8.0)
    for times in (-0.125, 0.125):
        # Without the last digits, in which 0.8 and an eighth are 0.9000000000000001.
        yield float(f"{(before or 0.0) + times * size:.9g}")


def _numbers(config: ModelConfig, name: str, quotients: Mapping[str, Mapping[str, int]]) -> list[list[Values]]:
    """What to try for a whole number to go down, and to go up."""
    before = getattr(config, name)
    divisors = allowed_divisors(config, name)
    if divisors is not None:
        place = divisors.index(before)
        return [
            [{name: after} for after in next_one] for next_one in (divisors[:place][-1:], divisors[place + 1 :][:1])
        ]
    moving = quotients.get(name, {})
    lists = [
        agreement.counts[1]
        for agreement in config.family.agreements
        if agreement.counts and agreement.counts[0] == name
    ]
    step = _size(config, name, quotients)
    others = [
        agreement
        for agreement in config.family.agreements
        if name in agreement.fields and not agreement.divides and not agreement.counts
    ]

    def values(after: int) -> Values:
        along = {divisor: after // quotient for divisor, quotient in moving.items()}
        # Further layers are like the last.
        lengthened = {listed: _of_length(getattr(config, listed), after) for listed in lists}
        return {name: after, **along, **lengthened}

    times = range(1, _FURTHEST + 1 if others else 2)
    return [[values(before + sign * time * step) for time in times] for sign in (-1, 1)]


def allowed_divisors(config: ModelConfig, name: str) -> list[int] | None:
    """The values of a field that has to divide others, in ascending order; None where it has to divide none."""
    numbers = [
        getattr(config, agreement.divides[1])
        for agreement in config.family.agreements
        if agreement.divides and agreement.divides[0] == name
    ]
    return sorted(set.intersection(*[set(divisors_of(number)) for number in numbers])) if numbers else None


def step_size(config: ModelConfig, name: str) -> int:
    """By how much a whole number steps, so that what divides it, or its quotient, stays."""
    return _size(config, name, _quotients(config))


def _size(config: ModelConfig, name: str, quotients: Mapping[str, Mapping[str, int]]) -> int:
    kind = config.FIELDS[name].kind
    assert isinstance(kind, Integer)
    moving = quotients.get(name, {})
    divides = [agreement.divides for agreement in config.family.agreements if agreement.divides]
    return lcm(
        *moving.values(),
        *[getattr(config, divisor) for divisor, number in divides if number == name and divisor not in moving],
        *(quotients.get(kind.follows, {}).values() if kind.follows else ()),
    )


def _of_length(values: tuple[Any, ...], length: int) -> tuple[Any, ...]:
    return values[:length] + values[-1:] * (length - len(values))


def channels_step(channels: int) -> int:
    """By how much the channels of a convolution step: an eighth of them."""
    return max(1, channels // 8)


def layer_steps(config: ModelConfig, name: str, kind: PerLayer) -> Iterator[Change]:
    """The steps of the value of each layer: a flag flips, a number goes down and up by one."""
    before = getattr(config, name)
    for layer, value in enumerate(before):
        for after in (not value,) if isinstance(kind.each, Flag) else (value - 1, value + 1):
            yield Change(f"{name}[{layer}]", value, after, {name: (*before[:layer], after, *before[layer + 1 :])})

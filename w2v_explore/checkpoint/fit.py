"""Whether weights are those of a model: the one answer that every command and function gives, and its words.

What a model wants is told by its config's architecture, or, where there is no config, by the sizes that most of the
weights hang on (`w2v_explore.checkpoint.shapes`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from w2v_explore.checkpoint.keys import Extra, KeyTranslation
from w2v_explore.checkpoint.listing import Shape, TensorInfo, shown

FLOATS = frozenset(
    {
        "float64", "float32", "float16", "bfloat16",
        "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz",
    }
)  # fmt: skip
"""What weights may be; whole numbers are codes of a quantiser, and say nothing without its scales."""

# A model of the wrong width misfits everywhere: the first lines tell it.
_MAX_LINES = 12


class Misshapen(NamedTuple):
    """A tensor of another shape than the model wants, by our name."""

    name: str
    expected: Shape
    found: Shape


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WeightsFit:
    """How weights and a model go together.

    Attributes:
        expected: Tensors that the model wants.
        matched: Those that are where the model wants them, in its shapes, as floating-point numbers.
        missing: What the model wants and is not there, by our names, with the shapes.
        unexpected: What is there and nothing is known of, or the model has no use for, by the checkpoint's names.
        misshapen: What both have in different shapes.
        not_floating: What is where the model wants it, and holds no floating-point numbers.
        extras: The tensors that no config has a place for, and what they are.
        is_fairseq: Whether the names are fairseq's, which leaves a projection out.
    """

    expected: int
    matched: int
    missing: tuple[tuple[str, Shape], ...]
    unexpected: tuple[TensorInfo, ...]
    misshapen: tuple[Misshapen, ...]
    not_floating: tuple[TensorInfo, ...]
    extras: tuple[tuple[TensorInfo, Extra], ...]
    is_fairseq: bool

    def __repr__(self) -> str:
        return (
            f"<WeightsFit: {self.matched} of {self.expected} tensors matched, {len(self.missing)} missing, "
            f"{len(self.unexpected)} unexpected, {len(self.misshapen)} misshapen, {len(self.extras)} extras>"
        )

    @property
    def vital(self) -> tuple[tuple[TensorInfo, Extra], ...]:
        """The extras without which the model computes something else."""
        return tuple(extra for extra in self.extras if extra[1].changes_outputs)

    @property
    def left_out(self) -> tuple[tuple[TensorInfo, Extra], ...]:
        """The extras that no output depends on: no reason not to fit."""
        return tuple(extra for extra in self.extras if not extra[1].changes_outputs)

    @property
    def fits(self) -> bool:
        """Whether all that the model wants is there, and nothing else but what no output depends on."""
        return not (self.missing or self.unexpected or self.misshapen or self.not_floating or self.vital)

    @property
    def lacks_projection(self) -> bool:
        """Whether it lacks what fairseq leaves out where the last convolution is as wide as the encoder."""
        return self.is_fairseq and any(name == _PROJECTION for name, _ in self.missing)


_PROJECTION = "encoder.feature_projection.projection.weight"


def fit_weights(tensors: Iterable[TensorInfo], keys: KeyTranslation, expected: Mapping[str, Shape]) -> WeightsFit:
    """How weights and a model go together.

    Args:
        tensors: The weights.
        keys: Their names, read.
        expected: The model's tensors, by our names.
    """
    found: dict[str, Shape] = {}
    unexpected: list[TensorInfo] = []
    not_floating: list[TensorInfo] = []
    extras: list[tuple[TensorInfo, Extra]] = []
    for tensor in tensors:
        name = keys.ours.get(tensor.name)
        if name is not None and name in expected:
            found[name] = tensor.shape
            if tensor.dtype not in FLOATS and tensor.shape == expected[name]:
                not_floating.append(tensor)
        elif tensor.name in keys.extras:
            extras.append((tensor, keys.extras[tensor.name]))
        else:
            unexpected.append(tensor)
    misshapen = [Misshapen(name, expected[name], shape) for name, shape in found.items() if shape != expected[name]]
    return WeightsFit(
        expected=len(expected),
        matched=len(found) - len(misshapen) - len(not_floating),
        missing=tuple((name, shape) for name, shape in expected.items() if name not in found),
        unexpected=tuple(unexpected),
        misshapen=tuple(misshapen),
        not_floating=tuple(not_floating),
        extras=tuple(extras),
        is_fairseq=keys.dialect == "fairseq",
    )


def describe_misfit(fit: WeightsFit) -> list[str]:
    """A line for each way in which weights are not a model's, equal layers in one; none where they fit."""
    # First what is the cause of the rest: layers of another kind lack what ours have.
    lines = [
        f"unexpected: {listed}, without which the model computes something else"
        for listed in _list_by_purpose(fit.vital, each=True)
    ]
    lines += [f"missing: {group}" for group in _group(name for name, _ in fit.missing)]
    if fit.lacks_projection:
        lines.append(
            "(fairseq has no projection where the last convolution is as wide as the encoder; ours has one always)"
        )
    lines += [f"unexpected: {group}" for group in _group(tensor.name for tensor in fit.unexpected)]
    lines += [
        f"misshapen: {shown(name)} is {[*found]}, where {[*expected]} is wanted"
        for name, expected, found in fit.misshapen
    ]
    lines += [
        f"misshapen: {shown(tensor.name)} is {tensor.dtype}, and no floating-point number"
        for tensor in fit.not_floating
    ]
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], f"and {more} more"]


def describe_left_out(fit: WeightsFit) -> str:
    """The weights that no output depends on, with what they are."""
    return "; ".join(_list_by_purpose(fit.left_out))


def _list_by_purpose(extras: Iterable[tuple[TensorInfo, Extra]], each: bool = False) -> Iterable[str]:
    """``quantizer.codevectors, project_q.weight (part of the pre-training loss)``; with ``each``, one group a line."""
    by_purpose: dict[str, list[str]] = {}
    for tensor, extra in extras:
        by_purpose.setdefault(extra.purpose, []).append(tensor.name)
    for purpose, names in by_purpose.items():
        groups = list(_group(names))
        for listed in groups if each else [", ".join(groups)]:
            yield f"{listed} ({purpose})"


def _group(names: Iterable[str]) -> Iterable[str]:
    """Names that differ in a layer's number alone as one: ``layers.0-11.fc1.weight``."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for name in names:
        match = re.fullmatch(r"(.*?layers\.)(\d{1,9})(\..*)", name, re.DOTALL)
        if match is None:
            numbers[name, ""] = []
        else:
            numbers.setdefault((match[1], match[3]), []).append(int(match[2]))
    for (start, end), found in numbers.items():
        yield shown(f"{start}{_ranges(found)}{end}")


def _ranges(numbers: list[int]) -> str:
    """``0-3,7`` for 0, 1, 2, 3, 7."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ",".join("-".join(map(str, ends)) for ends in ranges)

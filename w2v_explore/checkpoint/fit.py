"""Whether weights are those of a model: the one answer that every command and function gives, and its words.

What a model wants is told by its config's architecture, or, where there is no config, by the sizes that most of the
weights hang on (`w2v_explore.checkpoint.shapes`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from w2v_explore.checkpoint.key_table import WHOLE_NUMBERS, Extra
from w2v_explore.checkpoint.keys import KeyTranslation, Part
from w2v_explore.checkpoint.listing import Shape, TensorInfo, shown

FLOATS = frozenset(
    {
        "float64", "float32", "float16", "bfloat16",
        "float8_e5m2", "float8_e4m3fn", "float8_e5m2fnuz", "float8_e4m3fnuz",
    }
)  # fmt: skip
"""What weights may be; whole numbers are codes of a quantiser, and say nothing without its scales.

What counts in whole numbers, as batch norm its batches, may be of any dtype."""

# A model of the wrong width misfits everywhere: the first lines tell it.
_MAX_LINES = 12


class Missing(NamedTuple):
    """A tensor that the model wants, or a part of one, and that is not there.

    Attributes:
        name: Our name of the tensor.
        shape: What is missing.
        part: What the checkpoint's program calls the part, where others of the same tensor are there; None where the
            whole is missing.
    """

    name: str
    shape: Shape
    part: str | None = None


class Misshapen(NamedTuple):
    """A tensor, or a part of one, of another shape than the model wants.

    Attributes:
        name: Our name of the tensor.
        expected: What the model wants.
        found: What is there.
        part: What the checkpoint's program calls the part; None for the whole.
    """

    name: str
    expected: Shape
    found: Shape
    part: str | None = None


def name_of(tensor: Missing | Misshapen) -> str:
    """Our name of a tensor, and what the checkpoint's program calls the part of it that is meant."""
    return tensor.name if tensor.part is None else f"{tensor.name} ({tensor.part})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WeightsFit:
    """How weights and a model go together.

    Attributes:
        expected: Tensors that the model wants: the keys of its state_dict, and so its buffers too.
        matched: Those that are where the model wants them, whole, in its shapes, as floating-point numbers.
        missing: What the model wants and is not there.
        unexpected: What is there and nothing is known of, or the model has no use for, by the checkpoint's names.
        misshapen: What both have in different shapes.
        not_floating: What is where the model wants it, and holds no floating-point numbers.
        extras: The tensors that no config has a place for, and what they are.
        absences: Why the checkpoint's program leaves some of what is missing out.
    """

    expected: int
    matched: int
    missing: tuple[Missing, ...]
    unexpected: tuple[TensorInfo, ...]
    misshapen: tuple[Misshapen, ...]
    not_floating: tuple[TensorInfo, ...]
    extras: tuple[tuple[TensorInfo, Extra], ...]
    absences: tuple[str, ...]

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


def fit_weights(tensors: Iterable[TensorInfo], keys: KeyTranslation, expected: Mapping[str, Shape]) -> WeightsFit:
    """How weights and a model go together.

    Args:
        tensors: The weights.
        keys: Their names, read.
        expected: The tensors of the model's state_dict, by our names: parameters and buffers.
    """
    found: dict[str, list[tuple[Part, Shape]]] = {}
    unexpected: list[TensorInfo] = []
    not_floating: dict[str, list[TensorInfo]] = {}
    extras: list[tuple[TensorInfo, Extra]] = []
    for tensor in tensors:
        part = keys.ours.get(tensor.name)
        if part is not None and part.name in expected:
            found.setdefault(part.name, []).append((part, tensor.shape))
            counts = part.name.rpartition(".")[2] in WHOLE_NUMBERS
            if tensor.dtype not in FLOATS and not counts and tensor.shape == part.shape(expected[part.name]):
                not_floating.setdefault(part.name, []).append(tensor)
        elif tensor.name in keys.extras:
            extras.append((tensor, keys.extras[tensor.name]))
        else:
            unexpected.append(tensor)
    misshapen = [wrong for name, parts in found.items() for wrong in _misshapen(name, expected[name], parts, keys)]
    missing = [
        lacking for name, shape in expected.items() for lacking in _missing(name, shape, found.get(name, []), keys)
    ]
    faulty = {lacking.name for lacking in missing} | {wrong.name for wrong in misshapen} | not_floating.keys()
    absences = keys.table.absences.get(keys.dialect, {}) if keys.table and keys.dialect else {}
    return WeightsFit(
        expected=len(expected),
        matched=len(found.keys() - faulty),
        missing=tuple(missing),
        unexpected=tuple(unexpected),
        misshapen=tuple(misshapen),
        not_floating=tuple(tensor for tensors in not_floating.values() for tensor in tensors),
        extras=tuple(extras),
        absences=tuple(absences[lacking.name] for lacking in missing if lacking.name in absences),
    )


def _misshapen(
    name: str, wanted: Shape, parts: Iterable[tuple[Part, Shape]], keys: KeyTranslation
) -> Iterable[Misshapen]:
    """A tensor of ours, or the parts of it, that have another shape than the model wants."""
    for part, shape in parts:
        expected = part.shape(wanted)
        if shape != expected:
            yield Misshapen(name, expected, shape, keys.part_names(name)[part.number] if part.of > 1 else None)


def _missing(name: str, wanted: Shape, parts: list[tuple[Part, Shape]], keys: KeyTranslation) -> Iterable[Missing]:
    """A tensor of ours, where nothing of it is there, or those of its parts that are not."""
    if not parts:
        yield Missing(name, wanted)
    elif len(parts) < parts[0][0].of:
        there = {part.number for part, _ in parts}
        names, shape = keys.part_names(name), parts[0][0].shape(wanted)
        yield from (Missing(name, shape, part) for index, part in enumerate(names) if index not in there)


def describe_misfit(fit: WeightsFit) -> list[str]:
    """A line for each way in which weights are not a model's, equal layers in one; none where they fit."""
    # First what is the cause of the rest: layers of another kind lack what ours have.
    lines = [
        f"unexpected: {listed}, without which the model computes something else"
        for listed in _list_by_purpose(fit.vital, each=True)
    ]
    lines += [f"missing: {group}" for group in _group(map(name_of, fit.missing))]
    lines += [f"({absence})" for absence in fit.absences]
    lines += [f"unexpected: {group}" for group in _group(tensor.name for tensor in fit.unexpected)]
    lines += [
        f"misshapen: {shown(name_of(wrong))} is {[*wrong.found]}, where {[*wrong.expected]} is wanted"
        for wrong in fit.misshapen
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

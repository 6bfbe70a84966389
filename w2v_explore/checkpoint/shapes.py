"""What the shapes of a model's tensors tell of its config, by a table of its family.

They give every size. Strides, the number of heads, dropouts and the place of the norms leave no trace in a tensor: what
shapes tell is all that the names and shapes of a model depend on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from w2v_explore.checkpoint.listing import Shape

Shapes = Mapping[str, Shape]
"""By our names."""

Told = Callable[[Shapes], "tuple[Any, str] | None"]
"""The value of a field, with what tells it, in the shapes of a model's tensors; None where they do not tell it."""

_NOTHING: Mapping[str, Told] = MappingProxyType({})
# A number of more digits counts no layers.
_MAX_DIGITS = 9


class Axis(NamedTuple):
    """A size of a tensor.

    Attributes:
        name: The tensor's, ours; with ``{i}`` that of the first layer in which it is.
        axis: Which of its axes.
        axes: How many it has; a tensor with another number is misshapen, and tells nothing.
    """

    name: str
    axis: int
    axes: int

    def find(self, shapes: Shapes) -> tuple[int, str] | None:
        """The size, and the name of the tensor that it is of; None where the tensor is absent or misshapen."""
        name = self.name.replace("{i}", "0")
        if name not in shapes and name != self.name:
            pattern = re.compile(re.escape(self.name).replace(r"\{i\}", "([0-9]+)"))
            layers = (
                int(found[1]) for found in map(pattern.fullmatch, shapes) if found and len(found[1]) <= _MAX_DIGITS
            )
            name = self.name.replace("{i}", str(min(layers, default=0)))
        shape = shapes.get(name, ())
        return (shape[self.axis], name) if len(shape) == self.axes else None


def size(*axes: Axis) -> Told:
    """A field that is a size of a tensor: of the first that is there."""

    def tell(shapes: Shapes) -> tuple[int, str] | None:
        return next(filter(None, (axis.find(shapes) for axis in axes)), None)

    return tell


def quotient(dividend: Axis, divisor: Axis) -> Told:
    """A field that is a size of a tensor divided by another: groups."""

    def tell(shapes: Shapes) -> tuple[int, str] | None:
        whole, part = dividend.find(shapes), divisor.find(shapes)
        if whole is None or part is None or not whole[0] or not part[0] or whole[0] % part[0]:
            return None
        return whole[0] // part[0], whole[1]

    return tell


def optional(module: str, *axes: Axis) -> Told:
    """A field that is a size of a module, and None in a model without the module."""

    def tell(shapes: Shapes) -> tuple[int | None, str] | None:
        found = size(*axes)(shapes)
        if found is not None:
            return found
        return None if any(name.startswith(f"{module}.") for name in shapes) else (None, "no head")

    return tell


@dataclass(frozen=True, slots=True)
class Count:
    """A field that counts the layers of a stack: one more than the last of which a tensor is there.

    Attributes:
        path: The stack's.
    """

    path: str

    def __call__(self, shapes: Shapes) -> tuple[int, str] | None:
        """The number, and the layers that tell it."""
        layer = re.compile(rf"{re.escape(self.path)}\.([0-9]+)\.")
        numbers = (int(found[1]) for name in shapes if (found := layer.match(name)) and len(found[1]) <= _MAX_DIGITS)
        last = max(numbers, default=-1)
        return None if last < 0 else (last + 1, f"{self.path}.0–{last}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFindings:
    """What shapes tell.

    Attributes:
        values: The fields that shapes tell.
        evidence: Our names of the tensors that tell each.
        conv_sizes: Channels and kernel of each of the extractor's convolutions; their strides are not told.
        stand_ins: Values of fields that are not told, with which the model has tensors of these shapes.
    """

    values: Mapping[str, Any]
    evidence: Mapping[str, str]
    conv_sizes: tuple[tuple[int, int], ...]
    stand_ins: Mapping[str, Any] = field(default_factory=dict)


def infer_from_shapes(
    shapes: Shapes, told: Mapping[str, Told], conv_weight: str | None, stand_ins: Mapping[str, Told] = _NOTHING
) -> ShapeFindings:
    """The fields that the shapes of a model's tensors tell; a tensor that is absent or misshapen tells none.

    Args:
        shapes: By our names.
        told: The fields of the family that shapes tell, and how.
        conv_weight: Our name of the weights of the extractor's convolutions, as in `KeyTable`.
        stand_ins: As in `KeyTable`.
    """
    found = {field: answer for field, tell in told.items() if (answer := tell(shapes)) is not None}
    return ShapeFindings(
        values={field: value for field, (value, _) in found.items()},
        evidence={field: evidence for field, (_, evidence) in found.items()},
        conv_sizes=conv_sizes(shapes, conv_weight) if conv_weight is not None else (),
        stand_ins={name: answer[0] for name, tell in stand_ins.items() if (answer := tell(shapes)) is not None},
    )


def conv_sizes(shapes: Shapes, conv_weight: str) -> tuple[tuple[int, int], ...]:
    """Channels and kernel of the extractor's convolutions, up to the first that is absent or misshapen."""
    sizes: list[tuple[int, int]] = []
    while len(shape := shapes.get(conv_weight.replace("{i}", str(len(sizes))), ())) == 3:
        sizes.append((shape[0], shape[2]))
    return tuple(sizes)

"""What the shapes of a model's tensors tell of its config, by a table of its family.

They give every size. Strides, the number of heads, dropouts and the place of the norms leave no trace in a tensor: what
shapes tell is all that the names and shapes of a model depend on.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from w2v_explore.checkpoint.listing import Shape

Shapes = Mapping[str, Shape]
"""By our names."""

Told = Callable[[Shapes], "tuple[Any, str] | None"]
"""The value of a field, with what tells it, in the shapes of a model's tensors; None where they do not tell it."""

# A number of more digits counts no layers.
_MAX_DIGITS = 9


class Axis(NamedTuple):
    """A size of a tensor.

    Attributes:
        name: The tensor's, ours.
        axis: Which of its axes.
        axes: How many it has; a tensor with another number is misshapen, and tells nothing.
    """

    name: str
    axis: int
    axes: int

    def size(self, shapes: Shapes) -> int | None:
        """The size; None where the tensor is absent or misshapen."""
        shape = shapes.get(self.name, ())
        return shape[self.axis] if len(shape) == self.axes else None


def size(*axes: Axis) -> Told:
    """A field that is a size of a tensor: of the first that is there."""

    def tell(shapes: Shapes) -> tuple[int, str] | None:
        return next(((found, axis.name) for axis in axes if (found := axis.size(shapes)) is not None), None)

    return tell


def quotient(dividend: Axis, divisor: Axis) -> Told:
    """A field that is a size of a tensor divided by another: groups."""

    def tell(shapes: Shapes) -> tuple[int, str] | None:
        whole, part = dividend.size(shapes), divisor.size(shapes)
        return (whole // part, dividend.name) if whole is not None and part and whole % part == 0 else None

    return tell


def optional(axis: Axis, module: str) -> Told:
    """A field that is a size of a module, and None in a model without the module."""

    def tell(shapes: Shapes) -> tuple[int | None, str] | None:
        found = axis.size(shapes)
        if found is not None:
            return found, axis.name
        return None if any(name.startswith(f"{module}.") for name in shapes) else (None, "no head")

    return tell


def count(path: str) -> Told:
    """A field that counts layers: one more than the last of which a tensor is there."""
    layer = re.compile(rf"{re.escape(path)}\.([0-9]+)\.")

    def tell(shapes: Shapes) -> tuple[int, str] | None:
        numbers = (int(found[1]) for name in shapes if (found := layer.match(name)) and len(found[1]) <= _MAX_DIGITS)
        last = max(numbers, default=-1)
        return None if last < 0 else (last + 1, f"{path}.0–{last}")

    return tell


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFindings:
    """What shapes tell.

    Attributes:
        values: The fields that shapes tell.
        evidence: Our names of the tensors that tell each.
        conv_sizes: Channels and kernel of each of the extractor's convolutions; their strides are not told.
    """

    values: Mapping[str, Any]
    evidence: Mapping[str, str]
    conv_sizes: tuple[tuple[int, int], ...]


def infer_from_shapes(shapes: Shapes, told: Mapping[str, Told], conv_weight: str | None) -> ShapeFindings:
    """The fields that the shapes of a model's tensors tell; a tensor that is absent or misshapen tells none.

    Args:
        shapes: By our names.
        told: The fields of the family that shapes tell, and how.
        conv_weight: Our name of the weights of the extractor's convolutions, as in `KeyTable`.
    """
    found = {field: answer for field, tell in told.items() if (answer := tell(shapes)) is not None}
    return ShapeFindings(
        values={field: value for field, (value, _) in found.items()},
        evidence={field: evidence for field, (_, evidence) in found.items()},
        conv_sizes=conv_sizes(shapes, conv_weight) if conv_weight is not None else (),
    )


def conv_sizes(shapes: Shapes, conv_weight: str) -> tuple[tuple[int, int], ...]:
    """Channels and kernel of the extractor's convolutions, up to the first that is absent or misshapen."""
    sizes: list[tuple[int, int]] = []
    while len(shape := shapes.get(conv_weight.replace("{i}", str(len(sizes))), ())) == 3:
        sizes.append((shape[0], shape[2]))
    return tuple(sizes)

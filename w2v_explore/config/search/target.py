"""What varies: a field, or parts of one that is a list."""

import re
from typing import Literal, NamedTuple

from w2v_explore.config.kinds import ConvLayers, Kind, PerLayer

CONV_PARTS = ("channels", "kernel", "stride")
# A list has a few thousand items at most.
_KEY = re.compile(r"(\w+)(?:\[(\d{1,9}|\*)\])?(?:\.(\w+))?", re.ASCII)


Item = int | Literal["*"]
"""Which of the items of a list, from 0; ``*`` for all of them alike."""


class Target(NamedTuple):
    """A field, or parts of one.

    Attributes:
        field: The field.
        item: Which of its items; None for the field as a whole.
        part: Which number of a convolution: 0 for its channels, 1 for its kernel, 2 for its stride; None for all three.
    """

    field: str
    item: Item | None = None
    part: int | None = None

    def __str__(self) -> str:
        """As it is written: ``extractor_conv_layer_config[0].kernel``."""
        item = "" if self.item is None else f"[{self.item}]"
        return f"{self.field}{item}{'' if self.part is None else f'.{CONV_PARTS[self.part]}'}"

    def meets(self, other: "Target") -> bool:
        """Whether it has something in common with another one."""
        return (
            self.field == other.field
            and (self.item == other.item or not {self.item, other.item}.isdisjoint((None, "*")))
            and (self.part == other.part or None in (self.part, other.part))
        )


def field_named(text: str) -> str:
    """The field that a key names, whether there is such or not."""
    found = _KEY.fullmatch(text)
    return found[1] if found else text


def parse_target(text: str, kind: Kind) -> Target | str:
    """What a key stands for; a message where that is nothing.

    Args:
        text: The key.
        kind: The kind of the field that it names.
    """
    found = _KEY.fullmatch(text)
    assert found is not None, "a key that names a field has its form"
    field, item, part = found.groups()
    if item is None and part is None:
        return Target(field)
    if not isinstance(kind, ConvLayers | PerLayer):
        return f"{field} is no list, and has no parts; write {field}"
    if item is None:
        return f"{text} does not say which layer; write {field}[0].{part}, or {field}[*].{part} for all of them alike"
    where: Item = "*" if item == "*" else int(item)
    if part is None:
        return Target(field, where)
    if isinstance(kind, PerLayer):
        return f"{field} has one value for each layer; write {field}[{where}]"
    if part not in CONV_PARTS:
        return f"a convolution has no {part}; write {field}[{where}].channels, .kernel or .stride"
    return Target(field, where, CONV_PARTS.index(part))

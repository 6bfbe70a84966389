"""What a search varies, in words: of a list of convolutions the numbers that vary, and not all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from w2v_explore.report.units import brief_field, exact, field_value
from w2v_explore.search.edits import Edit
from w2v_explore.search.space.space import Parts, Rule, Space

# Of more numbers the list itself says as much.
_MOST_PARTS = 3


class Told(NamedTuple):
    """A field that varies, or a number of one that is a list.

    Attributes:
        field: The field.
        name: What it is called where there is little room: ``conv_layer_config[*].channels``.
        items: The ways to the number, which is the same at all of them; empty where it is the field as a whole.
        follows: Whether it is what the values of other fields make of it, as the heads of a width are.
    """

    field: str
    name: str
    items: tuple[tuple[int, ...], ...] = ()
    follows: bool = False

    def value(self, fields: Mapping[str, Any]) -> Any:
        """What it is in a config, by the values of its fields."""
        return _item(fields[self.field], self.items[0]) if self.items else fields[self.field]


def told_of(space: Space) -> list[Told]:
    """What varies, without lists by layer that are as long as there are layers, and nothing else."""
    return [
        told for name, rule in space.rules.items() if not is_as_long(space, name) for told in _told(space, name, rule)
    ]


def is_as_long(space: Space, name: str) -> bool:
    """Whether a field is a list by layer of which nothing varies but that it is as long as there are layers."""
    return name in space.along and isinstance(space.base[name], (list, tuple))


def describe_edit(space: Space, edit: Edit) -> str:
    """``num_layers 12 → 6``; ``conv_layer_config[*].channels 512 → 320`` where no other number of the list may vary."""
    parts = _told(space, edit.field, space.rules[edit.field]) if edit.field in space.rules else []
    if not parts or not all(part.items and _is_one(edit.before, part) for part in parts):
        return f"{brief_field(edit.field)} {field_value(edit.before)} → {field_value(edit.after)}"
    values = [(part.name, _item(edit.before, part.items[0]), _item(edit.after, part.items[0])) for part in parts]
    return " and ".join(
        f"{name} {field_value(before)} → {field_value(after)}" for name, before, after in values if before != after
    )


def describe_space(space: Space) -> str:
    """``12 of encoder_num_layers × 2 of encoder_embed_dim; encoder_num_heads moves along with encoder_embed_dim``."""
    counts = [f"{exact(len(axis.values))} of {axis.name}" for axis in space.axes if len(axis.values) > 1]
    said = [" × ".join(counts)] if counts else []
    said += [f"{axis.name} = {field_value(axis.values[0])}" for axis in space.axes if len(axis.values) == 1]
    along: dict[tuple[str, ...], list[str]] = {}
    for name, of in space.along.items():
        along.setdefault(of, []).append(name)
    said += [
        f"{_listed(names)} move{'s' if len(names) == 1 else ''} along with {_listed(of)}" for of, names in along.items()
    ]
    return "; ".join(said)


def _told(space: Space, name: str, rule: Rule) -> list[Told]:
    follows = bool(rule.of) and all(len(space.axes[axis].values) == 1 for axis in rule.axes)
    whole = [Told(name, brief_field(name), follows=follows)]
    if not isinstance(rule, Parts) or rule.of or len({*rule.axes}) > _MOST_PARTS:
        return whole
    items: dict[int, list[tuple[int, ...]]] = {}
    for axis, item in zip(rule.axes, rule.items, strict=True):
        items.setdefault(axis, []).append(item)
    return [Told(name, brief_field(space.axes[axis].name), tuple(ways)) for axis, ways in items.items()]


def _is_one(values: Any, told: Told) -> bool:
    return all(_item(values, item) == _item(values, told.items[0]) for item in told.items)


def _item(values: Any, way: Sequence[int]) -> Any:
    for place in way:
        values = values[place]
    return values


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))

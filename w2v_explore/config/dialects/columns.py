"""`Column`: how one program words the configs of a family, as the value that the family's ``dialects`` file holds.

Reading, writing, the accounts of `convert` and docs/dialects.md are all made from the columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

_NOTHING: Mapping[Any, Any] = MappingProxyType({})

CONV = "extractor_conv_layer_config"
HEAD = "aux_num_out"
"""The two fields that no other program states as we do: in a list for each part or an expression, or not at all."""


class Counterpart(NamedTuple):
    """Where a program states one of our fields.

    Attributes:
        names: Its field; three for Hugging Face's convolutions, none where its configs do not say: all its models then
            have the default, but for the head, which may be stated elsewhere.
        default: What holds where the file does not state it, as the program words it. None for convolutions: the
            standard seven, which our null stands for too.
        words: Its words, or null, and ours for them.
        remark: When it counts or, where it has no name, what it is.
    """

    names: tuple[str, ...]
    default: Any
    words: Mapping[str | None, str] = _NOTHING
    remark: str = ""

    def __str__(self) -> str:
        """Its names, with what is to be known of them: ``extractor_mode (default | layer_norm)``."""
        about = (
            f"({self.remark or ' | '.join(word or 'null' for word in self.words)})" if self.remark or self.words else ""
        )
        return " ".join(filter(None, (", ".join(self.names), about if self.names else self.remark)))


class Divided(NamedTuple):
    """A number that a program states of several equal parts together, and we of each.

    Attributes:
        by: Our field that counts the parts; it is read before.
        least: What a part has at the least, whatever is stated of all.
    """

    by: str
    least: int


class Guard(NamedTuple):
    """A field that stands for something a family has no place for, unless it has a harmless value.

    Attributes:
        harmless: The values with which it changes nothing.
        reason: What it does otherwise.
        is_wanted: Whether the value that holds where the file does not state it is no harmless one.
    """

    harmless: tuple[Any, ...]
    reason: str
    is_wanted: bool = False


class Kind(NamedTuple):
    """A model that a program has of a family.

    Attributes:
        config: The class of its configs, as transformers names it, whose defaults are the counterparts'; None where
            the program finds the class otherwise.
        remark: What is to be said of it.
        written_as: The class that a written config names; None where it is that of an encoder, with a head or without.
    """

    config: str | None = None
    remark: str | None = None
    written_as: str | None = None


class Outer(NamedTuple):
    """A model of a program's that holds one of a family's, and its head beside it.

    Attributes:
        model_type: What the program calls it.
        name: Its class.
        level: Where its config holds that of the family's model.
    """

    model_type: str
    name: str
    level: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Column:
    """How a program words the configs of a family.

    Attributes:
        kinds: What the program calls the models of the family (``model_type``, ``_name``); the first is written.
        counterparts: The family's fields, all of them.
        refused: What changes the architecture and has no place in the family's fields.
        ignored: What these models do not look at, though others of the program do.
        constants: What is written beside the fields.
        with_head: The model that has the head, where none of the kinds has one.
        level: In fairseq's configs, the level that holds a model of the family.
        divided: The fields for which the program states one number for several equal parts together.
        listed: The program's lists that have as many entries as one of our fields says, and build nothing otherwise.
    """

    kinds: Mapping[str, Kind]
    counterparts: Mapping[str, Counterpart]
    refused: Mapping[str, Guard]
    ignored: tuple[str, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)
    with_head: Outer | None = None
    level: str = "model"
    divided: Mapping[str, Divided] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def names(self) -> set[str]:
        """The program's names of all fields."""
        return {name for counterpart in self.counterparts.values() for name in counterpart.names}

    def with_fields(
        self,
        *,
        kinds: Mapping[str, Kind],
        refused: Mapping[str, Guard] = _NOTHING,
        ignored: tuple[str, ...] = (),
        **counterparts: Counterpart,
    ) -> "Column":
        """The column of a family that has further fields.

        Args:
            kinds: What the program calls the models of that family.
            refused: What more is refused, or refused in another way.
            ignored: What these models do not look at, and so is no longer refused.
            counterparts: Where the program states the further fields, which are no longer refused.
        """
        stated = {*ignored, *(name for counterpart in counterparts.values() for name in counterpart.names)}
        guards = {name: guard for name, guard in {**self.refused, **refused}.items() if name not in stated}
        return replace(
            self,
            kinds=kinds,
            counterparts={**self.counterparts, **counterparts},
            refused=guards,
            ignored=(*self.ignored, *ignored),
        )

    def without_fields(self, *fields: str, **constants: Any) -> "Column":
        """The column of a family that lacks some fields, and of which further constants are written."""
        left = {name: counterpart for name, counterpart in self.counterparts.items() if name not in fields}
        return replace(self, counterparts=left, constants={**self.constants, **constants})

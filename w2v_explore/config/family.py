"""`Family`: what all configs of one architecture share, and the table of the families that there are.

A family is a folder of `w2v_explore.families`, whose files are found by their fixed names. It is imported when a config
of it is read: nothing below that package names a family's module.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from w2v_explore.config.kinds import Fault
from w2v_explore.diagnostics import Rule

if TYPE_CHECKING:
    from w2v_explore.checkpoint.key_table import KeyTable
    from w2v_explore.config.model_config import ModelConfig
    from w2v_explore.tree.layer import Layer


ProgramName = Literal["huggingface", "fairseq", "unilm"]
"""The programs in whose configs a word says of which family a config is."""


class Names(NamedTuple):
    """What other programs call a family: all that is known of it before its folder is imported.

    Attributes:
        huggingface: Its values of ``model_type`` in a ``config.json``.
        fairseq: Its values of ``_name`` in a fairseq config.
        unilm: Fields that only its configs have in unilm's checkpoints, which name no model.
    """

    huggingface: tuple[str, ...]
    fairseq: tuple[str, ...]
    unilm: tuple[str, ...] = ()


FAMILIES: Mapping[str, Names] = {
    "wav2vec2": Names(
        huggingface=("wav2vec2", "hubert", "unispeech", "unispeech-sat"),
        fairseq=(
            "wav2vec2", "hubert", "wav2vec_ctc", "hubert_ctc", "data2vec_audio", "contentvec", "xlsr",
            "wav2vec_seq2seq", "hubert_seq2seq", "wav2vec_classification",
        ),
    ),
    "wavlm": Names(huggingface=("wavlm",), fairseq=(), unilm=("relative_position_embedding", "gru_rel_pos")),
}  # fmt: skip
"""The families: the value of ``architecture:`` in a config, which is the name of the folder too."""

ARCHITECTURE = "architecture"
"""The key of a config that names its family."""

DEFAULT_FAMILY = "wav2vec2"
"""The family of a config that states no ``architecture``."""


class Agreement(NamedTuple):
    """What several fields, each right by itself, must come to together.

    Attributes:
        fields: The fields.
        holds: Whether their values, by name, agree.
        fault: What is wrong where they do not.
        divides: Where they agree if one divides the other: the divisor and the number.
        keeps_quotient: Whether the divisor then moves along with the number, as heads do, whose width is a choice.
    """

    fields: tuple[str, ...]
    holds: Callable[[Mapping[str, Any]], bool]
    fault: Callable[[Mapping[str, Any]], Fault]
    divides: tuple[str, str] | None = None
    keeps_quotient: bool = False


def divides(divisor: str, number: str, rule: Rule, *, keeps_quotient: bool = False) -> Agreement:
    """The agreement that the value of one field divides the value of another.

    Args:
        divisor: The field whose value divides; the fault is its.
        number: The field whose value is divided.
        rule: The rule that is broken where it does not.
        keeps_quotient: As in `Agreement`.
    """

    def holds(values: Mapping[str, Any]) -> bool:
        return bool(values[number] % values[divisor] == 0)

    def fault(values: Mapping[str, Any]) -> Fault:
        value, divided = values[divisor], values[number]
        divisors = divisors_of(divided)
        below = max(candidate for candidate in divisors if candidate < value)
        above = min((candidate for candidate in divisors if candidate > value), default=None)
        nearest = f"write {below} or {above}, the nearest that do" if above else f"write {below}, the nearest that does"
        message = f"{divisor} is {value}, which does not divide {number} {divided}; {nearest}"
        return Fault(rule, divisor, (), message, partner=number)

    return Agreement((divisor, number), holds, fault, (divisor, number), keeps_quotient)


def divisors_of(number: int) -> list[int]:
    """All numbers that divide one, in no order."""
    small = [divisor for divisor in range(1, math.isqrt(number) + 1) if number % divisor == 0]
    return small + [number // divisor for divisor in small]


class Family:
    """What all configs of one architecture share; it knows the class of its configs, and the class knows it.

    Attributes:
        name: Its name in `FAMILIES`.
        title: What reports call it.
        config: The class of its configs, whose fields are ``config.FIELDS``.
        agreements: What its fields must come to together.
        components: What reports call the parts of a model, and the path of the module that each is.
        reference: Its preset in which `explain` shows what the values of a field cost, and which messages name.
        rules: The rules of the linter that are its own; each has a module in its ``rules`` folder.
    """

    # No dataclass: making one would cost every start of the linter a hundredth of its time.
    __slots__ = ("agreements", "components", "config", "name", "reference", "rules", "title")

    def __init__(
        self,
        *,
        name: str,
        title: str,
        config: "type[ModelConfig]",
        agreements: tuple[Agreement, ...],
        components: Mapping[str, str],
        reference: str,
        rules: tuple[Rule, ...] = (),
    ) -> None:
        self.name = name
        self.title = title
        self.config = config
        self.agreements = agreements
        self.components = components
        self.reference = reference
        self.rules = rules
        config.family = self

    def __repr__(self) -> str:
        return f"<Family {self.name!r}: {self.title}, {len(self.config.FIELDS)} fields>"

    def part(self, file: str) -> ModuleType:
        """One of the modules of its folder: ``tree``, ``preset_values``."""
        return import_module(f"w2v_explore.families.{self.name}.{file}")

    def build(self, config: "ModelConfig") -> "Layer":
        """The tree of layers of one of its configs."""
        # Imported here: the linter reads configs and builds no tree.
        tree: Layer = self.part("tree").build(config)
        return tree


@cache
def family_named(name: str) -> Family:
    """The family of a name in `FAMILIES`.

    Raises:
        KeyError: There is none.
    """
    if name not in FAMILIES:
        raise KeyError(name)
    family: Family = import_module(f"w2v_explore.families.{name}").FAMILY
    return family


def family_called(program: ProgramName, name: str) -> str | None:
    """The family that a program calls by a name; None where no family is called so."""
    return next((family for family, names in FAMILIES.items() if name in getattr(names, program)), None)


def names_in(program: ProgramName) -> tuple[str, ...]:
    """All that a program calls the families."""
    return tuple(name for names in FAMILIES.values() for name in getattr(names, program))


def key_tables() -> "Iterator[KeyTable]":
    """What the weights of each family are called, the default family's first; one is imported as it is asked for."""
    for name in FAMILIES:
        yield family_named(name).part("keys").KEYS


def other_families(family: Family) -> Iterator[Family]:
    """All families but one; each is imported as it is asked for, so only where something is wrong or all are shown."""
    return (family_named(name) for name in FAMILIES if name != family.name)


def default_family() -> Family:
    """The family of a config that states no ``architecture``."""
    return family_named(DEFAULT_FAMILY)

"""`Family`: what all configs of one architecture share, and the table of the families that there are.

A family is a folder of `w2v_explore.families`, whose files are found by their fixed names. It is imported when a config
of it is read: nothing below that package names a family's module.
"""

import math
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.config.kinds import Fault
from w2v_explore.diagnostics import Rule

if TYPE_CHECKING:
    from w2v_explore.config.model_config import ModelConfig
    from w2v_explore.tree.layer import Layer


class Names(NamedTuple):
    """What other programs call a family: all that is known of it before its folder is imported.

    Attributes:
        huggingface: Its values of ``model_type`` in a ``config.json``.
        fairseq: Its values of ``_name`` in a fairseq config.
    """

    huggingface: tuple[str, ...]
    fairseq: tuple[str, ...]


FAMILIES: Mapping[str, Names] = {
    "wav2vec2": Names(
        huggingface=("wav2vec2", "hubert", "unispeech", "unispeech-sat"),
        fairseq=(
            "wav2vec2", "hubert", "wav2vec_ctc", "hubert_ctc", "wav2vec_seq2seq", "hubert_seq2seq",
            "wav2vec_classification", "data2vec_audio", "contentvec", "xlsr",
        ),
    ),
}  # fmt: skip
"""The families: the value of ``architecture:`` in a config, which is the name of the folder too."""

DEFAULT_FAMILY = "wav2vec2"
"""The family of a config that states no ``architecture``."""


class Agreement(NamedTuple):
    """What several fields, each right by itself, must come to together.

    Attributes:
        fields: The fields.
        holds: Whether their values, by name, agree.
        fault: What is wrong where they do not.
    """

    fields: tuple[str, ...]
    holds: Callable[[Mapping[str, Any]], bool]
    fault: Callable[[Mapping[str, Any]], Fault]


def divides(divisor: str, number: str, rule: Rule) -> Agreement:
    """The agreement that the value of one field divides the value of another.

    Args:
        divisor: The field whose value divides; the fault is its.
        number: The field whose value is divided.
        rule: The rule that is broken where it does not.
    """

    def holds(values: Mapping[str, Any]) -> bool:
        return bool(values[number] % values[divisor] == 0)

    def fault(values: Mapping[str, Any]) -> Fault:
        value, divided = values[divisor], values[number]
        divisors = _divisors(divided)
        below = max(candidate for candidate in divisors if candidate < value)
        above = min((candidate for candidate in divisors if candidate > value), default=None)
        nearest = f"write {below} or {above}, the nearest that do" if above else f"write {below}, the nearest that does"
        message = f"{divisor} is {value}, which does not divide {number} {divided}; {nearest}"
        return Fault(rule, divisor, (), message, partner=number)

    return Agreement((divisor, number), holds, fault)


def _divisors(number: int) -> list[int]:
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
        frames_at: The path of the module whose output has the frames that reports count.
    """

    # No dataclass: making one would cost every start of the linter a hundredth of its time.
    __slots__ = ("agreements", "components", "config", "frames_at", "name", "title")

    def __init__(
        self,
        *,
        name: str,
        title: str,
        config: "type[ModelConfig]",
        agreements: tuple[Agreement, ...],
        components: Mapping[str, str],
        frames_at: str,
    ) -> None:
        self.name = name
        self.title = title
        self.config = config
        self.agreements = agreements
        self.components = components
        self.frames_at = frames_at
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


def family_named(name: str) -> Family:
    """The family of a name in `FAMILIES`.

    Raises:
        KeyError: There is none.
    """
    if name not in FAMILIES:
        raise KeyError(name)
    family: Family = import_module(f"w2v_explore.families.{name}").FAMILY
    return family


def default_family() -> Family:
    """The family of a config that states no ``architecture``."""
    return family_named(DEFAULT_FAMILY)

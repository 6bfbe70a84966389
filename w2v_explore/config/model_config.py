"""`ModelConfig`: the values of a family's fields, checked."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from w2v_explore.arguments import plain_data
from w2v_explore.config.codes import ARCHITECTURE as ARCHITECTURE_RULE
from w2v_explore.config.codes import MISSING_KEY, UNKNOWN_KEY
from w2v_explore.config.family import (
    ARCHITECTURE,
    DEFAULT_FAMILY,
    FAMILIES,
    Family,
    default_family,
    family_named,
    other_families,
)
from w2v_explore.config.kinds import Fault, Field, meaning
from w2v_explore.config.validate import describe, validate
from w2v_explore.diagnostics import Place, Problem
from w2v_explore.errors import ConfigError


class ModelConfig:
    """An architecture: a value for each of the fields that its family has.

    An instance is valid: the constructor checks every field, and takes numbers of any library, as numpy's. What each
    field means, its limits and its names in other programs stand in docs/config.md. ``ModelConfig(...)`` takes the
    arguments of ``torchaudio.models.wav2vec2_model``, and makes a config of wav2vec 2.0; what `load_config` makes is of
    the family that the file names.

    Raises:
        ConfigError: A value is wrong; all that is wrong is reported at once.
    """

    __slots__ = ()

    family: ClassVar[Family]
    FIELDS: ClassVar[Mapping[str, Field]]

    if TYPE_CHECKING:
        # Each family's class is a dataclass, and states the types of its fields.
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

        def __getattr__(self, name: str) -> Any: ...

    def __new__(cls, **values: Any) -> "ModelConfig":
        """A config of the family whose class it is."""
        return object.__new__(default_family().config if cls is ModelConfig else cls)

    def __post_init__(self) -> None:
        """Check the fields."""
        values = {name: plain_data(getattr(self, name)) for name in self.FIELDS}
        faults = validate(values, self.family)
        if faults:
            raise ConfigError([_problem(fault) for fault in faults])
        self._set(values)

    def _set(self, values: Mapping[str, Any]) -> None:
        """Set the fields; lists of conv layers as tuples, so that configs compare and hash by value."""
        for name in self.FIELDS:
            value = values[name]
            if isinstance(value, (list, tuple)):
                value = tuple((channels, kernel, stride) for channels, kernel, stride in value)
            object.__setattr__(self, name, value)

    @classmethod
    def from_checked(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """The config of values in which `validate` found no fault, one for each field; they are not checked again."""
        config = cls.__new__(cls)
        config._set(values)
        return config

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """The config that a mapping of all fields describes, of the family that its ``architecture`` names.

        Raises:
            ConfigError: A field is missing, unknown or wrong, or there is no such family.
        """
        values = dict(values)
        name = values.pop(ARCHITECTURE, cls.family.name if cls is not ModelConfig else DEFAULT_FAMILY)
        known = tuple(FAMILIES) if cls is ModelConfig else (cls.family.name,)
        # A tuple: what cannot be hashed, as a list, is no name either.
        if name not in known:
            message = f"{ARCHITECTURE} is {describe(name)}; write one of {', '.join(known)}"
            raise ConfigError([_problem(Fault(ARCHITECTURE_RULE, ARCHITECTURE, (), message))])
        if cls is ModelConfig:
            cls = family_named(str(name)).config
        names = [(UNKNOWN_KEY, name, _why_unknown(name, cls.family)) for name in values if name not in cls.FIELDS]
        names += [(MISSING_KEY, name, "is missing") for name in cls.FIELDS if name not in values]
        if names:
            raise ConfigError([_problem(Fault(rule, name, (), f"{name} {what}")) for rule, name, what in names])
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """The fields as plain data, in their family's order, which ``from_mapping`` of the config's class takes.

        Conv layers are a list of lists. The family is not among them: `ModelConfig.from_mapping` wants it beside them,
        under ``architecture``, where it is not wav2vec 2.0.
        """
        values = {name: getattr(self, name) for name in self.FIELDS}
        return {name: list(map(list, value)) if isinstance(value, tuple) else value for name, value in values.items()}

    def meaning(self) -> dict[str, Any]:
        """What the fields mean, by which configs are compared: as `to_mapping`, with null convolutions written out."""
        return {name: meaning(value, self.FIELDS[name].kind) for name, value in self.to_mapping().items()}


def _why_unknown(name: str, family: Family) -> str:
    """What is to be said of a key that is no field of a family; other families are imported where there is one."""
    owner = next((other for other in other_families(family) if name in other.config.FIELDS), None)
    if owner is None:
        return "is no field of a config"
    return (
        f"is a field of {owner.name}, and this config is of {family.name}; "
        f"give the mapping {ARCHITECTURE!r}: {owner.name!r}, or remove it"
    )


def _problem(fault: Fault) -> Problem:
    return Problem(rule=fault.rule, place=Place("<config>"), key=fault.key, message=fault.message, fix=fault.fix)

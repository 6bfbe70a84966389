"""The table of the families that there are; `Family`, what all configs of one share; `ModelConfig`, such a config.

A family is a folder of `w2v_explore.families`, whose files are found by their fixed names. It is imported when a config
of it is read: nothing below that package names a family's module.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from w2v_explore.arguments import plain_data
from w2v_explore.config.codes import ARCHITECTURE as ARCHITECTURE_RULE
from w2v_explore.config.codes import MISSING_KEY, UNKNOWN_KEY
from w2v_explore.config.kinds import Agreement, Fault, Field, meaning
from w2v_explore.config.validate import checks_of, describe, validate
from w2v_explore.diagnostics import Place, Problem, Rule, shorten
from w2v_explore.errors import ArgumentError, ConfigError

if TYPE_CHECKING:
    from w2v_explore.checkpoint.key_table import KeyTable
    from w2v_explore.tree.layer import Layer


ProgramName = Literal["huggingface", "fairseq", "unilm", "espnet"]
"""The programs in whose configs a word says of which family a config is."""


Role = Literal["extractor", "encoder", "head", "adapters"]
"""What a module is for those who train it: what makes frames; the transformer with all that stands between; what makes
outputs of it; small modules that are trained in the place of what is around them."""

Roles = Mapping[Role, tuple[str, ...]]
"""By role, the paths of the modules that have it, with all below them; ``*`` stands for the number of any layer.
Adapters are such wherever they lie."""


class Mark(NamedTuple):
    """A field of another program by which a config is of one of several families that the program calls the same.

    Attributes:
        name: The program's name of the field.
        values: The values with which a config is of the family; empty for all but `plain`.
        plain: The values with which it is not, beside null, which a field that is not stated has as well.
        program: The one that has the field, where others that call several families the same have it not.
    """

    name: str
    values: tuple[object, ...] = ()
    plain: tuple[object, ...] = ()
    program: ProgramName | None = None

    def is_met(self, value: object) -> bool:
        """Whether a config with this value of the field is of the family."""
        return value is not None and (value in self.values if self.values else value not in self.plain)


class Names(NamedTuple):
    """What other programs call a family: all that is known of it before its folder is imported.

    Attributes:
        huggingface: Its values of ``model_type`` in a ``config.json``.
        fairseq: Its values of ``_name`` in a fairseq config.
        unilm: Fields that only its configs have in unilm's checkpoints, which name no model.
        espnet: Its values of ``encoder`` in a recipe of ESPnet whose encoder is torchaudio's model.
        arguments: Arguments of the function that builds its models: all of them together tell a mapping of arguments,
            in which others may stand than its fields.
        marks: What tells its configs where another family has one of these names as well, any of them, or where a
            config names another family by mistake. A family without marks has all configs of its names that no other
            family's mark is met in.
        counts: Classes of transformers whose configs are read as those of the model inside them, and of which it counts
            all.
    """

    huggingface: tuple[str, ...]
    fairseq: tuple[str, ...]
    unilm: tuple[str, ...] = ()
    espnet: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    counts: tuple[str, ...] = ()


FAMILIES: Mapping[str, Names] = {
    "wav2vec2": Names(
        huggingface=("wav2vec2", "hubert", "unispeech", "unispeech-sat"),
        fairseq=(
            "wav2vec2", "hubert", "wav2vec_ctc", "hubert_ctc", "data2vec_audio", "contentvec", "xlsr",
            "wav2vec_seq2seq", "hubert_seq2seq", "wav2vec_classification",
        ),
        espnet=("torchaudio_hubert",),
    ),
    "wavlm": Names(
        huggingface=("wavlm",), fairseq=(), unilm=("relative_position_embedding", "gru_rel_pos"),
        espnet=("torchaudio_wavlm",), marks=(Mark("num_buckets", program="huggingface"),),
    ),
    "omniasr": Names(huggingface=("omniasr_audio",), fairseq=()),
    "wav2vec2_adapters": Names(
        huggingface=("wav2vec2",), fairseq=(), marks=(Mark("add_adapter", plain=(False,)), Mark("adapter_attn_dim")),
    ),
    "data2vec_audio": Names(
        huggingface=("data2vec-audio",), fairseq=("data2vec_audio",), marks=(Mark("pos_conv_depth", plain=(1,)),)
    ),
    "distilhubert": Names(
        huggingface=("hubert",),
        fairseq=("distiller",),
        marks=(
            Mark("feat_proj_layer_norm", values=(False,), program="huggingface"),
            *(Mark(field, program="fairseq") for field in (
                "n_tasks", "task_emb_type", "out_layer_type", "out_layer_inter_dim", "attention_type",
                "extractor_conv_feature_layers", "task_emb_size", "layer_emb_size",
            )),
        ),
    ),
    "pruned_wav2vec2": Names(
        huggingface=(), fairseq=(), arguments=("encoder_use_attention", "encoder_num_heads", "encoder_head_dim")
    ),
    "hubert_pretrain": Names(huggingface=(), fairseq=()),
    "wav2vec2_pretrain": Names(huggingface=("wav2vec2",), fairseq=(), counts=("Wav2Vec2ForPreTraining",)),
    "wav2vec2_conformer": Names(
        huggingface=("wav2vec2-conformer",),
        fairseq=("wav2vec2", "wav2vec_ctc", "wav2vec_seq2seq", "wav2vec_classification"),
        marks=(Mark("layer_type", values=("conformer",)),),
    ),
    "wav2vec2_bert": Names(huggingface=("wav2vec2-bert",), fairseq=()),
}  # fmt: skip
"""The families, most used first: the value of ``architecture:`` in a config, which is the name of the folder too."""

ARCHITECTURE = "architecture"
"""The key of a config that names its family."""

DEFAULT_FAMILY = "wav2vec2"
"""The family of a config that states no ``architecture``."""


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

    family: ClassVar["Family"]
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
        faults = self.family.faults(values)
        if faults:
            raise ConfigError([_problem(fault) for fault in faults])
        self._set(values)

    def _set(self, values: Mapping[str, Any]) -> None:
        """Set the fields; lists, and those inside them, as tuples, so that configs compare and hash by value."""
        for name in self.FIELDS:
            value = values[name]
            if isinstance(value, (list, tuple)):
                value = tuple([tuple(item) if isinstance(item, (list, tuple)) else item for item in value])
            object.__setattr__(self, name, value)

    @property
    def fewest_frames(self) -> int:
        """The frames that the extractor must make for the model to give one: more where padded convolutions follow."""
        return 1

    @classmethod
    def from_checked(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """The config of values in which `Family.faults` finds none, one for each field; they are not checked again."""
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

        Conv layers are a list of lists, values for each layer a list. The family is not among them:
        `ModelConfig.from_mapping` wants it beside them, under ``architecture``, where it is not wav2vec 2.0.
        """
        values = {name: getattr(self, name) for name in self.FIELDS}
        return {name: _as_list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def meaning(self) -> dict[str, Any]:
        """What the fields mean, by which configs are compared: as `to_mapping`, with null convolutions written out."""
        return {name: meaning(value, self.FIELDS[name].kind) for name, value in self.to_mapping().items()}


class Family:
    """What all configs of one architecture share; it knows the class of its configs, and the class knows it.

    Attributes:
        name: Its name in `FAMILIES`.
        title: What reports call it.
        config: The class of its configs, whose fields are ``config.FIELDS``.
        agreements: What its fields must come to together.
        components: What reports call the parts of a model, and the path of the module that each is.
        roles: What each module is for those who train it; every parameter lies in one that has a role.
        reference: Its preset in which `explain` shows what the values of a field cost, and which messages name.
        rules: The rules of the linter that are its own; each has a module in its ``rules`` folder.
        is_timed: Whether the trainings whose published times `plan` rests on were of models with all its operations,
            whatever their families.
    """

    # No dataclass: making one would cost every start of the linter a hundredth of its time.
    __slots__ = (
        "_checks", "agreements", "components", "config", "is_timed", "name", "reference", "roles", "rules", "title",
    )  # fmt: skip

    def __init__(
        self,
        *,
        name: str,
        title: str,
        config: type[ModelConfig],
        agreements: tuple[Agreement, ...],
        components: Mapping[str, str],
        roles: Roles,
        reference: str,
        rules: tuple[Rule, ...] = (),
        is_timed: bool = True,
    ) -> None:
        self.name = name
        self.title = title
        self.config = config
        self.agreements = agreements
        self.components = components
        self.roles = roles
        self.reference = reference
        self.rules = rules
        self.is_timed = is_timed
        config.family = self
        self._checks = checks_of(config.FIELDS)

    def __repr__(self) -> str:
        return f"<Family {self.name!r}: {self.title}, {len(self.config.FIELDS)} fields>"

    def faults(self, values: Mapping[str, object]) -> list[Fault]:
        """Every fault in the values of the fields that are present; absent fields are not reported here.

        Args:
            values: Plain data by field name; names of no field are ignored.
        """
        return validate(values, self._checks, self.agreements)

    def part(self, file: str) -> ModuleType:
        """One of the modules of its folder: ``tree``, ``preset_values``."""
        return import_module(f"w2v_explore.families.{self.name}.{file}")

    def build(self, config: ModelConfig) -> "Layer":
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


def family_asked(name: str) -> Family:
    """The family of a name that a user gives.

    Raises:
        ArgumentError: There is none.
    """
    if name in FAMILIES:
        return family_named(name)
    # Imported only where something is wrong.
    from w2v_explore.config.suggest import did_you_mean, nearest

    guesses = did_you_mean(nearest(name, FAMILIES), f"give one of {', '.join(FAMILIES)}")
    raise ArgumentError(f"there is no architecture {shorten(name) or repr(name)}; {guesses}")


def family_called(
    program: ProgramName, name: str, value_of: Callable[[str], object] = lambda field: None
) -> str | None:
    """The family that a program calls by a name; None where no family is called so.

    Args:
        program: The program.
        name: The name.
        value_of: What a config states under the name of a field, by which one of several families is chosen; by
            default the name alone is asked, and the one without marks is chosen.
    """
    called = [family for family, names in FAMILIES.items() if name in getattr(names, program)]
    if len(called) > 1:
        met = (family for family in called if any(m.is_met(value_of(m.name)) for m in marks_in(program, family)))
        plain = (family for family in called if not FAMILIES[family].marks)
        called = [*met, *plain, *called]
    return called[0] if called else None


def family_counting(name: str) -> str | None:
    """The family that counts all of a class of transformers, of which another one is read; None where there is none."""
    return next((family for family, names in FAMILIES.items() if name in names.counts), None)


def marks_in(program: ProgramName, family: str) -> tuple[Mark, ...]:
    """What tells a program's configs of a family from those of another that it calls the same."""
    return tuple(mark for mark in FAMILIES[family].marks if mark.program in (None, program))


def name_marked_by(field: str, program: ProgramName) -> str:
    """What a program calls the family that one of its fields marks; by it a family can point to one it cannot name."""
    marked = (family for family in FAMILIES if any(mark.name == field for mark in marks_in(program, family)))
    name: str = getattr(FAMILIES[next(marked)], program)[0]
    return name


def names_in(program: ProgramName) -> tuple[str, ...]:
    """All that a program calls the families, each once."""
    return tuple(dict.fromkeys(name for names in FAMILIES.values() for name in getattr(names, program)))


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


def _why_unknown(name: str, family: Family) -> str:
    """What is to be said of a key that is no field of a family; other families are imported where there is one."""
    owner = next((other for other in other_families(family) if name in other.config.FIELDS), None)
    if owner is None:
        return "is no field of a config"
    return (
        f"is a field of {owner.name}, and this config is of {family.name}; "
        f"give the mapping {ARCHITECTURE!r}: {owner.name!r}, or remove it"
    )


def _as_list(value: tuple[Any, ...]) -> list[Any]:
    return [list(item) if isinstance(item, tuple) else item for item in value]


def _problem(fault: Fault) -> Problem:
    return Problem(rule=fault.rule, place=Place("<config>"), key=fault.key, message=fault.message, fix=fault.fix)

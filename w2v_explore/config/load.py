"""From a path, a preset's name or ``-`` to a `Config`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from w2v_explore.arguments import path_text
from w2v_explore.checkpoint.recognize import is_checkpoint
from w2v_explore.config.document import known_dialect, parse_document
from w2v_explore.config.entries import OWN_DIALECT, Document, plain_value
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE, TEXT_METADATA
from w2v_explore.config.overrides import Overrides
from w2v_explore.config.presets import preset_names
from w2v_explore.config.reading import FieldChange, Reading, read_config
from w2v_explore.config.text.source import Source, read_preset, read_source
from w2v_explore.diagnostics import Problem
from w2v_explore.errors import ConfigError, SourceError

OF_ONE_MODEL = ("name", "description", "source", "published_parameters")
"""The metadata that hold of the model that the file describes, and of no changed one."""

_MAX_SHOWN_CHANGES = 90


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Config:
    """A model config with what its file says beside the fields of its architecture.

    Attributes:
        name: What reports call it: ``base, changed: encoder_num_layers 6`` where overrides changed it.
        origin: Where it was read from: a path as it was given, ``preset base``, ``<stdin>``.
        model: The fields.
        sample_rate: Samples per second of the audio it is meant for.
        family: The group of models it belongs to.
        description: What the model is.
        source: Where the values come from.
        published_parameters: The parameter count its authors give, as they word it.
        dialect: Whose config it was read from: ``w2v``, ``torchaudio``, ``fairseq``, ``huggingface`` or ``unilm``.
        called: What another program's config calls its model: ``hubert``; None where it does not say, and for ours.
        warnings: What its file says beside the architecture that is not read.
        changes: The values that overrides replaced; what the file says of its own model is left out then.
        sample_rate_source: What states the sample rate, where that is not the config's own ``sample_rate``: a file
            beside it (``preprocessor_config.json``) or below it, a field (``task.sample_rate``), ``--set``. None for
            the default too.
        not_counted: The fields of another program's config that are not known, and were left out since that was
            allowed: the model may be another one.
    """

    name: str
    origin: str
    model: ModelConfig
    sample_rate: int = DEFAULT_SAMPLE_RATE
    family: str | None = None
    description: str | None = None
    source: str | None = None
    published_parameters: str | None = None
    dialect: str = OWN_DIALECT
    called: str | None = None
    warnings: tuple[Problem, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    sample_rate_source: str | None = None
    not_counted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        model = self.model
        return (
            f"<Config {self.name!r} from {self.origin!r}: {model.encoder_num_layers} layers "
            f"of {model.encoder_embed_dim}, {self.sample_rate:,} Hz>"
        )


def distinct_names(configs: Sequence[Config]) -> list[str]:
    """The configs' names; where several have the same with their origins, or numbered where these are the same."""
    names = [config.name for config in configs]
    told = [
        f"{name} ({config.origin})" if names.count(name) > 1 else name
        for name, config in zip(names, configs, strict=True)
    ]
    return [f"{names[number]} ({number + 1})" if told.count(name) > 1 else name for number, name in enumerate(told)]


ConfigLike = Config | ModelConfig | str | os.PathLike[str]
"""What the analyses take for a config: one that was loaded, its fields alone, or what `load_config` takes."""


def as_config(config: ConfigLike) -> Config:
    """A config that was loaded as it is, and the config that anything else stands for.

    Raises:
        TypeError: It stands for none.
    """
    if isinstance(config, Config):
        return config
    if isinstance(config, ModelConfig):
        return Config(name="config", origin="<config>", model=config)
    return load_config(config)


def load_config(
    reference: str | os.PathLike[str],
    overrides: Overrides = (),
    dialect: str | None = None,
    *,
    allow_unknown: bool = False,
) -> Config:
    """The config that a path, a preset's name (with or without ``.yaml``) or ``-`` names.

    Args:
        reference: A file wins over a preset of the same name. Of a checkpoint (a file of weights, an index of several,
            a folder of them), what its shapes and the config inside or beside it tell; of other folders, config.json.
        overrides: What replaces fields: a mapping, as ``{"encoder_num_layers": 6}``, or texts, as
            ``["encoder_num_layers=6"]``, each checked like the file.
        dialect: Whose config it is: ``w2v``, ``torchaudio``, ``fairseq``, ``huggingface`` or ``unilm``; recognised by
            default.
        allow_unknown: Whether to leave out the fields of another program's config that are not known and may change
            the architecture; `Config.not_counted` names them then, and they are errors otherwise.

    Raises:
        TypeError: The reference is neither a text nor a path, or an override is no plain data.
        ArgumentError: There is no such dialect.
        SourceError: Nothing is there, or it cannot be read.
        ConfigError: It is wrong; carries every problem with its place.
        CheckpointError: It is a checkpoint, and corrupt, or of no wav2vec 2.0 model, or unlike the config beside it.
    """
    document = read_document(path_text(reference, "a config"), known_dialect(dialect), allow_unknown=allow_unknown)
    return config_of(read_config(document, overrides, allow_unknown=allow_unknown))


def read_document(reference: str, dialect: str | None = None, *, allow_unknown: bool = False) -> Document:
    """The document that a reference names, as in `load_config`; of a checkpoint, what is known of its config.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
        CheckpointError: It is a checkpoint, and corrupt, or of no wav2vec 2.0 model, or unlike the config beside it.
    """
    if dialect is None and is_checkpoint(reference):
        # Imported only where there is one.
        from w2v_explore.config.checkpoint import checkpoint_document

        return checkpoint_document(reference, allow_unknown=allow_unknown)
    return parse_document(read_source(reference), dialect)


def load_preset(name: str) -> Config:
    """A preset by its exact name, whatever lies in the working folder.

    Args:
        name: One of `preset_names`.

    Raises:
        SourceError: There is no such preset.
    """
    if name not in preset_names():
        # Imported only where there is none of that name.
        from w2v_explore.config.model_names import instead_of_preset

        raise SourceError(
            f"there is no preset {name or repr(name)}; {instead_of_preset(name, '`w2v-explore presets` lists them')}"
        )
    return config_of(read_config(parse_document(read_preset(name))))


def config_from_mapping(values: Mapping[str, object], name: str, dialect: str | None = None) -> Config:
    """The config that plain data describes: the content of a config.json, or of another program's checkpoint.

    Args:
        values: What `json` can write.
        name: What messages call it.
        dialect: As in `load_config`.

    Raises:
        ConfigError: It is wrong; carries every problem, with its place in the data as ``json.dumps`` writes it.
    """
    import json

    content = json.dumps(values, indent=2).encode()
    return config_of(read_config(parse_document(Source(name, content), dialect)))


def config_of(reading: Reading) -> Config:
    """The config that was read.

    Raises:
        ConfigError: It is wrong; carries every problem.
    """
    if reading.model is None:
        raise ConfigError(reading.problems)
    source, changes = reading.document.source, reading.changes
    texts = {
        key: plain_value(entry.value)
        for key in TEXT_METADATA
        if (entry := reading.entries.get(key)) and not (changes and key in OF_ONE_MODEL and not entry.is_override)
    }
    name = changed_name(source.stem, changes) if changes else source.stem
    translation = reading.document.translation
    return Config(
        **{"name": name, **texts},  # type: ignore[arg-type]
        origin=source.name,
        model=reading.model,
        sample_rate=reading.sample_rate,
        dialect=translation.dialect if translation else OWN_DIALECT,
        called=translation.called if translation else None,
        warnings=tuple(reading.warnings),
        changes=changes,
        sample_rate_source=reading.sample_rate_source,
        not_counted=reading.not_counted,
    )


def changed_name(name: str, changes: Sequence[FieldChange]) -> str:
    """``base, changed: encoder_num_layers 6``, or ``base, 5 fields changed`` where all would fill a line."""
    stated = ", ".join(map(str, changes))
    return (
        f"{name}, changed: {stated}" if len(stated) <= _MAX_SHOWN_CHANGES else f"{name}, {len(changes)} fields changed"
    )

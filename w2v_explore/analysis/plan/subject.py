"""What is trained: the model of a reference, and what a training config says beside it."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.arguments import path_text
from w2v_explore.config import codes
from w2v_explore.config.document import known_dialect, parse_document
from w2v_explore.config.entries import Document
from w2v_explore.config.load import Config, ConfigLike, as_config, config_of, read_document
from w2v_explore.config.overrides import Overrides
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.source import read_preset
from w2v_explore.errors import ArgumentError, ConfigError

if TYPE_CHECKING:
    from w2v_explore.config.dialects.training import TrainingRecipe

_NO_MODEL = (codes.FOREIGN_INCOMPLETE, codes.FOREIGN_FAMILY)


class Subject(NamedTuple):
    """What is trained, and what is said of it.

    Attributes:
        config: The model.
        recipe: What its file says of the training; None where there is no file, or it says nothing.
        starts_from: Where the file names the model alone, what names it, with its place.
    """

    config: Config
    recipe: "TrainingRecipe | None" = None
    starts_from: str = ""


def subject_of(
    config: ConfigLike, overrides: Overrides = (), dialect: str | None = None, *, allow_unknown: bool = False
) -> Subject:
    """The model that a config, a file or a preset stands for, and what the file says of its training.

    Args:
        config: What `load_config` takes, or a training config that names a published model; a config as it is.
        overrides: As in `load_config`.
        dialect: As in `load_config`.
        allow_unknown: As in `load_config`.

    Raises:
        ArgumentError: A training config leaves the model open.
        TypeError: As in `load_config`, as are the other errors.
        SourceError: It cannot be read.
        ConfigError: It is wrong.
        CheckpointError: It is a checkpoint, and none that can be read.
    """
    if not isinstance(config, str) and not hasattr(config, "__fspath__"):
        return Subject(as_config(config))
    reference = path_text(config, "a config")
    document = read_document(reference, known_dialect(dialect), allow_unknown=allow_unknown)
    return subject_in(document, overrides, allow_unknown=allow_unknown)


def subject_in(document: Document, overrides: Overrides = (), *, allow_unknown: bool = False) -> Subject:
    """The model that a document stands for, and what it says of its training.

    Args:
        document: As `read_document` reads it.
        overrides: As in `load_config`.
        allow_unknown: As in `load_config`.

    Raises:
        ArgumentError: A training config leaves the model open.
        ConfigError: It is wrong.
    """
    recipe = None
    if document.translation is not None:
        # Imported only where a file is another program's.
        from w2v_explore.config.dialects.training import recipe_in

        recipe = recipe_in(document)
    try:
        return Subject(config_of(read_config(document, overrides, allow_unknown=allow_unknown)), recipe)
    except ConfigError as error:
        if recipe is None or not any(problem.rule in _NO_MODEL for problem in error.problems):
            raise
        if recipe.starts_from is None:
            raise ArgumentError(
                f"{document.source.name} says how it trains, and not which model; give the model, and the file as its "
                f"recipe: plan base --as-recipe {document.source.name}"
            ) from error
        preset = parse_document(read_preset(recipe.starts_from.value))
        model = config_of(read_config(preset, overrides))
        return Subject(replace(model, origin=f"preset {recipe.starts_from.value}"), recipe, str(recipe.starts_from))


def recipe_of_file(path: str) -> "TrainingRecipe":
    """What a training config says, whatever its model.

    Raises:
        ArgumentError: It says nothing of a training.
        SourceError: It cannot be read.
        ConfigError: A value is none that its field can have.
    """
    from w2v_explore.config.dialects.training import recipe_in

    document = read_document(path)
    recipe = recipe_in(document) if document.translation is not None else None
    if recipe is None:
        raise ArgumentError(
            f"{path} says nothing of a training; give a YAML of fairseq's or arguments of Hugging Face's Trainer, or "
            "the name of a published one, as base"
        )
    return recipe

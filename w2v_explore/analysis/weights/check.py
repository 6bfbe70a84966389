"""Whether the weights of a checkpoint fit a config."""

import os
from dataclasses import dataclass
from typing import Any

from w2v_explore.analysis.weights.documents import checkpoint_document, extra_document, fit_document
from w2v_explore.arguments import path_text
from w2v_explore.checkpoint.fit import WeightsFit, fit_weights
from w2v_explore.checkpoint.keys import KeyTranslation, translate_keys
from w2v_explore.checkpoint.listing import Checkpoint
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.checkpoint import find_unseen_conflicts, open_checkpoint
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.version import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CheckpointFit:
    """How a checkpoint and a config go together.

    Attributes:
        checkpoint: What the files hold.
        keys: The names of the tensors, read.
        config: The config.
        fit: What is missing, unexpected or of another shape.
        conflicts: Where the config that comes with the checkpoint says another value of what no shape shows, a message
            each: the weights would be taken, and compute something else.
    """

    checkpoint: Checkpoint
    keys: KeyTranslation
    config: Config
    fit: WeightsFit
    conflicts: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """The answer."""
        return self.fit.fits and not self.conflicts

    def __repr__(self) -> str:
        verdict = "fits" if self.fits else "does not fit"
        return (
            f"<CheckpointFit: {self.checkpoint.origin!r} {verdict} {self.config.name!r}, "
            f"{self.fit.matched} of {self.fit.expected} tensors>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``check`` (docs/json.md), as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "checkpoint": checkpoint_document(self.checkpoint, self.keys),
            "config": self.config.name,
            **fit_document(self.fit),
            "fits": self.fits,
            "conflicts": list(self.conflicts),
            "extras": [extra_document(tensor, extra) for tensor, extra in self.fit.extras],
        }


def check_checkpoint(checkpoint: str | os.PathLike[str], config: ConfigLike) -> CheckpointFit:
    """Say whether the weights of a checkpoint fit a config; no more than names and shapes is read where that suffices.

    Args:
        checkpoint: A file of weights, an index of several, or a Hugging Face folder.
        config: As in `analyze`.

    Raises:
        SourceError: One of the two cannot be opened.
        CheckpointError: The checkpoint is corrupt.
        ConfigError: The config is wrong.
        TypeError: An argument is of another type.
    """
    wanted = as_config(config)
    found = open_checkpoint(path_text(checkpoint, "a checkpoint"))
    tables = (wanted.model.family.part("keys").KEYS,)
    keys = translate_keys((tensor.name for tensor in found.tensors), tables)
    fit = fit_weights(found.tensors, keys, dict(build_architecture(wanted.model).state_dict_shapes()))
    conflicts = tuple(find_unseen_conflicts(found, keys, wanted.model))
    return CheckpointFit(checkpoint=found, keys=keys, config=wanted, fit=fit, conflicts=conflicts)

"""What a checkpoint is: its tensors by their part in the model, and the config that they and others tell."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from w2v_explore.analysis.presets.identify import Nearest, nearest_preset
from w2v_explore.analysis.weights.documents import (
    checkpoint_document,
    extra_document,
    fit_document,
    tensor_document,
)
from w2v_explore.arguments import path_text
from w2v_explore.checkpoint.fit import WeightsFit, fit_weights
from w2v_explore.checkpoint.key_table import Extra
from w2v_explore.checkpoint.keys import KeyTranslation
from w2v_explore.checkpoint.listing import Checkpoint, TensorInfo, count_elements
from w2v_explore.config import codes
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.checkpoint import Question, find_conflicts, infer_config
from w2v_explore.config.family import Family
from w2v_explore.config.load import Config, config_of
from w2v_explore.config.overrides import Overrides
from w2v_explore.config.reading import read_config
from w2v_explore.config.text.nodes import OVERRIDE, OVERRIDES
from w2v_explore.errors import ConfigError
from w2v_explore.version import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Inspection:
    """What a checkpoint is.

    Attributes:
        checkpoint: What the files hold.
        keys: The names of the tensors, read.
        family: The family that the config is of.
        values: The fields that are known, in the family's order.
        origins: Where each comes from: ``shapes``, a config, ``--set``, an override.
        missing: For each field that is not known, what to give.
        conflicts: Where a config or an override disagrees with the shapes; the shapes' values are in ``values``.
        config: The config; None where a field is not known.
        fit: How the weights and that config go together; where there is none, they and the model of their sizes.
        nearest: The preset that the config is nearest to; None where there is none.
    """

    checkpoint: Checkpoint
    keys: KeyTranslation
    family: Family
    values: Mapping[str, Any]
    origins: Mapping[str, str]
    missing: Mapping[str, Question]
    conflicts: tuple[str, ...]
    config: Config | None
    fit: WeightsFit
    nearest: Nearest | None

    def __repr__(self) -> str:
        found = repr(self.nearest) if self.nearest else f"{len(self.missing)} fields missing"
        return f"<Inspection of {self.checkpoint.origin!r}: {len(self.checkpoint.tensors)} tensors, {found}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``inspect`` (docs/json.md), as plain data."""
        return {
            "schema_version": SCHEMA_VERSION,
            "checkpoint": checkpoint_document(self.checkpoint, self.keys),
            "parameters": {
                "total": count_elements(self.checkpoint.tensors),
                "backbone": count_elements(self.backbone),
                "head": count_elements(self.head),
                "buffers": count_elements(self.buffers),
                "extras": count_elements([tensor for tensor, _ in self.extras]),
                "unknown": count_elements(self.unknown),
            },
            "bytes": {
                "total": self.checkpoint.bytes,
                "parts": [
                    {"part": part, "tensors": tensors, "bytes": size} for part, tensors, size in self.bytes_by_part
                ],
            },
            "architecture": self.family.name,
            "fields": {
                field: {"value": self.values[field], "origin": self.origins[field]}
                for field in self.family.config.FIELDS
                if field not in self.missing
            },
            "not_counted": list(self.config.not_counted) if self.config else [],
            "missing": {field: str(question) for field, question in self.missing.items()},
            "conflicts": list(self.conflicts),
            "extras": [extra_document(tensor, extra) for tensor, extra in self.extras],
            "unknown": [tensor_document(tensor) for tensor in self.unknown],
            "fit": fit_document(self.fit),
        }

    @property
    def backbone(self) -> list[TensorInfo]:
        """The tensors of the model without its head that are parameters."""
        return [
            tensor
            for name, tensor in self._ours()
            if not self._is_of_head(name) and tensor.name not in self.keys.buffers
        ]

    @property
    def head(self) -> list[TensorInfo]:
        """The tensors of the linear head."""
        return [tensor for name, tensor in self._ours() if self._is_of_head(name)]

    @property
    def buffers(self) -> list[TensorInfo]:
        """The tensors of the model that are no parameters, such as the statistics of batch norms."""
        return [tensor for tensor in self.checkpoint.tensors if tensor.name in self.keys.buffers]

    @property
    def extras(self) -> list[tuple[TensorInfo, Extra]]:
        """The tensors without a place in the model, and what they are."""
        extras = self.keys.extras
        return [(tensor, extras[tensor.name]) for tensor in self.checkpoint.tensors if tensor.name in extras]

    @property
    def unknown(self) -> list[TensorInfo]:
        """The tensors whose names mean nothing here."""
        names = set(self.keys.unknown)
        return [tensor for tensor in self.checkpoint.tensors if tensor.name in names]

    @property
    def bytes_by_part(self) -> list[tuple[str, int, int]]:
        """What the bytes of the files are: the part, its tensors and its bytes, which sum to the size of the files."""
        sizes = self.checkpoint.weight_bytes
        parts = (
            ("weights of the backbone", self.backbone),
            ("weights of the head", self.head),
            ("buffers of the model", self.buffers),
            ("weights without a place in the model", [tensor for tensor, _ in self.extras]),
            ("unknown weights", self.unknown),
        )
        weights = [(part, len(tensors), sum(sizes[tensor.name] for tensor in tensors)) for part, tensors in parts]
        others = [(other.kind.value, other.tensors, other.bytes) for other in self.checkpoint.other]
        return [part for part in (*weights, *others) if part[1] or part[2]]

    def _ours(self) -> list[tuple[str, TensorInfo]]:
        ours = self.keys.ours
        return [(ours[tensor.name].name, tensor) for tensor in self.checkpoint.tensors if tensor.name in ours]

    def _is_of_head(self, name: str) -> bool:
        head = self.keys.table.head if self.keys.table is not None else None
        return head is not None and name.startswith(f"{head.ours}.")


def inspect_checkpoint(
    reference: str | os.PathLike[str], overrides: Overrides = (), *, allow_unknown: bool = False
) -> Inspection:
    """Find out what a checkpoint is, from its names and shapes and the config inside or beside it.

    Args:
        reference: A file of weights, an index of several, or a Hugging Face folder.
        overrides: As in `load_config`, for what nothing else tells.
        allow_unknown: Whether the config that comes with it may have fields that are not known; they are left out.

    Raises:
        SourceError: It cannot be opened.
        CheckpointError: It is corrupt, or holds no wav2vec 2.0 model.
        ConfigError: The config that comes with it, or an override, is wrong.
        TypeError: An argument is of another type.
    """
    inference = infer_config(path_text(reference, "a checkpoint"), allow_unknown=allow_unknown)
    # What is not counted has its own place in an inspection.
    document = inference.document._replace(warnings=())
    reading = read_config(document, overrides, allow_unknown=allow_unknown)
    missing = {problem.key for problem in reading.problems if problem.rule is codes.MISSING_KEY}
    if len(missing) < len(reading.problems):
        raise ConfigError([problem for problem in reading.problems if problem.rule is not codes.MISSING_KEY])
    given = {
        field: "--set" if entry.path.startswith(OVERRIDE) else "an override"
        for field, entry in reading.entries.items()
        if field in reading.family.config.FIELDS and entry.path.startswith(OVERRIDES)
    }
    origins = {**inference.origins, **given}
    config = config_of(reading) if reading.model else None
    fit = inference.fit
    if config is not None:
        wanted = dict(build_architecture(config.model).state_dict_shapes())
        fit = fit_weights(inference.checkpoint.tensors, inference.keys, wanted)
    return Inspection(
        checkpoint=inference.checkpoint,
        keys=inference.keys,
        family=reading.family,
        values={field: reading.values[field] for field in reading.family.config.FIELDS if field in reading.values},
        origins=origins,
        missing={field: question for field, question in inference.questions.items() if field in missing},
        conflicts=(
            *inference.conflicts,
            *find_conflicts(inference.shapes, {field: reading.values[field] for field in given}, origins),
        ),
        config=config,
        fit=fit,
        # Whatever the config is nearest to, weights that do not fit it are of another model.
        nearest=nearest_preset(config) if config and fit.fits else None,
    )

"""What `inspect` and `check` say, as plain data (docs/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from w2v_explore.checkpoint.fit import WeightsFit
from w2v_explore.checkpoint.key_table import Extra
from w2v_explore.checkpoint.keys import KeyTranslation
from w2v_explore.checkpoint.listing import Checkpoint, TensorInfo, count_elements
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # which import this module
    from w2v_explore.analysis.weights.check import CheckpointFit
    from w2v_explore.analysis.weights.inspection import Inspection


def inspection_document(inspection: Inspection) -> dict[str, Any]:
    """Everything about one checkpoint."""
    extras = [tensor for tensor, _ in inspection.extras]
    return {
        "schema_version": SCHEMA_VERSION,
        "checkpoint": _checkpoint(inspection.checkpoint, inspection.keys),
        "parameters": {
            "total": count_elements(inspection.checkpoint.tensors),
            "backbone": count_elements(inspection.backbone),
            "head": count_elements(inspection.head),
            "buffers": count_elements(inspection.buffers),
            "extras": count_elements(extras),
            "unknown": count_elements(inspection.unknown),
        },
        "bytes": {
            "total": inspection.checkpoint.bytes,
            "parts": [
                {"part": part, "tensors": tensors, "bytes": size} for part, tensors, size in inspection.bytes_by_part
            ],
        },
        "architecture": inspection.family.name,
        "fields": {
            field: {"value": inspection.values[field], "origin": inspection.origins[field]}
            for field in inspection.family.config.FIELDS
            if field not in inspection.missing
        },
        "not_counted": list(inspection.config.not_counted) if inspection.config else [],
        "missing": {field: str(question) for field, question in inspection.missing.items()},
        "conflicts": list(inspection.conflicts),
        "extras": [_extra(tensor, extra) for tensor, extra in inspection.extras],
        "unknown": [_tensor(tensor) for tensor in inspection.unknown],
        "fit": _fit(inspection.fit),
    }


def fit_document(found: CheckpointFit) -> dict[str, Any]:
    """Whether a checkpoint fits a config, by the config's name."""
    return {
        "schema_version": SCHEMA_VERSION,
        "checkpoint": _checkpoint(found.checkpoint, found.keys),
        "config": found.config.name,
        **_fit(found.fit),
        "fits": found.fits,
        "conflicts": list(found.conflicts),
        "extras": [_extra(tensor, extra) for tensor, extra in found.fit.extras],
    }


def _checkpoint(checkpoint: Checkpoint, keys: KeyTranslation) -> dict[str, Any]:
    return {
        "path": checkpoint.origin,
        "format": checkpoint.format,
        "files": list(checkpoint.files),
        "dialect": keys.dialect,
        "prefix": keys.prefix,
        "tensors": len(checkpoint.tensors),
        "elements_by_dtype": checkpoint.dtypes,
    }


def _fit(fit: WeightsFit) -> dict[str, Any]:
    return {
        "fits": fit.fits,
        "expected": fit.expected,
        "matched": fit.matched,
        "missing": [{"name": name, "part": part, "shape": list(shape)} for name, shape, part in fit.missing],
        "unexpected": [_tensor(tensor) for tensor in fit.unexpected],
        "misshapen": [
            {"name": name, "part": part, "expected": list(expected), "found": list(found)}
            for name, expected, found, part in fit.misshapen
        ],
        "not_floating": [_tensor(tensor) for tensor in fit.not_floating],
    }


def _tensor(tensor: TensorInfo) -> dict[str, Any]:
    return {"name": tensor.name, "dtype": tensor.dtype, "shape": list(tensor.shape)}


def _extra(tensor: TensorInfo, extra: Extra) -> dict[str, Any]:
    return {**_tensor(tensor), "purpose": extra.purpose, "changes_outputs": extra.changes_outputs}

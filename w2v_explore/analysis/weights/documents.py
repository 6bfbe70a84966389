"""What the documents of `inspect` and of `check` have in common, as plain data (docs/json.md)."""

from typing import Any

from w2v_explore.checkpoint.fit import WeightsFit
from w2v_explore.checkpoint.key_table import Extra
from w2v_explore.checkpoint.keys import KeyTranslation
from w2v_explore.checkpoint.listing import Checkpoint, TensorInfo


def checkpoint_document(checkpoint: Checkpoint, keys: KeyTranslation) -> dict[str, Any]:
    """The files, and whose names the tensors have."""
    return {
        "path": checkpoint.origin,
        "format": checkpoint.format,
        "files": list(checkpoint.files),
        "dialect": keys.dialect,
        "prefix": keys.prefix,
        "tensors": len(checkpoint.tensors),
        "elements_by_dtype": checkpoint.dtypes,
    }


def fit_document(fit: WeightsFit) -> dict[str, Any]:
    """How the weights and a config go together."""
    return {
        "fits": fit.fits,
        "expected": fit.expected,
        "matched": fit.matched,
        "missing": [{"name": name, "part": part, "shape": list(shape)} for name, shape, part in fit.missing],
        "unexpected": [tensor_document(tensor) for tensor in fit.unexpected],
        "misshapen": [
            {"name": name, "part": part, "expected": list(expected), "found": list(found)}
            for name, expected, found, part in fit.misshapen
        ],
        "not_floating": [tensor_document(tensor) for tensor in fit.not_floating],
    }


def tensor_document(tensor: TensorInfo) -> dict[str, Any]:
    """A tensor of the files."""
    return {"name": tensor.name, "dtype": tensor.dtype, "shape": list(tensor.shape)}


def extra_document(tensor: TensorInfo, extra: Extra) -> dict[str, Any]:
    """A tensor without a place in the model, and what it is."""
    return {**tensor_document(tensor), "purpose": extra.purpose, "changes_outputs": extra.changes_outputs}

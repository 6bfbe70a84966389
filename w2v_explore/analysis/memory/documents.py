"""What `memory` says, as plain data (docs/json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.documents import config_and_workload
from w2v_explore.analysis.memory.inference import NOT_INCLUDED

if TYPE_CHECKING:  # which import this module, or are handed in
    from w2v_explore.analysis.memory.costs import Fits, MemoryCosts
    from w2v_explore.analysis.memory.largest_workload import LargestWorkloads
    from w2v_explore.analysis.memory.training import TrainingCost
    from w2v_explore.analysis.workload import Workload


def memory_document(costs: MemoryCosts, depth: int | None = None) -> dict[str, Any]:
    """What `memory` says of one config, with its layers down to a depth, or all."""
    analysis = costs.analysis
    kept = costs.training[analysis.workload.dtype].kept_by_layer
    folded = analysis.tree.folded_path
    document = {
        **config_and_workload(analysis),
        "inference": {
            dtype: inference._asdict() | {"total_bytes": inference.total_bytes}
            for dtype, inference in costs.inference.items()
        },
        "training": {dtype: _training(training) for dtype, training in costs.training.items()},
        "layers": [
            {"path": row.path, "kind": row.kind, "depth": row.depth, "kept_bytes": kept.get(folded(row.path), 0)}
            for row in unfold(analysis.layers, depth)
        ],
        "not_included": NOT_INCLUDED,
    }
    if costs.fits is not None:
        document["fit"] = _fits(costs.fits, analysis.workload)
    return document


def _training(training: TrainingCost) -> dict[str, Any]:
    return {
        "recipe": training.recipe._asdict(),
        "weight_bytes": training.weight_bytes,
        "gradient_bytes": training.gradient_bytes,
        "optimizer_bytes": training.optimizer_bytes,
        "kept_bytes": training.kept_bytes._asdict(),
        "total_bytes": training.total_bytes(checkpointing=False),
        "forward_macs": training.forward.total,
        "backward_macs": training.backward.total,
        "macs": training.macs._asdict(),
        "checkpointed": {
            "kept_bytes": training.checkpointed_bytes._asdict(),
            "total_bytes": training.total_bytes(checkpointing=True),
            "macs": training.checkpointed_macs._asdict(),
        },
    }


def _fits(fits: Fits, workload: Workload) -> dict[str, Any]:
    def by_dtype(each: Mapping[str, LargestWorkloads]) -> dict[str, Any]:
        return {
            dtype: {
                **fit._asdict(),
                "seconds": fit.samples / workload.sample_rate,
                "workload_fits": fit.batch >= workload.batch,
            }
            for dtype, fit in each.items()
        }

    document = {
        "memory_bytes": fits.memory_bytes,
        "inference": by_dtype(fits.inference),
        "training": by_dtype(fits.training),
    }
    if fits.checkpointed_training:
        document["checkpointed_training"] = by_dtype(fits.checkpointed_training)
    return document

"""The pictures of how a model is made: its tree, by all that a result says its modules cost."""

from __future__ import annotations

from collections.abc import Callable

from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.treemap import Measure, treemap
from w2v_explore.report.units import duration, short, size_bytes
from w2v_explore.results.result import Result

PARAMETERS = Measure("Parameters", lambda layer: layer.parameters, short)
MACS = Measure("MACs", lambda layer: layer.macs.total, short)


def kept_memory(training: TrainingCost, folded_path: Callable[[str], str]) -> Measure:
    """What the backward pass keeps.

    Args:
        training: Of the analysis.
        folded_path: Of its tree.
    """
    kept = training.kept_by_layer
    name = f"Kept activations ({training.recipe.name})"
    return Measure(name, lambda layer: kept.get(folded_path(layer.path), 0), size_bytes)


def tree_picture(result: Result) -> Picture:
    """The tree of a config, with the latency that was measured or predicted."""
    analysis, layers = result.analysis, result.analysis.layers
    measures = [PARAMETERS, MACS, kept_memory(analysis.training, analysis.tree.folded_path)]
    if result.measurement is not None and (ledger := result.measurement.latency.ledger) is not None:
        # Each of equal layers took its own time.
        layers = tuple(unfold(layers))
        took_s = {path: layer.total_ns / 1e9 for path, layer in ledger.layers.items()}
        measures.append(Measure("Latency", lambda layer: took_s.get(layer.path, 0.0), duration))
    elif (prediction := result.prediction) is not None:
        expected_s = prediction.layers
        measures.append(Measure("Predicted latency", lambda layer: expected_s.get(layer.path, 0.0), duration))
    return treemap(analysis.config.name, layers, measures)

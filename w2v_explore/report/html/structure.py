"""The pictures of how a model is made: its tree, what a frame of it sees, and what memory is alive over its passes."""

from __future__ import annotations

from collections.abc import Callable

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.memory.over_pass import memory_over_inference, memory_over_step
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.report.html.page import Picture
from w2v_explore.report.html.pictures.memory_over_pass import memory_picture
from w2v_explore.report.html.pictures.receptive_field import receptive_field_picture
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


def kept_picture(analysis: Analysis, training: TrainingCost) -> Picture:
    """The tree of a config by what the backward pass keeps.

    Args:
        analysis: Whose workload it is of.
        training: What it costs in the precision that is meant.
    """
    measures = [kept_memory(training, analysis.tree.folded_path), PARAMETERS, MACS]
    return treemap(analysis.config.name, analysis.layers, measures)


def receptive_field_pictures(analysis: Analysis) -> list[Picture]:
    """What a frame sees; none of a model without an extractor, which is given features."""
    field = analysis.receptive_field
    return [receptive_field_picture(field, analysis.workload.sample_rate)] if field.layers else []


def inference_picture(analysis: Analysis) -> Picture:
    """What memory is held over a forward pass without gradients."""
    over = memory_over_inference(analysis)
    return memory_picture(over, f"a forward pass of {_audio(analysis)}, {analysis.workload.dtype}", "weights")


def step_picture(analysis: Analysis, training: TrainingCost, *, checkpointing: bool = False) -> Picture:
    """What memory is held over a training step, forward and backward.

    Args:
        analysis: Whose workload it is of.
        training: What it costs in the precision that is meant.
        checkpointing: Whether there is a checkpoint at each stacked layer.
    """
    how = f"{training.recipe.name}, with checkpoints" if checkpointing else training.recipe.name
    over = memory_over_step(analysis, training, checkpointing=checkpointing)
    *states, last = [
        "weights",
        *["optimizer"] * (training.optimizer_bytes > 0),
        *["teacher"] * (training.teacher_bytes > 0),
    ]
    all_along = f"{', '.join(states)} and {last}" if states else last
    return memory_picture(over, f"a training step of {_audio(analysis)}, {how}", all_along)


def _audio(analysis: Analysis) -> str:
    workload = analysis.workload
    utterances = f"{workload.batch} × " if workload.batch > 1 else ""
    return f"{utterances}{workload.seconds:g} s"

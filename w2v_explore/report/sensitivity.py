"""What `sensitivity` says of a config, in words and tables."""

from collections.abc import Hashable, Sequence

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.comparing.sensitivity import Effect
from w2v_explore.analysis.figures import FIGURES
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.names import ranges
from w2v_explore.report.table import Cell, Column, Difference, Lines, Report, Table
from w2v_explore.report.units import brief_text, listed, scalar, signed
from w2v_explore.report.workload import describe_features, describe_workload
from w2v_explore.tree.inputs import Waveforms

_SHOWN = (
    "parameters",
    "macs",
    "memory.inference_bytes",
    "memory.training_bytes",
    "extractor.receptive_field_samples",
    "extractor.stride_samples",
)
_FIGURES = {name: FIGURES[name] for name in _SHOWN}
# The remark below the table says whose field it is.
_SHORTER = {"Receptive field": "Field"}
_CHARTED = ("parameters", "macs", "memory.training_bytes")


def sensitivity_report(analysis: Analysis, effects: Sequence[Effect]) -> Report:
    """The report on what one step in each argument does."""
    effective: list[tuple[str, Effect]] = []
    idle: list[str] = []
    for step, effect in _fold_layers(effects):
        if any(effect.deltas[name] for name in _FIGURES):
            effective.append((step, effect))
        else:
            idle.append(step)
    tables = [_changes(effective, idle, isinstance(analysis.takes, Waveforms)), _chart(effective)]
    config = analysis.config
    lines = [
        describe_origin(config),
        describe_workload(analysis),
        *describe_features(analysis),
        *describe_reading(config),
    ]
    return Report(config.name, lines, tables)


def _fold_layers(effects: Sequence[Effect]) -> list[tuple[str, Effect]]:
    """The steps in words, with their effects; those of one field in several layers that do the same are one."""
    folded: dict[Hashable, tuple[Effect, list[int]]] = {}
    for number, effect in enumerate(effects):
        change = effect.change
        field, _, place = change.target.partition("[")
        layer = place.removesuffix("]")
        key: Hashable = number
        if layer.isdigit():
            key = field, change.before, change.after, tuple([effect.deltas[name] for name in _FIGURES])
        folded.setdefault(key, (effect, []))[1].extend([int(layer)] if layer.isdigit() else [])
    return [(_describe_step(effect, layers), effect) for effect, layers in folded.values()]


def _describe_step(effect: Effect, layers: Sequence[int]) -> str:
    """``encoder_embed_dim 768 → 832 with encoder_num_heads 13``; ``encoder_num_heads of one of layers 0–11: 12 → 13``.

    Args:
        effect: The step, or one of several equal ones.
        layers: Those of which a list has the values that change.
    """
    change = effect.change
    target = change.target
    field, _, place = target.partition("[")
    number, is_of_conv_layer, part = place.partition("] ")
    if is_of_conv_layer:
        target = f"conv layer {number} {part}"
    elif layers:
        target = f"{field} of {'layer' if len(layers) == 1 else 'one of layers'} {ranges(layers)}:"
    along = " and ".join(f"{name} {_moved(value)}" for name, value in effect.moves_along.items())
    return f"{target} {scalar(change.before)} → {scalar(change.after)}{f' with {along}' if along else ''}"


def _moved(value: object) -> str:
    return listed(value) if isinstance(value, tuple) else scalar(value)


def _changes(effects: Sequence[tuple[str, Effect]], idle: Sequence[str], has_extractor: bool) -> Table:
    columns = [
        Column("Step", numeric=False, wraps=True),
        *[
            Column(_SHORTER.get(figure.heading, figure.heading), priority=number)
            for number, figure in enumerate(_FIGURES.values())
        ],
    ]
    table = Table("What one step changes", columns)
    for step, effect in effects:
        changes = [signed(effect.deltas[name], brief_text(figure.unit)) for name, figure in _FIGURES.items()]
        table.rows.append((step, *changes))
    whose = "are the extractor's" if has_extractor else "are those of the features"
    conv = " A conv layer is an entry of extractor_conv_layer_config." if has_extractor else ""
    remark = f"Inference and Training are the memory that they need; Field and Stride {whose}, in samples.{conv}"
    table.remark = Lines(remark, f"Nothing of this changes with {', '.join(idle)}.") if idle else remark
    return table


def _chart(effects: Sequence[tuple[str, Effect]]) -> Table:
    charted = [_FIGURES[name].heading for name in _CHARTED]
    columns = [
        Column("Step", numeric=False, wraps=True),
        *[Column(heading, numeric=False, priority=number) for number, heading in enumerate(charted)],
    ]
    table = Table("The same in percent", columns)
    ratios = [[_ratio(effect, name) for name in _CHARTED] for _, effect in effects]
    greatest = [max((abs(ratio - 1) for ratio in column), default=0.0) for column in zip(*ratios, strict=True)]
    for (step, _), row in zip(effects, ratios, strict=True):
        bars: list[Cell] = [Difference(ratio, most) for ratio, most in zip(row, greatest, strict=True)]
        table.rows.append((step, *bars))
    table.remark = "In each column the longest bar is the greatest change; to the left of the axis is less."
    return table


def _ratio(effect: Effect, name: str) -> float:
    after = effect.figures[name]
    return after / (after - effect.deltas[name])

"""What `sensitivity` says of a config, in words and a table."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

from w2v_explore.analysis.comparing.sensitivity import Effect, Sensitivity
from w2v_explore.analysis.figures import ALIASES, FIGURES, Number, figure_named
from w2v_explore.report.identity import describe_origin, describe_reading
from w2v_explore.report.names import ranges
from w2v_explore.report.table import Cell, Change, Column, Lines, Report, Table
from w2v_explore.report.units import UNCHANGED, brief_text, scalar, signed_percent
from w2v_explore.report.workload import describe_features, describe_workload

_SHOWN = ("parameters", "macs", "memory.training_bytes")
# What changes no figure that is shown by as much is named below the table.
_LITTLE = 0.005
_OTHER_RATE = "≠"


class _Row(NamedTuple):
    """A row of the table: a step, or two that do the opposite of each other.

    Attributes:
        effect: What the step does, that to more of two.
        layers: Those of which a list has the values that change.
        opposite: The step to less, where it does the opposite.
    """

    effect: Effect
    layers: tuple[int, ...]
    opposite: Effect | None = None


def sensitivity_report(found: Sensitivity) -> Report:
    """The report on what one step up and one down in each argument does."""
    shown = found.figures or _SHOWN
    if found.sort is not None and found.sort not in shown:
        shown += (found.sort,)
    rows = _join_opposites(_fold_layers(found.effects, shown), shown)
    little: list[_Row] = []
    nothing: list[_Row] = []
    told: list[_Row] = []
    # Where a step in one direction has a row, that in the other has one, however little it changes.
    effective = {_target(row) for row in rows if found.only or not _is_little(row.effect, shown)}
    for row in rows:
        if _target(row) in effective:
            told.append(row)
        else:
            (little if any(row.effect.deltas[name] for name in shown) else nothing).append(row)
    columns = [Column("Step", numeric=False, wraps=True)]
    columns += [Column(_name(name, figure_named(name).heading), priority=number) for number, name in enumerate(shown)]
    columns.append(Column("Breaks", numeric=False, wraps=True))
    by = ""
    if found.sort is not None:
        by = f", the greatest change of {_name(found.sort, figure_named(found.sort).label)} first"
    table = Table(f"What one step changes{by}", columns)
    for row in told:
        table.rows.append((_describe_step(row), *[_cell(row, name) for name in shown], _marks(row.effect)))
    remarks = list(_remarks(found, told, little, nothing))
    table.remark = Lines(*remarks) if remarks else None
    config = found.analysis.config
    lines = [
        describe_origin(config),
        describe_workload(found.analysis),
        *describe_features(found.analysis),
        *describe_reading(config),
    ]
    return Report(config.name, lines, [table])


def _remarks(
    found: Sensitivity, told: Sequence[_Row], little: Sequence[_Row], nothing: Sequence[_Row]
) -> Iterator[str]:
    """What the table does not say by itself, a paragraph each."""
    codes = sorted({code for effect in found.effects for code in effect.warnings})
    rates = any(effect.changes_frame_rate for effect in found.effects)
    marks = [f"{_OTHER_RATE}: frames come out at another rate"] if rates else []
    marks += [f"{', '.join(codes)}: the linter then warns (`w2v-explore rule {codes[0]}`)"] if codes else []
    legend = [f"{'; '.join(marks)}."] if marks else []
    if any(row.opposite for row in told):
        legend.append("Of 12 ± 1 the upper sign is of the step to more.")
    if any(_target(row).startswith("conv layer") for row in (*told, *little)):
        legend.append("A conv layer is an entry of extractor_conv_layer_config.")
    if any(isinstance(value, tuple) for row in told for value in row.effect.moves_along.values()):
        legend.append("Lists by layer are cut, or go on as they end.")
    if legend:
        yield " ".join(legend)
    if not found.effects:
        yield f"No step in {' or '.join(found.only)} gives a valid config."
    if little:
        yield f"Less than {100 * _LITTLE:g} % of this changes with {_listed(little)}."
    if nothing:
        yield f"Nothing of this changes with {_listed(nothing)}."


def _listed(rows: Sequence[_Row]) -> str:
    """What is stepped in some rows, each once, with all that speaks against its steps."""
    marks: dict[str, dict[str, None]] = {}
    for row in rows:
        marks.setdefault(_target(row), {}).update(dict.fromkeys(_marks(row.effect).split()))
    return ", ".join(f"{target} ({' '.join(sorted(of_it))})" if of_it else target for target, of_it in marks.items())


def _fold_layers(effects: Sequence[Effect], shown: Sequence[str]) -> list[_Row]:
    """The steps in rows; those of one field in several layers that do the same are one."""
    folded: dict[Hashable, tuple[Effect, list[int]]] = {}
    for number, effect in enumerate(effects):
        change = effect.change
        field, _, place = change.target.partition("[")
        layer = place.removesuffix("]")
        key: Hashable = number
        if layer.isdigit():
            key = field, change.before, change.after, tuple([effect.deltas[name] for name in shown]), _marks(effect)
        folded.setdefault(key, (effect, []))[1].extend([int(layer)] if layer.isdigit() else [])
    return [_Row(effect, tuple(layers)) for effect, layers in folded.values()]


def _join_opposites(rows: Sequence[_Row], shown: Sequence[str]) -> list[_Row]:
    """The rows in their order, where a step and as much in the other direction are one if they do the opposite."""
    joined: dict[Hashable, _Row] = {}
    for number, row in enumerate(rows):
        change = row.effect.change
        is_number = isinstance(change.before, int) and not isinstance(change.before, bool)
        key: Hashable = (change.target, row.layers) if is_number and not _moved(row.effect) else number
        other = joined.get(key)
        if other is None:
            joined[key] = row
        elif other.opposite is None and _are_opposite(other.effect, row.effect, shown):
            less, more = sorted((other, row), key=lambda each: each.effect.change.after)
            joined[key] = more._replace(opposite=less.effect)
        else:
            joined[number] = row
    return list(joined.values())


def _are_opposite(first: Effect, other: Effect, shown: Sequence[str]) -> bool:
    """Whether two steps are as long, and do the opposite as far as percentages tell."""
    before = first.change.before
    if first.change.after - before != before - other.change.after or _marks(first) != _marks(other):
        return False
    if not all(_is_opposite(first.deltas[name], other.deltas[name]) for name in shown):
        return False
    return (_is_little(first, shown) and _is_little(other, shown)) or all(
        _percent(first, name) == _percent(other, name) for name in shown
    )


def _is_opposite(delta: Number, other: Number) -> bool:
    return (delta > 0) == (other < 0) and (delta < 0) == (other > 0)


def _describe_step(row: _Row) -> str:
    """``encoder_num_layers 12 ± 1``; ``encoder_num_heads of one of layers 0–11: 12 ± 1``."""
    change = row.effect.change
    target = f"{_target(row)}:" if row.layers else _target(row)
    step = f"± {change.after - change.before}" if row.opposite else f"→ {scalar(change.after)}"
    along = " and ".join(f"{name} {scalar(value)}" for name, value in _moved(row.effect).items())
    return f"{target} {scalar(change.before)} {step}{f' with {along}' if along else ''}"


def _target(row: _Row) -> str:
    """``conv layer 0 kernel``, ``encoder_num_heads of one of layers 0–11``."""
    field, _, place = row.effect.change.target.partition("[")
    number, _, part = place.partition("] ")
    if part:
        return f"conv layer {number} {part}"
    if row.layers:
        return f"{field} of {'layer' if len(row.layers) == 1 else 'one of layers'} {ranges(row.layers)}"
    return field


def _moved(effect: Effect) -> dict[str, object]:
    """The numbers that move along; of lists, which do in length alone, the report says so below the table."""
    return {name: value for name, value in effect.moves_along.items() if not isinstance(value, tuple)}


def _marks(effect: Effect) -> str:
    """``≠ W303``: what speaks against a step."""
    return " ".join([*([_OTHER_RATE] if effect.changes_frame_rate else []), *effect.warnings])


def _is_little(effect: Effect, shown: Sequence[str]) -> bool:
    """Whether a step changes no figure by much."""
    return all(
        abs(effect.deltas[name]) < _LITTLE * (effect.figures[name] - effect.deltas[name])
        for name in shown
        if effect.deltas[name]
    )


def _cell(row: _Row, name: str) -> Cell:
    """A change with its sign; of two opposite ones the amount too where they have the same."""
    delta, text = row.effect.deltas[name], _text_of(name)
    if not delta:
        return UNCHANGED
    sign = "+" if delta > 0 else "−"
    if row.opposite is not None:
        sign = "±" if delta > 0 else "∓"
    amount, percent = text(abs(delta)), _percent(row.effect, name)
    if not percent:
        return Change(f"{sign}{amount}")
    if row.opposite is not None and text(abs(row.opposite.deltas[name])) != amount:
        return Change(f"{sign}{percent}")
    return Change(f"{sign}{amount}", f"{sign}{percent}")


def _text_of(name: str) -> Callable[[float], str]:
    """How an amount of a figure is written."""
    if name in ALIASES and ALIASES[name].in_milliseconds:
        return "{:g} ms".format
    return brief_text(figure_named(name).unit)


def _percent(effect: Effect, name: str) -> str:
    """How much a figure changes, in percent and without the sign; empty where it was 0."""
    after, delta = effect.figures[name], effect.deltas[name]
    return signed_percent(after / (after - delta))[1:] if after != delta else ""


def _name(name: str, word: str) -> str:
    """What reports call a figure; of a component, with the component's name before."""
    component = name.rpartition(".")[0] if name not in FIGURES and name not in ALIASES else ""
    return f"{component.replace('_', ' ')} {word}".lstrip()

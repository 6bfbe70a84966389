"""What `inspect` and `check` say of a checkpoint, in words and tables."""

from collections.abc import Iterable, Sequence

from w2v_explore.analysis.weights.check import CheckpointFit
from w2v_explore.analysis.weights.inspection import Inspection
from w2v_explore.checkpoint.fit import WeightsFit, name_of
from w2v_explore.checkpoint.key_table import Extra
from w2v_explore.checkpoint.keys import KeyTranslation
from w2v_explore.checkpoint.listing import Checkpoint, Shape, TensorInfo, count_elements, shown
from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, Family
from w2v_explore.report.identity import describe_nearest, describe_not_counted
from w2v_explore.report.names import MAX_ROWS, NameRow, fold_layers, fold_names
from w2v_explore.report.table import Column, Report, Share, Table
from w2v_explore.report.units import exact, listed, percent, scalar, short, size_bytes

_DIALECTS = {"torchaudio": "torchaudio's", "huggingface": "Hugging Face's", "fairseq": "fairseq's"}
_NOT_KNOWN = "?"
_THEIRS = "Name in the checkpoint"
LEFT_OUT = "Without a place in the model"


def inspection_report(inspection: Inspection) -> Report:
    """The report on one checkpoint."""
    checkpoint, keys = inspection.checkpoint, inspection.keys
    tables = [_parts(inspection)]
    if inspection.fit.left_out:
        tables.append(_extras_table(LEFT_OUT, inspection.fit.left_out))
    tables += fit_tables(inspection.fit, inspection.family)
    tables += [_bytes(inspection), _fields(inspection)]
    lines = [describe_checkpoint(checkpoint, keys)]
    if not inspection.fit.fits and not inspection.conflicts:
        lines.append(f"the {len(inspection.family.config.FIELDS)} fields cannot say the model of these weights")
    if inspection.nearest is not None:
        lines.append(describe_nearest(inspection.nearest))
        lines += describe_not_counted(inspection.nearest.not_counted)
    return Report(checkpoint.origin, lines, tables)


def fit_report(checked: CheckpointFit) -> Report:
    """The report on whether a checkpoint fits a config, by the config's name."""
    fit = checked.fit
    verdict = "fits" if checked.fits else "does not fit"
    heading = f"{checked.checkpoint.origin} {verdict} {checked.config.name}"
    lines = [
        describe_checkpoint(checked.checkpoint, checked.keys),
        f"{exact(fit.matched)} of the {exact(fit.expected)} tensors that the config wants are there",
        *checked.conflicts,
    ]
    tables = fit_tables(fit, checked.config.model.family)
    if fit.left_out:
        tables.append(_extras_table(LEFT_OUT, fit.left_out, "They are no reason not to fit."))
    return Report(heading, lines, tables)


def fit_tables(fit: WeightsFit, family: Family) -> list[Table]:
    """What keeps weights from fitting a model of a family, a table for each way."""
    tables = []
    ours = f"{_DIALECTS[family.part('keys').KEYS.own]} name"
    if fit.missing:
        rows = fold_layers((name_of(missing), shape(missing.shape)) for missing in fit.missing)
        remark = "; ".join(fit.absences)
        tables.append(_name_table("Missing", "Shape", rows, f"{remark}." if remark else None, ours))
    if fit.misshapen:
        rows = fold_names(
            (name_of(wrong), f"{shape(wrong.found)}, wanted {shape(wrong.expected)}") for wrong in fit.misshapen
        )
        tables.append(_name_table("Of another shape", "Shape", rows, names=ours))
    if fit.not_floating:
        rows = fold_layers((tensor.name, tensor.dtype) for tensor in fit.not_floating)
        tables.append(_name_table("No floating-point numbers", "Dtype", rows))
    if fit.vital:
        tables.append(_extras_table("Without a place in the model, and its outputs depend on them", fit.vital))
    if fit.unexpected:
        tables.append(_name_table("Unexpected", "Shape", fold_layers(_shapes(fit.unexpected))))
    return tables


def describe_checkpoint(checkpoint: Checkpoint, keys: KeyTranslation) -> str:
    """``safetensors; Hugging Face's names below wav2vec2.; float32``."""
    names = f"{_DIALECTS[keys.dialect]} names" if keys.dialect else "names of no such model"
    below = f" below {shown(keys.prefix)}" if keys.prefix else ""
    dtypes, total = checkpoint.dtypes, sum(checkpoint.dtypes.values())
    shares = [
        dtype if len(dtypes) == 1 else f"{dtype} ({percent(count / (total or 1))})" for dtype, count in dtypes.items()
    ]
    return f"{checkpoint.format}; {names}{below}; {', '.join(shares) or 'no tensors'}"


def shape(sizes: Shape) -> str:
    """``512×1×10``."""
    return "×".join(map(str, sizes)) or "scalar"


def _parts(inspection: Inspection) -> Table:
    columns = [
        Column("Part", numeric=False),
        Column("Tensors"),
        Column("Params"),
        Column("Exact", priority=2),
        Column("Share", numeric=False, priority=1),
    ]
    table = Table("Weights", columns)
    parts = (
        ("backbone", inspection.backbone),
        ("head", inspection.head),
        ("buffers, no parameters", inspection.buffers),
        ("without a place in the model", [tensor for tensor, _ in inspection.extras]),
        ("unknown", inspection.unknown),
        ("total", list(inspection.checkpoint.tensors)),
    )
    total = count_elements(inspection.checkpoint.tensors)
    for label, tensors in parts:
        if tensors:
            elements = count_elements(tensors)
            table.rows.append(
                (label, exact(len(tensors)), short(elements), exact(elements), Share(elements / (total or 1)))
            )
    return table


def _bytes(inspection: Inspection) -> Table:
    columns = [
        Column("Bytes", numeric=False, wraps=True),
        Column("Tensors"),
        Column("Size"),
        Column("Exact"),
        Column("Share", numeric=False),
    ]
    table = Table("Files", columns)
    total = inspection.checkpoint.bytes
    for part, tensors, size in inspection.bytes_by_part:
        table.rows.append((part, exact(tensors) if tensors else "", size_bytes(size), exact(size), Share(size / total)))
    table.rows.append(("total", "", size_bytes(total), exact(total), Share(1.0)))
    return table


def _fields(inspection: Inspection) -> Table:
    columns = [
        Column("Field", numeric=False),
        Column("Value", numeric=False, wraps=True),
        Column("From", numeric=False, wraps=True),
    ]
    table = Table("Config", columns)
    if inspection.family.name != DEFAULT_FAMILY:
        table.rows.append((ARCHITECTURE, inspection.family.name, "names of the weights"))
    for field in inspection.family.config.FIELDS:
        if field in inspection.missing:
            table.rows.append((field, _NOT_KNOWN, inspection.missing[field].instead))
        else:
            value = inspection.values[field]
            text = listed(value) if isinstance(value, list) else scalar(value)
            table.rows.append((field, text, inspection.origins[field]))
    return table


def _name_table(
    title: str, heading: str, rows: Sequence[NameRow], remark: str | None = None, names: str = _THEIRS
) -> Table:
    columns = [Column(names, numeric=False, wraps=True), Column("Tensors"), Column(heading, numeric=False, wraps=True)]
    table = Table(title, columns, remark=remark)
    table.rows += [(shown(row.names), exact(row.num_names), row.detail) for row in rows[:MAX_ROWS]]
    more = sum(row.num_names for row in rows[MAX_ROWS:])
    if more:
        table.rows.append((f"and {exact(more)} more", "", "--format json has them all"))
    return table


def _extras_table(title: str, extras: Iterable[tuple[TensorInfo, Extra]], remark: str | None = None) -> Table:
    rows = fold_names((tensor.name, f"{extra.purpose}, {shape(tensor.shape)}") for tensor, extra in extras)
    return _name_table(title, "What it is", rows, remark)


def _shapes(tensors: Iterable[TensorInfo]) -> Iterable[tuple[str, str]]:
    return ((tensor.name, shape(tensor.shape)) for tensor in tensors)

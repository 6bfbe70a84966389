"""What `inspect` and `check` say of a checkpoint, in words and tables."""

from collections.abc import Iterable, Sequence

from w2v_explore.analysis.inspection import Inspection
from w2v_explore.analysis.weights import WeightsFit
from w2v_explore.checkpoint.keys import KeyTranslation
from w2v_explore.checkpoint.listing import Checkpoint, Shape, TensorInfo, shown
from w2v_explore.config.schema import FIELDS
from w2v_explore.report.identity import describe_nearest, describe_not_counted
from w2v_explore.report.names import MAX_ROWS, NameRow, fold_layers, fold_names
from w2v_explore.report.table import Column, Report, Share, Table
from w2v_explore.report.units import conv_layers, exact, percent, scalar, short

_DIALECTS = {"torchaudio": "torchaudio's", "huggingface": "Hugging Face's", "fairseq": "fairseq's"}
_NOT_KNOWN = "?"
_THEIRS = "Name in the checkpoint"
_OURS = "torchaudio's name"


def inspection_report(inspection: Inspection) -> Report:
    """The report on one checkpoint."""
    checkpoint, keys = inspection.checkpoint, inspection.keys
    tables = [_parts(inspection)]
    if inspection.extras:
        rows = fold_names(
            (tensor.name, f"{extra.purpose}, {shape(tensor.shape)}") for tensor, extra in inspection.extras
        )
        tables.append(_name_table("Without a place in the model", "What it is", rows))
    if inspection.fit is not None:
        # What is unknown is unexpected among other things.
        tables += fit_tables(inspection.fit)
    elif inspection.unknown:
        tables.append(_name_table("Unknown", "Shape", fold_layers(_shapes(inspection.unknown))))
    tables.append(_fields(inspection))
    lines = [describe_checkpoint(checkpoint, keys)]
    if inspection.nearest is not None:
        lines.append(describe_nearest(inspection.nearest))
        lines += describe_not_counted(inspection.nearest.not_counted)
    return Report(checkpoint.origin, lines, tables)


def fit_report(checkpoint: Checkpoint, keys: KeyTranslation, fit: WeightsFit, config: str) -> Report:
    """The report on whether a checkpoint fits a config, by the config's name."""
    verdict = "fits" if fit.fits else "does not fit"
    heading = f"{checkpoint.origin} {verdict} {config}"
    lines = [
        describe_checkpoint(checkpoint, keys),
        f"{exact(fit.matched)} of the {exact(fit.expected)} tensors that the config wants are there",
    ]
    tables = fit_tables(fit)
    if fit.extras:
        rows = fold_names((tensor.name, extra.purpose) for tensor, extra in fit.extras)
        tables.append(_name_table("Without a place in the model", "What it is", rows, "They are no reason not to fit."))
    return Report(heading, lines, tables)


def fit_tables(fit: WeightsFit) -> list[Table]:
    """What keeps weights from fitting, a table for each way."""
    tables = []
    if fit.missing:
        rows = fold_layers((name, shape(sizes)) for name, sizes in fit.missing)
        tables.append(_name_table("Missing", "Shape", rows, _explain_projection(fit), _OURS))
    if fit.misshapen:
        rows = fold_names((name, f"{shape(found)}, wanted {shape(wanted)}") for name, wanted, found in fit.misshapen)
        tables.append(_name_table("Of another shape", "Shape", rows, names=_OURS))
    if fit.unexpected:
        tables.append(_name_table("Unexpected", "Shape", fold_layers(_shapes(fit.unexpected))))
    return tables


def describe_checkpoint(checkpoint: Checkpoint, keys: KeyTranslation) -> str:
    """``safetensors; Hugging Face's names below wav2vec2.; float32``."""
    names = f"{_DIALECTS[keys.dialect]} names" if keys.dialect else "names of no wav2vec 2.0 model"
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
        ("without a place in the model", [tensor for tensor, _ in inspection.extras]),
        ("unknown", inspection.unknown),
        ("total", list(inspection.checkpoint.tensors)),
    )
    total = _elements(inspection.checkpoint.tensors)
    for label, tensors in parts:
        if tensors:
            elements = _elements(tensors)
            table.rows.append(
                (label, exact(len(tensors)), short(elements), exact(elements), Share(elements / (total or 1)))
            )
    return table


def _fields(inspection: Inspection) -> Table:
    columns = [
        Column("Field", numeric=False),
        Column("Value", numeric=False, wraps=True),
        Column("From", numeric=False, wraps=True),
    ]
    table = Table("Config", columns)
    for field in FIELDS:
        if field in inspection.missing:
            table.rows.append((field, _NOT_KNOWN, inspection.missing[field].instead))
        else:
            value = inspection.values[field]
            text = conv_layers(value) if isinstance(value, list) else scalar(value)
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


def _explain_projection(fit: WeightsFit) -> str | None:
    """What fairseq does differently, where that is what is missing."""
    if any(name.startswith("encoder.feature_projection.projection.") for name, _ in fit.missing):
        return (
            "fairseq leaves the projection out where the last convolution is as wide as the encoder; torchaudio and "
            "Hugging Face always have one."
        )
    return None


def _shapes(tensors: Iterable[TensorInfo]) -> Iterable[tuple[str, str]]:
    return ((tensor.name, shape(tensor.shape)) for tensor in tensors)


def _elements(tensors: Iterable[TensorInfo]) -> int:
    return sum(tensor.elements for tensor in tensors)

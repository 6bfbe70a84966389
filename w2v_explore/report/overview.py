"""What `summary` says of several configs first: a row of figures for each."""

from collections.abc import Sequence

from w2v_explore.analysis.figures import Figures
from w2v_explore.config.load import distinct_names
from w2v_explore.report.figure_columns import explain_columns, figure_cells, figure_columns
from w2v_explore.report.table import Column, Report, Table
from w2v_explore.report.units import duration
from w2v_explore.report.workload import describe_workload
from w2v_explore.results.result import Result

_TRAINING = "memory.training_bytes"
_FIGURES = (
    "parameters",
    "macs",
    "macs_per_audio_second",
    "memory.inference_bytes",
    _TRAINING,
    "extractor.receptive_field_samples",
    "extractor.stride_samples",
)


def overview_report(results: Sequence[Result]) -> Report:
    """The report on several configs, before the reports on each."""
    latencies = [_latency(result) for result in results]
    is_timed = any(latencies)
    heading = "Latency (predicted)" if results[0].prediction else "Latency (median)"
    # The precision of training is asked for where its memory is.
    is_trained = any(result.analysis.workload.precision for result in results)
    shown = [name for name in _FIGURES if is_trained or name != _TRAINING]
    columns = [Column("Config", numeric=False, wraps=True), *figure_columns(shown)]
    table = Table("Overview", columns + [Column(heading)] * is_timed)
    names = distinct_names([result.analysis.config for result in results])
    for name, result, latency in zip(names, results, latencies, strict=True):
        figures = Figures(result.analysis)
        cells = figure_cells(shown, {figure: figures[figure] for figure in shown})
        table.rows.append((name, *cells, *[latency] * is_timed))
    table.remark = explain_columns(shown)
    workloads = dict.fromkeys(describe_workload(result.analysis) for result in results)
    return Report(f"{len(results)} configs", list(workloads), [table])


def _latency(result: Result) -> str:
    """What was measured or predicted of a config; empty where nothing was."""
    if result.measurement is not None:
        return duration(result.measurement.latency.end_to_end.median_s)
    return duration(result.prediction.seconds) if result.prediction is not None else ""

"""What `summary` says of a config, in words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.report.identity import describe_nearest, describe_origin, describe_reading, repeats_changes
from w2v_explore.report.table import Column, Report, Share, Table
from w2v_explore.report.tree import tree_rows
from w2v_explore.report.units import duration, exact, milliseconds, short, size_bytes
from w2v_explore.report.workload import describe_features, describe_workload
from w2v_explore.results.result import Measurement, Result

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.audit import MacsAudit

_NOT_COUNTED = (
    "MACs: convolutions, linear layers and attention's two products; norms, activations and softmax count none."
)


def summary_report(result: Result, depth: int | None = None) -> Report:
    """The report on one config.

    Args:
        result: Its figures.
        depth: Levels of the tree to show, unfolded; None for the usual view.
    """
    analysis = result.analysis
    extractor = [_extractor(analysis)] if analysis.receptive_field.layers else []
    tables = [_layers(analysis, depth), *extractor, _context(analysis), totals_table(analysis)]
    config = analysis.config
    origin = describe_origin(config)
    lines = [f"{origin}: {config.description}" if config.description else origin]
    if not repeats_changes(config, analysis.nearest_preset):
        lines.append(describe_nearest(analysis.nearest_preset))
    lines += [describe_workload(analysis), *describe_features(analysis)]
    lines += describe_reading(config)
    if result.prediction is not None:
        from w2v_explore.report.prediction import describe_noise, describe_prediction, prediction_table

        tables.append(prediction_table(analysis, result.prediction, depth))
        lines.append(describe_prediction(result.prediction))
        lines += filter(None, [describe_noise(result.prediction.calibration)])
    if result.measurement is not None:
        from w2v_explore.report.latency import describe_device

        tables += _measured_tables(result, result.measurement, depth)
        lines.append(describe_device(result.measurement.latency))
    return Report(config.name, lines, tables)


def _layers(analysis: Analysis, depth: int | None) -> Table:
    columns = [
        Column("Module", numeric=False),
        Column("Kind", numeric=False, wraps=True, priority=2),
        Column("Output", numeric=False, wraps=True, priority=3),
        Column("Params"),
        Column("MACs"),
        Column("Share", numeric=False, priority=1),
    ]
    table = Table("Layers", columns, remark=" ".join((_NOT_COUNTED, *analysis.expectations)))
    for label, kind, row in tree_rows(analysis.layers, depth):
        layer = row.figures
        shape = "×".join(map(str, layer.output_shape))
        macs = layer.macs.total
        table.rows.append((
            label,
            kind,
            shape,
            short(layer.parameters) if layer.parameters else "–",
            short(macs) if macs else "–",
            Share(macs / analysis.macs.total) if macs else "",
        ))  # fmt: skip
    return table


def _extractor(analysis: Analysis) -> Table:
    field, rate = analysis.receptive_field, analysis.workload.sample_rate
    headings = ("Layer", "Channels", "Kernel", "Stride", "Receptive field", "ms", "Jump", "ms", "Frames")
    priorities = (0, 0, 0, 0, 0, 2, 1, 2, 1)
    columns = [Column(heading, priority=priority) for heading, priority in zip(headings, priorities, strict=True)]
    table = Table("Feature extractor (in samples)", columns)
    for number, layer in enumerate(field.layers):
        table.rows.append((
            str(number),
            str(layer.out_channels),
            str(layer.kernel),
            str(layer.stride),
            exact(layer.receptive_field_samples),
            milliseconds(layer.receptive_field_samples, rate),
            exact(layer.jump_samples),
            milliseconds(layer.jump_samples, rate),
            exact(layer.frames),
        ))  # fmt: skip
    table.remark = _describe_frames(analysis)
    return table


def _describe_frames(analysis: Analysis) -> str:
    """Which samples a frame covers, and how many at the end no frame does."""
    field = analysis.receptive_field
    width, step = field.receptive_field_samples, field.stride_samples
    unused = analysis.workload.samples - field.frame_span(field.frames - 1)[1]
    tail = f"; the last {exact(unused)} reach no frame" if unused > 0 else ""
    start, end = (_shifted(f"{step} · i", by) for by in (field.first_sample, field.first_sample + width))
    return f"Frame i covers the samples from {start} up to, not including, {end}{tail}."


def _shifted(text: str, by: int) -> str:
    return f"{text} {'-' if by < 0 else '+'} {exact(abs(by))}" if by else text


def _context(analysis: Analysis) -> Table:
    field, rate = analysis.receptive_field, analysis.workload.sample_rate
    table = Table(
        "What one frame sees",
        [Column("Through", numeric=False, wraps=True), Column("Samples", numeric=False), Column("ms", priority=1)],
    )
    kernel, span = field.receptive_field_samples, field.positional_span_samples
    frames = "the extractor's convolutions" if field.layers else "the features that the model is given"
    table.rows.append((frames, exact(kernel), milliseconds(kernel, rate)))
    if field.normalizes_over_utterance:
        table.rows.append(("the extractor's group norm", "the whole utterance", ""))
    if span is not None:
        table.rows.append(("the positional convolution", exact(span), milliseconds(span, rate)))
    if analysis.macs.attention:
        table.rows.append(("attention", "the whole utterance", ""))
    if not field.layers:
        table.remark = _describe_frames(analysis)
    return table


def totals_table(analysis: Analysis) -> Table:
    """The figures of a model as a whole, exact beside rounded."""
    columns = [
        Column("Figure", numeric=False),
        Column("Value"),
        Column("Exact", priority=2),
        Column("Share", numeric=False, priority=1),
    ]
    table = Table("Totals", columns)
    field, rate, macs = analysis.receptive_field, analysis.workload.sample_rate, analysis.macs
    table.rows.append(("parameters", short(analysis.parameters), exact(analysis.parameters), ""))
    for dtype in ("float32", "bfloat16"):
        size = analysis.parameter_bytes_by_dtype[dtype]
        label = "float16, bfloat16" if dtype == "bfloat16" else dtype
        table.rows.append((f"  as {label}", size_bytes(size), exact(size), ""))
    table.rows.append(("MACs", short(macs.total), exact(macs.total), ""))
    for kind, count in macs._asdict().items():
        table.rows.append((f"  {kind}", short(count), exact(count), Share(count / macs.total)))
    table.rows.append(("FLOPs (2 × MACs)", short(analysis.flops), exact(analysis.flops), ""))
    table.rows.append(("MACs per second of audio", short(analysis.macs_per_audio_second), "", ""))
    inference = analysis.inference
    live, total = inference.peak_activation_bytes, inference.total_bytes
    table.rows.append(("memory of inference", size_bytes(total), exact(total), ""))
    table.rows.append(("  live tensors, at most", size_bytes(live), exact(live), Share(live / total)))
    if analysis.workload.precision:
        training = analysis.training
        total = training.total_bytes(checkpointing=False)
        kept = total - training.state_bytes
        table.rows.append((f"memory of training, {analysis.workload.precision}", size_bytes(total), exact(total), ""))
        table.rows.append(("  kept by the forward pass", size_bytes(kept), exact(kept), Share(kept / total)))
    table.remark = f"Most tensors are alive in {inference.peak_path}; `w2v-explore memory` has all of it."
    table.rows.append(("frames", exact(field.frames), "", ""))
    table.rows.append(("frames per second", f"{field.frame_rate_hz(rate):g}", "", ""))
    # Where chance decides on the frames, the layers have those that come out on average.
    if analysis.output_frames != field.frames and not analysis.expectations:
        stride = analysis.output_stride_samples
        table.rows.append(("frames that come out", exact(analysis.output_frames), "", ""))
        table.rows.append(("  per second", f"{rate / stride:.4g}", f"one in {exact(stride)} samples", ""))
    minimum = field.minimum_samples
    table.rows.append(("shortest input", f"{milliseconds(minimum, rate)} ms", f"{exact(minimum)} samples", ""))
    return table


def _measured_tables(result: Result, measurement: Measurement, depth: int | None) -> list[Table]:
    from w2v_explore.report.latency import describe_factor, ledger_table, noise_table

    noise, ledger = noise_table([result]), ledger_table(result, depth)
    assert ledger is not None
    plain = measurement.latency.end_to_end
    blanks = [""] * (len(ledger.columns) - 4)
    ledger.rows.append(("plain pass, end to end", "", duration(plain.median_s), duration(plain.iqr_s), *blanks))
    audit = describe_audit(measurement.macs_audit) if measurement.macs_audit else ""
    ledger.remark = f"{describe_factor(result.real_time_factor or 0.0)} {ledger.remark} {audit}".rstrip()
    return [*([noise] if noise else []), ledger]


def describe_audit(audit: MacsAudit) -> str:
    """Whether an independent count of MACs agrees, and what it is."""
    if audit.agrees:
        return f"MACs agree with {audit.source}, {exact(audit.counted.total)}."
    return f"MACs DISAGREE with {audit.source}, which counts {exact(audit.counted.total)}: {audit.counted._asdict()}."

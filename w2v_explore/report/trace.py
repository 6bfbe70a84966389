"""The reported hooked pass as a Chrome trace, for chrome://tracing and https://ui.perfetto.dev.

The format is the "JSON Object Format" of the Trace Event Format document: complete events (``ph`` of ``X``), in
microseconds, that lie within each other as the modules do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.results.layer_times import module_spans
from w2v_explore.results.result import Result

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.ledger import Ledger


def chrome_trace(results: Sequence[Result]) -> dict[str, Any]:
    """The trace: a process for each result that has a ledger, an event for each of its modules."""
    events: list[dict[str, Any]] = []
    other: dict[str, Any] = {}
    for number, result in enumerate(results, start=1):
        latency = result.measurement.latency if result.measurement else None
        if latency is None or latency.ledger is None:
            continue
        name = f"{result.analysis.config.name}, {result.analysis.workload.seconds:g} s"
        events.append({"ph": "M", "name": "process_name", "pid": number, "tid": 0, "args": {"name": name}})
        events.append({"ph": "M", "name": "thread_name", "pid": number, "tid": 0, "args": {"name": latency.device}})
        events += _events(result.analysis, latency.ledger, number)
        other = {"device": latency.device_name, "torch_version": latency.torch_version, "threads": latency.threads}
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": other}


def _events(analysis: Analysis, ledger: Ledger, process: int) -> list[dict[str, Any]]:
    spans = module_spans(ledger)
    return [
        {
            "ph": "X",
            "name": row.name or analysis.config.name,
            "cat": row.kind,
            "pid": process,
            "tid": 0,
            "ts": spans[row.path][0] / 1e3,
            "dur": (spans[row.path][1] - spans[row.path][0]) / 1e3,
            "args": {
                "path": row.path,
                "self_ns": ledger.layers[row.path].own_ns,
                "total_ns": ledger.layers[row.path].total_ns,
                "macs": row.macs.total,
                "output_shape": list(row.output_shape),
            },
        }
        for row in unfold(analysis.layers)
        if row.path in spans
    ]

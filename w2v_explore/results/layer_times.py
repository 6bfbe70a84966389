"""When the layers of a measured model ran, what they took, and how near the roof they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.latency import roofline
from w2v_explore.results.result import Result

if TYPE_CHECKING:  # importing it would import torch
    from w2v_explore.measure.ledger import Ledger, Span


class RowTime(NamedTuple):
    """What the layers of one row of a table took in the reported hooked pass.

    Attributes:
        own_ns: The time of their own operations.
        total_ns: With all below them.
        iqr_s: Interquartile range of the total of one layer; None of several, whose ranges do not add up.
        roof_share: The least time that the device allows over the total; None without a calibration, and where nothing
            in the layers has such a bound.
    """

    own_ns: int
    total_ns: int
    iqr_s: float | None
    roof_share: float | None


def row_times(result: Result, rows: Sequence[Sequence[str]]) -> list[RowTime]:
    """The measured time of each row of a table; a row stands for the layers at its module paths.

    Args:
        result: Measured, and not compiled.
        rows: The module paths of each row.
    """
    assert result.measurement is not None
    layers, shares = result.measurement.latency.layers, roof_shares(result)
    times = []
    for paths in rows:
        measured = [layers[path] for path in paths]
        # The least times of layers add up, as what they took does.
        least_s = [shares[path] * layers[path].total.median_s for path in paths if path in shares]
        took_s = [layers[path].total.median_s for path in paths if path in shares]
        times.append(
            RowTime(
                own_ns=sum(each.own_ns for each in measured),
                total_ns=sum(each.total_ns for each in measured),
                iqr_s=measured[0].total.iqr_s if len(measured) == 1 else None,
                roof_share=fsum(least_s) / fsum(took_s) if took_s else None,
            )
        )
    return times


def roof_shares(result: Result) -> Mapping[str, float]:
    """The share of the roof that each measured layer achieved, by module path; empty without a calibration."""
    measurement = result.measurement
    if measurement is None or measurement.calibration is None:
        return {}
    took_s = {path: layer.total.median_s for path, layer in measurement.latency.layers.items()}
    return roofline.roof_shares(result.analysis, measurement.calibration.roofs, took_s)


def module_spans(ledger: Ledger) -> dict[str, Span]:
    """When each module began and ended; a module without an operation lasts from its first operation to its last."""
    spans: dict[str, Span] = {"": (0, ledger.end_to_end_ns)}
    for path, (began, ended) in ledger.spans.items():
        for module in _with_enclosing(path):
            first, last = spans.get(module, (began, ended))
            spans[module] = (min(first, began), max(last, ended))
    return spans


def _with_enclosing(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]

"""What was found of one config: the closed forms, and what was predicted or measured beside them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from w2v_explore.analysis.analyze import Analysis

if TYPE_CHECKING:  # importing measure would import torch; the others are needed by few
    from w2v_explore.analysis.figures import Number
    from w2v_explore.analysis.latency.calibration import Calibration
    from w2v_explore.analysis.latency.prediction import Prediction
    from w2v_explore.measure.audit import MacsAudit
    from w2v_explore.measure.latency import Latency


class Measurement(NamedTuple):
    """What ran on a device: the latency and, where that was asked for, another program's count of the model's MACs.

    A calibration of the device, where there is one, gives the roof.
    """

    latency: Latency
    macs_audit: MacsAudit | None = None
    calibration: Calibration | None = None


class Result(NamedTuple):
    """The figures of one config."""

    analysis: Analysis
    measurement: Measurement | None = None
    prediction: Prediction | None = None

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of computation for each second of audio; None where nothing was measured or predicted."""
        if self.measurement is not None:
            return self.measurement.latency.real_time_factor
        return None if self.prediction is None else self.prediction.real_time_factor


def by_config(results: Sequence[Result]) -> list[list[Result]]:
    """The results of each config, from results in which all of a config stand together."""
    return [list(group) for _, group in groupby(results, key=lambda result: id(result.analysis.config))]


def measured_figures(results: Sequence[Result]) -> dict[str, list[Number]]:
    """The measured figures by name, one value per config; empty where nothing was measured."""
    measured = [(result.measurement.latency, result.analysis.config.model) for result in results if result.measurement]
    if not measured:
        return {}
    from w2v_explore.analysis import figures

    components = figures.components_of(model for _, model in measured)
    columns = [figures.measured_figures(latency, model.family.components, components) for latency, model in measured]
    return {name: [column[name] for column in columns] for name in columns[0]}


def audits_agree(results: Sequence[Result]) -> bool:
    """Whether every independent count of MACs that was made equals the closed form."""
    return all(audit.agrees for result in results if result.measurement and (audit := result.measurement.macs_audit))

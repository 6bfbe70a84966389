"""A calibration of a device that does not exist, for tests."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from w2v_explore import Analysis, Workload, analyze, host, load_config
from w2v_explore.analysis.latency.calibration import Calibration, Reference, Sample, encode_calibration
from w2v_explore.analysis.latency.prediction import work_between
from w2v_explore.analysis.latency.roofline import Roofs, trace_work

ROOFS = Roofs(macs_per_s=1e11, bytes_per_s=1e10)

# Measured over predicted: of nine errors the eighth in size is 10 %.
_RATIOS = (1.01, 0.99, 1.02, 1.03, 1 / 1.04, 1.05, 1.06, 1.10, 1.50)


def reference_passes() -> list[Analysis]:
    """Passes that have every kind of operation, short and long."""
    return [
        analyze(load_config(preset, ["encoder_num_layers=1"]), Workload.of_seconds(seconds))
        for preset in ("base", "large_lv60k")
        for seconds in (1.0, 10.0)
    ]


@cache
def _samples(slow_down: float) -> tuple[Sample, ...]:
    samples = []
    for number, analysis in enumerate(reference_passes()):
        works = trace_work(analysis)
        for work in (*works, work_between(works)):
            seconds = slow_down * ROOFS.least_seconds(work.macs, work.bytes)
            samples.append(Sample(number, work.kind, work.macs, work.bytes, seconds))
    return tuple(samples)


def make_calibration(slow_down: float = 2.0, **changes: Any) -> Calibration:
    """Every operation takes ``slow_down`` times the least time that the roofs allow."""
    calibration = Calibration(
        device="cpu",
        device_name="Abacus 2",
        dtype="float32",
        threads=4,
        is_default_threads=True,
        torch_version="2.99.0",
        created="2026-01-02T03:04:05+00:00",
        roofs=ROOFS,
        samples=_samples(slow_down),
        references=tuple(Reference(f"pass {number}", 1.0, ratio, 0.01, 1.0) for number, ratio in enumerate(_RATIOS)),
    )
    return replace(calibration, **changes)


def keep(calibration: Calibration) -> Path:
    """Write a calibration where the program looks for it."""
    calibration.path.parent.mkdir(parents=True, exist_ok=True)
    calibration.path.write_bytes(encode_calibration(calibration))
    return calibration.path


def make_for_this_machine(**changes: Any) -> Calibration:
    """A calibration that the program takes for one of the machine that the tests run on."""
    return make_calibration(device_name=host.cpu_name() or "cpu", torch_version=host.torch_version(), **changes)

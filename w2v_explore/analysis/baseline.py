"""A saved summary that stands in for a config: its figures as they were written, not worked out again."""

import json
import math
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from w2v_explore.analysis.figures import COMPONENTS, Number
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import path_text
from w2v_explore.errors import SourceError, WorkloadError
from w2v_explore.version import SCHEMA_VERSION

_MAX_BYTES = 2**28

FIGURES = {
    "parameters": "totals.parameters",
    "parameter_bytes": "totals.parameter_bytes",
    "macs": "totals.macs",
    "flops": "totals.flops",
    "macs_per_audio_second": "totals.macs_per_audio_second",
    "macs.convolution": "totals.macs_by_kind.convolution",
    "macs.linear": "totals.macs_by_kind.linear",
    "macs.attention": "totals.macs_by_kind.attention",
    "memory.peak_activation_bytes": "memory.peak_activation_bytes",
    "memory.inference_bytes": "memory.inference_bytes",
    "memory.kept_bytes": "memory.kept_bytes",
    "memory.training_bytes": "memory.training_bytes",
    "training.expected_macs": "training.expected_macs",
    "extractor.receptive_field_samples": "extractor.receptive_field_samples",
    "extractor.stride_samples": "extractor.stride_samples",
    "extractor.minimum_samples": "extractor.minimum_samples",
    "extractor.frame_rate_hz": "extractor.frame_rate_hz",
    "extractor.frames": "workload.frames",
    "latency.end_to_end.median_s": "latency.end_to_end.median_s",
    "latency.real_time_factor": "latency.real_time_factor",
}
"""The figures that are compared, and where a summary's JSON has them; a component's stand at its layer."""

_LAYER_FIGURES = {"parameters": "parameters", "macs": "macs", "latency_s": "latency.total_median_s"}

FIGURE_NAMES = (*FIGURES, *[f"{component}.{figure}" for figure in _LAYER_FIGURES for component in COMPONENTS])


class SavedLayer(NamedTuple):
    """A module of the saved summary."""

    depth: int
    parameters: int
    macs: int


class Baseline(NamedTuple):
    """What a saved summary says of a config.

    Attributes:
        path: The file.
        name: The config's.
        fields: The config's fields, as far as they were saved.
        workload: What the figures are of.
        figures: By name; a file of an older version has fewer.
        layers: Every module by path.
        measured_on: The device, its name and torch's version; None where nothing was measured.
        not_counted: The fields that were left out of the config, as in `w2v_explore.config.load.Config`.
    """

    path: str
    name: str
    fields: Mapping[str, Any]
    workload: Workload
    figures: dict[str, Number]
    layers: dict[str, SavedLayer]
    measured_on: str | None
    not_counted: tuple[str, ...] = ()


def load_baseline(path: str | os.PathLike[str]) -> Baseline:
    """The baseline in a file that ``summary CONFIG --format json`` wrote.

    Raises:
        SourceError: It is something else.
    """
    path = path_text(path, "a baseline")
    try:
        if os.path.getsize(path) > _MAX_BYTES:
            raise SourceError(f"{path} is too big for a baseline")
        with open(path, "rb") as file:
            # UTF-16, as PowerShell's > writes it, is JSON too.
            document = json.loads(file.read())
    except OSError as error:
        raise SourceError(f"cannot read the baseline {path}: {error.strerror or error}") from error
    except json.JSONDecodeError as error:
        raise _refusal(path, f"it is no JSON (line {error.lineno}, column {error.colno}: {error.msg})") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _refusal(path, "it is no JSON") from error
    if isinstance(document, list):
        raise _refusal(path, f"it holds {len(document)} summaries, and a baseline is one")
    if isinstance(document, dict) and "configs" in document:
        raise _refusal(path, "it is what compare wrote")
    if not isinstance(document, dict) or "schema_version" not in document:
        raise _refusal(path, "it is no summary")
    version = document["schema_version"]
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise _refusal(path, f"its schema_version is {version!r}, and this program reads {SCHEMA_VERSION}")
    if "depth" in document:
        raise _refusal(path, "its layers end at a --depth")
    try:
        return _decode(path, document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _refusal(path, "it is no summary") from error


def _refusal(path: str, reason: str) -> SourceError:
    return SourceError(f"{path} is no baseline: {reason}; write one with `w2v-explore summary CONFIG --format json`")


def _decode(path: str, document: Mapping[str, Any]) -> Baseline:
    workload = document["workload"]
    layers = {layer["path"]: layer for layer in document["layers"]}
    figures = {name: _number(document, where) for name, where in FIGURES.items()}
    for component, module in COMPONENTS.items():
        for figure, where in _LAYER_FIGURES.items():
            # A component that the model lacks costs nothing, but was measured only if the others were.
            absent = 0 if figure != "latency_s" or "latency" in document else None
            figures[f"{component}.{figure}"] = _number(layers[module], where) if module in layers else absent
    return Baseline(
        path=path,
        name=str(document["config"]["name"]),
        fields=dict(document["config"]["fields"]),
        workload=Workload(**{name: workload[name] for name in ("samples", "batch", "sample_rate", "dtype")}),
        figures={name: number for name, number in figures.items() if number is not None},
        layers={
            name: SavedLayer(int(layer["depth"]), int(layer["parameters"]), int(layer["macs"]))
            for name, layer in layers.items()
        },
        measured_on=_measured_on(document["latency"]) if "latency" in document else None,
        not_counted=tuple(map(str, document["config"].get("not_counted", ()))),
    )


def _measured_on(latency: Mapping[str, Any]) -> str:
    torch = f"torch {latency['torch_version']}" if "torch_version" in latency else ""
    return ", ".join(filter(None, (latency.get("device"), latency.get("device_name"), torch)))


def _number(document: Mapping[str, Any], where: str) -> Number | None:
    """The number at a place in a document; None where an older version wrote none."""
    value: Any = document
    for name in where.split("."):
        if name not in value:
            return None
        value = value[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise ValueError(f"{where} is {value!r}")
    return value


def require_same_workload(baseline: Baseline, workload: Workload) -> None:
    """Refuse to hold figures of one workload against those of another.

    Raises:
        WorkloadError: Batch or dtype differ, or both the samples and the seconds.
    """
    saved = baseline.workload
    same_length = saved.samples == workload.samples or saved.seconds == workload.seconds
    if same_length and (saved.batch, saved.dtype) == (workload.batch, workload.dtype):
        return
    raise WorkloadError(
        f"the baseline {baseline.path} is of another workload; "
        f"give --samples {saved.samples} --batch {saved.batch} --dtype {saved.dtype}"
    )

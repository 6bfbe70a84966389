"""A saved summary that stands in for a config: its figures as they were written, not worked out again."""

import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from w2v_explore.analysis.figures import COMPONENTS, Number
from w2v_explore.analysis.workload import DTYPE_BYTES, MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.arguments import path_text
from w2v_explore.config.family import default_family
from w2v_explore.config.reading import MAX_SAMPLE_RATE
from w2v_explore.config.validate import validate
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import SourceError, WorkloadError
from w2v_explore.files.json_document import DocumentError, Member, document_root
from w2v_explore.files.read import read_whole
from w2v_explore.version import SCHEMA_VERSION

FIELDS = default_family().config.FIELDS

# The summary of 10,000 encoder layers, measured, has half of it.
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

_FRACTIONS = ("totals.macs_per_audio_second", "training.expected_macs", "extractor.frame_rate_hz")

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
        fields: The config's 16 fields.
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
        SourceError: It cannot be read, or is something else; the message has the path of the member that is wrong.
    """
    path = path_text(path, "a baseline")
    content = read_whole(path, _MAX_BYTES)
    try:
        return _decode(path, document_root(content))
    except DocumentError as error:
        raise SourceError(
            f"{path} is no baseline: {error}; write one with `w2v-explore summary CONFIG --format json`"
        ) from error


def _decode(path: str, document: Member) -> Baseline:
    if isinstance(document.value, list):
        raise DocumentError(f"it holds {len(document.value)} summaries, and a baseline is one")
    if document.find("configs"):
        raise DocumentError("it is what compare wrote")
    version = document.at("schema_version").integer()
    if version != SCHEMA_VERSION:
        raise DocumentError(f"its schema_version is {version}, and this program reads {SCHEMA_VERSION}")
    if document.find("depth"):
        raise DocumentError("its layers end at a --depth")
    config, layers = document.at("config"), _layers_of(document.at("layers"))
    fields = _fields_of(config.at("fields"))
    for module in ("", *COMPONENTS.values()):
        if module not in layers and not (module == COMPONENTS["aux"] and fields["aux_num_out"] is None):
            raise DocumentError(f"layers: none has the path {json.dumps(module)}")
    figures = {name: _figure(document, where) for name, where in FIGURES.items()}
    for component, module in COMPONENTS.items():
        for figure, where in _LAYER_FIGURES.items():
            # A head that the model lacks costs nothing, but was measured only if the others were.
            absent = 0 if figure != "latency_s" or document.find("latency") else None
            figures[f"{component}.{figure}"] = _figure(layers[module], where) if module in layers else absent
    not_counted, latency = config.find("not_counted"), document.find("latency")
    return Baseline(
        path=path,
        name=config.at("name").text(),
        fields=fields,
        workload=_workload_of(document.at("workload")),
        figures={name: number for name, number in figures.items() if number is not None},
        layers={name: _saved_layer(layer) for name, layer in layers.items()},
        measured_on=_measured_on(latency) if latency else None,
        not_counted=tuple(item.text() for item in not_counted.items()) if not_counted else (),
    )


def _layers_of(member: Member) -> dict[str, Member]:
    layers: dict[str, Member] = {}
    for layer in member.items():
        path = layer.at("path")
        if path.text() in layers:
            raise path.refuse("a path of its own")
        layers[path.text()] = layer
    return layers


def _saved_layer(layer: Member) -> SavedLayer:
    return SavedLayer(*[layer.at(name).integer() for name in SavedLayer._fields])


def _fields_of(member: Member) -> dict[str, Any]:
    values = {name: member.at(name).value for name in FIELDS}
    for name in member.mapping():
        if name not in FIELDS:
            raise DocumentError(f"{member.path}: a config has no field {shorten(json.dumps(name))}")
    for fault in validate(values, default_family()):
        raise DocumentError(f"{member.path}.{fault.key}: {fault.message}")
    return values


def _workload_of(member: Member) -> Workload:
    return Workload(
        samples=member.at("samples").integer(1, MAX_SAMPLES),
        batch=member.at("batch").integer(1, MAX_BATCH),
        sample_rate=member.at("sample_rate").integer(1, MAX_SAMPLE_RATE),
        dtype=member.at("dtype").text(tuple(DTYPE_BYTES)),
    )


def _figure(member: Member, where: str) -> Number | None:
    """The figure that a way leads to; None where it ends on the way, as in a file of an older version."""
    found: Member | None = member
    for name in where.split("."):
        found = found and found.find(name)
    if found is None:
        return None
    return found.number() if where.startswith("latency.") or where in _FRACTIONS else found.integer()


def _measured_on(latency: Member) -> str:
    device, name, torch = (latency.find(name) for name in ("device", "device_name", "torch_version"))
    texts = (device and device.text(), name and name.text(), torch and f"torch {torch.text()}")
    return ", ".join(filter(None, texts))


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

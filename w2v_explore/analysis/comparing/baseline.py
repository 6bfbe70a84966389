"""A saved summary that stands in for a config: its figures as they were written, not worked out again."""

import json
import os
from typing import Any, NamedTuple

from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.figures import (
    COMPONENT_FIGURES,
    FIGURES,
    MEASURED,
    MEASURED_COMPONENT_FIGURES,
    Figure,
    Number,
)
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.arguments import path_text
from w2v_explore.config.family import DEFAULT_FAMILY, FAMILIES, Family, ModelConfig, family_named
from w2v_explore.config.metadata import MAX_SAMPLE_RATE
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import SourceError, WorkloadError
from w2v_explore.files.json_document import DocumentError, Member, document_root
from w2v_explore.files.read import read_whole
from w2v_explore.tree.layer import Layer
from w2v_explore.version import SCHEMA_VERSION

# The summary of 10,000 encoder layers, measured, has half of it.
_MAX_BYTES = 2**28


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
        model: The config.
        workload: What the figures are of.
        figures: By name; a file of an older version has fewer.
        layers: Every module by path.
        measured_on: The device, its name and torch's version; None where nothing was measured.
        not_counted: The fields that were left out of the config, as in `w2v_explore.config.load.Config`.
    """

    path: str
    name: str
    model: ModelConfig
    workload: Workload
    figures: dict[str, Number]
    layers: dict[str, SavedLayer]
    measured_on: str | None
    not_counted: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The object ``baseline`` in JSON (docs/json.md), as plain data."""
        return {
            "path": self.path,
            "name": self.name,
            "measured_on": self.measured_on,
            "not_counted": list(self.not_counted),
        }


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
    model = _model_of(config)
    components = model.family.components
    tree = model.family.build(model)
    for module in ("", *components.values()):
        if module not in layers and _has(tree, module):
            raise DocumentError(f"layers: none has the path {json.dumps(module)}")
    not_counted, latency = config.find("not_counted"), document.find("latency")
    figures = {name: _figure(document, figure) for name, figure in (*FIGURES.items(), *MEASURED.items())}
    for component, module in components.items():
        # A part that the model lacks costs nothing, but was measured only if the others were.
        for name, figure in (*COMPONENT_FIGURES.items(), *MEASURED_COMPONENT_FIGURES.items()):
            absent = 0 if name in COMPONENT_FIGURES or latency else None
            figures[f"{component}.{name}"] = _figure(layers[module], figure) if module in layers else absent
    return Baseline(
        path=path,
        name=config.at("name").text(),
        model=model,
        workload=_workload_of(document.at("workload")),
        figures={name: number for name, number in figures.items() if number is not None},
        layers={name: _saved_layer(layer) for name, layer in layers.items()},
        measured_on=_measured_on(latency) if latency else None,
        not_counted=tuple(item.text() for item in not_counted.items()) if not_counted else (),
    )


def _has(tree: Layer, path: str) -> bool:
    """Whether a model has a module; a model without a head has none at ``aux``."""
    try:
        return not path or bool(tree.child(path))
    except KeyError:
        return False


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


def _model_of(config: Member) -> ModelConfig:
    family, member = _family_of(config), config.at("fields")
    values = {name: member.at(name).value for name in family.config.FIELDS}
    for name in member.mapping():
        if name not in family.config.FIELDS:
            raise DocumentError(f"{member.path}: a config has no field {shorten(json.dumps(name))}")
    for fault in family.faults(values):
        raise DocumentError(f"{member.path}.{fault.key}: {fault.message}")
    return family.config.from_checked(values)


def _family_of(config: Member) -> Family:
    """The family that the config is of; a file of an older version, which names none, is of the first."""
    architecture = config.find("architecture")
    return family_named(architecture.text(tuple(FAMILIES)) if architecture else DEFAULT_FAMILY)


def _workload_of(member: Member) -> Workload:
    return Workload(
        samples=member.at("samples").integer(1, MAX_SAMPLES),
        batch=member.at("batch").integer(1, MAX_BATCH),
        sample_rate=member.at("sample_rate").integer(1, MAX_SAMPLE_RATE),
        dtype=member.at("dtype").text(tuple(DTYPE_BYTES)),
        precision=_precision_of(member.find("precision")),
    )


def _precision_of(member: Member | None) -> str | None:
    """The precision of training; a file that states none is of its dtype's."""
    if member is None:
        return None
    from w2v_explore.analysis.memory.recipe import PRECISIONS

    return member.text(tuple(dict.fromkeys((*PRECISIONS, *DTYPE_BYTES))))


def _figure(member: Member, figure: Figure) -> Number | None:
    """A figure of a document or of one of its layers; None where it is not there, as in a file of an older version."""
    found: Member | None = member
    for name in figure.json_path.split("."):
        found = found and found.find(name)
    if found is None:
        return None
    return found.integer() if figure.is_whole else found.number()


def _measured_on(latency: Member) -> str:
    device, name, torch = (latency.find(name) for name in ("device", "device_name", "torch_version"))
    texts = (device and device.text(), name and name.text(), torch and f"torch {torch.text()}")
    return ", ".join(filter(None, texts))


def require_same_workload(baseline: Baseline, workload: Workload) -> None:
    """Refuse to hold figures of one workload against those of another.

    Raises:
        WorkloadError: Batch, dtype or precision differ, or both the samples and the seconds.
    """
    saved = baseline.workload
    if saved.is_as_long_as(workload) and saved.differs_by == workload.differs_by:
        return
    precision = f" --precision {saved.precision}" if saved.precision else ""
    without = "" if saved.precision or not workload.precision else ", and no --precision"
    raise WorkloadError(
        f"the baseline {baseline.path} is of another workload; "
        f"give --samples {saved.samples} --batch {saved.batch} --dtype {saved.dtype}{precision}{without}"
    )

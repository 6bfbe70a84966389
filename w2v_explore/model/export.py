"""Models written for other programs: ONNX, torch.export, safetensors, Hugging Face.

`export` writes that of a config or of a checkpoint. Each writer makes its files under a temporary name beside their
place; they are renamed once they are whole.
"""

from __future__ import annotations

import errno
import inspect
import io
import json
import logging
import os
import re
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from w2v_explore import interrupt
from w2v_explore.arguments import path_text
from w2v_explore.checkpoint.keys import CONFIG_METADATA_KEY, keys_in_dialect
from w2v_explore.checkpoint.recognize import is_checkpoint
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.dialects.write import unwritable, write_config
from w2v_explore.config.family import ARCHITECTURE, DEFAULT_FAMILY, ModelConfig
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE
from w2v_explore.errors import ArgumentError, SourceError, needs_extra
from w2v_explore.files.read import note_file, noting_files
from w2v_explore.files.write import in_place_of, is_special, refusing, require_unread, require_writable
from w2v_explore.model.build import build_model
from w2v_explore.model.modules import SpeechEncoder
from w2v_explore.model.weights import load_checkpoint, part_of
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.run import run
from w2v_explore.version import SCHEMA_VERSION

Writer = Callable[[SpeechEncoder, Config, Path], None]

# One protobuf message, and so an ONNX file that holds its weights, ends at 2 GiB.
MAX_ONNX_BYTES = 2**31 - 2**24

_ONNX_OPSET = 20

# torch.export takes a size of one for a constant.
_FEWEST_FRAMES = 2

_DEFER = "prefer_deferred_runtime_asserts_over_guards"


SEED = 0
"""From which the initial weights of a model come that has no others."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Export:
    """A model that was written.

    Attributes:
        path: The file, or for Hugging Face the folder.
        to: What it was written as: ``onnx``, ``torch-export``, ``safetensors`` or ``huggingface``.
        config: Its config.
        seed: The seed that its initial weights come from; None where they are a checkpoint's.
    """

    path: Path
    to: str
    config: Config
    seed: int | None

    def __repr__(self) -> str:
        weights = "the checkpoint's weights" if self.seed is None else f"initial weights from seed {self.seed}"
        return f"<Export of {self.config.name!r} to {self.to}, {str(self.path)!r}: {weights}>"

    def to_dict(self) -> dict[str, Any]:
        """What was written, as plain data (docs/json.md)."""
        return {
            "schema_version": SCHEMA_VERSION,
            "path": str(self.path),
            "to": self.to,
            "config": {"name": self.config.name, "fields": self.config.model.to_mapping()},
            "seed": self.seed,
        }


@noting_files()
def export(
    source: ConfigLike,
    to: str,
    path: str | os.PathLike[str],
    *,
    config: Config | ModelConfig | None = None,
    progress: Callable[[str], None] | None = None,
) -> Export:
    """Write the model of a config, with initial weights, or of a checkpoint, with its own, for another program.

    Args:
        source: As in `analyze`; a path may lead to a checkpoint.
        to: ``onnx``, ``torch-export``, ``safetensors`` or ``huggingface``.
        path: A file, which is replaced, or for Hugging Face a folder, which must be new or empty.
        config: The config of a checkpoint, where it is to be another than the checkpoint tells.
        progress: Called with what is being done.

    Raises:
        ArgumentError: ``to`` is none of the four.
        SourceError: Nothing can be read from the source, or written to the path; or this torch makes no graph of the
            config.
        ConfigError: The config is wrong.
        CheckpointError: The weights are corrupt, or do not fit the config.
        DeviceError: The weights do not fit the free memory.
        MissingExtraError: A package that the format needs is not installed.
        TypeError: An argument is of another type.

    Warns:
        UnusedWeightsWarning: Some weights of the checkpoint have no place in the model.
    """
    if to not in WRITERS:
        raise ArgumentError(f"a model cannot be exported to {to}; give one of {', '.join(WRITERS)}")
    target = Path(path_text(path, "what to write"))
    reference = None if isinstance(source, (Config, ModelConfig)) else path_text(source, "a config")
    loaded = as_config(source if config is None else config)
    if reference is not None:
        note_file(reference)  # weights are read below
    _check_target(target, to)
    if to == "huggingface" and (unsaid := unwritable(loaded.model, to)):
        raise SourceError(unsaid[1])
    say = progress or (lambda step: None)
    say("making the model")
    seed = None
    if reference is not None and is_checkpoint(reference):
        model = load_checkpoint(reference, loaded.model)
    else:
        seed = SEED
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            model = build_model(loaded.model, device="cpu", dtype=torch.float32)
    say(f"exporting to {to}")
    with refusing(str(target)), needs_extra(f"export --to {to}", "export"):
        export_model(model, loaded, to, target)
    return Export(path=target, to=to, config=loaded, seed=seed)


def _check_target(path: Path, to: str) -> None:
    """Refuse what cannot be written, before the work."""
    with refusing(str(path)):
        if not path.parent.is_dir():
            raise SourceError(f"there is no folder {path.parent}")
        require_unread(str(path))
        if to == "huggingface":
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise SourceError(f"{path} is there already; name a folder that is new or empty")
        elif path.is_dir():
            raise SourceError(f"{path} is a folder; name a file")
        elif is_special(str(path)):
            raise SourceError(f"{path} is no regular file, which an export would replace; name another")
    require_writable(str(path))


def export_model(model: SpeechEncoder, config: Config, to: str, path: Path) -> None:
    """Write a model to a path, whole or not at all; what was there is replaced.

    Args:
        model: In float32, on the CPU; it is put into evaluation mode.
        config: Its config.
        to: One of `WRITERS`.
        path: A file, or for Hugging Face a folder, which must be new or empty.

    Raises:
        OSError: It cannot be written there.
        SourceError: This torch makes no graph of the config.
        ModuleNotFoundError: A package that the format needs is not installed.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    if shutil.disk_usage(path.parent).free < _weight_bytes(config.model):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    model.eval()
    with interrupt.held():
        with in_place_of(path) as temporary:
            WRITERS[to](model, config, temporary)
            data = _onnx_data(temporary)
        if data:
            for old in _onnx_data(path) - data:
                (path.parent / old).unlink()


def _write_onnx(model: SpeechEncoder, config: Config, path: Path) -> None:
    """One graph of what the model is given and its lengths; weights beyond 2 GiB lie in ``<name>.data`` beside it.

    Where such a file is there already, the new one gets another name: until the graph is replaced too, the old one
    names the old weights.
    """
    import onnxscript  # noqa: F401  (what torch's exporter needs; without it, it says so in many lines)

    outputs = model.graph_outputs or ("features" if config.model.aux_num_out is None else "logits", "frames")
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            _trace(model, config.model),
            dynamic_shapes=_dynamic_shapes(model, config.model),
            input_names=_inputs(model),
            output_names=[*outputs],
            opset_version=_ONNX_OPSET,
            dynamo=True,
            verbose=False,
        )
        assert program is not None
        if _weight_bytes(config.model) <= MAX_ONNX_BYTES:
            program.save(path, external_data=False)
            return
        is_taken = (path.parents[2] / f"{path.name}.data").exists()
        # torch adds the suffix to the name of the graph.
        graph = path.with_name(f"{path.name}.{os.urandom(4).hex()}") if is_taken else path
        program.save(graph, external_data=True)
        graph.rename(path)


def _onnx_data(path: Path) -> set[str]:
    """The names of the files beside a graph that hold its weights, or once held them."""
    name = re.compile(rf"{re.escape(path.name)}(\.[0-9a-f]{{8}})?\.data")
    return {entry.name for entry in os.scandir(path.parent) if name.fullmatch(entry.name)}


class _Archive(io.BufferedWriter):
    """A file for torch's archive, which ends the process where a write fails: here the failure waits for its end."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "wb"))
        self.failure: OSError | None = None

    def write(self, content: Any) -> int:
        if self.failure is None:
            try:
                return super().write(content)
            except OSError as error:
                self.failure = error
        return len(content)


def _write_torch_export(model: SpeechEncoder, config: Config, path: Path) -> None:
    with _quiet():
        program = _trace(model, config.model)
        with _Archive(path) as archive:
            torch.export.save(program, archive)
        if archive.failure is not None:
            raise archive.failure


def _write_safetensors(model: SpeechEncoder, config: Config, path: Path) -> None:
    """Our names; the config lies in the metadata, so that the file tells all of its model."""
    values = config.model.to_mapping()
    if config.model.family.name != DEFAULT_FAMILY:
        values[ARCHITECTURE] = config.model.family.name
    if config.sample_rate != DEFAULT_SAMPLE_RATE:
        values["sample_rate"] = config.sample_rate
    _save_tensors(model.state_dict(), path, {CONFIG_METADATA_KEY: json.dumps(values)})


def _write_huggingface(model: SpeechEncoder, config: Config, path: Path) -> None:
    """A folder from which ``from_pretrained`` of transformers makes a Wav2Vec2Model, or Wav2Vec2ForCTC with a head."""
    path.mkdir()
    (path / "config.json").write_text(write_config(config, "huggingface"), encoding="utf-8")
    weights = model.state_dict()
    table = config.model.family.part("keys").KEYS
    prefix = "" if config.model.aux_num_out is None else table.prefixes["huggingface"][0]
    parts = keys_in_dialect(weights, table, "huggingface", prefix=prefix)
    tensors = {name: part_of(weights[part.name], part) for name, part in parts.items()}
    _save_tensors(tensors, path / "model.safetensors", {})


def _save_tensors(tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str]) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        # transformers asks for the format.
        save_file(dict(tensors), path, {"format": "pt", **metadata})
    except SafetensorError as error:  # how it says that a disk is full
        raise OSError(f"safetensors cannot write the file: {error}") from error


WRITERS: dict[str, Writer] = {
    "onnx": _write_onnx,
    "torch-export": _write_torch_export,
    "safetensors": _write_safetensors,
    "huggingface": _write_huggingface,
}


def _trace(model: SpeechEncoder, config: ModelConfig) -> ExportedProgram:
    """The model as a graph in which the batch and the length of what it is given may vary.

    Raises:
        SourceError: This torch makes no such graph of the config.
    """
    if model.no_graph:
        raise SourceError(f"no graph is made of {config.family.title}: {model.no_graph}")
    # Imported here: only tracing, which imports it too, needs the compiler.
    from torch._dynamo.exc import UserError, UserErrorType

    # Of the fewest samples the convolutions leave none over; with some left over, torch fails to simplify constraints.
    given = torch.zeros(_takes(config).shape(2, _fewest_samples(config, 7)))
    example = (given, torch.full((2,), given.shape[1]))
    # Of some convolutions torch cannot prove for all lengths what the shapes of attention rest on, as T² > T: the graph
    # asserts it when it runs. An older torch has no such option.
    defer: dict[str, Any] = {_DEFER: True} if _DEFER in inspect.signature(torch.export.export).parameters else {}
    try:
        return torch.export.export(model, example, dynamic_shapes=_dynamic_shapes(model, config), **defer)
    except (UserError, AssertionError) as error:  # where it fails to simplify a constraint it asserts that it did not
        if isinstance(error, UserError) and error.error_type is not UserErrorType.CONSTRAINT_VIOLATION:
            raise
        raise SourceError(
            f"torch {torch.__version__} makes no graph of this config that takes any length; "
            "a newer torch may, or change extractor_conv_layer_config"
        ) from error


def _inputs(model: SpeechEncoder) -> list[str]:
    """What the model's forward() calls the waveforms, or features, and their lengths."""
    return [*inspect.signature(model.forward).parameters][:2]


def _dynamic_shapes(model: SpeechEncoder, config: ModelConfig) -> dict[str, dict[int, Dim]]:
    takes, batch = _takes(config), Dim("batch", min=1)
    length = Dim(
        "samples" if isinstance(takes, Waveforms) else "frames",
        min=takes.shape(1, _fewest_samples(config, _FEWEST_FRAMES))[1],
    )
    given, lengths = _inputs(model)
    return {given: {0: batch, 1: length}, lengths: {0: batch}}


def _weight_bytes(config: ModelConfig) -> int:
    return build_architecture(config).parameters * torch.float32.itemsize


def _takes(config: ModelConfig) -> Waveforms | Features:
    takes = build_architecture(config).takes
    assert takes is not None
    return takes


def _fewest_samples(config: ModelConfig, least: int) -> int:
    """The fewest samples of which a number of frames come out, two or more."""
    tree, takes = build_architecture(config), _takes(config)

    def frames(samples: int) -> int:
        return run(tree, takes.flow(samples))[0].gives.frames

    too_few, enough = 0, least
    while frames(enough) < least:
        too_few, enough = enough, 2 * enough
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if frames(middle) < least:
            too_few = middle
        else:
            enough = middle
    return enough


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporter says about its own insides and about packages that are not needed."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)

"""Weights into a model: from a checkpoint's file or a state_dict, whatever program named them."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from w2v_explore.architecture.wav2vec2 import build_architecture
from w2v_explore.arguments import path_text
from w2v_explore.checkpoint.keys import Extra, KeyTranslation, translate_keys
from w2v_explore.checkpoint.listing import shown
from w2v_explore.config.load import Config, as_config
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.errors import CheckpointError, UnusedWeightsWarning
from w2v_explore.model.build import build_model
from w2v_explore.model.components import Wav2Vec2Model
from w2v_explore.model.device import require_memory
from w2v_explore.model.tensors import read_tensors

_CPU = torch.device("cpu")
# A model of the wrong width misfits everywhere: the first lines tell it.
_MAX_LINES = 12


def load_checkpoint(path: str | os.PathLike[str], config: Config | ModelConfig | None = None) -> Wav2Vec2Model:
    """The model of a checkpoint, with its weights; in training mode, on the CPU, in float32.

    Weights named as torchaudio, transformers or fairseq name them are taken, with either spelling of weight-norm.

    Args:
        path: A ``.safetensors`` file or the index of several, a file that ``torch.save`` wrote (``.pt``, ``.pth``,
            ``.bin``, ``.ckpt``; nothing in it is executed), or a folder in Hugging Face's format.
        config: The architecture; where None, it is inferred from what lies beside the weights and from their shapes.

    Raises:
        SourceError: Nothing is there, or it cannot be read.
        CheckpointError: It is no checkpoint, or not one of this architecture: what is missing, left over or
            misshapen is listed.
        ConfigError: No config was given and none can be inferred.
        DeviceError: The weights do not fit the free memory.
        TypeError: An argument is of another type.

    Warns:
        UnusedWeightsWarning: Some weights have no place in the model, such as the quantiser of pre-training.
    """
    path = path_text(path, "a checkpoint")
    config = as_config(path if config is None else config)
    return model_with_weights(config.model, read_tensors(path), path)


def model_with_weights(config: ModelConfig, tensors: Mapping[str, Tensor], source: str) -> Wav2Vec2Model:
    """The model of a config, with the weights of a state_dict in any dialect.

    Args:
        config: The architecture.
        tensors: The state_dict; it is copied.
        source: What messages call it.

    Raises:
        CheckpointError: The weights are not those of the architecture.
        DeviceError: They do not fit the free memory.

    Warns:
        UnusedWeightsWarning: Some have no place in the model.
    """
    translation = translate_keys(tensors)
    model = build_model(config, device="meta")
    misfits = [*_misfits(model.state_dict(), tensors, translation)]
    if misfits:
        raise CheckpointError("\n  ".join([f"the weights of {source} do not fit the config:", *_shorten(misfits)]))
    if translation.extras:
        warnings.warn(_extras_message(source, translation.extras), UnusedWeightsWarning, stacklevel=3)
    require_memory(_CPU, build_architecture(config).parameters * torch.float32.itemsize, "the weights")
    model.to_empty(device=_CPU)
    model.load_state_dict({ours: tensors[name] for name, ours in translation.ours.items()})
    return model


def _misfits(wanted: Mapping[str, Tensor], tensors: Mapping[str, Tensor], translation: KeyTranslation) -> Iterable[str]:
    """A line for each way in which weights are not a model's."""
    if translation.dialect is None:
        yield "none is named as the first convolution is in torchaudio, transformers or fairseq"
        return
    names = {ours: name for name, ours in translation.ours.items()}
    for group in _group(name for name in wanted if name not in names):
        yield f"missing: {group}"
    if translation.dialect == "fairseq" and "encoder.feature_projection.projection.weight" not in names:
        yield "(fairseq has no projection where the last convolution is as wide as the encoder; ours has one always)"
    for group in _group(
        [*translation.unknown, *(name for name, ours in translation.ours.items() if ours not in wanted)]
    ):
        yield f"unexpected: {group}"
    for name, extra in translation.extras.items():
        if extra.changes_outputs:
            yield f"unexpected: {shown(name)} ({extra.purpose}), without which the model computes something else"
    for ours, name in names.items():
        if ours in wanted and wanted[ours].shape != tensors[name].shape:
            yield f"misshapen: {shown(name)} is {[*tensors[name].shape]}, and {[*wanted[ours].shape]} by the config"
        elif not tensors[name].is_floating_point():
            yield f"misshapen: {shown(name)} is {tensors[name].dtype}, and no floating-point number"


def _shorten(lines: list[str]) -> list[str]:
    more = len(lines) - _MAX_LINES
    return lines if more <= 0 else [*lines[:_MAX_LINES], f"and {more} more"]


def _extras_message(source: str, extras: Mapping[str, Extra]) -> str:
    by_purpose: dict[str, list[str]] = {}
    for name, extra in extras.items():
        by_purpose.setdefault(extra.purpose, []).append(name)
    listed = "; ".join(f"{', '.join(_group(names))} ({purpose})" for purpose, names in by_purpose.items())
    return f"weights of {source} that have no place in the model were left out: {listed}"


def _group(names: Iterable[str]) -> Iterable[str]:
    """Names that differ in a layer's number alone as one: ``layers.0-11.fc1.weight``."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for name in names:
        match = re.fullmatch(r"(.*?layers\.)(\d{1,9})(\..*)", name, re.DOTALL)
        if match is None:
            numbers[name, ""] = []
        else:
            numbers.setdefault((match[1], match[3]), []).append(int(match[2]))
    for (start, end), found in numbers.items():
        yield shown(f"{start}{_ranges(found)}{end}")


def _ranges(numbers: list[int]) -> str:
    """``0-3,7`` for 0, 1, 2, 3, 7."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ",".join("-".join(map(str, ends)) for ends in ranges)

"""Weights into a model: from a checkpoint's file or a state_dict, whatever program named them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping

import torch
from torch import Tensor

from w2v_explore.arguments import path_text
from w2v_explore.checkpoint.fit import describe_left_out, describe_misfit, fit_weights
from w2v_explore.checkpoint.key_table import KeyTable
from w2v_explore.checkpoint.keys import Part, translate_keys
from w2v_explore.checkpoint.listing import TensorInfo
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.load import Config, as_config
from w2v_explore.encoding import printable
from w2v_explore.errors import CheckpointError, UnusedWeightsWarning
from w2v_explore.model.build import build_model
from w2v_explore.model.device import require_memory
from w2v_explore.model.modules import SpeechEncoder
from w2v_explore.model.tensors import read_tensors

_CPU = torch.device("cpu")
_PROGRAMS = {"torchaudio": "torchaudio", "huggingface": "transformers", "fairseq": "fairseq"}


def load_checkpoint(path: str | os.PathLike[str], config: Config | ModelConfig | None = None) -> SpeechEncoder:
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


def model_with_weights(config: ModelConfig, tensors: Mapping[str, Tensor], source: str) -> SpeechEncoder:
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
    table: KeyTable = config.family.part("keys").KEYS
    translation = translate_keys(tensors, (table,))
    if translation.dialect is None:
        *others, last = [name for dialect, name in _PROGRAMS.items() if dialect in table.prefixes]
        programs = f"{', '.join(others)} or {last}" if others else last
        raise CheckpointError(
            f"the weights of {source} are of no {config.family.title} model: none is named as the first convolution is "
            f"in {programs}"
        )
    tree = build_architecture(config)
    listed = (
        TensorInfo(name, str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))
        for name, tensor in tensors.items()
    )
    fit = fit_weights(listed, translation, dict(tree.state_dict_shapes()))
    if not fit.fits:
        lines = [f"  {line}" for line in describe_misfit(fit)]
        raise CheckpointError(f"the weights of {source} do not fit the config:", *lines)
    if fit.left_out:
        message = f"weights of {source} that have no place in the model were left out: {describe_left_out(fit)}"
        warnings.warn(printable(message), UnusedWeightsWarning, stacklevel=3)
    require_memory(_CPU, tree.parameters * torch.float32.itemsize, "the weights")
    model = build_model(config, device="meta", dtype=torch.float32).to_empty(device=_CPU)
    own = model.state_dict()
    for name, part in translation.ours.items():
        part_of(own[part.name], part).copy_(tensors[name])
    return model


def part_of(tensor: Tensor, part: Part) -> Tensor:
    """A view of the part of a tensor of ours; the tensor itself where the part is all of it."""
    return tensor if part.of == 1 else tensor.chunk(part.of)[part.number]

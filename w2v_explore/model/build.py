"""Building the model of a config on a device."""

from __future__ import annotations

import torch

from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.load import Config, as_config
from w2v_explore.model.device import require_memory
from w2v_explore.model.materialize import Modules, materialize
from w2v_explore.model.modules import SpeechEncoder


def build_model(
    config: Config | ModelConfig, *, device: torch.device | str | None = None, dtype: torch.dtype | None = None
) -> SpeechEncoder:
    """The model of a config, in training mode, with torch's default initial weights.

    Args:
        config: The architecture.
        device: Where the weights are made; ``meta`` makes shapes only. By default torch's default device.
        dtype: Of the weights; by default torch's default dtype.

    Raises:
        DeviceError: The device has less free memory than the weights need; nothing was allocated.
        TypeError: The config is none.
    """
    model_config = as_config(config).model
    tree = build_architecture(model_config)
    device = torch.get_default_device() if device is None else torch.device(device)
    dtype = dtype or torch.get_default_dtype()
    require_memory(device, tree.parameters * dtype.itemsize, "the weights")
    model = materialize(tree, modules_of(model_config), device=device, dtype=dtype)
    assert isinstance(model, SpeechEncoder)
    return model


def modules_of(config: ModelConfig) -> Modules:
    """The classes of modules of a config's family, for `materialize`."""
    modules: Modules = config.family.part("components").MODULES
    return modules

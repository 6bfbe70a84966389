"""`build_architecture`: from a config to its tree of layers."""

from w2v_explore.config.family import ModelConfig
from w2v_explore.config.load import Config, as_config
from w2v_explore.tree.layer import Layer


def build_architecture(config: Config | ModelConfig) -> Layer:
    """Build the tree of layers of a config, without torch. Its size does not grow with ``encoder_num_layers``.

    Raises:
        TypeError: It is no config.
    """
    if not isinstance(config, ModelConfig):
        config = as_config(config).model
    return config.family.build(config)

"""`ModelConfig`: the 16 arguments of ``torchaudio.models.wav2vec2_model``, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from w2v_explore.arguments import plain_data
from w2v_explore.config.codes import MISSING_KEY, UNKNOWN_KEY
from w2v_explore.config.schema import FIELDS, STANDARD_CONV_LAYERS, ConvLayer
from w2v_explore.config.validate import Fault, validate
from w2v_explore.diagnostics import Place, Problem
from w2v_explore.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A wav2vec 2.0 architecture, as `torchaudio.models.wav2vec2_model` takes it.

    An instance is valid: the constructor checks every field, and takes numbers of any library, as numpy's. What each
    field means, its limits and its names in other programs stand in `w2v_explore.config.schema.FIELDS`, and in
    docs/config.md.

    Raises:
        ConfigError: A value is wrong; all that is wrong is reported at once.
    """

    extractor_mode: str
    extractor_conv_layer_config: tuple[ConvLayer, ...] | None
    extractor_conv_bias: bool
    encoder_embed_dim: int
    encoder_projection_dropout: float
    encoder_pos_conv_kernel: int
    encoder_pos_conv_groups: int
    encoder_num_layers: int
    encoder_num_heads: int
    encoder_attention_dropout: float
    encoder_ff_interm_features: int
    encoder_ff_interm_dropout: float
    encoder_dropout: float
    encoder_layer_norm_first: bool
    encoder_layer_drop: float
    aux_num_out: int | None

    def __post_init__(self) -> None:
        """Check the fields."""
        values = {name: plain_data(getattr(self, name)) for name in FIELDS}
        faults = validate(values)
        if faults:
            raise ConfigError([_problem(fault) for fault in faults])
        self._set(values)

    def _set(self, values: Mapping[str, Any]) -> None:
        """Set the fields; a list of conv layers as a tuple, so that configs compare and hash by value."""
        for name in FIELDS:
            value = values[name]
            if name == "extractor_conv_layer_config" and value is not None:
                value = tuple((channels, kernel, stride) for channels, kernel, stride in value)
            object.__setattr__(self, name, value)

    @classmethod
    def from_checked(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """The config of 16 values in which `validate` found no fault; they are not checked again."""
        config = object.__new__(cls)
        config._set(values)
        return config

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """The config that a mapping of the 16 fields describes.

        Raises:
            ConfigError: A field is missing, unknown or wrong.
        """
        names = [(UNKNOWN_KEY, name, "is no field of a config") for name in values if name not in FIELDS]
        names += [(MISSING_KEY, name, "is missing") for name in FIELDS if name not in values]
        if names:
            raise ConfigError([_problem(Fault(rule, name, (), f"{name} {what}")) for rule, name, what in names])
        return cls(**values)

    @property
    def conv_layers(self) -> tuple[ConvLayer, ...]:
        """The extractor's ``(channels, kernel, stride)`` layers, with null resolved to the standard seven."""
        return STANDARD_CONV_LAYERS if self.extractor_conv_layer_config is None else self.extractor_conv_layer_config

    def to_mapping(self) -> dict[str, Any]:
        """The 16 fields as plain data, in torchaudio's order; conv layers as a list of lists."""
        values: dict[str, Any] = {name: getattr(self, name) for name in FIELDS}
        if self.extractor_conv_layer_config is not None:
            values["extractor_conv_layer_config"] = [list(layer) for layer in self.extractor_conv_layer_config]
        return values


def _problem(fault: Fault) -> Problem:
    return Problem(rule=fault.rule, place=Place("<config>"), key=fault.key, message=fault.message, fix=fault.fix)

"""torchaudio's nine factory functions, each made from the preset that states its values."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

from w2v_explore.config.load import load_preset
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.model.build import build_model
from w2v_explore.model.components import Wav2Vec2Model

_ARGUMENTS = (
    "encoder_projection_dropout",
    "encoder_attention_dropout",
    "encoder_ff_interm_dropout",
    "encoder_dropout",
    "encoder_layer_drop",
    "aux_num_out",
)


class Factory(Protocol):
    """A function that builds one published model; its defaults are those of the model's preset."""

    def __call__(
        self,
        encoder_projection_dropout: float = ...,
        encoder_attention_dropout: float = ...,
        encoder_ff_interm_dropout: float = ...,
        encoder_dropout: float = ...,
        encoder_layer_drop: float = ...,
        aux_num_out: int | None = ...,
    ) -> Wav2Vec2Model:
        """The model, in training mode, with initial weights."""


def _factory(name: str, preset: str) -> Factory:
    values = load_preset(preset).model.to_mapping()
    signature = inspect.Signature(
        [
            inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=values[argument])
            for argument in _ARGUMENTS
        ],
        return_annotation=Wav2Vec2Model,
    )

    def build(*args: Any, **kwargs: Any) -> Wav2Vec2Model:
        arguments = signature.bind(*args, **kwargs)
        model = build_model(ModelConfig.from_mapping({**values, **arguments.arguments}))
        assert isinstance(model, Wav2Vec2Model)
        return model

    build.__name__ = build.__qualname__ = name
    build.__doc__ = (
        f"The model of the preset ``{preset}``; the arguments replace its values.\n\n"
        "Raises:\n"
        "    ConfigError: An argument is wrong; all that is wrong is reported at once.\n"
        "    DeviceError: The weights do not fit the free memory."
    )
    build.__signature__ = signature  # type: ignore[attr-defined]
    return build


wav2vec2_base = _factory("wav2vec2_base", "base")
wav2vec2_large = _factory("wav2vec2_large", "large")
wav2vec2_large_lv60k = _factory("wav2vec2_large_lv60k", "large_lv60k")
wav2vec2_xlsr_300m = _factory("wav2vec2_xlsr_300m", "xlsr_300m")
wav2vec2_xlsr_1b = _factory("wav2vec2_xlsr_1b", "xlsr_1b")
wav2vec2_xlsr_2b = _factory("wav2vec2_xlsr_2b", "xlsr_2b")
hubert_base = _factory("hubert_base", "hubert_base")
hubert_large = _factory("hubert_large", "hubert_large")
hubert_xlarge = _factory("hubert_xlarge", "hubert_xlarge")

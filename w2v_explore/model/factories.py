"""torchaudio's factory functions, each made from the preset that states its values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, cast

from w2v_explore.config.load import load_preset
from w2v_explore.model.build import build_model
from w2v_explore.model.modules import SpeechEncoder

_ARGUMENTS = (
    "encoder_projection_dropout",
    "encoder_attention_dropout",
    "encoder_ff_interm_dropout",
    "encoder_dropout",
    "encoder_layer_drop",
    "aux_num_out",
)


Model = TypeVar("Model", bound=SpeechEncoder)
Model_co = TypeVar("Model_co", bound=SpeechEncoder, covariant=True)


class Factory(Protocol[Model_co]):
    """A function that builds one published model; its defaults are those of the model's preset."""

    def __call__(
        self,
        encoder_projection_dropout: float = ...,
        encoder_attention_dropout: float = ...,
        encoder_ff_interm_dropout: float = ...,
        encoder_dropout: float = ...,
        encoder_layer_drop: float = ...,
        aux_num_out: int | None = ...,
    ) -> Model_co:
        """The model, in training mode, with initial weights."""


def factory(name: str, preset: str, model: type[Model], **defaults: float) -> Factory[Model]:
    """A factory function with the arguments that those of encoders have.

    Args:
        name: Its name.
        preset: The preset that has its values.
        model: The class of its models.
        defaults: Where they are not the preset's.
    """
    return factory_of(_ARGUMENTS, name, preset, model, **defaults)


def factory_of(
    arguments: Sequence[str], name: str, preset: str, model: type[Model], **defaults: float
) -> Callable[..., Model]:
    """The same with other fields for its arguments."""
    config = load_preset(preset).model
    values = config.to_mapping() | defaults
    signature = inspect.Signature(
        [
            inspect.Parameter(argument, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=values[argument])
            for argument in arguments
        ],
        return_annotation=model,
    )

    def build(*args: Any, **kwargs: Any) -> Model:
        given = signature.bind(*args, **kwargs).arguments
        return cast(Model, build_model(type(config).from_mapping({**values, **given})))

    build.__name__ = build.__qualname__ = name
    others = f" torchaudio has other defaults than the preset for {' and '.join(defaults)}." if defaults else ""
    build.__doc__ = (
        f"The model of the preset ``{preset}``; the arguments replace its values.{others}\n\n"
        "Raises:\n"
        "    ConfigError: An argument is wrong; all that is wrong is reported at once.\n"
        "    DeviceError: The weights do not fit the free memory."
    )
    build.__signature__ = signature  # type: ignore[attr-defined]
    return build

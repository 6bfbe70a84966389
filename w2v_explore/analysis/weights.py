"""Whether weights fit a config: the tensors that the architecture wants against those that a checkpoint has."""

from dataclasses import dataclass
from typing import NamedTuple

from w2v_explore.architecture.wav2vec2 import build_architecture
from w2v_explore.checkpoint.keys import Extra, KeyTranslation
from w2v_explore.checkpoint.listing import Checkpoint, Shape, TensorInfo
from w2v_explore.config.model_config import ModelConfig


class Misshapen(NamedTuple):
    """A tensor of another shape than the config wants, by our name."""

    name: str
    expected: Shape
    found: Shape


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WeightsFit:
    """How a checkpoint's weights and a config go together.

    Attributes:
        expected: Tensors that the config wants.
        matched: Those that are where the config wants them, in its shapes.
        missing: What the config wants and the checkpoint lacks, by our names, with the shapes.
        unexpected: What the checkpoint has and the config has no use for, by the checkpoint's names.
        misshapen: What both have in different shapes.
        extras: The tensors that no config has a place for, and what they are: no reason not to fit.
    """

    expected: int
    matched: int
    missing: tuple[tuple[str, Shape], ...]
    unexpected: tuple[TensorInfo, ...]
    misshapen: tuple[Misshapen, ...]
    extras: tuple[tuple[TensorInfo, Extra], ...]

    def __repr__(self) -> str:
        return (
            f"<WeightsFit: {self.matched} of {self.expected} tensors matched, {len(self.missing)} missing, "
            f"{len(self.unexpected)} unexpected, {len(self.misshapen)} misshapen, {len(self.extras)} extras>"
        )

    @property
    def fits(self) -> bool:
        """Whether every tensor that the config wants is there, and no other than these and the extras."""
        return not (self.missing or self.unexpected or self.misshapen)


def fit_weights(checkpoint: Checkpoint, keys: KeyTranslation, config: ModelConfig) -> WeightsFit:
    """How a checkpoint's weights and a config go together.

    Args:
        checkpoint: What the files hold.
        keys: Its names, read.
        config: The 16 fields.
    """
    expected = dict(build_architecture(config).state_dict_shapes())
    found: dict[str, Shape] = {}
    unexpected: list[TensorInfo] = []
    extras: list[tuple[TensorInfo, Extra]] = []
    for tensor in checkpoint.tensors:
        name = keys.ours.get(tensor.name)
        if name in expected:
            found[name] = tensor.shape
        elif tensor.name in keys.extras:
            extras.append((tensor, keys.extras[tensor.name]))
        else:
            unexpected.append(tensor)
    misshapen = [Misshapen(name, expected[name], shape) for name, shape in found.items() if shape != expected[name]]
    return WeightsFit(
        expected=len(expected),
        matched=len(found) - len(misshapen),
        missing=tuple((name, shape) for name, shape in expected.items() if name not in found),
        unexpected=tuple(unexpected),
        misshapen=tuple(misshapen),
        extras=tuple(extras),
    )

"""What the layers of the tree compute: parameter shapes, how an activation flows through, and the cost formulas.

Conventions. A MAC is one multiply–accumulate of a convolution, a linear layer or one of attention's two matrix
products; everything else (norms, activations, softmax, weight-norm, additions, dropout) counts 0, as it does in
torch's own counter. An activation is a batch of ``frames`` × ``channels``; how torch lays it out is the layer's
matter (`Layer.channels_first`), never a formula's.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, Protocol

MacKind = Literal["convolution", "linear", "attention"]
Shape = tuple[int, ...]


class Flow(NamedTuple):
    """What passes from module to module for one utterance."""

    frames: int
    channels: int


class Operation(Protocol):
    """What one module computes from its input to its output.

    Attributes:
        mac_kind: The kind of operation its MACs belong to; None where it has none.
        keeps_input: Whether the backward pass needs what went in.
        keeps_output: Whether the backward pass needs what came out.
    """

    @property
    def mac_kind(self) -> MacKind | None: ...
    @property
    def keeps_input(self) -> bool: ...
    @property
    def keeps_output(self) -> bool: ...

    def parameter_shapes(self) -> dict[str, Shape]:
        """The shape of each of its own parameters, in the order of the state_dict."""

    def flow(self, frames: int, channels: int) -> tuple[int, int]:
        """The frames and channels that come out for those that go in."""

    def macs(self, batch: int, frames: int, channels: int) -> int:
        """MACs for an input of ``batch`` × ``frames`` × ``channels``."""

    def statistics(self, batch: int, frames: int, channels: int) -> int:
        """Numbers that it makes beside its output and the backward pass needs, such as means; float32 or wider."""

    def passes_on(self, training: bool) -> bool:
        """Whether what comes out lies in the memory of what went in: a view, or the very tensor."""


class _Base:
    """An operation that makes a new tensor and needs its input to go back."""

    __slots__ = ()
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False

    def statistics(self, batch: int, frames: int, channels: int) -> int:
        return 0

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Conv1d(_Base):
    """A convolution over time, ``torch.nn.Conv1d``.

    A weight-normalised one (``weight_norm``) holds only its bias: the weight is made by a `WeightNorm` below it.
    """

    in_channels: int
    out_channels: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True
    weight_norm: bool = False
    mac_kind: ClassVar[MacKind | None] = "convolution"

    @property
    def weight_shape(self) -> Shape:
        """``(out_channels, in_channels / groups, kernel)``."""
        return self.out_channels, self.in_channels // self.groups, self.kernel

    def parameter_shapes(self) -> dict[str, Shape]:
        shapes = {} if self.weight_norm else {"weight": self.weight_shape}
        if self.bias:
            shapes["bias"] = (self.out_channels,)
        return shapes

    def flow(self, frames: int, channels: int) -> tuple[int, int]:
        return (frames + 2 * self.padding - self.kernel) // self.stride + 1, self.out_channels

    def macs(self, batch: int, frames: int, channels: int) -> int:
        out_frames, _ = self.flow(frames, channels)
        return batch * out_frames * self.out_channels * (self.in_channels // self.groups) * self.kernel


@dataclass(frozen=True, slots=True)
class Linear(_Base):
    """An affine map of the channels, ``torch.nn.Linear`` with a bias."""

    in_features: int
    out_features: int
    mac_kind: ClassVar[MacKind | None] = "linear"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}

    def flow(self, frames: int, channels: int) -> tuple[int, int]:
        return frames, self.out_features

    def macs(self, batch: int, frames: int, channels: int) -> int:
        return batch * frames * self.in_features * self.out_features


@dataclass(frozen=True, slots=True)
class ScaledDotProductAttention(_Base):
    """softmax(q kᵀ / √head_dim) v over all frames, in ``num_heads`` heads side by side.

    The memory is that of a fused kernel, which never holds the scores of all pairs of frames.
    """

    num_heads: int
    dropout: float
    mac_kind: ClassVar[MacKind | None] = "attention"
    keeps_output: ClassVar[bool] = True

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, frames: int, channels: int) -> tuple[int, int]:
        return frames, channels

    def macs(self, batch: int, frames: int, channels: int) -> int:
        return 2 * batch * frames * frames * channels

    def statistics(self, batch: int, frames: int, channels: int) -> int:
        return batch * self.num_heads * frames


class _Costless(_Base):
    """An operation that counts no MACs and keeps the shape."""

    __slots__ = ()
    mac_kind: ClassVar[MacKind | None] = None

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, frames: int, channels: int) -> tuple[int, int]:
        return frames, channels

    def macs(self, batch: int, frames: int, channels: int) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class LayerNorm(_Costless):
    """Normalisation of each frame over its channels, ``torch.nn.LayerNorm``."""

    channels: int

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def statistics(self, batch: int, frames: int, channels: int) -> int:
        return 2 * batch * frames


@dataclass(frozen=True, slots=True)
class GroupNorm(_Costless):
    """Normalisation of each channel over the whole utterance, ``torch.nn.GroupNorm`` with a group per channel."""

    channels: int

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def statistics(self, batch: int, frames: int, channels: int) -> int:
        return 2 * batch * channels


@dataclass(frozen=True, slots=True)
class WeightNorm(_Costless):
    """The weight of a convolution as magnitude × direction, with one magnitude per kernel position.

    ``original0`` is the magnitude, ``original1`` the direction, as ``torch.nn.utils.parametrizations`` names them.
    """

    weight_shape: Shape

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"original0": (1, 1, self.weight_shape[2]), "original1": self.weight_shape}

    def statistics(self, batch: int, frames: int, channels: int) -> int:
        return self.weight_shape[2]


@dataclass(frozen=True, slots=True)
class Dropout(_Costless):
    """Dropout with probability ``p``; does nothing outside training, and keeps a mask of a byte per element in it.

    Where ``p`` is 1 it makes no mask: all is multiplied by a single zero, which it keeps.
    """

    p: float
    keeps_input: ClassVar[bool] = False

    def passes_on(self, training: bool) -> bool:
        return not training or self.p == 0


@dataclass(frozen=True, slots=True)
class GELU(_Costless):
    """The Gaussian error linear unit, exact."""


@dataclass(frozen=True, slots=True)
class Add(_Costless):
    """The sum of a residual branch and what it bypasses."""

    keeps_input: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class PaddingMask(_Costless):
    """Zeroes the frames past each utterance's length and masks them in attention; runs only where lengths are given."""

    keeps_input: ClassVar[bool] = False

    def passes_on(self, training: bool) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class SamePad(_Costless):
    """Drops the one frame too many that an even kernel with padding kernel / 2 puts out."""

    keeps_input: ClassVar[bool] = False

    def flow(self, frames: int, channels: int) -> tuple[int, int]:
        return frames - 1, channels

    def passes_on(self, training: bool) -> bool:
        return True

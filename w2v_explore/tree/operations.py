"""What the layers of the tree compute: parameter shapes, how an activation flows through, and the cost formulas.

Conventions. A MAC is one multiply–accumulate of a convolution, a linear layer or one of attention's two matrix
products; everything else (norms, activations, softmax, weight-norm, additions, dropout) counts 0, as it does in
torch's own counter. An activation is a `Flow`; how torch lays it out is the layer's matter (`Layer.channels_first`),
never a formula's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import ClassVar, Literal, NamedTuple

MacKind = Literal["convolution", "linear", "attention"]
Autocast = Literal["lower", "float32", "promotes", "wide"]
"""What becomes of an operation where ``torch.autocast`` runs, after the lists of its CUDA operations (`torch.amp`).

- ``lower``: what it takes and its parameters are cast to the lower precision, in which its result is.
- ``float32``: what it takes is cast to float32, in which its result is.
- ``promotes``: nothing is cast; its result is in the widest type of what it takes.
- ``wide``: nothing is cast; its result is in float32, since it sums in it or has parameters, which are of float32.
"""
Shape = tuple[int, ...]


class Flow(NamedTuple):
    """The size of an activation: ``frames`` × ``channels`` numbers of an utterance, ``heads`` times.

    Attributes:
        frames: Rows.
        channels: Numbers in a row; of scores or biases of pairs of frames, the frames of the keys.
        heads: How many such matrices lie side by side on an axis before both; None where there is no such axis.
        shared: Whether the batch has one for all utterances: a weight, or a table of positions.
    """

    frames: int
    channels: int
    heads: int | None = None
    shared: bool = False

    def rows(self, batch: int) -> int:
        """Rows in the whole batch."""
        rows, _, heads, shared = self
        if heads is not None:
            rows *= heads
        return rows if shared else rows * batch

    def elements(self, batch: int) -> int:
        """Numbers in the whole batch."""
        frames, channels, heads, shared = self
        elements = frames * channels if heads is None else frames * channels * heads
        return elements if shared else elements * batch

    def shape(self, batch: int, channels_first: bool) -> Shape:
        """As torch lays it out: batch, heads, then channels and frames in either order."""
        frames, channels, heads, shared = self
        matrix = (channels, frames) if channels_first else (frames, channels)
        if heads is not None:
            matrix = (heads, *matrix)  # type: ignore[assignment]
        return matrix if shared else (batch, *matrix)


_Flow = partial(tuple.__new__, Flow)
"""A `Flow` of the tuple of its attributes, in half the time of its own constructor; every linear layer makes one."""


class Reach(NamedTuple):
    """Which frames that go in a frame that comes out sees: ``kernel`` in a row, beginning ``stride`` further each time.

    Frames out are (frames in + before + after − kernel) // stride + 1.

    Attributes:
        kernel: How many it sees.
        stride: From where one begins to where the next does.
        before: Frames of padding before the first.
        after: Frames of padding after the last; less than 0 for frames that are cut off.
        whole: Whether it sees the whole utterance, whatever the others say.
    """

    kernel: int = 1
    stride: int = 1
    before: int = 0
    after: int = 0
    whole: bool = False


_Reach = partial(tuple.__new__, Reach)
SAME_FRAME = Reach()
WHOLE_UTTERANCE = Reach(whole=True)


class Beside(NamedTuple):
    """What an operation makes beside its output, and the backward pass needs.

    Attributes:
        statistics: Numbers such as means; float32 or wider.
        elements: Numbers of the activations' own dtype.
        bytes: Masks, a byte each.
    """

    statistics: int = 0
    elements: int = 0
    bytes: int = 0


NOTHING = Beside()
INDEX_BYTES = 8
"""Of each of torch's whole numbers, which have 64 bits: of frames, labels and rows of tables."""


class Needs(NamedTuple):
    """What of an operation needs a gradient, where the backward pass comes by.

    Attributes:
        taken: Of each that it takes, whether it does.
        own: The names of those of its parameters that are trained.
    """

    taken: Sequence[bool]
    own: Collection[str]


class BackwardMoments(NamedTuple):
    """What an operation's backward pass holds at each moment at which that may be most.

    That is the gradient of what comes out, what it keeps of what it has made, and the gradients that it makes; what it
    keeps of what it takes is left out.

    Attributes:
        keeping: While it has all that it keeps of what it takes.
        after: When it has let go of that.
    """

    keeping: tuple[Beside, ...]
    after: tuple[Beside, ...] = ()


_UNSAID = object()


class Operation:
    """What one module computes from what it takes to what it gives.

    An operation says all that is in `_SAID`; one that does not is a TypeError where its class is made, since a default
    would give wrong figures without a word.

    Attributes:
        mac_kind: The kind of operation its MACs belong to; None where it has none.
        keeps_input: Whether the backward pass needs what went in.
        keeps_output: Whether the backward pass needs what came out.
        reads_lengths: Whether it only looks at how long what it takes is, as a table of positions does, and needs none
            of it.
        beside_in_training_alone: Whether it makes nothing beside its output outside training, as a batch norm, which
            has its statistics then.
        gives_statistics: Whether its output is numbers such as means, float32 or wider whatever the activations are.
        autocast: What becomes of it where ``torch.autocast`` runs; all numbers that it makes beside its output, but
            statistics, are of its result's type.
        hands_on: Which of what it takes, by number, have the gradient of what comes out for their own: no tensor is
            made for it.
        sums_after: The parameters by name, and what it takes by number, of which the gradient is a sum that is worked
            out after the operation's own backward pass.
        hands_own_first: Whether the gradients of its parameters, the last first, are added to others of theirs before
            that of what it takes is.
        takes_weight_in_parts: Whether it computes with one part of its parameters after the other: where autocast runs,
            each is cast by itself, no cast of its weight is there for another run, and no other outlives its part.
        turns_gradient: Whether its backward pass copies a gradient that is not laid out as what it gives.
        untrained: Whether its parameters are trained only where somebody names them, as the program that defines the
            family has it.
        expectation: What sizes rest on that data or chance decide, in a sentence; empty where sizes decide all.
    """

    __slots__ = ()
    mac_kind: ClassVar[MacKind | None]
    keeps_input: ClassVar[bool]
    keeps_output: ClassVar[bool]
    autocast: ClassVar[Autocast]
    reads_lengths: ClassVar[bool] = False
    beside_in_training_alone: ClassVar[bool] = False
    gives_statistics: ClassVar[bool] = False
    hands_on: ClassVar[Collection[int]] = ()
    sums_after: ClassVar[Collection[str | int]] = ()
    hands_own_first: ClassVar[bool] = False
    takes_weight_in_parts: ClassVar[bool] = False
    turns_gradient: ClassVar[bool] = False
    untrained: ClassVar[bool] = False
    expectation: ClassVar[str] = ""

    def __init_subclass__(cls, *, is_partial: bool = False) -> None:
        super().__init_subclass__()
        unsaid = [name for name in _SAID if getattr(cls, name, _UNSAID) is getattr(Operation, name, _UNSAID)]
        if unsaid and not is_partial:
            raise TypeError(f"{cls.__name__} does not say its {', '.join(unsaid)}")

    def reach(self) -> Reach:
        """Which frames of what went in a frame of what comes out sees."""
        raise NotImplementedError

    def parameter_shapes(self) -> dict[str, Shape]:
        """The shape of each of its own parameters, in the order of the state_dict."""
        raise NotImplementedError

    def shared_shapes(self) -> dict[str, Shape]:
        """The shape of each parameter of a sibling that it computes with (`Layer.shares`)."""
        return {}

    def buffer_shapes(self) -> dict[str, Shape]:
        """The shape of each of its own buffers, which the state_dict has after the parameters."""
        return {}

    @property
    def parameters(self) -> int:
        """Elements of its parameters."""
        shapes = self.parameter_shapes()
        return sum(map(prod, shapes.values())) if shapes else 0

    def flow(self, *taken: Flow) -> Flow:
        """What comes out for what goes in."""
        raise NotImplementedError

    def macs(self, batch: int, *taken: Flow) -> int:
        """MACs for the whole batch."""
        raise NotImplementedError

    def backward_macs(self, batch: int, needs: Needs, *taken: Flow) -> int:
        """MACs of the backward pass: those of the forward pass for each factor of the product that needs a gradient.

        Args:
            batch: Utterances.
            needs: What needs a gradient; that is something.
            taken: As in `macs`.
        """
        return self.macs(batch, *taken) * (("weight" in needs.own) + needs.taken[0])

    def uncounted_products(self, batch: int, *taken: Flow) -> int:
        """Products of two numbers in the forward pass that are no MACs, since torch's counter sees none of them.

        Few operations have so many that a step is not known without: those of a scale or a norm are not meant.
        """
        return 0

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        """What it makes beside its output."""
        raise NotImplementedError

    def copied(self, batch: int, *taken: Flow) -> Sequence[int]:
        """Which of what it takes it keeps a copy of, that it makes beside its output, instead of the tensor."""
        return ()

    def kept_casts(self, batch: int, needs: Needs, *taken: Flow) -> Sequence[int]:
        """Which of what it takes, by number, it keeps as it was cast for it (`autocast`), where it was."""
        kept, copied = self.kept_of(range(len(taken)), len(taken), needs), self.copied(batch, *taken)
        return [number for number in kept if number < len(taken) and number not in copied]

    def keeps_weight(self, needs: Needs) -> bool:
        """Whether the backward pass needs its ``weight``: of a product where what it takes needs a gradient."""
        return needs.taken[0]

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        """What the backward pass keeps of the values that go in and the one that comes out, by what needs a gradient.

        Where it is not said otherwise, torch keeps all that any gradient is worked out from as soon as one is wanted.
        """
        if self.keeps_output:
            return (*taken, made) if self.keeps_input else (made,)
        return taken if self.keeps_input else ()

    def kept_of_beside(self, batch: int, needs: Needs, *taken: Flow) -> Beside:
        """What the backward pass keeps of what it makes beside its output, by what needs a gradient."""
        return self.kept_beside(batch, *taken)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        """What it has made and still holds in inference, its output included, at each moment at which that may be most.

        Empty where that is what comes out and what it makes beside it.
        """
        return ()

    def training_moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        """As `moments`, in training, where it holds in the end what comes out and what it makes beside it."""
        return self.moments(batch, *taken)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        """What its backward pass holds, but for sums that come after (`sums_after`).

        Asked only of operations that say it: of all others it is what they keep, the gradient of what comes out and all
        gradients that they make, at once.
        """
        raise NotImplementedError

    def watched_backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        """The same where something watches autograd, which then adds up gradients of one tensor in one of their own."""
        return self.backward_moments(batch, needs, *taken)

    def autocast_backward_moments(self, batch: int, needs: Needs, watched: bool, *taken: Flow) -> BackwardMoments:
        """The same where what comes out is of autocast's lower precision, and whether something watches autograd."""
        moments = self.watched_backward_moments if watched else self.backward_moments
        return moments(batch, needs, *taken)

    def gradient_elements(self, batch: int, number: int, *taken: Flow) -> int:
        """Numbers in memory for the gradient that it makes of one of what it takes, by number."""
        return taken[number].elements(batch)

    def passes_on(self, training: bool) -> bool:
        """Whether what comes out lies in the memory of what went in first: a view, or the very tensor."""
        raise NotImplementedError

    def fewest_frames(self, batch: int, training: bool = False) -> int:
        """The fewest frames that it takes; one needs more for the statistics of a single utterance."""
        return 1


_SAID = (
    "mac_kind", "keeps_input", "keeps_output", "autocast", "reach", "parameter_shapes", "flow", "macs", "kept_beside",
    "passes_on",
)  # fmt: skip


class NewTensor(Operation, is_partial=True):
    """An operation whose output is a tensor of its own."""

    __slots__ = ()

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Conv1d(NewTensor):
    """A convolution over time, ``torch.nn.Conv1d``.

    A weight-normalised one (``weight_norm``) holds only its bias, and takes its weight as a second input, from a
    `WeightNorm` below it.
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
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "lower"

    @property
    def weight_shape(self) -> Shape:
        """``(out_channels, in_channels / groups, kernel)``."""
        return self.out_channels, self.in_channels // self.groups, self.kernel

    def reach(self) -> Reach:
        return _Reach((self.kernel, self.stride, self.padding, self.padding, False))

    def parameter_shapes(self) -> dict[str, Shape]:
        shapes = {} if self.weight_norm else {"weight": self.weight_shape}
        if self.bias:
            shapes["bias"] = (self.out_channels,)
        return shapes

    def flow(self, *taken: Flow) -> Flow:
        return _Flow((self._frames(taken[0].frames), self.out_channels, None, False))

    def _frames(self, frames: int) -> int:
        kernel, stride, before, after, _ = self.reach()  # an operation made from this one may reach elsewhere
        return (frames + before + after - kernel) // stride + 1

    def macs(self, batch: int, *taken: Flow) -> int:
        frames = self._frames(taken[0].frames)
        return batch * frames * self.out_channels * (self.in_channels // self.groups) * self.kernel

    def backward_macs(self, batch: int, needs: Needs, *taken: Flow) -> int:
        of_weight = needs.taken[1] if self.weight_norm else "weight" in needs.own
        return self.macs(batch, *taken) * (of_weight + needs.taken[0])

    def keeps_weight(self, needs: Needs) -> bool:
        # torch's convolutions keep both of their factors in any case.
        return True

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING


@dataclass(frozen=True, slots=True)
class Linear(NewTensor):
    """An affine map of the channels, ``torch.nn.Linear`` with a bias."""

    in_features: int
    out_features: int
    mac_kind: ClassVar[MacKind | None] = "linear"
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "lower"
    sums_after: ClassVar[Collection[str | int]] = ("bias",)
    hands_own_first: ClassVar[bool] = True

    def reach(self) -> Reach:
        return SAME_FRAME

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}

    def flow(self, *taken: Flow) -> Flow:
        frames, _, heads, shared = taken[0]
        return _Flow((frames, self.out_features, heads, shared))

    def macs(self, batch: int, *taken: Flow) -> int:
        return taken[0].rows(batch) * self.in_features * self.out_features

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return taken if self.keeps_input and "weight" in needs.own else ()

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING


@dataclass(frozen=True, slots=True)
class PlainLinear(Linear):
    """A linear map of the channels without a bias."""

    hands_own_first: ClassVar[bool] = False

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.out_features, self.in_features)}


# Of CUDA's memory-efficient attention: numbers in a row of a bias and of its gradient, frames of denominators, a seed
# and an offset.
_BIAS_ALIGNMENT = 8
_BIAS_GRADIENT_ALIGNMENT = 16
_DENOMINATORS_ALIGNMENT = 32
_RANDOM_STATE_BYTES = 16


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


@dataclass(frozen=True, slots=True)
class ScaledDotProductAttention(NewTensor):
    """softmax(q kᵀ / √head_dim) v over all frames, in ``num_heads`` heads side by side.

    Takes queries, keys and values, and may take a bias that is added to the scores, for each head and pair of frames.
    The memory is that of a fused kernel, which never holds the scores of all pairs of frames; with a bias, which needs
    a gradient, that is CUDA's memory-efficient kernel. It takes a bias whose rows are of a multiple of 8 numbers, and
    keeps the logarithm of the softmax's denominator for frames in 32s, and the state of its random numbers.

    Attributes:
        num_heads: Heads.
        dropout: The probability with which a weight is dropped.
        packed: Whether queries, keys and values lie side by side in one tensor, which it takes instead of the three.
    """

    num_heads: int
    dropout: float
    packed: bool = False
    mac_kind: ClassVar[MacKind | None] = "attention"
    keeps_input: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "lower"

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def has_bias(self, num_taken: int) -> bool:
        """Whether a bias is among so many tensors that it takes."""
        return num_taken > (1 if self.packed else 3)

    def flow(self, *taken: Flow) -> Flow:
        queries, _, values = self._apart(taken)
        return Flow(queries.frames, values.channels)

    def macs(self, batch: int, *taken: Flow) -> int:
        scores, weighted = self._products(batch, taken)
        return scores + weighted

    def backward_macs(self, batch: int, needs: Needs, *taken: Flow) -> int:
        scores, weighted = self._products(batch, taken)
        queries, keys, values, *bias = (needs.taken[0], needs.taken[0], *needs.taken) if self.packed else needs.taken
        return scores * (queries + keys) + weighted * (any((queries, keys, *bias)) + values)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        frames = taken[0].frames
        if not self.has_bias(len(taken)):
            return Beside(statistics=batch * self.num_heads * frames)
        denominators = 4 * batch * self.num_heads * _round_up(frames, _DENOMINATORS_ALIGNMENT)
        return Beside(elements=self._copied_bias(batch, *taken), bytes=denominators + _RANDOM_STATE_BYTES)

    def copied(self, batch: int, *taken: Flow) -> Sequence[int]:
        is_copied = self.has_bias(len(taken)) and taken[-1].channels % _BIAS_ALIGNMENT != 0
        return (len(taken) - 1,) if is_copied else ()

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        if not self.has_bias(len(taken)):
            return ()
        elements = self.flow(*taken).elements(batch) + self._copied_bias(batch, *taken)
        return (Beside(elements=elements, bytes=_RANDOM_STATE_BYTES),)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        gives, beside = self.flow(*taken).elements(batch), self.kept_beside(batch, *taken)
        made = [flow.elements(batch) for flow, does in zip(taken, needs.taken, strict=True) if does]
        if self.has_bias(len(taken)) and needs.taken[-1]:
            made[-1] = self._bias_gradient(batch, *taken)
        return BackwardMoments((beside._replace(elements=gives + beside.elements + sum(made)),))

    def gradient_elements(self, batch: int, number: int, *taken: Flow) -> int:
        # The gradient of a bias that is not copied keeps its longer rows.
        if self.has_bias(len(taken)) and number == len(taken) - 1 and not self.copied(batch, *taken):
            return self._bias_gradient(batch, *taken)
        return taken[number].elements(batch)

    def _bias_gradient(self, batch: int, *taken: Flow) -> int:
        """Numbers of the gradient of a bias, whose rows are made longer."""
        return taken[-1].rows(batch) * _round_up(taken[-1].channels, _BIAS_GRADIENT_ALIGNMENT)

    def _copied_bias(self, batch: int, *taken: Flow) -> int:
        """Numbers of the copy of a bias whose rows are made longer; 0 where they need not be."""
        bias = taken[-1]
        return bias.rows(batch) * _round_up(bias.channels, _BIAS_ALIGNMENT) if self.copied(batch, *taken) else 0

    def _apart(self, taken: tuple[Flow, ...]) -> tuple[Flow, Flow, Flow]:
        """Queries, keys and values."""
        if self.packed:
            third = Flow(taken[0].frames, taken[0].channels // 3)
            return third, third, third
        queries, keys, values = taken[:3]
        return queries, keys, values

    def _products(self, batch: int, taken: tuple[Flow, ...]) -> tuple[int, int]:
        """MACs of queries × keys and of scores × values."""
        queries, keys, values = self._apart(taken)
        pairs = batch * queries.frames * keys.frames
        return pairs * queries.channels, pairs * values.channels


class Costless(Operation, is_partial=True):
    """An operation that counts no MACs and keeps the shape of what it takes first."""

    __slots__ = ()
    mac_kind: ClassVar[MacKind | None] = None
    keeps_output: ClassVar[bool] = False

    def reach(self) -> Reach:
        return SAME_FRAME

    def parameter_shapes(self) -> dict[str, Shape]:
        return {}

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]

    def macs(self, batch: int, *taken: Flow) -> int:
        return 0


class _Norm(Costless, is_partial=True):
    """A normalisation, which keeps its input and its statistics."""

    __slots__ = ()
    keeps_input: ClassVar[bool] = True

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class LayerNorm(_Norm):
    """Normalisation of each frame over its channels, ``torch.nn.LayerNorm``."""

    channels: int
    autocast: ClassVar[Autocast] = "float32"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside(statistics=2 * taken[0].rows(batch))


@dataclass(frozen=True, slots=True)
class GroupNorm(_Norm):
    """Normalisation of each channel over the whole utterance, ``torch.nn.GroupNorm`` with a group per channel."""

    channels: int
    autocast: ClassVar[Autocast] = "float32"
    turns_gradient: ClassVar[bool] = True

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside(statistics=2 * batch * self.channels)

    def fewest_frames(self, batch: int, training: bool = False) -> int:
        # torch refuses to normalise a single value.
        return 2 if batch == 1 else 1


@dataclass(frozen=True, slots=True)
class BatchNorm(_Norm):
    """Normalisation of each channel over the whole batch, ``torch.nn.BatchNorm1d``.

    In training it takes the batch's statistics, and keeps them; otherwise those in its buffers.
    """

    channels: int
    beside_in_training_alone: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "promotes"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def buffer_shapes(self) -> dict[str, Shape]:
        return {"running_mean": (self.channels,), "running_var": (self.channels,), "num_batches_tracked": ()}

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside(statistics=2 * self.channels)

    def fewest_frames(self, batch: int, training: bool = False) -> int:
        # torch refuses to train on a single value.
        return 2 if training and batch == 1 else 1


@dataclass(frozen=True, slots=True)
class WeightNorm(Costless):
    """The weight of a convolution as magnitude × direction, with one magnitude per kernel position.

    ``original0`` is the magnitude, ``original1`` the direction, as ``torch.nn.utils.parametrizations`` names them.
    """

    weight_shape: Shape
    keeps_input: ClassVar[bool] = False
    reads_lengths: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"original0": (1, 1, self.weight_shape[2]), "original1": self.weight_shape}

    def flow(self, *taken: Flow) -> Flow:
        out_channels, channels, kernel = self.weight_shape
        return Flow(kernel, channels, out_channels, shared=True)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside(statistics=self.weight_shape[2])

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Dropout(Costless):
    """Dropout with probability ``p``; does nothing outside training, and keeps a mask of a byte per element in it.

    Where ``p`` is 1 it makes no mask: all is multiplied by a single zero, which it keeps.
    """

    p: float
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside(elements=1) if self.p == 1 else Beside(bytes=taken[0].elements(batch))

    def passes_on(self, training: bool) -> bool:
        return not training or self.p == 0


class _Activation(Costless, is_partial=True):
    """A function of each number, or of two, which keeps its input."""

    __slots__ = ()
    keeps_input: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "promotes"

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class GELU(_Activation):
    """The Gaussian error linear unit, exact."""


@dataclass(frozen=True, slots=True)
class SiLU(_Activation):
    """x · sigmoid(x), the sigmoid linear unit; others call it swish."""


@dataclass(frozen=True, slots=True)
class ReLU(_Activation):
    """The positive part, which says by itself where the input was negative."""

    keeps_input: ClassVar[bool] = False
    keeps_output: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GLU(_Activation):
    """The gated linear unit: the first half of the channels times the sigmoid of the second."""

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]._replace(channels=taken[0].channels // 2)


class KeepsNothing(NewTensor, Costless, is_partial=True):
    """An operation whose output is a tensor of its own, and of which training keeps nothing."""

    __slots__ = ()
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING


@dataclass(frozen=True, slots=True)
class Add(KeepsNothing):
    """The sum of a residual branch and what it bypasses."""

    hands_on: ClassVar[Collection[int]] = (0, 1)


@dataclass(frozen=True, slots=True)
class Multiply(Costless):
    """The product, number by number, of a scale for each row and what it scales, which is of the size of the second."""

    keeps_input: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "promotes"
    sums_after: ClassVar[Collection[str | int]] = (0,)

    def flow(self, *taken: Flow) -> Flow:
        return taken[1]

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return of_other_factor(taken, needs)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        # Both products are of the size of what is scaled.
        return BackwardMoments((Beside(elements=taken[1].elements(batch) * (1 + sum(needs.taken))),))

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return False


def of_other_factor(taken: Sequence[int], needs: Needs) -> Sequence[int]:
    """Of two factors of a product those that the backward pass keeps: each for the gradient of the other."""
    return [value for value, other in zip(taken, reversed(needs.taken), strict=True) if other]


class View(Costless, is_partial=True):
    """An operation that gives what it takes, or a part of it."""

    __slots__ = ()
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return NOTHING

    def passes_on(self, training: bool) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class PaddingMask(View):
    """Zeroes the frames past each utterance's length and masks them in attention; runs only where lengths are given."""


@dataclass(frozen=True, slots=True)
class SamePad(View):
    """Drops the one frame too many that an even kernel with padding kernel / 2 puts out."""

    def reach(self) -> Reach:
        return Reach(after=-1)

    def flow(self, *taken: Flow) -> Flow:
        frames, channels, heads, shared = taken[0]
        return Flow(frames - 1, channels, heads, shared)

"""What the devices of a group gather and reduce during a training step, moment by moment, unit by unit.

Written after torch 2.13: the order in which `DistributedDataParallel`, `FullyShardedDataParallel` and `fully_shard`
allocate and free, all options at their defaults.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple


class ElementBytes(NamedTuple):
    """Bytes of one element of a parameter in training.

    Attributes:
        weight: Of the weight that stays from step to step.
        gradient: Of its gradient as the optimizer reads it.
        master: Of the copy that the optimizer updates; 0 where it updates the weight itself.
        gathered: Of the weight as a sharded strategy gathers it, and of its gradient until that is reduced:
            ``param_dtype`` of FSDP's mixed precision; None where that is the weight's own.
        reduced: Of the gradient as a sharded strategy reduces it: ``reduce_dtype``; None where that is ``gathered``.
    """

    weight: int
    gradient: int
    master: int = 0
    gathered: int | None = None
    reduced: int | None = None

    @property
    def communicated(self) -> tuple[int, int]:
        """Of what is gathered, and of what is reduced."""
        gathered = self.weight if self.gathered is None else self.gathered
        return gathered, gathered if self.reduced is None else self.reduced


class Size(NamedTuple):
    """The size of a unit.

    Attributes:
        is_layer: Whether it is a stacked layer; what is round the layers is gathered as one.
        share: Elements that each device keeps of it, padding included.
        made: Elements of the gradients that the backward pass makes.
        reduced_share: Elements that each device keeps of them, padding included.
    """

    is_layer: bool
    share: int
    made: int
    reduced_share: int


At = Literal["enters", "forward", "begins", "within", "passing", "ends"]
"""When in the step: as of `Stages`."""


class Moment(NamedTuple):
    """What is alive at a moment of the step, beside activations and what stays from step to step.

    Attributes:
        stage: The number of the unit that runs, the last one's being 0.
        at: When in its forward or backward pass.
        gathered: Bytes of gathered weights, unreduced gradients and buffers.
        gradients: Bytes of the gradients that are ready for the optimizer.
    """

    stage: int
    at: At
    gathered: int
    gradients: int


_NOTHING = Size(True, 0, 0, 0)


Earlier = Literal["none", "reduced", "whole"]
"""What earlier batches of the same step left of gradients: nothing, as there are none; their share; or whole ones."""


def moments_of_fsdp2(
    sizes: Sequence[Size], shards: int, element: ElementBytes, *, is_hybrid: bool, earlier: Earlier
) -> list[Moment]:
    """Of `fully_shard`, which gathers the next unit into a buffer while the backward pass of one runs.

    A unit's weights are copied out of that buffer, which the forward pass keeps until the next unit's are copied, and
    its gradients into another, which stays until the next unit's are there. What is round the layers stays gathered
    from the forward pass on, and its gradients are reduced last.

    Args:
        sizes: Of the units, in the order of the forward pass.
        shards: Among how many devices each is divided.
        element: The recipe's bytes.
        is_hybrid: Whether shards are added up among nodes, and what they add up is held until the pass ends.
        earlier: What there is of gradients; whole ones are kept as they will be reduced.
    """
    gathered, reduced = element.communicated
    root = _round_layers(sizes)
    order = sizes[::-1]
    gradients = _first_gradients(sizes, element, earlier, reduced)
    # Autograd adds to whole gradients of its own dtype as it goes.
    own = 0 if earlier == "whole" and reduced == gathered else gathered
    during: At = "within" if own else "passing"
    moments: list[Moment] = []
    buffer = root
    for stage, size in enumerate(sizes, 1 - len(sizes)):
        weights = root.share
        if size.is_layer:
            weights += size.share
            entering = gathered * shards * (weights + size.share + buffer.share)
            moments.append(Moment(-stage, "enters", entering, gradients))
            buffer = size
        moments.append(Moment(-stage, "forward", gathered * shards * (weights + buffer.share), gradients))
    unreduced = waiting = held = 0
    for stage, size in enumerate([*order, root]):
        following = _following(order, stage)
        ahead = gathered * shards * following.share
        cast = gathered * following.share if gathered != element.weight else 0
        made = own * size.made
        around = gathered * shards * root.share + unreduced + held
        if stage == len(order):
            stage, around = stage - 1, held
        elif size.is_layer:
            weights = gathered * shards * size.share
            begins = around + waiting + weights + max(weights, ahead + cast)
            moments.append(Moment(stage, "begins", begins, gradients))
            moments.append(Moment(stage, during, around + waiting + weights + ahead, gradients))
            moments.append(Moment(stage, "ends", around + waiting + weights + ahead + made, gradients))
            around += ahead
        else:
            moments.append(Moment(stage, "begins", around + waiting + ahead + cast, gradients))
            moments.append(Moment(stage, during, around + waiting + ahead, gradients))
            moments.append(Moment(stage, "ends", around + waiting + ahead + made, gradients))
            unreduced += made
            continue
        waiting = reduced * shards * size.reduced_share
        moments.append(Moment(stage, "ends", around + waiting + (made if earlier != "whole" else 0), gradients))
        output, ready = _reduced(element, reduced, size, earlier)
        gradients += ready - (reduced * size.made if earlier == "whole" else 0)
        moments.append(Moment(stage, "ends", around + waiting + output, gradients))
        if is_hybrid:
            held += output
    return moments


def moments_of_fsdp1(
    sizes: Sequence[Size], shards: int, element: ElementBytes, *, reshards: bool, earlier: Earlier
) -> list[Moment]:
    """Of `FullyShardedDataParallel`, whose units are flat: autograd joins a unit's gradients when all are there.

    Args:
        sizes: Of the units, in the order of the forward pass.
        shards: Among how many devices each is divided.
        element: The recipe's bytes.
        reshards: Whether weights are freed after the forward pass of a unit, and gathered again for the backward pass
            while that of the unit before it runs (``FULL_SHARD``); otherwise they stay (``SHARD_GRAD_OP``).
        earlier: What there is of gradients; whole ones are kept as autograd makes them.
    """
    gathered, reduced = element.communicated
    root = _round_layers(sizes)
    order = sizes[::-1]
    gradients = _first_gradients(sizes, element, earlier, gathered)
    remaining = sum([size.share for size in sizes if size.is_layer])
    moments: list[Moment] = []
    before = 0
    for stage, size in enumerate(sizes, 1 - len(sizes)):
        layer = size.share if size.is_layer else 0
        moments.append(Moment(-stage, "forward", gathered * shards * (root.share + before + layer), gradients))
        before += 0 if reshards else layer
    unreduced = 0
    for stage, size in enumerate([*order, root]):
        following = _following(order, stage)
        if size.is_layer:
            remaining -= size.share
        around = gathered * shards * (root.share + (following.share if reshards else remaining)) + unreduced
        if reshards and gathered != element.weight:
            around += gathered * following.share
        made = gathered * size.made
        if stage == len(order):
            stage -= 1
            moments.append(Moment(stage, "ends", around + made, gradients))
            around = 0
        elif size.is_layer:
            weights = gathered * shards * size.share
            moments.append(Moment(stage, "within", around + weights, gradients))
            moments.append(Moment(stage, "ends", around + weights + 2 * made, gradients))
        else:
            moments.append(Moment(stage, "within", around, gradients))
            moments.append(Moment(stage, "ends", around + made, gradients))
            unreduced += made
            continue
        buffers = reduced * size.made if reduced != gathered else 0
        if shards * size.reduced_share > size.made:
            buffers += reduced * shards * size.reduced_share  # a copy with the padding
        output, ready = _reduced(element, reduced, size, earlier)
        around += buffers + output + (made if earlier != "whole" else 0)
        moments.append(Moment(stage, "ends", around, gradients + ready))
        gradients += ready - (made if earlier == "whole" else 0)
    return moments


def _first_gradients(sizes: Sequence[Size], element: ElementBytes, earlier: Earlier, whole: int) -> int:
    """Bytes of the gradients that are there before the backward pass, of which a whole one has so many an element."""
    if earlier == "whole":
        return whole * sum([size.made for size in sizes])
    return element.gradient * sum([size.reduced_share for size in sizes]) if earlier == "reduced" else 0


def _reduced(element: ElementBytes, reduced: int, size: Size, earlier: Earlier) -> tuple[int, int]:
    """Bytes that a unit's reduction makes: of what is used up, and of what stays for the optimizer."""
    output, gradients = reduced * size.reduced_share, element.gradient * size.reduced_share
    if earlier == "reduced":
        return output + (gradients if reduced != element.gradient else 0), 0  # both are added to what is there
    return (output if reduced != element.gradient else 0), gradients


def _round_layers(sizes: Sequence[Size]) -> Size:
    """All that is round the layers."""
    parts = [size for size in sizes if not size.is_layer]
    return Size(
        False,
        sum([size.share for size in parts]),
        sum([size.made for size in parts]),
        sum([size.reduced_share for size in parts]),
    )


def _following(order: Sequence[Size], stage: int) -> Size:
    """The next layer of the backward pass."""
    return next((size for size in order[stage + 1 :] if size.is_layer), _NOTHING)

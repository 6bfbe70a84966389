"""How attention may be computed, and the memory of each way.

`ScaledDotProductAttention` is a fused kernel's, which never holds the scores of all pairs of frames. What follows are
the two ways that hold them: written out with products of matrices, as models do that are told ``eager``, and torch's
own kernel of plain mathematics, which runs where no fused one can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from w2v_explore.tree.operations import BackwardMoments, Beside, Flow, Needs, ScaledDotProductAttention
from w2v_explore.tree.run import Call

AttentionKernel = Literal["fused", "eager", "math"]


class _Needed(NamedTuple):
    """What of attention needs a gradient: both factors of the scores, their sum with a bias, and the values."""

    queries: bool
    keys: bool
    scores: bool
    values: bool


_ALL = _Needed(True, True, True, True)


@dataclass(frozen=True, slots=True)
class _WrittenOut(ScaledDotProductAttention):
    """Attention that holds the scores; a bias is added to them, and is not kept.

    Heads lie side by side in what it takes. Where there are several utterances, heads and frames, the products of
    matrices make copies in which they follow each other. Each product keeps a factor for the gradient of the other.

    Attributes:
        widens: Whether it computes the softmax in float32 though it takes 16 bits.
    """

    widens: bool = False
    keeps_output: ClassVar[bool] = False

    def _is_rearranged(self, batch: int, frames: int) -> bool:
        return batch > 1 and self.num_heads > 1 and frames > 1

    def _numbers(self, batch: int, taken: tuple[Flow, ...]) -> tuple[int, int, int, int]:
        """Of the scores, the queries, the keys and the values."""
        queries, keys, values = self._apart(taken)
        pairs = batch * self.num_heads * queries.frames * keys.frames
        return pairs, queries.elements(batch), keys.elements(batch), values.elements(batch)

    def _needed(self, needs: Needs) -> _Needed:
        queries, keys, values, *bias = (needs.taken[0], needs.taken[0], *needs.taken) if self.packed else needs.taken
        return _Needed(queries, keys, any((queries, keys, *bias)), values)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return self._kept(batch, _ALL, taken)

    def kept_of_beside(self, batch: int, needs: Needs, *taken: Flow) -> Beside:
        return self._kept(batch, self._needed(needs), taken)

    def _kept(self, batch: int, needed: _Needed, taken: tuple[Flow, ...]) -> Beside:
        """What the backward pass keeps of what it makes beside its output."""
        raise NotImplementedError

    def gradient_elements(self, batch: int, number: int, *taken: Flow) -> int:
        return taken[number].elements(batch)

    def training_moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        pairs, queries, keys, _ = self._numbers(batch, taken)
        gives, in_order = self.flow(*taken).elements(batch), self.num_heads == 1 or taken[0].frames == 1
        kept = self.kept_beside(batch, *taken)
        # Before and after the scale or the softmax; then what comes out, head by head and frame by frame.
        return (
            self._computed(2 * pairs + self._kept_factors(batch, taken[0].frames, queries + keys)),
            _more(kept, Beside(elements=gives if in_order else 2 * gives)),
        )

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        pairs, _, _, values = self._numbers(batch, taken)
        gives, kept = self.flow(*taken).elements(batch), self.kept_beside(batch, *taken)
        # The gradients of what comes out, of the values and of the weights; these are gone, as the values are, when
        # that of the scores is made.
        moments = [_more(kept, self._computed(gives + values + pairs))]
        if not self.dropout:
            # Values that lie beside queries and keys are there as long as these.
            still = values if self.packed and not self._is_rearranged(batch, taken[0].frames) else 0
            moments.append(_more(kept, self._computed(2 * pairs + still)))
        return BackwardMoments(tuple(moments))

    def _kept_factors(self, batch: int, frames: int, numbers: int) -> int:
        """Of the numbers of queries and keys those that it has made."""
        return numbers if self._is_rearranged(batch, frames) else 0

    def _computed(self, numbers: int) -> Beside:
        """Numbers of the type in which it computes."""
        return Beside(elements=numbers)


def _more(one: Beside, other: Beside) -> Beside:
    return Beside(*[first + second for first, second in zip(one, other, strict=True)])


@dataclass(frozen=True, slots=True)
class EagerAttention(_WrittenOut):
    """Attention as transformers writes it out: product, scale, bias, softmax, dropout, product.

    It keeps the softmax, and with dropout what is left of it and a mask of a byte each. Under autocast the softmax is
    float32, and the product takes a copy of it in 16 bits.
    """

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        needed = self._needed(needs)
        if self.packed:
            return taken[: needed.scores]
        kept = needed.keys, needed.queries, needed.scores
        return [each for each, is_kept in zip(taken, kept, strict=False) if is_kept]

    def _kept(self, batch: int, needed: _Needed, taken: tuple[Flow, ...]) -> Beside:
        pairs, queries, keys, values = self._numbers(batch, taken)
        elements = 0
        if self._is_rearranged(batch, taken[0].frames):
            elements += queries * needed.keys + keys * needed.queries + values * needed.scores
        mask = factor = 0
        if needed.scores and self.dropout:
            mask, factor = (0, 1) if self.dropout == 1 else (pairs, 0)
        # Where nothing is dropped or cast, the product of the values takes the very softmax.
        is_same = not self.dropout and not self.widens
        softmax = pairs * (needed.scores or (needed.values and is_same))
        weights = 0 if is_same else pairs * needed.values
        if self.widens:
            return Beside(softmax + factor, elements + weights, mask)
        return Beside(0, elements + softmax + weights + factor, mask)

    def training_moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        moments = _WrittenOut.training_moments(self, batch, *taken)
        if not self.widens:
            return moments
        pairs, kept = self._numbers(batch, taken)[0], self.kept_beside(batch, *taken)
        # The scores, cast for the softmax, and what comes of it; then what dropout leaves before it is cast back.
        dropped = Beside(statistics=pairs if self.dropout else 0)
        return (*moments, Beside(statistics=2 * pairs, elements=pairs), _more(kept, dropped))

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        moments = _WrittenOut.backward_moments(self, batch, needs, *taken)
        if not self.widens:
            return moments
        pairs, queries, keys, values = self._numbers(batch, taken)
        still = values if self.packed else 0
        if self._is_rearranged(batch, taken[0].frames):
            still = queries + keys + values  # of the values the gradient, no longer the copy
        # The softmax, the gradient of what comes of it or of dropout, and the one that is made of it, all in float32.
        wide = Beside(3 * pairs + (self.dropout == 1), still, pairs if 0 < self.dropout < 1 else 0)
        return BackwardMoments((moments.keeping[0], wide))

    def copied(self, batch: int, *taken: Flow) -> Sequence[int]:
        return range(1 if self.packed else 3) if self._is_rearranged(batch, taken[0].frames) else ()

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        pairs, queries, keys, values = self._numbers(batch, taken)
        frames, gives = taken[0].frames, self.flow(*taken).elements(batch)
        is_rearranged = self._is_rearranged(batch, frames)
        in_order = self.num_heads == 1 or frames == 1
        return (
            Beside(elements=pairs + (queries + keys if is_rearranged else 0)),
            # Before and after the scale, and before and after the softmax.
            Beside(elements=2 * pairs),
            Beside(elements=pairs + gives + (values if is_rearranged else 0)),
            Beside(elements=pairs + gives + (0 if in_order else gives)),
        )


@dataclass(frozen=True, slots=True)
class MathAttention(_WrittenOut):
    """torch's own attention without a fused kernel.

    It scales queries and keys before their product, and keeps both; beside them the softmax, and with dropout what is
    left of it and a mask of a byte each. What it takes in 16 bits it computes in float32 (`widens`).
    """

    def _kept_factors(self, batch: int, frames: int, numbers: int) -> int:
        return numbers

    def _computed(self, numbers: int) -> Beside:
        return Beside(statistics=numbers)

    def _copies_values(self, batch: int, taken: tuple[Flow, ...]) -> bool:
        return self.widens or self._is_rearranged(batch, taken[0].frames)

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        if not self._needed(needs).scores:
            return ()
        return taken[:1] if self.packed else taken[2:3]

    def _kept(self, batch: int, needed: _Needed, taken: tuple[Flow, ...]) -> Beside:
        pairs, queries, keys, values = self._numbers(batch, taken)
        numbers = queries * needed.keys + keys * needed.queries
        if self._copies_values(batch, taken):
            numbers += values * needed.scores
        numbers += pairs * (needed.scores or (needed.values and not self.dropout))
        mask = 0
        if self.dropout:
            numbers += pairs * needed.values + (needed.scores and self.dropout == 1)
            mask = pairs * (needed.scores and self.dropout < 1)
        # float32 or wider, as all that widens is; what does not is float32 or wider anyway.
        return Beside(statistics=numbers, bytes=mask)

    def copied(self, batch: int, *taken: Flow) -> Sequence[int]:
        return (0 if self.packed else 2,) if self._copies_values(batch, taken) else ()

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        pairs, queries, keys, values = self._numbers(batch, taken)
        is_rearranged, gives = self._is_rearranged(batch, taken[0].frames), self.flow(*taken).elements(batch)
        wide = queries + keys + values if self.widens else 0
        moments = (
            (2 if is_rearranged else 1) * (queries + keys) + pairs,
            queries + 2 * pairs,
            queries + pairs + gives + (values if is_rearranged else 0),
        )
        last = Beside(wide + queries + pairs + gives, gives + pairs) if self.widens else Beside(statistics=2 * gives)
        return (*[Beside(statistics=wide + numbers) for numbers in moments], last)


def in_kernel(
    operation: ScaledDotProductAttention, kernel: AttentionKernel, *, is_half: bool, autocast: bool = False
) -> ScaledDotProductAttention:
    """The same attention, computed by another kernel.

    Args:
        operation: The fused one.
        kernel: Which.
        is_half: Whether what it computes with has 16 bits.
        autocast: Whether the types are autocast's choice.
    """
    heads, dropout, packed = operation.num_heads, operation.dropout, operation.packed
    if kernel == "eager":
        return EagerAttention(heads, dropout, packed, widens=autocast)
    return MathAttention(heads, dropout, packed, widens=is_half or autocast) if kernel == "math" else operation


def calls_in_kernel(
    calls: Sequence[Call], kernel: AttentionKernel, *, is_half: bool, autocast: bool = False
) -> Sequence[Call]:
    """The same calls with all attention computed by a kernel; as in `in_kernel`."""
    if kernel == "fused":
        return calls
    return [
        call._replace(operation=in_kernel(call.operation, kernel, is_half=is_half, autocast=autocast))
        if isinstance(call.operation, ScaledDotProductAttention)
        else call
        for call in calls
    ]

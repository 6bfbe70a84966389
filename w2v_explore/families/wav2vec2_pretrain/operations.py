"""What wav2vec 2.0 computes in pre-training beside its encoder; what each keeps is said of ``components.py``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from w2v_explore.tree.operations import (
    INDEX_BYTES,
    WHOLE_UTTERANCE,
    Autocast,
    BackwardMoments,
    Beside,
    Costless,
    Flow,
    Needs,
    NewTensor,
    Reach,
    Shape,
)


@dataclass(frozen=True, slots=True)
class FrameMask(NewTensor, Costless):
    """Puts a learned vector in the place of masked frames."""

    embed_dim: int
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    sums_after: ClassVar[Collection[str | int]] = ("mask_embedding",)

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"mask_embedding": (self.embed_dim,)}

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # The mask of each frame.
        return Beside(bytes=taken[0].rows(batch))

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        # The gradient of what it takes, and that of the vector for each frame.
        elements = taken[0].elements(batch)
        return BackwardMoments((Beside(elements=(2 + needs.taken[0]) * elements, bytes=taken[0].rows(batch)),))


@dataclass(frozen=True, slots=True)
class CodeChoice(NewTensor, Costless):
    """Of each codebook the vector with the greatest score: a 1 among 0s; in training drawn by Gumbel's noise."""

    groups: int
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # The softmax of the scores with their noise.
        return Beside(statistics=taken[0].elements(batch))

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        # Which vector it is, and the 1 among 0s.
        return (Beside(elements=taken[0].elements(batch), bytes=INDEX_BYTES * taken[0].rows(batch) * self.groups),)

    def training_moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        # The noise, the softmax, which vector it is, the 1 among 0s, that less the softmax, and what comes out. Scores
        # of 16 bits are cast before, which is twice what the wider number has more; others are not.
        scores, indices = taken[0].elements(batch), INDEX_BYTES * taken[0].rows(batch) * self.groups
        return (Beside(statistics=(5 + 2) * scores, elements=-2 * scores, bytes=indices),)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        # The softmax, and the gradients of it, of the scaled scores, and of the scores.
        scores = taken[0].elements(batch)
        return BackwardMoments((Beside(statistics=3 * scores),), (Beside(statistics=2 * scores),))


@dataclass(frozen=True, slots=True)
class CodePerplexity(NewTensor, Costless):
    """How many vectors of the codebooks are in use: the exponential of the entropy of their shares of all frames."""

    groups: int
    keeps_input: ClassVar[bool] = False
    gives_statistics: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    def flow(self, *taken: Flow) -> Flow:
        return Flow(1, 1, shared=True)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # The softmax of the scores, the shares of the vectors, and the perplexity of each codebook.
        scores = taken[0]
        return Beside(statistics=scores.elements(batch) + scores.channels + self.groups)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        # The shares, the terms of the entropy, and their sums.
        return (Beside(statistics=2 * taken[0].channels + self.groups),)

    def training_moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        return (Beside(statistics=taken[0].elements(batch) + 2 * taken[0].channels + self.groups),)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        scores, vectors = taken[0].elements(batch), taken[0].channels
        # The softmax, all along; the shares with the gradients of the terms' factors, and where these are 0; then the
        # gradients of the shares, of the softmax and of the scores.
        return BackwardMoments(
            (
                Beside(statistics=scores + 4 * vectors + self.groups, bytes=3 * vectors),
                Beside(statistics=2 * scores + vectors),
                Beside(statistics=3 * scores),
            )
        )


@dataclass(frozen=True, slots=True)
class CodeProduct(NewTensor, Costless):
    """The chosen vectors: every frame's choices times all vectors of the codebooks, summed in each codebook."""

    groups: int
    vectors: int
    width: int
    keeps_input: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"codevectors": (1, self.groups * self.vectors, self.width)}

    def flow(self, *taken: Flow) -> Flow:
        return Flow(taken[0].frames, self.groups * self.width)

    def kept_of(self, taken: Sequence[int], made: int, needs: Needs) -> Sequence[int]:
        return taken if needs.own else ()

    def uncounted_products(self, batch: int, *taken: Flow) -> int:
        return taken[0].elements(batch) * self.width

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return Beside()

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        return (Beside(elements=self.uncounted_products(batch, *taken) + self.flow(*taken).elements(batch)),)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        products, gives = self.uncounted_products(batch, *taken), self.flow(*taken).elements(batch)
        # The gradient of the products, a copy where there are several codebooks and otherwise a view of the output's;
        # both products with it, of which the sums are the gradients. Nothing is summed where vectors have one number.
        copied = products if self.groups > 1 else 0
        gradient, chosen = copied or gives, taken[0].elements(batch) if self.width > 1 else 0
        return BackwardMoments(
            (
                Beside(elements=copied + gives),
                Beside(elements=gradient + 2 * products + chosen),
                Beside(elements=gradient + (products + chosen if self.width > 1 else 2 * products) + self.parameters),
            )
        )

"""What HuBERT computes in pre-training behind its extractor and its transformer.

Which frames are masked is drawn anew in each step. A forward pass without labels, as all measured passes are, masks as
many of the first frames as are masked on average (`expected_masked`), and figures are of such a pass.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import fsum
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

LEAST_SPANS = 2
"""The spans that are masked in every utterance, whatever the probability."""


@dataclass(frozen=True, slots=True)
class Masking:
    """How spans of frames, or of channels, are drawn: the arguments of ``hubert_pretrain_model``."""

    prob: float
    selection: str
    other: float
    length: int
    no_overlap: bool
    min_space: int


@lru_cache(maxsize=1024)
def expected_masked(masking: Masking, frames: int) -> int:
    """The masked frames of an utterance on average, in whole ones; one at least, as a step would have others fail.

    Exact for static spans that may overlap: spans begin at different frames, each as likely as any other. Where lengths
    are drawn they are taken for their mean; spans that keep apart are as many as have room side by side. In a batch
    torchaudio masks of each utterance as many frames as of the one with the fewest, which is a little less.
    """
    if masking.prob == 0:
        return 1
    mean = masking.length
    if masking.selection == "uniform":
        mean = max(1, round((int(masking.other) + 2 * masking.length) / 2))
    spans = masking.prob * frames / masking.length
    whole = int(spans)
    masked = fsum(
        share * _masked_by(max(LEAST_SPANS, number), mean, masking, frames)
        for number, share in ((whole, 1 - spans % 1), (whole + 1, spans % 1))
    )
    return max(1, min(round(masked), frames))


def _masked_by(spans: int, length: int, masking: Masking, frames: int) -> float:
    """The frames that some spans of a length mask on average."""
    if masking.no_overlap:
        return min(spans, frames // (length + masking.min_space)) * length
    beginnings = frames - length
    if beginnings <= spans:
        beginnings = spans + 1
    # The chance that no span begins at any of so many frames, one after the other.
    unmasked = [1.0]
    longest = min(length, beginnings)
    for number in range(longest):
        left = beginnings - number
        unmasked.append(unmasked[-1] * max(left - spans, 0) / left)
    # A frame is masked by spans that begin at it or before; the first and the last frames have fewer such.
    masked = 0.0
    middle = range(length - 1, min(beginnings, frames))
    masked += len(middle) * (1 - unmasked[longest])
    for frame in range(min(length - 1, frames)):
        masked += 1 - unmasked[min(frame + 1, beginnings)]
    for frame in range(max(beginnings, length - 1), frames):
        masked += 1 - unmasked[max(0, min(longest, beginnings - (frame - length + 1)))]
    return masked


@dataclass(frozen=True, slots=True)
class FeaturePenalty(NewTensor, Costless):
    """The mean square of the extractor's features, which the loss holds down."""

    keeps_input: ClassVar[bool] = True
    gives_statistics: ClassVar[bool] = True
    autocast: ClassVar[Autocast] = "wide"

    def reach(self) -> Reach:
        return WHOLE_UTTERANCE

    def flow(self, *taken: Flow) -> Flow:
        return Flow(1, 1, shared=True)

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # The norm.
        return Beside(statistics=1)

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        # The norm, its square, and that over the number of features.
        return (Beside(statistics=3),)

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        # Gradients of single numbers; then features over their norm, whether that is 0, and the gradient.
        return BackwardMoments(
            (
                Beside(statistics=5),
                Beside(statistics=2, elements=2 * taken[0].elements(batch), bytes=1),
            )
        )


@dataclass(frozen=True, slots=True)
class MaskGenerator(NewTensor, Costless):
    """Puts a learned vector in the place of masked frames, and 0 in that of masked channels."""

    embed_dim: int
    frames: Masking
    channels: Masking
    sums_after: ClassVar[Collection[str | int]] = ("mask_embedding",)
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {"mask_embedding": (self.embed_dim,)}

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # A mask of the frames of each utterance, and one of its channels.
        return Beside(bytes=batch * (taken[0].frames + (self.embed_dim if self.channels.prob else 0)))

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        # The gradient of what it takes, and that of the vector for each frame; the channels come before.
        elements = taken[0].elements(batch)
        return BackwardMoments((Beside(elements=(2 + needs.taken[0]) * elements, bytes=batch * taken[0].frames),))


@dataclass(frozen=True, slots=True)
class SelectFrames(NewTensor, Costless):
    """The masked frames, or all others; in figures as many as are masked on average, and one at least."""

    masking: Masking
    masked: bool
    expectation: ClassVar[str] = (
        "As many frames are masked as are on average, worked out from the config; each step draws its own, and shares "
        "the memory of the logits otherwise between masked frames and the rest."
    )
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def number(self, frames: int) -> int:
        """How many of so many."""
        masked = expected_masked(self.masking, frames)
        return masked if self.masked else max(1, frames - masked)

    def flow(self, *taken: Flow) -> Flow:
        return taken[0]._replace(frames=self.number(taken[0].frames))

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        # Which they are.
        return Beside(bytes=INDEX_BYTES * self.number(taken[0].frames))


@dataclass(frozen=True, slots=True)
class ClassLogits(NewTensor, Costless):
    """The cosines of each frame with the embedding of its label and those of all classes, over a temperature.

    Frames are compared with all of these vectors in one tensor (classes + 1, frames, width), in float32 or wider.

    Attributes:
        num_classes: Classes.
        width: Of a frame and of an embedding.
        owns: Whether the embeddings are its own; what runs beside it takes the same.
    """

    num_classes: int
    width: int
    owns: bool
    keeps_input: ClassVar[bool] = False
    autocast: ClassVar[Autocast] = "promotes"

    def parameter_shapes(self) -> dict[str, Shape]:
        return {} if not self.owns else {"embeddings": (self.num_classes, self.width)}

    def shared_shapes(self) -> dict[str, Shape]:
        return {} if self.owns else {"embeddings": (self.num_classes, self.width)}

    def flow(self, *taken: Flow) -> Flow:
        return Flow(taken[0].frames, self.num_classes + 1)

    def uncounted_products(self, batch: int, *taken: Flow) -> int:
        return self.flow(*taken).elements(batch) * self.width

    def kept_beside(self, batch: int, *taken: Flow) -> Beside:
        return self._beside(batch, True, True, *taken)

    def kept_of_beside(self, batch: int, needs: Needs, *taken: Flow) -> Beside:
        return self._beside(batch, needs.taken[0], bool(needs.own), *taken)

    def _beside(self, batch: int, of_frames: bool, of_embeddings: bool, *taken: Flow) -> Beside:
        """What is for the gradients of frames and of embeddings."""
        rows, logits = taken[0].rows(batch), self.flow(*taken).elements(batch)
        # Of frames and of what they are compared with each: its vectors, and its lengths as they are and bounded from
        # below; the vectors over their lengths are for the other's gradient. Frames are copied once, all else is there
        # for each pair. Then each frame's label, and which logits are of the label's own class.
        return Beside(
            statistics=(of_frames + 2 * of_embeddings) * logits * self.width
            + 2 * (of_frames + of_embeddings) * logits
            + of_frames * rows * self.width,
            bytes=of_embeddings * INDEX_BYTES * rows + rows * self.num_classes,
        )

    def moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        rows, logits = taken[0].rows(batch), self.flow(*taken).elements(batch)
        classes, pairs = self.num_classes * self.width, rows * self.num_classes
        return (
            # All numbers of each label's embedding and of each class's are held against each other.
            Beside(statistics=classes + rows * self.width, bytes=INDEX_BYTES * rows + pairs * self.width + pairs),
            # The labels' embeddings and those of the classes are put into one tensor.
            Beside(statistics=classes + rows * self.width + logits * self.width, bytes=INDEX_BYTES * rows + pairs),
            # The product, beside all that training keeps but the lengths as they are, and the sum; and the bound.
            Beside(
                statistics=4 * logits * self.width + 3 * logits + rows * self.width + 1,
                bytes=INDEX_BYTES * rows + pairs,
            ),
        )

    def training_moments(self, batch: int, *taken: Flow) -> tuple[Beside, ...]:
        *others, last = self.moments(batch, *taken)
        # Training keeps the lengths as they are as well.
        return (*others, last._replace(statistics=last.statistics + 2 * self.flow(*taken).elements(batch)))

    def backward_moments(self, batch: int, needs: Needs, *taken: Flow) -> BackwardMoments:
        rows, logits = taken[0].rows(batch), self.flow(*taken).elements(batch)
        kept = self.kept_beside(batch, *taken)
        pairs, indices = rows * self.num_classes, INDEX_BYTES * rows
        return BackwardMoments(
            (
                # The gradient without that of each label's own class, twice at first.
                kept._replace(statistics=kept.statistics + 2 * logits + 2 * pairs),
                # The gradients of both factors, and what makes that of the lengths of one; the factors are gone.
                Beside(statistics=7 * logits * self.width + 4 * logits + rows * self.width, bytes=indices),
            )
        )

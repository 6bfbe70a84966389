"""What masks frames and channels in HuBERT's pre-training, and what takes the masked frames or the others.

In the shape comments B is the batch, T frames, D the encoder's width, F that in which frames and classes are compared,
N frames of one or several utterances.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from w2v_explore.families.hubert_pretrain.operations import LEAST_SPANS, Masking, expected_masked


class MaskGenerator(nn.Module):
    """Puts a learned vector in the place of masked frames, and 0 in that of masked channels.

    Keeps the masks. torchaudio's writes into what it takes; this one gives a tensor of its own.

    Args:
        embed_dim: D.
        frames: How frames are masked.
        channels: How channels are.
        device: Of the parameter.
        dtype: Of the parameter.
    """

    def __init__(
        self, embed_dim: int, frames: Masking, channels: Masking, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        self.frames = frames
        self.channels = channels
        self.mask_embedding = nn.Parameter(torch.empty(embed_dim, device=device, dtype=dtype))
        nn.init.uniform_(self.mask_embedding)

    def forward(self, x: Tensor, padding_mask: Tensor | None = None, *, draw: bool = True) -> tuple[Tensor, Tensor]:
        """Mask frames and channels.

        Args:
            x: (B, T, D).
            padding_mask: (B, T), true at padding, which is never masked; None where there is none.
            draw: Whether the masked are drawn at random, from torch's generator of the CPU.

        Returns:
            (B, T, D); and the mask, (B, T), true at masked frames.
        """
        batch, frames, channels = x.shape
        if draw and self.frames.prob > 0:
            mask = draw_mask(batch, frames, padding_mask, self.frames, LEAST_SPANS).to(x.device)
        else:
            mask = torch.zeros(batch, frames, dtype=torch.bool, device=x.device)
            if self.frames.prob > 0:
                mask[:, : expected_masked(self.frames, int(frames))] = True
        x = torch.where(mask.unsqueeze(-1), self.mask_embedding.to(x.dtype), x)
        if self.channels.prob > 0:
            x.masked_fill_(self._channel_mask(batch, channels, draw, x.device).unsqueeze(1), 0.0)
        return x, mask

    def _channel_mask(self, batch: int, channels: int, draw: bool, device: torch.device) -> Tensor:
        if draw:
            return draw_mask(batch, channels, None, self.channels, 0).to(device)
        return torch.zeros(batch, channels, dtype=torch.bool, device=device)


def draw_mask(batch: int, frames: int, padding_mask: Tensor | None, masking: Masking, least_spans: int) -> Tensor:
    """Which frames, or channels, of each utterance are masked: spans at random, as many in each.

    Random numbers are drawn as torchaudio draws them: the same seed gives the same mask.

    Args:
        batch: Utterances.
        frames: Of each.
        padding_mask: (B, T), true at padding; None where there is none.
        masking: How they are drawn.
        least_spans: Of each utterance, whatever the probability.

    Returns:
        (B, T), on the CPU.
    """
    mask = torch.zeros(batch, frames, dtype=torch.bool)
    for_all = max(least_spans, _round_at_random(masking.prob * frames / masking.length))
    masked = []
    for utterance in range(batch):
        valid, spans = frames, for_all
        if padding_mask is not None:
            valid = frames - int(padding_mask[utterance].sum())
            spans = max(least_spans, _round_at_random(masking.prob * valid / masking.length))
        lengths = _draw_lengths(spans, masking)
        if lengths and sum(lengths) == 0:
            lengths[0] = min(masking.length, valid - 1)
        place = _apart if masking.no_overlap else _anywhere
        places = torch.tensor(place(lengths, valid, masking.min_space), dtype=torch.long)
        masked.append(torch.unique(places[places < valid]))
    fewest = min(len(places) for places in masked)
    for utterance, places in enumerate(masked):
        if len(places) > fewest:
            places = places[torch.randperm(len(places))[:fewest]]
        mask[utterance, places] = True
    return mask


def _round_at_random(number: float) -> int:
    """One of the two whole numbers around it, the nearer the likelier."""
    return int(number + float(torch.rand(1)))


def _draw_lengths(spans: int, masking: Masking) -> list[int]:
    match masking.selection:
        case "uniform":
            drawn = torch.randint(int(masking.other), 2 * masking.length + 1, (spans,))
        case "normal":
            drawn = torch.normal(float(masking.length), float(masking.other), (spans,)).round().clamp(min=1)
        case "poisson":
            drawn = torch.poisson(torch.full((spans,), float(masking.length)))
        case _:
            return [masking.length] * spans
    return [int(length) for length in drawn]


def _anywhere(lengths: list[int], frames: int, min_space: int) -> list[int]:
    """The frames of spans that begin at different ones and may overlap."""
    shortest = min(lengths, default=0)
    if frames - shortest <= len(lengths):
        shortest = frames - len(lengths) - 1
    beginnings = torch.randperm(frames - shortest)[: len(lengths)].tolist()
    return [start + offset for start, length in zip(beginnings, lengths, strict=False) for offset in range(length)]


def _apart(lengths: list[int], frames: int, min_space: int) -> list[int]:
    """The frames of spans that keep apart, the longest placed first, as long as there is room."""
    masked: list[int] = []
    free = [(0, frames)]
    shortest = min(lengths, default=0)
    for length in sorted(lengths, reverse=True):
        room = torch.tensor([end - start for start, end in free], dtype=torch.int)
        room[room < length + min_space] = 0
        if not len(room) or room.sum() == 0:
            break
        start, end = free.pop(int(torch.multinomial(room / room.sum(), 1, replacement=True)))
        first = int(torch.randint(start, end - length, (1,)))
        masked += range(first, first + length)
        if first - start - min_space >= shortest:
            free.append((start, first - min_space + 1))
        if end - first - shortest - min_space > shortest:
            free.append((first + length + min_space, end))
    return masked


class SelectFrames(nn.Module):
    """The frames of a mask; without one as many as there are on average. Keeps which they are.

    Args:
        masking: How frames are masked.
        masked: Whether these are the masked frames, or all others.
    """

    def __init__(self, masking: Masking, masked: bool) -> None:
        super().__init__()
        self.masking = masking
        self.masked = masked

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, F) and a mask (B, T) → (1, N, F), the frames of all utterances; (B, N, F) without one."""
        if mask is not None:
            return x[mask].unsqueeze(0)
        frames = int(x.shape[1])  # a number in a traced pass too
        masked = expected_masked(self.masking, frames)
        start, end = (0, masked) if self.masked else (min(masked, frames - 1), frames)
        return x.index_select(1, torch.arange(start, end, device=x.device))

"""The attentions of a wav2vec 2.0 Conformer, which know positions by distance, by rotation or not at all.

In the shape comments B is the batch, T frames, N = 2T − 1 the distances of frames, D the encoder's width, H heads and
d = D / H the channels of each.
"""

from __future__ import annotations

import math
from typing import Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class PlainLinear(nn.Linear):
    """A linear map without a bias; its arguments are its sizes, device and dtype."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        device: Optional[torch.device] = None,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(in_features, out_features, bias=False, device=device, dtype=dtype)


class RelativePositions(nn.Module):
    """Sines and cosines of the distances of frames, in float32 until they are given.

    Args:
        embed_dim: D, even.
    """

    def __init__(self, embed_dim: int) -> None:
        super().__init__()
        self.embed_dim = embed_dim

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D), of which only T counts → (N, D), from T − 1 frames behind to T − 1 frames ahead."""
        frames = x.shape[1]
        distances = torch.arange(frames - 1, -frames, -1, dtype=torch.float32, device=x.device)
        rates = torch.arange(0, self.embed_dim, 2, dtype=torch.float32, device=x.device)
        rates = torch.exp(rates * (-math.log(10_000.0) / self.embed_dim))
        angles = distances[:, None] * rates  # (N, D / 2)
        return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1).to(x.dtype)


class RotaryPositions(nn.Module):
    """Cosines and sines of the angles by which pairs of a head's channels turn in each frame.

    Args:
        head_dim: d, even.
        device: Of the angles from frame to frame.
        dtype: Of the same.
    """

    def __init__(
        self, head_dim: int, device: Optional[torch.device] = None, dtype: Optional[torch.dtype] = None
    ) -> None:
        super().__init__()
        pairs = torch.arange(0, head_dim, 2, dtype=torch.float32, device=device)
        self.register_buffer("inv_freq", (1.0 / 10_000.0 ** (pairs / head_dim)).to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D), of which only T counts → (2, T, d): the cosines, then the sines."""
        rates: Tensor = self.inv_freq  # type: ignore[assignment]
        frames = torch.arange(x.shape[1], dtype=rates.dtype, device=x.device)
        angles = frames[:, None] * rates  # (T, d / 2)
        angles = torch.cat((angles, angles), dim=-1)
        return torch.stack((angles.cos(), angles.sin())).to(x.dtype)


class Rotation(nn.Module):
    """Pairs of each head's channels, half a head apart, turned by the positions of their frames.

    Args:
        num_heads: H.
    """

    def __init__(self, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """(B, T, D) and (2, T, d) → (B, T, D). Keeps the positions."""
        batch, frames, width = x.shape
        heads = x.view(batch, frames, self.num_heads, width // self.num_heads)
        cos, sin = positions[0][:, None], positions[1][:, None]  # (T, 1, d)
        first, second = heads.chunk(2, dim=-1)
        turned = torch.cat((-second, first), dim=-1)
        turned = turned * sin
        return (heads * cos + turned).view(batch, frames, width)


class QueryBias(nn.Module):
    """Queries with a learned vector of each head added, which the parent holds.

    Args:
        num_heads: H.
        head_dim: d.
        name: Of the vector, below the name under which the parent lends it.
    """

    def __init__(self, num_heads: int, head_dim: int, name: str) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = head_dim

    def forward(self, queries: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D) and (H, d) → (B, T, D)."""
        return queries + bias.view(-1)


class DistanceScores(nn.Module):
    """The products of queries with the projected positions of all distances, the same for the whole batch.

    Args:
        num_heads: H.
    """

    def __init__(self, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads

    def forward(self, queries: Tensor, positions: Tensor) -> Tensor:
        """(B, T, D) and (N, D) → (B, H, T, N). Keeps both."""
        batch, frames, width = queries.shape
        head_dim = width // self.num_heads
        # The queries of all utterances one below the other: no copy of the positions for each.
        rows = queries.view(batch * frames, self.num_heads, head_dim).transpose(0, 1)
        columns = positions.view(-1, self.num_heads, head_dim).permute(1, 2, 0)
        return torch.bmm(rows, columns).view(self.num_heads, batch, frames, -1).transpose(0, 1)


class DistanceBias(nn.Module):
    """What is added to the score of each pair of frames: the score of their distance over √d.

    Args:
        head_dim: d.
    """

    def __init__(self, head_dim: int) -> None:
        super().__init__()
        self.scale = head_dim**-0.5

    def forward(self, scores: Tensor) -> Tensor:
        """(B, H, T, N) → (B, H, T, T), by query and key."""
        frames = scores.shape[2]
        # From one query to the next the keys' distances begin one further left: N − 1 numbers on in memory.
        step = max(2 * frames - 2, 1)
        rows = scores.flatten(2)[:, :, frames - 1 : frames - 1 + frames * step]
        rows = rows.view(scores.shape[0], scores.shape[1], frames, step)
        return rows[:, :, :, :frames] * self.scale


class ConformerAttention(nn.Module):
    """Multi-head self-attention that knows no positions."""

    def __init__(
        self, linear_q: nn.Module, linear_k: nn.Module, linear_v: nn.Module, linear_out: nn.Module, product: nn.Module
    ) -> None:
        super().__init__()
        self.linear_q = linear_q
        self.linear_k = linear_k
        self.linear_v = linear_v
        self.linear_out = linear_out
        self.product = product

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """Attend from every frame to every frame.

        Args:
            x: (B, T, D).
            positions: Unused; it is for attentions that know positions.
            mask: (B, 1, T, T), added to the scores.

        Returns:
            (B, T, D).
        """
        return self.linear_out(self.product(self.linear_q(x), self.linear_k(x), self.linear_v(x), mask))


class RotaryAttention(ConformerAttention):
    """Attention whose queries and keys are projected from frames that are turned by their positions."""

    def __init__(
        self,
        linear_q: nn.Module,
        linear_k: nn.Module,
        linear_v: nn.Module,
        linear_out: nn.Module,
        product: nn.Module,
        rotation: nn.Module,
    ) -> None:
        super().__init__(linear_q, linear_k, linear_v, linear_out, product)
        self.rotation = rotation

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """As of `ConformerAttention`; ``positions`` is (2, T, d)."""
        assert positions is not None
        return self.linear_out(self._attend(x, positions, mask))

    # A method of its own, so that the projections are gone when the last one runs.
    def _attend(self, x: Tensor, positions: Tensor, mask: Optional[Tensor]) -> Tensor:
        q, k = self._queries_and_keys(x, positions)
        return self.product(q, k, self.linear_v(x), mask)

    def _queries_and_keys(self, x: Tensor, positions: Tensor) -> Tuple[Tensor, Tensor]:
        turned = self.rotation(x, positions)
        return self.linear_q(turned), self.linear_k(turned)


class RelativeAttention(ConformerAttention):
    """Attention whose scores have a term for the distance of frames (Dai et al. 2019)."""

    def __init__(
        self,
        linear_q: nn.Linear,
        linear_k: nn.Module,
        linear_v: nn.Module,
        linear_out: nn.Module,
        product: nn.Module,
        linear_pos: nn.Module,
        pos_bias: QueryBias,
        pos: QueryBias,
        distance_scores: nn.Module,
        distance_bias: nn.Module,
        masked: nn.Module,
    ) -> None:
        super().__init__(linear_q, linear_k, linear_v, linear_out, product)
        shape = pos_bias.num_heads, pos_bias.head_dim
        # As transformers draws them.
        self.pos_bias_u = nn.Parameter(nn.init.xavier_uniform_(linear_q.weight.new_empty(shape)))
        self.pos_bias_v = nn.Parameter(nn.init.xavier_uniform_(linear_q.weight.new_empty(shape)))
        self.linear_pos = linear_pos
        self.pos_bias = pos_bias
        self.pos = pos
        self.distance_scores = distance_scores
        self.distance_bias = distance_bias
        self.masked = masked

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """As of `ConformerAttention`; ``positions`` is (N, D)."""
        assert positions is not None
        return self.linear_out(self._attend(x, positions, mask))

    # Methods of their own, so that what they make is gone when the next one runs.
    def _attend(self, x: Tensor, positions: Tensor, mask: Optional[Tensor]) -> Tensor:
        q, bias = self._queries_and_bias(x, positions)
        if mask is not None:
            bias = self.masked(bias, mask)
        return self.product(q, self.linear_k(x), self.linear_v(x), bias)

    def _queries_and_bias(self, x: Tensor, positions: Tensor) -> Tuple[Tensor, Tensor]:
        q = self.linear_q(x)
        bias = self.distance_bias(self.distance_scores(self.pos(q, self.pos_bias_v), self.linear_pos(positions)))
        return self.pos_bias(q, self.pos_bias_u), bias

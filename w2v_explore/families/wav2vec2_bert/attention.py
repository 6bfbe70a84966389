"""The attentions of w2v-BERT 2.0 that a conformer lacks: a term for the distance of frames, and angles of its own.

In the shape comments B is the batch, T frames, D the encoder's width, H heads and d = D / H the channels of each.
"""

from __future__ import annotations

from typing import Optional

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2_conformer.attention import ConformerAttention

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP045


class Angles(nn.Module):
    """Cosines and sines of the angles by which pairs of a head's channels turn in each frame, in float32 at first.

    Args:
        head_dim: d, even.
    """

    def __init__(self, head_dim: int) -> None:
        super().__init__()
        self.head_dim = head_dim

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D), of which only T counts → (2, T, d): the cosines, then the sines."""
        pairs = torch.arange(0, self.head_dim, 2, dtype=torch.float32, device=x.device)
        pairs = torch.pow(10_000.0, pairs / -self.head_dim)  # (d / 2,)
        frames = torch.arange(x.shape[1], dtype=torch.float32, device=x.device)
        angles = frames[:, None] * pairs
        angles = torch.cat((angles, angles), dim=-1)
        return torch.stack((angles.cos(), angles.sin())).to(x.dtype)


class DistanceEmbedding(nn.Embedding):
    """The vector of each pair of frames for their distance, over √d.

    Keeps the distances, T² numbers of 64 bits, whatever the batch. While it runs it holds them, what it gives and the
    scaled vectors.

    Args:
        max_left: From so many frames before on, all distances have one vector.
        max_right: From so many frames behind on, all distances have one vector.
        head_dim: d.
        device: Of the vectors.
        dtype: Of the vectors.
    """

    def __init__(
        self,
        max_left: int,
        max_right: int,
        head_dim: int,
        device: Optional[torch.device] = None,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(max_left + max_right + 1, head_dim, device=device, dtype=dtype)
        self.max_left = max_left
        self.max_right = max_right
        self.scale = head_dim**-0.5

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D), of which only T counts → (T, T, d), by query and key."""
        return nn.functional.embedding(self._distances(x), self.weight * self.scale)

    def _distances(self, x: Tensor) -> Tensor:
        """The row of the table for each pair of frames, (T, T)."""
        frames = torch.arange(x.shape[1], device=x.device)
        return (frames[None, :] - frames[:, None]).clamp_(-self.max_left, self.max_right).add_(self.max_left)


class DistanceProducts(nn.Module):
    """The products of queries with the vectors of their distances to all keys.

    Keeps the vectors and the queries; with several utterances, frames and heads, the queries in a copy.

    Args:
        num_heads: H.
    """

    def __init__(self, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads

    def forward(self, queries: Tensor, vectors: Tensor) -> Tensor:
        """(B, T, D) and (T, T, d) → (B, H, T, T), by query and key."""
        batch, frames, width = queries.shape
        rows = queries.view(batch, frames, self.num_heads, width // self.num_heads).permute(1, 0, 2, 3)
        rows = rows.reshape(frames, batch * self.num_heads, width // self.num_heads)
        products = torch.bmm(rows, vectors.transpose(1, 2))  # (T, B · H, T)
        return products.view(frames, batch, self.num_heads, frames).permute(1, 2, 0, 3)


class RelativeKeyAttention(ConformerAttention):
    """Attention whose scores have a term for the distance of frames (Shaw et al. 2018)."""

    def __init__(
        self,
        linear_q: nn.Module,
        linear_k: nn.Module,
        linear_v: nn.Module,
        linear_out: nn.Module,
        distance_embedding: nn.Module,
        distance_products: nn.Module,
        masked: nn.Module,
        product: nn.Module,
    ) -> None:
        super().__init__(linear_q, linear_k, linear_v, linear_out, product)
        self.distance_embedding = distance_embedding
        self.distance_products = distance_products
        self.masked = masked

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """As of `ConformerAttention`; ``positions`` is unused."""
        return self.linear_out(self._attend(x, mask))

    # A method of its own, so that the projections are gone when the last one runs.
    def _attend(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        q = self.linear_q(x)
        bias = self.distance_products(q, self.distance_embedding(q))
        if mask is not None:
            bias = self.masked(bias, mask)
        return self.product(q, self.linear_k(x), self.linear_v(x), bias)

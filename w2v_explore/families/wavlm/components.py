"""The modules of WavLM that wav2vec 2.0 lacks: an attention with a bias by distance, which each layer gates.

The bias is made in the first layer that has a table for it, and layers hand it on; torchaudio's WavLM is the
reference, to the names of the state_dict, the order of the initial random numbers and the tensors that are made. In the
shape comments B is the batch, T frames, D the encoder's width, H heads. What each module keeps for the backward pass is
said of eager mode; attention keeps what its kernel wants:

- CUDA's memory-efficient kernel keeps queries, keys, values, the mask (where T is no multiple of 8, a copy of it whose
  rows are padded to one), its output, and, in float32, the logarithm of the softmax's denominator of each head and
  each frame, T rounded up to a multiple of 32.
- A CPU, where the mask wants a gradient, computes attention from matrix products, in float32 or wider: it keeps scaled
  copies of queries and keys, a copy of the values, and the weights of all pairs of frames; not the mask. Without
  gradients it has a fused kernel that takes the mask.
- The meta device takes matrix products as well, so that torch's counter of FLOPs sees them.
"""

from __future__ import annotations

import math
from typing import Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class PositionBias(nn.Embedding):
    """What each head adds to the score of a pair of frames for their distance: a table of learned biases.

    Distances below ``num_buckets // 4`` have a bucket each, longer ones share buckets whose bounds grow exponentially
    up to ``max_distance``, and all beyond share the last; the two directions have half of the buckets each.

    Keeps the buckets, T² numbers of 64 bits, whatever the batch. While it runs it holds them and a bias (T, T, H).

    Args:
        num_buckets: Rows of the table, 4 or more.
        num_heads: Columns of the table.
        max_distance: In frames, more than ``num_buckets // 4``.
        device: Of the table.
        dtype: Of the table, and so of the bias.
    """

    def __init__(
        self,
        num_buckets: int,
        num_heads: int,
        max_distance: int,
        device: Optional[torch.device] = None,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(num_buckets, num_heads, device=device, dtype=dtype)
        self.max_distance = max_distance

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D), of which only B and T count → (B, H, T, T), by query and key."""
        bias = nn.functional.embedding(self._buckets(x.shape[1]), self.weight)  # (T, T, H)
        return bias.permute(2, 0, 1).unsqueeze(0).repeat(x.shape[0], 1, 1, 1)

    def _buckets(self, frames: int) -> Tensor:
        """The row of the table for each pair of frames, (T, T)."""
        in_direction = self.num_embeddings // 2
        exact = in_direction // 2
        # On a CPU wherever the model is, as torchaudio does it: another device's logarithm may round to another bucket.
        offset = torch.arange(1 - frames, frames, device=torch.device("cpu"))  # key - query
        distance = offset.abs()
        scale = math.log(self.max_distance / exact)
        shared = exact + (torch.log(distance.float() / exact) / scale * (in_direction - exact)).to(torch.long)
        bucket = torch.where(distance < exact, distance, shared.clamp(max=in_direction - 1))
        bucket = (bucket + (offset > 0).to(torch.long) * in_direction).to(self.weight.device)
        position = torch.arange(frames, device=self.weight.device)
        return bucket[position[None, :] + (frames - 1 - position)[:, None]]


class PositionGate(nn.Module):
    """What scales the position bias, for each head and query: two gates that depend on the query's frame.

    Keeps the gates and the second's product with the constant: 3 · B · H · T numbers.

    Args:
        num_heads: H.
    """

    def __init__(self, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads

    def forward(self, gates: Tensor, const: Tensor) -> Tensor:
        """(B, H, T, 8) and a parameter (1, H, 1, 1), which the parent holds → (B, H, T, 1)."""
        batch, heads, frames, _ = gates.shape
        reset, update = torch.sigmoid(gates.view(batch, heads, frames, 2, 4).sum(-1)).chunk(2, dim=-1)
        return reset * (update * const - 1.0) + 2.0


class PackedProjection(nn.Module):
    """A linear map whose weight its parent holds, under the name of a packed one.

    Args:
        in_features: D.
        out_features: 3D.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features

    def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """(B, T, D), (3D, D) and (3D,) → (B, T, 3D). Keeps its input."""
        return nn.functional.linear(x, weight, bias)


class PackedAttention(nn.Module):
    """Multi-head attention whose three projections are one matrix, as in ``torch.nn.MultiheadAttention``.

    The product's kernel keeps the three, which are views of one tensor, and what the module's docstring says.
    """

    def __init__(self, out_proj: nn.Linear, in_proj: PackedProjection, product: nn.Module) -> None:
        super().__init__()
        # In the order of torch.nn.MultiheadAttention, so that the same seed gives the same weights.
        self.in_proj_weight = nn.Parameter(out_proj.weight.new_empty(in_proj.out_features, in_proj.in_features))
        self.in_proj_bias = nn.Parameter(out_proj.weight.new_zeros(in_proj.out_features))
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(out_proj.bias)
        self.in_proj = in_proj
        self.product = product
        self.out_proj = out_proj

    def forward(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        """(B, T, D) and a mask (B, 1 or H, T, T) added to the scores → (B, T, D)."""
        return self.out_proj(self._attend(x, mask))

    # A method of its own, so that the projections are gone when the last one runs.
    def _attend(self, x: Tensor, mask: Optional[Tensor]) -> Tensor:
        q, k, v = self.in_proj(x, self.in_proj_weight, self.in_proj_bias).chunk(3, dim=-1)
        return self.product(q, k, v, mask)


class WavLMSelfAttention(nn.Module):
    """Self-attention with a position bias, gated by what each query attends from.

    ``gru_rel_pos_linear`` is called on (B, H, T, D / H), which no matrix product takes as it lies: it makes a copy of
    its input, B · T · D numbers, and keeps that.

    Args:
        attention: A `PackedAttention`.
        gru_rel_pos_linear: From the channels of a head to 8.
        gru_rel_pos: A `PositionGate`.
        gated: A product, of the gate and the bias. Keeps both.
        masked: An addition, of the bias and a mask; it runs only where there is a mask.
        rel_attn_embed: A `PositionBias` in the layer that makes the bias; None in those that are handed it.
    """

    def __init__(
        self,
        attention: nn.Module,
        gru_rel_pos_linear: nn.Linear,
        gru_rel_pos: PositionGate,
        gated: nn.Module,
        masked: nn.Module,
        rel_attn_embed: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.num_heads = gru_rel_pos.num_heads
        self.gru_rel_pos_const = nn.Parameter(gru_rel_pos_linear.weight.new_ones(1, self.num_heads, 1, 1))
        self.rel_attn_embed = rel_attn_embed
        self.attention = attention
        self.gru_rel_pos_linear = gru_rel_pos_linear
        self.gru_rel_pos = gru_rel_pos
        self.gated = gated
        self.masked = masked

    def forward(
        self,
        query: Tensor,
        key_padding_mask: Optional[Tensor] = None,
        attention_mask: Optional[Tensor] = None,
        position_bias: Optional[Tensor] = None,
    ) -> Tuple[Tensor, Optional[Tensor]]:
        """Attend from every frame to every frame.

        Args:
            query: (B, T, D).
            key_padding_mask: (B, T), true at frames that nothing attends to; or numbers, added to their scores.
            attention_mask: (B, 1, T, T), added to the scores; torchaudio's attention takes none, transformers' does.
            position_bias: (B, H, T, T), not gated; None where this layer makes it, or where there is none in this
                pass: LayerDrop may drop the layer that makes it.

        Returns:
            (B, T, D); and the position bias for the next layer, not gated.
        """
        if position_bias is None and self.rel_attn_embed is not None:
            position_bias = self.rel_attn_embed(query)
        if key_padding_mask is not None:
            padding = key_padding_mask
            if padding.dtype == torch.bool:
                padding = torch.zeros_like(padding, dtype=query.dtype).masked_fill(padding, -math.inf)
            padding = padding[:, None, None, :]
            attention_mask = padding if attention_mask is None else attention_mask + padding
        mask = attention_mask
        if position_bias is not None:
            batch, frames, features = query.shape
            heads = query.view(batch, frames, self.num_heads, features // self.num_heads).permute(0, 2, 1, 3)
            mask = self.gated(self.gru_rel_pos(self.gru_rel_pos_linear(heads), self.gru_rel_pos_const), position_bias)
            if attention_mask is not None:
                mask = self.masked(mask, attention_mask)
        return self.attention(query, mask), position_bias


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (PackedAttention, PackedProjection, PositionBias, PositionGate, WavLMSelfAttention)
}
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS = ("encoder_num_layers=2",)
REFERENCES = (
    ("wavlm_base", _TWO_LAYERS, 1.0),
    ("wavlm_base", _TWO_LAYERS, 10.0),
    ("wavlm_large", _TWO_LAYERS, 3.0),
)
"""The forward passes of which `calibrate` times the operations: what no model of wav2vec 2.0 has, at three lengths."""

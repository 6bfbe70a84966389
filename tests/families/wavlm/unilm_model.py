"""A model with the modules, names and forward pass of unilm's ``WavLM``, which is not installed."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from tests import fairseq_models
from w2v_explore import ModelConfig


class MultiheadAttention(fairseq_models.MultiheadAttention):
    """fairseq's, with the bias by distance, which the first layer makes, and the gate of each layer."""

    def __init__(self, config: Any, makes_bias: bool) -> None:
        super().__init__(config)
        self.max_distance: int = config.encoder_max_distance
        head_dim = config.encoder_embed_dim // self.num_heads
        if makes_bias:
            self.relative_attention_bias = nn.Embedding(config.encoder_num_buckets, self.num_heads)
        self.grep_linear = nn.Linear(head_dim, 8)
        self.grep_a = nn.Parameter(torch.ones(1, self.num_heads, 1, 1))
        self.bias: Tensor | None = None
        self.padding: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        assert self.bias is not None
        q, k, v = (
            projection(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        heads = x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
        gate_a, gate_b = self.grep_linear(heads).unflatten(-1, (2, 4)).sum(-1).sigmoid().chunk(2, -1)
        scores = q @ k.transpose(-2, -1) / q.size(-1) ** 0.5
        scores = scores + (gate_a * (gate_b * self.grep_a - 1) + 2) * self.bias
        if self.padding is not None:
            scores = scores.masked_fill(self.padding[:, None, None], -math.inf)
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

    def make_bias(self, frames: int) -> Tensor:
        """[1, heads, frames, frames]; one number at a time, as the paper words it."""
        buckets = self.relative_attention_bias.num_embeddings // 2
        exact = buckets // 2
        distances = torch.arange(frames)[None] - torch.arange(frames)[:, None]
        found = torch.empty_like(distances)
        for row, column in torch.cartesian_prod(torch.arange(frames), torch.arange(frames)).tolist():
            distance = abs(int(distances[row, column]))
            number = distance
            if distance >= exact:
                share = torch.log(torch.tensor(distance / exact)) / math.log(self.max_distance / exact)
                number = min(exact + int(share * (buckets - exact)), buckets - 1)
            found[row, column] = number + buckets * (int(distances[row, column]) > 0)
        return self.relative_attention_bias(found).permute(2, 0, 1)[None]


class TransformerSentenceEncoderLayer(fairseq_models.TransformerSentenceEncoderLayer):
    def __init__(self, config: Any, makes_bias: bool) -> None:
        super().__init__(config)
        self.self_attn = MultiheadAttention(config, makes_bias)


class TransformerEncoder(fairseq_models.TransformerEncoder):
    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.layers = nn.ModuleList(
            TransformerSentenceEncoderLayer(config, number == 0) for number in range(config.encoder_num_layers)
        )

    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        attentions: list[Any] = [layer.self_attn for layer in self.layers]
        bias = attentions[0].make_bias(x.size(1))
        for attention in attentions:
            attention.bias, attention.padding = bias, padding
        if padding is not None:
            x = x.masked_fill(padding[..., None], 0)
        return super().forward(x)


class WavLM(fairseq_models.Wav2Vec2Model):
    """As its authors publish it: pre-trained, without what pre-training needs but ``mask_emb``."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.encoder = TransformerEncoder(config)

    def _add_pretraining(self, width: int) -> None:
        pass

    def forward(self, source: Tensor, padding: Tensor | None = None) -> Tensor:
        x = self.layer_norm(self.feature_extractor(source).transpose(1, 2))
        if self.post_extract_proj is not None:
            x = self.post_extract_proj(x)
        return self.encoder(self.dropout_input(x), padding)

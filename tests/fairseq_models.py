"""Models with the modules, names and forward passes of fairseq's, which is not installed: what its importer is given.

Class names are fairseq's, because torchaudio's importer goes by them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from w2v_explore import ModelConfig


class TransposeLast(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(-2, -1)


class Fp32LayerNorm(nn.LayerNorm):
    pass


class Fp32GroupNorm(nn.GroupNorm):
    pass


class SamePad(nn.Module):
    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.remove = 1 if kernel % 2 == 0 else 0

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, : x.size(2) - self.remove]


def gelu(x: Tensor) -> Tensor:
    return functional.gelu(x)


class ConvFeatureExtractionModel(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList()
        channels = 1
        for number, (width, kernel, stride) in enumerate(config.conv_layers):
            block: list[nn.Module] = [
                nn.Conv1d(channels, width, kernel, stride, bias=config.extractor_conv_bias),
                nn.Dropout(0.0),
            ]
            if config.extractor_mode == "layer_norm":
                block.append(nn.Sequential(TransposeLast(), Fp32LayerNorm(width), TransposeLast()))
            elif number == 0:
                block.append(Fp32GroupNorm(width, width))
            self.conv_layers.append(nn.Sequential(*block, nn.GELU()))
            channels = width

    def forward(self, x: Tensor) -> Tensor:
        x = x.unsqueeze(1)
        for block in self.conv_layers:
            x = block(x)
        return x


class MultiheadAttention(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.encoder_embed_dim
        self.num_heads = config.encoder_num_heads
        self.dropout_module = nn.Dropout(config.encoder_attention_dropout)
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            projection(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        weights = (q @ k.transpose(-2, -1) / q.size(-1) ** 0.5).softmax(-1)
        return self.out_proj((self.dropout_module(weights) @ v).transpose(1, 2).flatten(2))


class TransformerSentenceEncoderLayer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, inner = config.encoder_embed_dim, config.encoder_ff_interm_features
        self.activation_fn: Any = gelu
        self.layer_norm_first = config.encoder_layer_norm_first
        self.self_attn = MultiheadAttention(config)
        self.dropout1 = nn.Dropout(config.encoder_dropout)
        self.dropout2 = nn.Dropout(config.encoder_ff_interm_dropout)
        self.dropout3 = nn.Dropout(config.encoder_dropout)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        if self.layer_norm_first:
            x = x + self.dropout1(self.self_attn(self.self_attn_layer_norm(x)))
            return x + self._feed_forward(self.final_layer_norm(x))
        x = self.self_attn_layer_norm(x + self.dropout1(self.self_attn(x)))
        return self.final_layer_norm(x + self._feed_forward(x))

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.dropout3(self.fc2(self.dropout2(self.activation_fn(self.fc1(x)))))


class TransformerEncoder(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width, kernel = config.encoder_embed_dim, config.encoder_pos_conv_kernel
        conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=config.encoder_pos_conv_groups)
        # fairseq's: weight_g and weight_v.
        self.pos_conv = nn.Sequential(torch.nn.utils.weight_norm(conv, dim=2), SamePad(kernel), nn.GELU())
        self.layers = nn.ModuleList(TransformerSentenceEncoderLayer(config) for _ in range(config.encoder_num_layers))
        self.layer_norm_first = config.encoder_layer_norm_first
        self.layer_norm = nn.LayerNorm(width)
        self.layerdrop = config.encoder_layer_drop
        self.dropout = config.encoder_dropout

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.pos_conv(x.transpose(1, 2)).transpose(1, 2)
        if not self.layer_norm_first:
            x = self.layer_norm(x)
        x = functional.dropout(x, self.dropout, self.training)
        for layer in self.layers:
            x = layer(x)
        return self.layer_norm(x) if self.layer_norm_first else x


class Wav2Vec2Model(nn.Module):
    """Pre-trained, with what pre-training needs; ``post_extract_proj`` is None where the widths are equal."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels, width = config.conv_layers[-1][0], config.encoder_embed_dim
        self.feature_extractor = ConvFeatureExtractionModel(config)
        self.post_extract_proj = nn.Linear(channels, width) if channels != width else None
        self.dropout_input = nn.Dropout(config.encoder_projection_dropout)
        self.mask_emb = nn.Parameter(torch.rand(width))
        self.encoder = TransformerEncoder(config)
        self.layer_norm = nn.LayerNorm(channels)
        self._add_pretraining(width)

    def _add_pretraining(self, width: int) -> None:
        self.project_q = nn.Linear(8, 8)
        self.final_proj = nn.Linear(width, 8)

    def forward(self, source: Tensor) -> Tensor:
        x = self.layer_norm(self.feature_extractor(source).transpose(1, 2))
        if self.post_extract_proj is not None:
            x = self.post_extract_proj(x)
        return self.encoder(self.dropout_input(x))


class HubertModel(Wav2Vec2Model):
    def _add_pretraining(self, width: int) -> None:
        self.final_proj = nn.Linear(width, 8)
        self.label_embs_concat = nn.Parameter(torch.rand(20, 8))


class Wav2VecEncoder(nn.Module):
    """Fine-tuned: what pre-training needs is gone but for ``mask_emb``."""

    model: type[Wav2Vec2Model] = Wav2Vec2Model

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w2v_model = self.model(config)
        self.w2v_model.project_q = self.w2v_model.final_proj = None  # type: ignore[assignment]
        assert config.aux_num_out is not None
        self.proj = nn.Linear(config.encoder_embed_dim, config.aux_num_out)

    def forward(self, source: Tensor) -> Tensor:
        return self.proj(self.w2v_model(source))


class HubertEncoder(Wav2VecEncoder):
    model = HubertModel


class Wav2VecCtc(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.w2v_encoder = Wav2VecEncoder(config)

    def forward(self, source: Tensor) -> Tensor:
        return self.w2v_encoder(source)

"""A model with the modules, names and forward pass of fairseq's ``Data2VecAudioModel``, which is not installed."""

from __future__ import annotations

from typing import Any

from torch import nn

from tests import fairseq_models
from tests.fairseq_models import SamePad, TransposeLast
from w2v_explore import ModelConfig


class TransformerEncoder(fairseq_models.TransformerEncoder):
    def __init__(self, config: Any) -> None:
        super().__init__(config)
        width, kernel, groups = config.encoder_embed_dim, config.encoder_pos_conv_kernel, config.encoder_pos_conv_groups
        self.pos_conv = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=groups),
                    SamePad(kernel),
                    TransposeLast(),
                    nn.LayerNorm(width, elementwise_affine=False),
                    TransposeLast(),
                    nn.GELU(),
                )
                for _ in range(config.encoder_pos_conv_depth)
            )
        )


class Data2VecAudioModel(fairseq_models.Wav2Vec2Model):
    """Pre-trained, with its regression head."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        self.encoder = TransformerEncoder(config)

    def _add_pretraining(self, width: int) -> None:
        self.final_proj = nn.Linear(width, width)

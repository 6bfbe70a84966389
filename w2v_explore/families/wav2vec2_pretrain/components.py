"""The modules of wav2vec 2.0 in pre-training that its encoder lacks: a mask, a product quantiser, two projections.

transformers' ``Wav2Vec2ForPreTraining`` is the reference, to its outputs for the same weights. In the shape comments B
is the batch, T frames, C channels of the extractor, D the encoder's width, G codebooks of V vectors of W numbers, P the
width of the projections.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.model.modules import SpeechEncoder


def _wide(dtype: torch.dtype) -> torch.dtype:
    """The dtype, or float32 where that is wider."""
    return torch.promote_types(dtype, torch.float32)


class FrameMask(nn.Module):
    """Puts a learned vector in the place of masked frames. Keeps the mask.

    Args:
        embed_dim: D.
        device: Of the parameter.
        dtype: Of the parameter.
    """

    def __init__(self, embed_dim: int, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.mask_embedding = nn.Parameter(torch.empty(embed_dim, device=device, dtype=dtype))
        nn.init.uniform_(self.mask_embedding)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(B, T, D) and a mask (B, T), true at masked frames, none of which are where it is None → (B, T, D)."""
        if mask is None:
            mask = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
        return torch.where(mask.unsqueeze(-1), self.mask_embedding.to(x.dtype), x)


class CodeChoice(nn.Module):
    """Chooses a vector of each codebook for each frame: that of the greatest score, in training with Gumbel's noise.

    In training it keeps the softmax of the scores with their noise, through which gradients go.

    Args:
        groups: G.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups
        self.temperature = 2.0
        """Of the softmax in training, which lowers it step by step."""

    def forward(self, scores: Tensor) -> Tensor:
        """(B, T, G · V) → the same shape, of 0 and, once in each codebook, 1."""
        flat = scores.view(scores.shape[0] * scores.shape[1] * self.groups, -1)
        if not self.training:
            chosen = flat.argmax(-1, keepdim=True)
            return torch.zeros_like(flat).scatter_(-1, chosen, 1.0).view(scores.shape)
        flat = flat.to(_wide(flat.dtype))
        noise = -torch.empty_like(flat).exponential_().log()
        soft = ((flat + noise) / self.temperature).softmax(-1)
        chosen = soft.detach().argmax(-1, keepdim=True)
        hard = torch.zeros_like(flat).scatter_(-1, chosen, 1.0)
        return (hard - soft.detach() + soft).to(scores.dtype).view(scores.shape)


class CodePerplexity(nn.Module):
    """How many vectors are in use, of all codebooks together: from the choices, in training from the scores' softmax.

    In training it keeps that softmax, the shares of the vectors and the perplexity of each codebook.

    Args:
        groups: G.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, scores: Tensor, choices: Tensor, mask: Tensor | None = None) -> Tensor:
        """Two (B, T, G · V) and a mask (B, T) of the frames that count, all where it is None → (1, 1), in float32."""
        wide = _wide(scores.dtype)
        counted = scores if self.training else choices
        shares = counted.view(scores.shape[0] * scores.shape[1], self.groups, -1)
        if self.training:
            shares = torch.softmax(shares, dim=-1, dtype=wide)
        if mask is None:
            shares = shares.mean(0, dtype=wide)  # (G, V)
        else:
            shares = torch.where(mask.flatten()[:, None, None], shares, 0.0).sum(0, dtype=wide) / mask.sum()
        return torch.exp(-torch.xlogy(shares, shares).sum(-1)).sum().view(1, 1)


class Quantizer(nn.Module):
    """Vectors of codebooks in the place of features.

    The vectors are looked up by a product of all choices, 0s among them, with all vectors: (B · T, G · V, W).

    Args:
        weight_proj: From C to G · V scores.
        choice: Chooses.
        perplexity: How many vectors are in use.
        groups: G.
        vectors: V.
        width: W.
    """

    def __init__(
        self, weight_proj: nn.Linear, choice: nn.Module, perplexity: nn.Module, groups: int, vectors: int, width: int
    ) -> None:
        super().__init__()
        self.codevectors = nn.Parameter(weight_proj.weight.new_empty(1, groups * vectors, width))
        nn.init.uniform_(self.codevectors)
        nn.init.normal_(weight_proj.weight)
        nn.init.zeros_(weight_proj.bias)
        self.weight_proj = weight_proj
        self.choice = choice
        self.perplexity = perplexity
        self.groups = groups
        self.vectors = vectors
        self.width = width

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(B, T, C) and a mask (B, T) of the frames that the perplexity is of → (B, T, G · W) and (1, 1)."""
        batch, frames, _ = x.shape
        x = self.weight_proj(x)
        choices = self.choice(x)
        perplexity = self.perplexity(x, choices, mask)
        x = choices  # the scores are no longer needed
        vectors = x.view(batch * frames, -1).unsqueeze(-1) * self.codevectors
        vectors = vectors.view(batch * frames, self.groups, self.vectors, self.width).sum(-2)
        return vectors.view(batch, frames, -1), perplexity


class Wav2Vec2PretrainModel(SpeechEncoder):
    """wav2vec 2.0 in pre-training (Baevski et al. 2020), with the outputs of transformers' ``Wav2Vec2ForPreTraining``.

    Args:
        wav2vec2: The encoder.
        mask_generator: Masks frames.
        dropout_features: On what the quantiser takes.
        quantizer: Vectors of codebooks in the place of features.
        project_hid: On the transformer's output.
        project_q: On the quantised features.
    """

    graph_outputs = ("projected_states", "projected_quantized_states", "codevector_perplexity")

    def __init__(
        self,
        wav2vec2: wav2vec2.Wav2Vec2Model,
        mask_generator: nn.Module,
        dropout_features: nn.Module,
        quantizer: nn.Module,
        project_hid: nn.Module,
        project_q: nn.Module,
    ) -> None:
        super().__init__()
        self.wav2vec2 = wav2vec2
        self.mask_generator = mask_generator
        self.dropout_features = dropout_features
        self.quantizer = quantizer
        self.project_hid = project_hid
        self.project_q = project_q

    def forward(  # type: ignore[override]
        self, waveforms: Tensor, lengths: Tensor | None = None, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the contrastive loss compares, of all frames, and how many vectors of the codebooks are in use.

        Args:
            waveforms: (B, S).
            lengths: Valid samples of each utterance, (B,); None where all are valid to the end.
            mask: (B, T), true at the frames that are masked, of which alone the perplexity then is; None for none.

        Returns:
            The projected output of the transformer and the projected quantised features, (B, T, P) each; and the
            perplexity, ().

        Raises:
            ValueError: ``waveforms`` is not two-dimensional.
        """
        # Names are taken over, so that no tensor outlives the last module that takes it.
        encoder: Any = self.wav2vec2.encoder
        x, lengths = self.wav2vec2.feature_extractor(waveforms, lengths)
        x = encoder.feature_projection.layer_norm(x)
        quantized = x
        x = encoder.feature_projection.projection(x)
        x = encoder.feature_projection.dropout(x)
        x = self.mask_generator(x, mask)
        attention_mask: Tensor | None = None
        if lengths is not None:
            x, attention_mask = encoder.padding_mask(x, lengths)
        x = encoder.transformer(x, attention_mask)
        x = self.project_hid(x)
        quantized = self.dropout_features(quantized)
        quantized, perplexity = self.quantizer(quantized, mask)
        quantized = self.project_q(quantized)
        return x, quantized, perplexity.view(())

    def extract_features(
        self, waveforms: Tensor, lengths: Tensor | None = None, num_layers: int | None = None
    ) -> tuple[list[Tensor], Tensor | None]:
        """The output of each transformer layer, nothing masked: as of ``wav2vec2``."""
        return self.wav2vec2.extract_features(waveforms, lengths, num_layers)


MODULES = wav2vec2.MODULES | {
    module.__name__: module for module in (CodeChoice, CodePerplexity, FrameMask, Quantizer, Wav2Vec2PretrainModel)
}
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

REFERENCES = (
    ("wav2vec2_pretrain_large_lv60k", ("encoder_num_layers=2",), 1.0),
    ("wav2vec2_pretrain_large_lv60k", ("encoder_num_layers=2",), 3.0),
)
"""The forward passes of which `calibrate` times the operations: what no encoder has."""

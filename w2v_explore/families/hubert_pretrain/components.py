"""The modules of HuBERT in pre-training that wav2vec 2.0 lacks: what masks frames, and the logits of the classes.

torchaudio's ``HuBERTPretrainModel`` is the reference, to the names of the state_dict, the order of the random numbers
of initial weights and of masks, and the outputs. In the shape comments B is the batch, T frames, D the encoder's
width, F that in which frames and classes are compared, K the classes, N frames of one or several utterances.

Without labels a model computes what a step costs on average, and draws nothing: the first frames of each utterance are
masked, as many as are on average, and each frame's label is the first class. So it does on the meta device too.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn

from w2v_explore.families.hubert_pretrain.masking import MaskGenerator, SelectFrames
from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.families.wav2vec2.components import ConvLayerBlock, PositionalConv, SelfAttention, Transformer
from w2v_explore.model.modules import SpeechEncoder

_TEMPERATURE = 0.1


def _wide(dtype: torch.dtype) -> torch.dtype:
    """The dtype, or float32 where that is wider."""
    return torch.promote_types(dtype, torch.float32)


class FeaturePenalty(nn.Module):
    """The mean square of the extractor's features, in float32 or wider. Keeps its input."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) → (1, 1)."""
        norm = torch.linalg.vector_norm(x, dtype=_wide(x.dtype))
        return (norm.square() / x.numel()).view(1, 1)


class _ScaledGradient(torch.autograd.Function):
    """What it takes; of its gradient a multiple."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float) -> Tensor:
        ctx.scale = scale
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.scale, None


class ClassLogits(nn.Module):
    """The cosines of each frame with the embedding of its label and those of all classes, over a temperature.

    Keeps what each frame is compared with, (K + 1, N, F), and that and the frames over their lengths, of the same size.

    Args:
        num_classes: K.
        width: F.
        owns: Whether the embeddings are its own in figures; its parent holds them.
    """

    def __init__(self, num_classes: int, width: int, owns: bool) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.width = width

    def forward(self, x: Tensor, embeddings: Tensor, label: Tensor | None = None) -> Tensor:
        """(B, N, F), a parameter (K, F) and the class of each frame (B · N,) → (B, N, K + 1), its label's first.

        The logit of the label among those of the classes is -inf. Without labels all are of the first class.
        """
        batch, frames, _ = x.shape
        if label is None:
            label = torch.zeros(batch * frames, dtype=torch.long, device=x.device)
        compared, is_label = self._compared(embeddings, label)
        logits = torch.cosine_similarity(x.to(compared.dtype, copy=True).flatten(0, 1), compared, dim=-1)
        logits = logits.to(x.dtype, copy=True).div_(_TEMPERATURE)  # (K + 1, B · N)
        logits[1:].masked_fill_(is_label, -math.inf)
        return logits.transpose(0, 1).view(batch, frames, -1)

    # A method of its own, so that the embeddings are gone when the cosines are worked out.
    def _compared(self, embeddings: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """What frames are compared with, (K + 1, N, F), and which classes are a frame's label, (K, N)."""
        embeddings = embeddings.to(_wide(embeddings.dtype), copy=True)
        own = embeddings.index_select(0, label)
        others = embeddings.unsqueeze(1).expand(-1, len(label), -1)
        is_label = (own == others).all(-1)
        return torch.cat([own.unsqueeze(0), others]), is_label


class FinalProjection(nn.Linear):
    """A linear layer whose weights are drawn by its parent, which has others to draw before."""

    def reset_parameters(self) -> None:
        """Leave the weights as they are; `draw` draws them."""

    def draw(self) -> None:
        """Draw weights as a linear layer's."""
        super().reset_parameters()


class LogitGenerator(nn.Module):
    """Projects all frames, and compares masked frames and others with the classes.

    Args:
        final_proj: From D to F.
        masked: Selects masked frames.
        label: Their logits.
        unmasked: Selects the other frames.
        unmasked_label: Their logits.
        skip_masked: Whether masked frames have no logits.
        skip_nomask: Whether the others have none.
    """

    def __init__(
        self,
        final_proj: FinalProjection,
        masked: SelectFrames,
        label: ClassLogits,
        unmasked: SelectFrames,
        unmasked_label: ClassLogits,
        skip_masked: bool,
        skip_nomask: bool,
    ) -> None:
        super().__init__()
        self.label_embeddings = nn.Parameter(final_proj.weight.new_empty(label.num_classes, label.width))
        nn.init.uniform_(self.label_embeddings)
        final_proj.draw()
        self.final_proj = final_proj
        self.masked = masked
        self.label = label
        self.unmasked = unmasked
        self.unmasked_label = unmasked_label
        self.skip_masked = skip_masked
        self.skip_nomask = skip_nomask

    def forward(
        self,
        x: Tensor,
        label: Tensor | None = None,
        mask_m: Tensor | None = None,
        mask_u: Tensor | None = None,
    ) -> tuple[Tensor | None, Tensor | None]:
        """The logits of masked frames and of the others.

        Args:
            x: (B, T, D).
            label: The class of each frame, (B, T); None for a pass without labels.
            mask_m: (B, T), true at masked frames.
            mask_u: (B, T), true at the others, padding left out.

        Returns:
            Two (N, K + 1), as in `ClassLogits`; None for frames that are skipped. Without labels (B, N, K + 1).
        """
        # Names are taken over, so that no tensor outlives the last module that takes it.
        x = self.final_proj(x)
        masked = unmasked = None
        if self.skip_nomask:
            if not self.skip_masked:
                x = self.masked(x, mask_m)
                masked = self.label(x, self.label_embeddings, _of(label, mask_m))
        else:
            if not self.skip_masked:
                masked = self.label(self.masked(x, mask_m), self.label_embeddings, _of(label, mask_m))
            x = self.unmasked(x, mask_u)
            unmasked = self.unmasked_label(x, self.label_embeddings, _of(label, mask_u))
        if label is None:
            return masked, unmasked
        return None if masked is None else masked[0], None if unmasked is None else unmasked[0]


def _of(label: Tensor | None, mask: Tensor | None) -> Tensor | None:
    """The labels of the frames of a mask, (N,)."""
    return None if label is None or mask is None else label[mask].long()


class HuBERTPretrainModel(SpeechEncoder):
    """HuBERT in pre-training (Hsu et al. 2021), equal to ``torchaudio.models.HuBERTPretrainModel``.

    State_dicts go both ways, with the same weights and the same seed both give the same outputs. Make one with
    `hubert_pretrain_model` or `build_model`; its initial weights are those of pre-training.

    Args:
        wav2vec2: The encoder.
        feature_penalty: The mean square of the extractor's features.
        mask_generator: Masks frames.
        logit_generator: The logits of the classes.
        feature_grad_mult: What the gradients of the extractor are scaled by; 1 for as they are.
    """

    no_graph = "how many frames are masked is worked out from the length of the utterance"

    def __init__(
        self,
        wav2vec2: wav2vec2.Wav2Vec2Model,
        feature_penalty: nn.Module,
        mask_generator: MaskGenerator,
        logit_generator: LogitGenerator,
        feature_grad_mult: float,
    ) -> None:
        super().__init__()
        self.wav2vec2 = wav2vec2
        self.feature_penalty = feature_penalty
        self.mask_generator = mask_generator
        self.logit_generator = logit_generator
        self.feature_grad_mult = feature_grad_mult if feature_grad_mult < 1 else None
        self.apply(_draw_initial_weights)

    def forward(  # type: ignore[override]
        self, waveforms: Tensor, labels: Tensor | None = None, audio_lengths: Tensor | None = None
    ) -> tuple[Tensor | None, Tensor | None, Tensor]:
        """The logits of masked and of other frames, and the penalty on features.

        Args:
            waveforms: (B, S).
            labels: The class of each frame, (B, T). None for what a step computes on average: nothing is drawn, and
                each frame's label is the first class.
            audio_lengths: Valid samples of each utterance, (B,); None where all are valid to the end.

        Returns:
            The logits of masked frames, (N, K + 1), of which the first is the label's, and that of the label among
            the classes is -inf; those of the other valid frames; either None where the config skips it; and the mean
            square of the features, (). Without labels the logits are (B, N, K + 1), and the mean square (1, 1).

        Raises:
            ValueError: ``waveforms`` is not two-dimensional, or ``labels`` are of another number of frames.
        """
        x, lengths = self.wav2vec2.feature_extractor(waveforms, audio_lengths)
        if self.feature_grad_mult is not None:
            x = cast(Tensor, _ScaledGradient.apply(x, self.feature_grad_mult))  # type: ignore[no-untyped-call]
        penalty = self.feature_penalty(x)
        x, attention_mask = self.wav2vec2.encoder._preprocess(x, lengths)
        padding_mask = None
        if lengths is not None:
            padding_mask = torch.arange(x.shape[1], device=lengths.device)[None, :] >= lengths[:, None]  # (B, T)
        if labels is None:
            x = self.mask_generator(x, draw=False)[0]
            x = self.wav2vec2.encoder.transformer(x, attention_mask)
            return (*self.logit_generator(x), penalty)
        x, mask = self.mask_generator(x, padding_mask)
        x = self.wav2vec2.encoder.transformer(x, attention_mask)
        if x.shape[1] != labels.shape[1]:
            raise ValueError(f"labels must have a class for each of {x.shape[1]} frames, not {labels.shape[1]}")
        others = ~mask
        if padding_mask is not None:
            mask, others = mask & ~padding_mask, others & ~padding_mask
        return (*self.logit_generator(x, labels, mask, others), penalty.view(()))

    def extract_features(
        self, waveforms: Tensor, lengths: Tensor | None = None, num_layers: int | None = None
    ) -> tuple[list[Tensor], Tensor | None]:
        """The output of each transformer layer, nothing masked: as of ``wav2vec2``."""
        return self.wav2vec2.extract_features(waveforms, lengths, num_layers)


def _draw_initial_weights(module: nn.Module) -> None:
    """Draw the weights of one module as torchaudio does before pre-training, those of its children being drawn.

    Some are drawn that others replace, or that nobody keeps: the random numbers behind them are the same all the same.
    """
    match module:
        case ConvLayerBlock():
            nn.init.kaiming_normal_(cast(Any, module.conv).weight)
        case PositionalConv():
            conv: Any = module.conv
            # The weight that direction and magnitude make, and that no parameter holds.
            with torch.no_grad():
                torch.empty_like(conv.weight).normal_()
            nn.init.zeros_(conv.bias)
        case SelfAttention():
            for projection, gain in (
                (module.k_proj, 0.5**0.5),
                (module.v_proj, 0.5**0.5),
                (module.q_proj, 0.5**0.5),
                (module.out_proj, 1.0),
            ):
                nn.init.xavier_uniform_(cast(Any, projection).weight, gain=gain)
            nn.init.zeros_(cast(Any, module.out_proj).bias)
        case Transformer():
            for child in module.modules():
                if isinstance(child, nn.Linear):
                    nn.init.normal_(child.weight, std=0.02)
                    nn.init.zeros_(child.bias)


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (
        ClassLogits, FeaturePenalty, FinalProjection, HuBERTPretrainModel, LogitGenerator, MaskGenerator, SelectFrames,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

REFERENCES = (
    ("hubert_pretrain_base", ("encoder_num_layers=2",), 1.0),
    ("hubert_pretrain_base", ("encoder_num_layers=2",), 3.0),
)
"""The forward passes of which `calibrate` times the operations: what no encoder has."""

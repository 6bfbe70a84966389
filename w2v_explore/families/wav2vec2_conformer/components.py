"""The modules of a wav2vec 2.0 Conformer that wav2vec 2.0 lacks; names and order are those of transformers' model.

In the shape comments B is the batch, S samples, T frames, N = 2T − 1 the distances of frames, D the encoder's width, H
heads and d = D / H the channels of each.
"""

from __future__ import annotations

import math
from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2 import components as wav2vec2
from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


class ConformerConvLayer(wav2vec2.ConvLayerBlock):
    """One layer of the feature extractor: convolution, norm if it has one, GELU; registered in this order."""

    def __init__(self, conv: nn.Module, activation: nn.Module, layer_norm: Optional[nn.Module] = None) -> None:
        super().__init__(conv, activation)
        self.layer_norm = layer_norm


class ScaledAdd(nn.Module):
    """The sum of what a residual branch bypasses and a part of the branch.

    Args:
        scale: The part.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        """Both of the same shape."""
        return torch.add(x, branch, alpha=self.scale)


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


class ConvolutionModule(nn.Module):
    """The convolution module of a conformer layer: a gate, a depthwise convolution over time, a batch norm.

    In training the batch norm's statistics are those of the batch, padding included.
    """

    def __init__(
        self,
        layer_norm: nn.Module,
        pointwise_conv1: nn.Module,
        glu: nn.Module,
        depthwise_conv: nn.Module,
        batch_norm: nn.Module,
        activation: nn.Module,
        pointwise_conv2: nn.Module,
        dropout: nn.Module,
    ) -> None:
        super().__init__()
        self.layer_norm = layer_norm
        self.pointwise_conv1 = pointwise_conv1
        self.glu = glu
        self.depthwise_conv = depthwise_conv
        self.batch_norm = batch_norm
        self.activation = activation
        self.pointwise_conv2 = pointwise_conv2
        self.dropout = dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        x = self.layer_norm(x).transpose(1, 2)  # (B, D, T)
        x = self.pointwise_conv1(x)
        x = self.glu(x)
        x = self.depthwise_conv(x)
        x = self.batch_norm(x)
        x = self.activation(x)
        x = self.pointwise_conv2(x)
        return self.dropout(x).transpose(1, 2)


class ConformerLayer(nn.Module):
    """A conformer layer: attention and a convolution module between two feed-forward blocks that count half."""

    def __init__(
        self,
        ffn1_layer_norm: nn.Module,
        ffn1: nn.Module,
        ffn1_residual: nn.Module,
        self_attn_layer_norm: nn.Module,
        self_attn_dropout: nn.Module,
        self_attn: nn.Module,
        self_attn_residual: nn.Module,
        conv_module: nn.Module,
        conv_residual: nn.Module,
        ffn2_layer_norm: nn.Module,
        ffn2: nn.Module,
        ffn2_residual: nn.Module,
        final_layer_norm: nn.Module,
    ) -> None:
        super().__init__()
        self.ffn1_layer_norm = ffn1_layer_norm
        self.ffn1 = ffn1
        self.ffn1_residual = ffn1_residual
        self.self_attn_layer_norm = self_attn_layer_norm
        self.self_attn_dropout = self_attn_dropout
        self.self_attn = self_attn
        self.self_attn_residual = self_attn_residual
        self.conv_module = conv_module
        self.conv_residual = conv_residual
        self.ffn2_layer_norm = ffn2_layer_norm
        self.ffn2 = ffn2
        self.ffn2_residual = ffn2_residual
        self.final_layer_norm = final_layer_norm

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D), the positions that attention takes, and a mask (B, 1, T, T) added to its scores → (B, T, D)."""
        # The name is taken over, so that no tensor outlives the last module that takes it.
        x = self.ffn1_residual(x, self.ffn1(self.ffn1_layer_norm(x)))
        attended = self.self_attn(self.self_attn_layer_norm(x), positions, mask)
        attended = self.self_attn_dropout(attended)
        x = self.self_attn_residual(x, attended)
        del attended
        x = self.conv_residual(x, self.conv_module(x))
        x = self.ffn2_residual(x, self.ffn2(self.ffn2_layer_norm(x)))
        return self.final_layer_norm(x)


class ConformerEncoder(nn.Module):
    """Positions, the layers and a norm before or behind them.

    Args:
        pos_conv_embed: A positional convolution that never runs; transformers' model holds it as well.
        layer_norm: Of the layers' input or, with ``norm_last``, of their output.
        dropout: Before the first layer.
        layers: Of (B, T, D), positions and a mask.
        norm_last: Whether the norm comes behind the layers.
        layer_drop: The probability that a layer is left out in training.
        embed_positions: From (B, T, D) to what the layers' attention takes; None where it knows no positions.
    """

    def __init__(
        self,
        pos_conv_embed: nn.Module,
        layer_norm: nn.Module,
        dropout: nn.Module,
        layers: nn.ModuleList,
        norm_last: bool,
        layer_drop: float,
        embed_positions: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.embed_positions = embed_positions
        self.pos_conv_embed = pos_conv_embed
        self.layer_norm = layer_norm
        self.dropout = dropout
        self.layers = layers
        self.norm_last = norm_last
        self.layer_drop = float(layer_drop)

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T) added to the scores → (B, T, D)."""
        x = self._preprocess(x)
        positions = self._positions(x)
        for layer in self.layers:
            if not self._drops_next_layer():
                x = layer(x, positions, mask)
        if self.norm_last:
            x = self.layer_norm(x)
        return x

    def get_intermediate_outputs(
        self, x: Tensor, mask: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> List[Tensor]:
        """The output (B, T, D) of each of the first ``num_layers`` layers, none dropped, without a norm behind them."""
        if num_layers is not None and not 0 < num_layers <= len(self.layers):
            raise ValueError(f"num_layers must be from 1 to {len(self.layers)}, not {num_layers}")
        x = self._preprocess(x)
        positions = self._positions(x)
        outputs: List[Tensor] = []
        for layer in self.layers:
            if num_layers is not None and len(outputs) >= num_layers:
                return outputs
            x = layer(x, positions, mask)
            outputs.append(x)
        return outputs

    def _preprocess(self, x: Tensor) -> Tensor:
        """(B, T, D) → what the first layer takes."""
        if not self.norm_last:
            x = self.layer_norm(x)
        return self.dropout(x)

    def _positions(self, x: Tensor) -> Optional[Tensor]:
        """What the layers' attention takes for (B, T, D)."""
        if self.embed_positions is None:
            return None
        return self.embed_positions(x)

    def _drops_next_layer(self) -> bool:
        """Whether LayerDrop leaves out a layer."""
        if not self.training:
            return False
        # torch.export and a graph without breaks have no place for item().
        if self.layer_drop <= 0.0 or self.layer_drop >= 1.0:
            return self.layer_drop >= 1.0
        return torch.rand(1).item() < self.layer_drop


class Wav2Vec2ConformerModel(SpeechEncoder):
    """A wav2vec 2.0 Conformer, which computes what transformers' ``Wav2Vec2ConformerModel`` does.

    With a head it computes what ``Wav2Vec2ConformerForCTC`` does, whose head lies beside the model; ours lies in it.

    Args:
        feature_extractor: From waveforms (B, S) to features (B, T, C).
        feature_projection: From features to (B, T, D).
        padding_mask: Silences frames past the utterances' lengths.
        encoder: From (B, T, D) to (B, T, D).
        lm_head: A head on the encoder's output, or None.
    """

    def __init__(
        self,
        feature_extractor: nn.Module,
        feature_projection: nn.Module,
        padding_mask: nn.Module,
        encoder: ConformerEncoder,
        lm_head: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.feature_extractor = feature_extractor
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.encoder = encoder
        self.lm_head = lm_head

    def forward(self, waveforms: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The encoder's output, through the head if there is one.

        Args:
            waveforms: (B, S).
            lengths: Valid samples of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), or (B, T, outputs) with a head; and the valid frames of each utterance, (B,), or None where
            no lengths were given. Outputs past an utterance's frames are meaningless.

        Raises:
            ValueError: ``waveforms`` is not two-dimensional.
        """
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        x = self.encoder(x, mask)
        if self.lm_head is not None:
            x = self.lm_head(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, waveforms: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each conformer layer, without the head.

        Args:
            waveforms: (B, S).
            lengths: Valid samples of each utterance, (B,).
            num_layers: How many layers to run, from 1; None for all.

        Returns:
            A (B, T, D) per layer; and the valid frames of each utterance, or None.

        Raises:
            ValueError: ``waveforms`` is not two-dimensional, or ``num_layers`` out of range.
        """
        x, lengths = self.feature_extractor(waveforms, lengths)
        x, mask = self._preprocess(x, lengths)
        return self.encoder.get_intermediate_outputs(x, mask, num_layers), lengths

    def _preprocess(self, features: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, C) and frames per utterance (B,) → what the encoder takes, and its mask (B, 1, T, T)."""
        x = self.feature_projection(features)
        if lengths is None:
            return x, None
        return self.padding_mask(x, lengths)


MODULES = wav2vec2.MODULES | {
    module.__name__: module
    for module in (
        ConformerAttention, ConformerConvLayer, ConformerEncoder, ConformerLayer, ConvolutionModule, DistanceBias,
        DistanceScores, PlainLinear, QueryBias, RelativeAttention, RelativePositions, RotaryAttention, RotaryPositions,
        Rotation, ScaledAdd, Wav2Vec2ConformerModel,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS = ("encoder_num_layers=2",)
REFERENCES = (
    ("wav2vec2_conformer_rel_pos_large", _TWO_LAYERS, 1.0),
    ("wav2vec2_conformer_rel_pos_large", _TWO_LAYERS, 10.0),
    ("wav2vec2_conformer_rope_large", _TWO_LAYERS, 1.0),
    ("wav2vec2_conformer_rope_large", _TWO_LAYERS, 3.0),
)
"""The forward passes of which `calibrate` times the operations: what no model of wav2vec 2.0 has, at two lengths."""

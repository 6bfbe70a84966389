"""The modules of w2v-BERT 2.0 that a wav2vec 2.0 Conformer lacks; names and order are those of transformers' model.

In the shape comments B is the batch, T frames, F the features of a frame, D the encoder's width, H heads and d = D / H
the channels of each.
"""

from __future__ import annotations

from typing import List, Optional, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn

from w2v_explore.families.wav2vec2_conformer import components as conformer
from w2v_explore.model.modules import SpeechEncoder

# TorchScript compiles the annotations below: it knows Optional[Tensor], not Tensor | None.
# ruff: noqa: UP006, UP045


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


class RelativeKeyAttention(conformer.ConformerAttention):
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


class CausalConv1d(nn.Conv1d):
    """A depthwise convolution without a bias, none of whose frames sees a later one.

    Keeps what it takes in a copy with all padding before the first frame. Its arguments are the attributes of the
    operation, Conv1d's among them, and device and dtype.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int,
        padding: int,
        groups: int,
        bias: bool,
        weight_norm: bool,
        device: Optional[torch.device] = None,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel, stride, padding, groups=groups, bias=bias, device=device, dtype=dtype
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T)."""
        x = nn.functional.pad(x, (self.kernel_size[0] - 1, 0))
        return self._conv_forward(x, self.weight, self.bias)


class CausalConvolutionModule(nn.Module):
    """The convolution module of a layer: a gate, a causal depthwise convolution over time, a layer norm."""

    def __init__(
        self,
        layer_norm: nn.Module,
        pointwise_conv1: nn.Module,
        glu: nn.Module,
        depthwise_conv: nn.Module,
        depthwise_layer_norm: nn.Module,
        activation: nn.Module,
        pointwise_conv2: nn.Module,
        dropout: nn.Module,
    ) -> None:
        super().__init__()
        self.layer_norm = layer_norm
        self.pointwise_conv1 = pointwise_conv1
        self.glu = glu
        self.depthwise_conv = depthwise_conv
        self.depthwise_layer_norm = depthwise_layer_norm
        self.activation = activation
        self.pointwise_conv2 = pointwise_conv2
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T), less than 0 at keys that are padding → (B, T, D)."""
        x = self.layer_norm(x)
        if mask is not None:
            x = x.masked_fill(mask[:, 0, 0, :, None] < 0, 0.0)
        x = x.transpose(1, 2)  # (B, D, T)
        x = self.pointwise_conv1(x)
        x = self.glu(x)
        x = self.depthwise_conv(x)
        x = self.depthwise_layer_norm(x)
        x = self.activation(x)
        x = self.pointwise_conv2(x)
        return self.dropout(x).transpose(1, 2)


class BertLayer(conformer.ConformerLayer):
    """A conformer layer whose convolution module is told what is padding."""

    def forward(self, x: Tensor, positions: Optional[Tensor] = None, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D), positions that the attention takes, and a mask (B, 1, T, T) added to its scores → (B, T, D)."""
        # The name is taken over, so that no tensor outlives the last module that takes it.
        x = self.ffn1_residual(x, self.ffn1(self.ffn1_layer_norm(x)))
        x = self.self_attn_residual(
            x, self.self_attn_dropout(self.self_attn(self.self_attn_layer_norm(x), positions, mask))
        )
        x = self.conv_residual(x, self.conv_module(x, mask))
        x = self.ffn2_residual(x, self.ffn2(self.ffn2_layer_norm(x)))
        return self.final_layer_norm(x)


class BertEncoder(nn.Module):
    """Positions, where they are made for all layers, and the layers; no norm is before or behind them.

    Args:
        dropout: Before the first layer.
        layers: Of (B, T, D), positions and a mask.
        layer_drop: The probability that a layer is left out in training.
        embed_positions: From (B, T, D) to what the layers' attention takes; None where it takes none.
    """

    def __init__(
        self, dropout: nn.Module, layers: nn.ModuleList, layer_drop: float, embed_positions: Optional[nn.Module] = None
    ) -> None:
        super().__init__()
        self.embed_positions = embed_positions
        self.dropout = dropout
        self.layers = layers
        self.layer_drop = float(layer_drop)

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T, T) added to the scores → (B, T, D)."""
        x = self.dropout(x)
        positions = self._positions(x)
        for layer in self.layers:
            if not self._drops_next_layer():
                x = layer(x, positions, mask)
        return x

    def get_intermediate_outputs(
        self, x: Tensor, mask: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> List[Tensor]:
        """The output (B, T, D) of each of the first ``num_layers`` layers, none dropped."""
        if num_layers is not None and not 0 < num_layers <= len(self.layers):
            raise ValueError(f"num_layers must be from 1 to {len(self.layers)}, not {num_layers}")
        x = self.dropout(x)
        positions = self._positions(x)
        outputs: List[Tensor] = []
        for layer in self.layers:
            if num_layers is not None and len(outputs) >= num_layers:
                return outputs
            x = layer(x, positions, mask)
            outputs.append(x)
        return outputs

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


class FramesFirst(nn.Module):
    """A copy in which the channels of each frame lie side by side, for linear layers, which would make one each."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, D) → (B, T, D)."""
        return x.clone(memory_format=torch.contiguous_format)


class BertAdapterLayer(nn.Module):
    """A layer of the adapter: a residual and attention, each behind a strided convolution, and a feed-forward block."""

    def __init__(
        self,
        residual_layer_norm: nn.Module,
        residual_conv: nn.Module,
        activation: nn.Module,
        self_attn_layer_norm: nn.Module,
        self_attn_conv: nn.Module,
        frames_first: nn.Module,
        self_attn: nn.Module,
        self_attn_dropout: nn.Module,
        self_attn_residual: nn.Module,
        ffn_layer_norm: nn.Module,
        ffn: nn.Module,
        ffn_residual: nn.Module,
    ) -> None:
        super().__init__()
        self.residual_layer_norm = residual_layer_norm
        self.residual_conv = residual_conv
        self.activation = activation
        self.self_attn_layer_norm = self_attn_layer_norm
        self.self_attn_conv = self_attn_conv
        self.frames_first = frames_first
        self.self_attn = self_attn
        self.self_attn_dropout = self_attn_dropout
        self.self_attn_residual = self_attn_residual
        self.ffn_layer_norm = ffn_layer_norm
        self.ffn = ffn
        self.ffn_residual = ffn_residual

    def forward(self, x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
        """(B, T, D) and a mask (B, 1, T', T') added to the scores → (B, T', D)."""
        # Names are taken over, so that no tensor outlives the last module that takes it.
        residual = self.activation(self.residual_conv(self.residual_layer_norm(x).transpose(1, 2))).transpose(1, 2)
        x = self.activation(self.self_attn_conv(self.self_attn_layer_norm(x).transpose(1, 2))).transpose(1, 2)
        x = self.frames_first(x)
        x = self.self_attn_residual(self.self_attn_dropout(self.self_attn(x, None, mask)), residual)
        del residual
        return self.ffn_residual(self.ffn(self.ffn_layer_norm(x)), x)


class BertAdapter(nn.Module):
    """Strided convolutions with attention behind the encoder. No layer is dropped; transformers drops some in training.

    Args:
        layers: Of (B, T, D) and a mask.
        kernel: Of the convolutions.
        stride: Of the convolutions.
        proj: From the encoder's width to another; None where both are equal.
        proj_layer_norm: Behind it.
    """

    def __init__(
        self,
        layers: nn.ModuleList,
        kernel: int,
        stride: int,
        proj: Optional[nn.Module] = None,
        proj_layer_norm: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.proj = proj
        self.proj_layer_norm = proj_layer_norm
        self.layers = layers
        self.kernel = kernel
        self.stride = stride
        # Added to the scores of padded frames, as in `PaddingMask`.
        self.padded_score = -10_000.0

    def forward(self, x: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, D) and frames per utterance (B,) → (B, T', D) and the frames that come out of each."""
        if self.proj is not None and self.proj_layer_norm is not None:
            x = self.proj_layer_norm(self.proj(x))
        for layer in self.layers:
            mask: Optional[Tensor] = None
            if lengths is not None:
                lengths = self._strided(lengths, self.kernel // 2)
                mask = self._mask(x, lengths)
            x = layer(x, mask)
        return x, lengths

    def _strided(self, frames: Tensor, padding: int) -> Tensor:
        """The frames that a convolution makes of some; transformers counts valid ones with half a kernel of padding."""
        return torch.div(frames + (2 * padding - self.kernel), self.stride, rounding_mode="floor") + 1

    def _mask(self, x: Tensor, lengths: Tensor) -> Tensor:
        """What is added to the scores, (B, 1, T', T'), for what a layer takes and the frames valid behind it."""
        frames = (x.shape[1] + 2 * (self.stride // 2) - self.kernel) // self.stride + 1
        padded = torch.arange(frames, device=lengths.device)[None, :] >= lengths[:, None]  # (B, T')
        mask = self.padded_score * padded[:, None, None, :].to(x.dtype)
        return mask.expand(x.shape[0], 1, frames, frames)


class Wav2Vec2BertModel(SpeechEncoder):
    """A w2v-BERT 2.0, which computes what transformers' ``Wav2Vec2BertModel`` does.

    With a head it computes what ``Wav2Vec2BertForCTC`` does, whose head lies beside the model; ours lies in it.

    Args:
        feature_projection: From features (B, T, F) to (B, T, D).
        padding_mask: Silences frames past the utterances' lengths.
        encoder: From (B, T, D) to (B, T, D).
        adapter: Strided convolutions behind the encoder, or None.
        intermediate_ffn: A feed-forward block before the adapter, or None.
        intermediate_residual: What adds half of its output; there with it.
        lm_head: A head on the output, or None.
    """

    def __init__(
        self,
        feature_projection: nn.Module,
        padding_mask: nn.Module,
        encoder: BertEncoder,
        adapter: Optional[nn.Module] = None,
        intermediate_ffn: Optional[nn.Module] = None,
        intermediate_residual: Optional[nn.Module] = None,
        lm_head: Optional[nn.Module] = None,
    ) -> None:
        super().__init__()
        self.feature_projection = feature_projection
        self.padding_mask = padding_mask
        self.encoder = encoder
        self.adapter = adapter
        self.intermediate_ffn = intermediate_ffn
        self.intermediate_residual = intermediate_residual
        self.lm_head = lm_head

    def forward(self, input_features: Tensor, lengths: Optional[Tensor] = None) -> Tuple[Tensor, Optional[Tensor]]:
        """The output of the encoder, through the adapter and the head if there are any.

        Args:
            input_features: (B, T, F), as transformers' ``SeamlessM4TFeatureExtractor`` makes them.
            lengths: Valid frames of each utterance, (B,); None where all are valid to the end.

        Returns:
            (B, T, D), or (B, T', D) with an adapter, or (B, T or T', outputs) with a head; and the valid frames of each
            utterance, (B,), or None where no lengths were given. Outputs past an utterance's frames are meaningless.

        Raises:
            ValueError: ``input_features`` is not three-dimensional.
        """
        x, mask = self._preprocess(input_features, lengths)
        x = self.encoder(x, mask)
        if self.intermediate_ffn is not None and self.intermediate_residual is not None:
            x = self.intermediate_residual(x, self.intermediate_ffn(x))
        if self.adapter is not None:
            x, lengths = self.adapter(x, lengths)
        if self.lm_head is not None:
            x = self.lm_head(x)
        return x, lengths

    @torch.jit.export
    def extract_features(
        self, input_features: Tensor, lengths: Optional[Tensor] = None, num_layers: Optional[int] = None
    ) -> Tuple[List[Tensor], Optional[Tensor]]:
        """The output of each layer of the encoder, without adapter and head.

        Args:
            input_features: (B, T, F).
            lengths: Valid frames of each utterance, (B,).
            num_layers: How many layers to run, from 1; None for all.

        Returns:
            A (B, T, D) per layer; and the valid frames of each utterance, or None.

        Raises:
            ValueError: ``input_features`` is not three-dimensional, or ``num_layers`` out of range.
        """
        x, mask = self._preprocess(input_features, lengths)
        return self.encoder.get_intermediate_outputs(x, mask, num_layers), lengths

    def _preprocess(self, input_features: Tensor, lengths: Optional[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """(B, T, F) and frames per utterance (B,) → what the encoder takes, and its mask (B, 1, T, T)."""
        if input_features.ndim != 3:
            raise ValueError(
                f"input_features must have the shape (batch, frames, channels), not {list(input_features.shape)}"
            )
        x = self.feature_projection(input_features)
        if lengths is None:
            return x, None
        return self.padding_mask(x, lengths)


MODULES = conformer.MODULES | {
    module.__name__: module
    for module in (
        Angles, BertAdapter, BertAdapterLayer, BertEncoder, BertLayer, CausalConv1d, CausalConvolutionModule,
        DistanceEmbedding, DistanceProducts, FramesFirst, RelativeKeyAttention, Wav2Vec2BertModel,
    )
}  # fmt: skip
"""The classes of the modules, by the kind of the layers that they are made for (`materialize`)."""

_TWO_LAYERS = ("encoder_num_layers=2",)
REFERENCES = (
    ("w2v_bert_2", _TWO_LAYERS, 2.0),
    ("w2v_bert_2", _TWO_LAYERS, 10.0),
)
"""The forward passes of which `calibrate` times the operations: what no other model has, at two lengths."""

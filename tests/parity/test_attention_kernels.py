"""Attention that holds the scores: what it keeps and holds, against torch's storages."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import product, repeat
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel

from w2v_explore import Workload, load_config, memory
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.measure import tracking
from w2v_explore.measure.tracking import MaskDropout, peak_bytes, saved_bytes
from w2v_explore.tree.attention import AttentionKernel, in_kernel
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Flow, ScaledDotProductAttention, Shape
from w2v_explore.tree.run import run


class Eager(nn.Module):
    """Written out, head by head."""

    def __init__(self, heads: int, dropout: float, packed: bool) -> None:
        super().__init__()
        self.heads, self.packed = heads, packed
        self.dropout = MaskDropout(dropout)

    def forward(self, *taken: Tensor) -> Tensor:
        queries, keys, values, bias = self.apart(*taken)
        scores = torch.matmul(queries, keys.transpose(2, 3)) * queries.shape[-1] ** -0.5
        if bias is not None:
            scores = scores + bias
        weights = torch.softmax(scores, -1)
        del scores
        if self.training:
            weights = self.dropout(weights)
        return torch.matmul(weights, values).transpose(1, 2).contiguous().flatten(2)

    def apart(self, *taken: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        three = taken[0].chunk(3, -1) if self.packed else taken[:3]
        queries, keys, values = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in three)
        return queries, keys, values, taken[-1] if len(taken) % 2 == 0 else None


class Mathematics(Eager):
    """torch's kernel without a fused one; with dropout what it does is written out, since a CPU's keeps no bytes."""

    def forward(self, *taken: Tensor) -> Tensor:
        queries, keys, values, bias = self.apart(*taken)
        if self.training and self.dropout.p:
            scale = queries.shape[-1] ** -0.25
            scores = torch.matmul(queries.float() * scale, keys.float().transpose(2, 3) * scale)
            scores = scores if bias is None else scores + bias
            weights = torch.softmax(scores, -1)
            del scores
            weights = self.dropout(weights)
            return torch.matmul(weights, values.float()).to(queries.dtype).transpose(1, 2).flatten(2)
        with sdpa_kernel(SDPBackend.MATH):
            attended = nn.functional.scaled_dot_product_attention(queries, keys, values, attn_mask=bias)
        return attended.transpose(1, 2).flatten(2)


def tensors(shapes: list[Shape], dtype: torch.dtype, needs: Iterable[bool] = repeat(False)) -> list[Tensor]:
    return [torch.empty(shape, dtype=dtype, requires_grad=need) for shape, need in zip(shapes, needs, strict=False)]


SIZES = [(1, 7, 3), (2, 7, 3), (2, 7, 1), (3, 16, 2)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(("packed", "biased"), list(product((False, True), repeat=2)))
@pytest.mark.parametrize(
    ("kernel", "dropout"), [("eager", 0.0), ("eager", 0.1), ("eager", 1.0), ("math", 0.0), ("math", 0.1), ("math", 1.0)]
)
def test_what_attention_keeps_and_holds_is_what_torch_does(
    kernel: AttentionKernel, dropout: float, packed: bool, biased: bool, dtype: str
) -> None:
    for batch, frames, heads in SIZES:
        width, pairs = 4 * heads, Flow(frames, frames, heads)
        fused = ScaledDotProductAttention(heads, dropout, packed)
        operation = in_kernel(fused, kernel, is_half=dtype == "bfloat16")
        flows = [Flow(frames, 3 * width)] if packed else [Flow(frames, width)] * 3
        flows += [pairs] if biased else []
        calls = run(Layer("product", "Attention", operation), *flows)
        workload = Workload(samples=1, batch=batch, dtype=dtype)
        live = Lives(calls, training=False).trace(workload, *flows).live_bytes[0]
        with FakeTensorMode():
            module = (Eager if kernel == "eager" else Mathematics)(heads, dropout, packed)

            given = partial(tensors, [flow.shape(batch, False) for flow in flows], getattr(torch, dtype))
            # What is needed and the sizes have their say together only in whether a batch of one is copied.
            every = product((True, False), repeat=len(flows))
            for needs in every if (frames, heads) == (7, 3) else [(True,) * len(flows)]:
                if any(needs):
                    kept = Lives(calls, training=True, taken_need=needs).trace(workload, *flows).kept_bytes[0]
                    assert kept == saved_bytes(module, *given(needs)), (batch, frames, heads, needs)
            assert live == peak_bytes(module.eval(), given), (batch, frames, heads)


@pytest.mark.parametrize(
    ("precision", "batch", "dropout"),
    [("float32", 1, 0.0), ("float32", 2, 0.1), ("amp-bfloat16", 1, 0.0), ("amp-bfloat16", 2, 0.1)],
)
def test_a_model_that_is_told_eager_keeps_what_it_says(
    precision: str, batch: int, dropout: float, torchaudio_models: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import transformers  # once torchaudio's stand-in is there: transformers looks for it

    monkeypatch.setattr(nn.functional, "dropout", lambda x, p, *_, **__: MaskDropout(p)(x))
    config = transformers.Wav2Vec2Config(
        attn_implementation="eager", num_hidden_layers=2, layerdrop=0.0, mask_time_prob=0.0,
        hidden_dropout=0.0, activation_dropout=0.0, feat_proj_dropout=0.0, attention_dropout=dropout,
    )  # fmt: skip
    changes = {
        "encoder_num_layers": 2,
        "encoder_layer_drop": 0.0,
        **dict.fromkeys(("encoder_projection_dropout", "encoder_ff_interm_dropout", "encoder_dropout"), 0.0),
        "encoder_attention_dropout": dropout,
    }
    cost = memory(load_config("base", changes), Workload(samples=16_000, batch=batch), attention="eager").training[
        precision
    ]
    with FakeTensorMode():
        theirs = transformers.Wav2Vec2Model(config)
        theirs.train()
        lower = torch.bfloat16 if precision == "amp-bfloat16" else None
        kept, casts, _ = tracking._track_training(theirs, (), lambda: torch.empty(batch, 16_000), lower)
    assert (cost.kept_bytes.greatest, cost.cast_weight_bytes.greatest) == (kept - casts, casts)

"""A training step as people run it on a card, beside the closed forms: what it holds, keeps, and needs at most.

Each way to train is measured where autocast, frozen parts, adapters, attention and optimizers are torch's, peft's and
bitsandbytes' own. What a step holds is counted when its gradients are there, and what its forward pass keeps is what
there is more after it than before, the waveforms among it. Gradients are given back between steps, as
``zero_grad`` does by default.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.gpu.counter import LIMIT, MemoryCounter, Peak, free_bytes_now, is_explained, with_spare
from benchmarks.gpu.findings import Attempt, Context, Figure, Finding, attempt_in_time, judged, noted
from benchmarks.gpu.memory import attention_kernel, checkpoints
from benchmarks.gpu.models import analysis_of, waveforms_of
from benchmarks.gpu.training_step import MakeOptimizer, TrainingStep
from w2v_explore import Analysis, Wav2Vec2Model, build_model
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up
from w2v_explore.analysis.memory.trained import select_trained
from w2v_explore.measure.from_tree import train_only
from w2v_explore.model.device import current_device, find_device
from w2v_explore.model.modules import ScaledDotProductAttention
from w2v_explore.tree.lora import Lora

_PRESETS = ("base", "large", "wavlm_base")
_SECONDS, _BATCH = 10.0, 8
# WavLM has queries, keys and values in one tensor, which is no layer that can be adapted.
_LORA_TARGETS = {"wavlm_base": ("out_proj", "intermediate_dense")}
_LORA_RANK = 16


class Way(NamedTuple):
    """One way to train.

    Attributes:
        name: In the findings.
        precision: A name in `recipe.PRECISIONS` whose weights are float32.
        setup: What is trained, and how.
        checkpointing: With a checkpoint at each transformer layer.
    """

    name: str
    precision: str
    setup: TrainingSetup = TrainingSetup()
    checkpointing: bool = False

    def analysis(self, preset: str, seconds: float = _SECONDS, batch: int = _BATCH) -> Analysis:
        """The closed forms; the model has a head where it alone is trained, and drops no layer."""
        overrides = ["encoder_layer_drop=0", *(["aux_num_out=32"] if self.setup.train == "head" else [])]
        return set_up(analysis_of(preset, seconds, *overrides, batch=batch), self.setup)


def ways_of(preset: str) -> list[Way]:
    """The ways in which a preset is trained, the usual first."""
    lora = Lora(_LORA_RANK, _LORA_TARGETS.get(preset, ("q_proj", "v_proj")))
    usual = "amp-bfloat16"
    return [
        Way("autocast", usual),
        Way("autocast", "amp-float16"),
        Way("no autocast", "float32"),
        Way("checkpoints", usual, checkpointing=True),
        Way("extractor frozen", usual, TrainingSetup("not-extractor")),
        Way("head alone", usual, TrainingSetup("head")),
        Way(f"LoRA {lora}", usual, TrainingSetup(lora=lora)),
        Way("eager attention", usual, TrainingSetup(attention="eager")),
        Way("math attention", usual, TrainingSetup(attention="math")),
        Way("8-bit AdamW", usual, TrainingSetup(optimizer="adamw-8bit")),
        Way("SGD with momentum", usual, TrainingSetup(optimizer="sgd")),
        Way("Adafactor", usual, TrainingSetup(optimizer="adafactor")),
    ]


class Eager(nn.Module):
    """Attention written out with products of matrices, in the place of the model's.

    Args:
        num_heads: Heads.
        dropout: Probability of a weight to be dropped.
    """

    def __init__(self, num_heads: int, dropout: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.dropout = nn.Dropout(dropout)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        """Three (B, T, D) and a bias (B, heads, T, T) added to the scores → (B, T, D)."""
        heads = [*q.shape[:2], self.num_heads, -1]
        queries, keys, values = (each.view(heads).transpose(1, 2) for each in (q, k, v))
        scores = torch.matmul(queries, keys.transpose(2, 3)) * queries.shape[-1] ** -0.5
        if mask is not None:
            scores = scores + mask
        weights = torch.softmax(scores, -1)
        del scores
        return torch.matmul(self.dropout(weights), values).transpose(1, 2).contiguous().flatten(2)


def compare_ways(context: Context) -> Iterator[Finding]:
    """Each way to train each preset, as long as there is time."""
    device = find_device(context.device)
    with current_device(device):
        yield from attempt_in_time(context, _attempts(device, _PRESETS[:1] if context.quick else _PRESETS))


def _attempts(device: torch.device, presets: Sequence[str]) -> Iterator[Attempt]:
    for preset in presets:
        for way in ways_of(preset):
            analysis = way.analysis(preset)
            needed = analysis.training_in(way.precision).peak_bytes(way.checkpointing)
            what = f"{preset}, {way.precision}: {way.name}"
            compare = partial(compare_way, way, analysis, device)
            yield Attempt(what, compare, with_spare(needed), free_bytes_now(device))


def compare_way(way: Way, analysis: Analysis, device: torch.device, what: str) -> Finding:
    """What a step holds, keeps and needs at most beside the closed forms."""
    if way.setup.lora is not None and find_spec("peft") is None:
        return Finding(what, "skipped", {}, "peft is not installed")
    optimizer = OPTIMIZERS[way.setup.optimizer]()
    if isinstance(optimizer, str):
        return Finding(what, "skipped", {}, optimizer)
    waveforms = waveforms_of(analysis, "cpu")
    counter = MemoryCounter(device)
    model = _model(way, analysis, device)
    step = TrainingStep(model, waveforms, device, way.precision, optimizer.make)
    peaks: dict[str, Peak] = {}
    in_use: dict[str, int] = {}
    with _kernels(way), checkpoints(model) if way.checkpointing else nullcontext():
        step.run()  # makes the optimizer's states
        with step.autocast():
            is_eager = way.setup.attention == "eager"
            kernel = "eager" if is_eager else attention_kernel(model, step.on_device(), analysis.tree)
        gc.collect()  # what looking left behind
        cublas = counter.cublas_bytes()
        step.run()  # cuBLAS takes its part again
        before = counter.requested()
        counter.begin()
        for phase, output_bytes in step.phases():
            peaks[phase] = counter.peak()
            in_use[phase] = counter.requested() - output_bytes
            counter.forget_peaks()
    closed = analysis.training_in(way.precision)
    highest = max(("forward", "backward"), key=lambda phase: peaks[phase].allocated)
    peak = peaks[highest]
    held, kept = in_use["backward"] - cublas, in_use["forward"] - before
    closed_kept, closed_casts = kept_by_closed_form(way, analysis)
    closed_peak = closed.peak_bytes(way.checkpointing)
    unexplained_state, unexplained_kept = held - closed.state_bytes, kept - closed_kept
    figures: dict[str, Figure] = {
        "allocated_bytes": peak.allocated,
        "closed_form_bytes": closed_peak,
        "difference_bytes": peak.allocated - closed_peak,
        "difference_share": (peak.allocated - closed_peak) / closed_peak,
        "larger_blocks_bytes": peak.allocated - peak.requested,
        "cuBLAS_bytes": cublas,
        "peak_beside_bytes": peak.requested - cublas - closed_peak,
        "peak_in": highest,
        "state_bytes": held,
        "state_unexplained_bytes": unexplained_state,
        "state_unexplained_share": unexplained_state / closed.state_bytes,
        "kept_bytes": kept,
        "of_it_casts_by_closed_form_bytes": closed_casts,
        "kept_unexplained_bytes": unexplained_kept,
        "kept_unexplained_share": unexplained_kept / closed_kept,
        "optimizer_allocated_bytes": peaks["optimizer"].allocated,
        "attention": kernel,
    }
    if optimizer.remark:
        return noted(what, figures, optimizer.remark)
    passed = is_explained(unexplained_state, closed.state_bytes) and is_explained(unexplained_kept, closed_kept)
    return judged(what, passed, figures, _NOTE)


_NOTE = (
    f"of weights, gradients and states, and of what is kept: {LIMIT}. What is allocated is the peak of forward and "
    "backward, which is not judged: beside the closed form there are blocks of the allocator, cuBLAS's workspace, what "
    "kernels take for themselves, and the gradient of the output, which the step holds to the end"
)


class Optimizer(NamedTuple):
    """An optimizer that is installed.

    Attributes:
        make: Makes it for parameters.
        remark: Why its states are not judged; empty where they are.
    """

    make: MakeOptimizer
    remark: str = ""


def _adafactor() -> Optimizer | str:
    if not hasattr(torch.optim, "Adafactor"):
        return f"torch {torch.__version__} has no Adafactor"
    return Optimizer(torch.optim.Adafactor)


def _adamw_8bit() -> Optimizer | str:
    if find_spec("bitsandbytes") is not None:
        import bitsandbytes

        return Optimizer(bitsandbytes.optim.AdamW8bit)
    if find_spec("torchao") is not None:
        from torchao.optim import AdamW8bit

        return Optimizer(AdamW8bit, "torchao's, whose tables are not bitsandbytes', of which the closed form is")
    return "neither bitsandbytes nor torchao is installed"


OPTIMIZERS: Mapping[str, Callable[[], Optimizer | str]] = {
    "adamw": lambda: Optimizer(torch.optim.AdamW),
    "adamw-8bit": _adamw_8bit,
    "sgd": lambda: Optimizer(partial(torch.optim.SGD, lr=1e-3, momentum=0.9)),
    "adafactor": _adafactor,
}
"""By the name of the closed form: the optimizer, or why there is none."""


def _kernels(way: Way) -> AbstractContextManager[object]:
    return sdpa_kernel([SDPBackend.MATH]) if way.setup.attention == "math" else nullcontext()


def _model(way: Way, analysis: Analysis, device: torch.device) -> Wav2Vec2Model:
    model: Any = build_model(analysis.config, device=device)
    if way.setup.attention == "eager":
        _use_eager_attention(model)
    if way.setup.lora is not None:
        import peft

        config = peft.LoraConfig(r=way.setup.lora.rank, target_modules=list(way.setup.lora.targets))
        model = peft.inject_adapter_in_model(config, model)  # which freezes all the rest
    elif way.setup.train is not None:
        train_only(model, select_trained(analysis.tree, analysis.config.model.family.roles, way.setup.train).names)
    assert isinstance(model, Wav2Vec2Model)
    return model.train()


def _use_eager_attention(model: nn.Module) -> None:
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, ScaledDotProductAttention):
                setattr(module, name, Eager(child.num_heads, child.dropout))


def kept_by_closed_form(way: Way, analysis: Analysis) -> tuple[int, int]:
    """What is kept after a forward pass, casts of weights among it; and these casts."""
    recipe = precision_named(way.precision)
    trace = analysis.trace(recipe.dtype, training=True, autocast=bool(recipe.autocast))
    kept = kept_activations(trace)
    if not way.checkpointing:
        return kept.plain_and_weights.greatest, kept.plain_and_weights.greatest - kept.plain.greatest
    # Every layer has kept its input alone: none is computed again yet.
    both, alone = (each._replace(largest=()) for each in (kept.checkpointed_and_weights, kept.checkpointed))
    return both.greatest, both.greatest - alone.greatest

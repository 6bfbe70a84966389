"""Peak memory on a card beside the closed forms, and what makes the difference, as far as it can be measured.

The closed forms count tensors. On a card there is more: what cuBLAS holds from the first product on, what a kernel
takes for itself while it runs, blocks of the allocator that are larger than what was asked for, and in a backward pass
the gradients of activations. torch counts what was asked for apart from the blocks, and cuBLAS's part can be given
back, so both are measured; what a kernel takes is the peak while an operation runs, less what is there before and
after it. What remains has no explanation, and a limit.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

from benchmarks.gpu.counter import LIMIT, MemoryCounter, Peak, free_bytes_now, is_explained, with_spare
from benchmarks.gpu.findings import Context, Figure, Finding, attempt, judged, noted
from benchmarks.gpu.models import analysis_of, waveforms_of
from w2v_explore import Analysis, Wav2Vec2Model, build_model
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.liveness import trace_memory
from w2v_explore.measure.from_tree import registered
from w2v_explore.measure.tracking import saved_bytes
from w2v_explore.model.device import current_device, find_device
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import ScaledDotProductAttention

_PRESETS = ("base", "wavlm_base", "large", "hubert_xlarge")
_NUMBERS = ("float32", "bfloat16", "autocast")
_SECONDS = 10.0
_ATTENTION = "encoder.transformer.layers.0.attention"

# Weights, their gradients, and Adam's two moments.
_COPIES_IN_TRAINING = 4


class Case(NamedTuple):
    """What is measured: ``numbers`` is a dtype, or ``autocast``: weights in float32 and operations in bfloat16."""

    preset: str
    numbers: str
    batch: int
    math: bool
    seconds: float = _SECONDS

    def __str__(self) -> str:
        attention = "math" if self.math else "fused"
        return f"{self.preset}, {self.numbers}, batch {self.batch}, {attention} attention"

    @property
    def weights_dtype(self) -> str:
        """Of the parameters and the waveforms."""
        return "float32" if self.numbers == "autocast" else self.numbers

    def analysis(self) -> Analysis:
        """The closed forms; inference under autocast has none, and that of bfloat16 stands in."""
        dtype = "bfloat16" if self.numbers == "autocast" else self.numbers
        # A dropped layer keeps nothing: no two steps would be alike.
        return analysis_of(self.preset, self.seconds, "encoder_layer_drop=0", batch=self.batch, dtype=dtype)

    def kernels(self) -> AbstractContextManager[object]:
        """Attention as torch chooses it, or from products and a softmax."""
        return sdpa_kernel([SDPBackend.MATH]) if self.math else nullcontext()

    def autocast(self, device: torch.device) -> AbstractContextManager[object]:
        """Operations in bfloat16 where that is asked for."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.numbers == "autocast")


def compare_memory(context: Context) -> Iterator[Finding]:
    """Inference and a training step of each case; in a hurry of the first few alone."""
    device = find_device(context.device)
    with current_device(device):
        for preset in _PRESETS[:1] if context.quick else _PRESETS:
            for numbers in _NUMBERS[:2] if context.quick else _NUMBERS:
                for batch in (1,) if context.quick else (1, 8):
                    for math in (False, True):
                        yield from _compare_case(Case(preset, numbers, batch, math), device)


def _compare_case(case: Case, device: torch.device) -> Iterator[Finding]:
    analysis = case.analysis()
    scores = _score_bytes(analysis) if case.math else 0
    needed = analysis.inference.total_bytes + scores
    what = f"inference: {case}"
    yield attempt(what, partial(compare_inference, case, analysis, device), with_spare(needed), free_bytes_now(device))
    if case.numbers == "autocast":
        return  # `benchmarks.gpu.training` has its training
    for checkpointed in (False, True):
        kept = kept_activations(analysis.trace(training=True))
        layers = 1 if checkpointed else analysis.config.model.encoder_num_layers
        needed = (kept.checkpointed if checkpointed else kept.plain).greatest + layers * scores
        needed += _COPIES_IN_TRAINING * analysis.parameters * DTYPE_BYTES[case.weights_dtype]
        what = f"training: {case}{', checkpoints' if checkpointed else ''}"
        yield attempt(
            what,
            partial(compare_training, case, analysis, device, checkpointed),
            with_spare(needed),
            free_bytes_now(device),
        )


def compare_inference(case: Case, analysis: Analysis, device: torch.device, what: str) -> Finding:
    """The peak of a forward pass beside the closed form, and its parts."""
    closed = analysis.inference
    counter = MemoryCounter(device)
    model = _model(case, analysis, device).eval()
    waveforms = _waveforms(case, analysis, device)
    with torch.inference_mode(), case.kernels(), case.autocast(device):
        model(waveforms)  # cuBLAS takes its part now, and cuDNN chooses kernels
        counter.begin()
        model(waveforms)
        peak = counter.peak()
        path, own = _peak_operation(model, analysis, waveforms, counter)
        kernel = attention_kernel(model, waveforms, analysis.tree)
        cublas = counter.cublas_bytes()
    figures: dict[str, Figure] = {
        "allocated_bytes": peak.allocated,
        "reserved_bytes": peak.reserved,
        "closed_form_bytes": closed.total_bytes,
        "difference_bytes": peak.allocated - closed.total_bytes,
    }
    if case.numbers == "autocast":
        return noted(what, {**figures, "attention": kernel}, _NO_CLOSED_FORM)
    parameters = closed.parameter_bytes
    live = _live_bytes(analysis)[analysis.tree.folded_path(path)]
    unexplained = peak.requested - parameters - live - cublas - own
    figures |= {
        "larger_blocks_bytes": peak.allocated - peak.requested,
        "cuBLAS_bytes": cublas,
        "kernel_bytes": own,
        "peak_in_another_operation_bytes": live - closed.peak_activation_bytes,
        "unexplained_bytes": unexplained,
        "peak_in": path,
        "attention": kernel,
    }
    return judged(what, is_explained(unexplained, closed.total_bytes), figures, LIMIT)


def compare_training(case: Case, analysis: Analysis, device: torch.device, checkpointed: bool, what: str) -> Finding:
    """What a step with Adam holds, what its forward pass keeps, and its peak, beside the closed forms.

    Gradients stay allocated between steps, as where they are accumulated: the closed form counts them beside all kept
    activations.
    """
    counter = MemoryCounter(device)
    model = _model(case, analysis, device).train()
    waveforms = _waveforms(case, analysis, device)
    optimizer = torch.optim.Adam(model.parameters())
    phases = partial(_phases, model, waveforms, optimizer)
    peaks: dict[str, Peak] = {}
    in_use: dict[str, int] = {}
    with case.kernels(), checkpoints(model) if checkpointed else nullcontext():
        list(phases())  # makes gradients and moments
        kernel = attention_kernel(model, waveforms, analysis.tree)
        saved = _saved_by_attention(model, waveforms)
        gc.collect()  # what looking left behind
        cublas = counter.cublas_bytes()
        list(phases())  # cuBLAS takes its part again
        held = counter.requested()
        counter.begin()
        for phase, output_bytes in phases():
            peaks[phase] = counter.peak()
            in_use[phase] = counter.requested() - output_bytes
            counter.forget_peaks()
    highest = max(peaks, key=lambda phase: peaks[phase].allocated)
    peak, kept_measured = peaks[highest], in_use["forward"] - held
    state = _COPIES_IN_TRAINING * analysis.parameters * DTYPE_BYTES[case.weights_dtype]
    kept = kept_activations(analysis.trace(training=True))
    closed_total = state + (kept.checkpointed if checkpointed else kept.plain).greatest
    figures: dict[str, Figure] = {
        "allocated_bytes": peak.allocated,
        "reserved_bytes": peak.reserved,
        "closed_form_bytes": closed_total,
        "difference_bytes": peak.allocated - closed_total,
        "larger_blocks_bytes": peak.allocated - peak.requested,
        "cuBLAS_bytes": cublas,
    }
    # After a forward pass with checkpoints every layer has kept its input alone. The waveforms were there before it.
    closed_kept = (kept.checkpointed._replace(largest=()) if checkpointed else kept.plain).greatest
    closed_kept -= waveforms.nbytes
    attention = saved - _kept_by_attention(analysis)
    unexplained_state = held - state - waveforms.nbytes - cublas
    # The closed form is that of a fused kernel: what the others keep beside is known, what a fused one does is not.
    layers_with_more = 0 if not case.math else 1 if checkpointed else analysis.config.model.encoder_num_layers
    unexplained_kept = kept_measured - closed_kept - (0 if checkpointed else layers_with_more * attention)
    beside = peak.requested - closed_total - cublas - layers_with_more * attention
    figures |= {
        "state_bytes": held,
        "closed_state_bytes": state,
        "state_unexplained_bytes": unexplained_state,
        "kept_bytes": kept_measured,
        "closed_kept_bytes": closed_kept,
        "beside_in_attention_of_a_layer_bytes": attention,
        "kept_unexplained_bytes": unexplained_kept,
        "beside_at_the_peak_bytes": beside,
        "peak_in": highest,
        "attention": kernel,
    }
    passed = is_explained(unexplained_state, state) and is_explained(unexplained_kept, closed_kept)
    note = (
        f"of weights, gradients and moments, and of what is kept: {LIMIT}. At the peak there are gradients of "
        "activations beside, and what kernels and Adam take for themselves; the closed form leaves them out"
    )
    return judged(what, passed, figures, note)


_NO_CLOSED_FORM = (
    "inference under autocast has no closed form: that of bfloat16 stands beside it, and nothing is judged"
)


def _score_bytes(analysis: Analysis) -> int:
    """Scores, probabilities and their copies of one layer where attention is not fused: in float32 for any dtype."""
    heads: int = analysis.config.model.encoder_num_heads
    frames = analysis.receptive_field.frames
    return 4 * analysis.workload.batch * heads * frames * frames * DTYPE_BYTES["float32"]


def _model(case: Case, analysis: Analysis, device: torch.device) -> Wav2Vec2Model:
    model = build_model(analysis.config, device=device, dtype=getattr(torch, case.weights_dtype))
    assert isinstance(model, Wav2Vec2Model)
    return model


def _waveforms(case: Case, analysis: Analysis, device: torch.device) -> Tensor:
    return waveforms_of(analysis, str(device)).to(getattr(torch, case.weights_dtype))


def _live_bytes(analysis: Analysis) -> dict[str, int]:
    trace = trace_memory(analysis.tree, analysis.workload, training=False)
    return {operation.path: operation.live_bytes for operation in trace}


def _kept_by_attention(analysis: Analysis) -> int:
    """What the closed form says that the first layer's attention keeps, its projections with it."""
    trace = trace_memory(analysis.tree, analysis.workload, training=True)
    return sum(operation.kept_bytes for operation in trace if operation.path.startswith(f"{_ATTENTION}."))


def _peak_operation(model: nn.Module, analysis: Analysis, waveforms: Tensor, counter: MemoryCounter) -> tuple[str, int]:
    """The operation within which most was in use, and what its kernels took for themselves."""
    modules = dict(model.named_modules())
    looks: list[int] = []
    began: dict[str, int] = {}
    found: list[tuple[int, str, int]] = []

    def enter(path: str, *_: object) -> None:
        counter.forget_peaks()
        began[path] = len(looks)
        looks.append(counter.requested())

    def leave(path: str, *_: object) -> None:
        looks.append(counter.requested())
        # What an operation inside this one has put out is no kernel's.
        level = max(looks[began[path] :])
        peak = counter.peak_requested()
        found.append((peak, path, peak - level))

    handles = []
    for row in unfold(analysis.layers):
        if row.operation is not None:
            handles.append(modules[row.path].register_forward_pre_hook(partial(enter, row.path)))
            handles.append(modules[row.path].register_forward_hook(partial(leave, row.path)))
    model(waveforms)
    for handle in handles:
        handle.remove()
    _, path, own = max(found)
    return path, own


def _phases(model: nn.Module, waveforms: Tensor, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, int]]:
    """A training step; yields each phase when it is over, and the bytes of the output as long as there is one."""
    output, _ = model(waveforms)
    yield "forward", output.nbytes
    output.backward(torch.ones_like(output))
    del output
    yield "backward", 0
    optimizer.step()
    yield "optimizer", 0
    optimizer.zero_grad(set_to_none=False)


@contextmanager
def checkpoints(model: Wav2Vec2Model) -> Iterator[None]:
    """Compute each transformer layer again in the backward pass, meanwhile."""
    layers = model.encoder.transformer.layers
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward


def _called_with(model: Wav2Vec2Model, waveforms: Tensor, path: str) -> tuple[nn.Module, list[Tensor | None]]:
    """A module, and what it is called with in a pass; as if it came from a layer whose gradient is wanted."""
    module = model.get_submodule(path)
    seen: list[Tensor | None] = []
    handle = module.register_forward_pre_hook(lambda module, inputs: seen.extend(inputs))
    with torch.no_grad():
        model(waveforms)
    handle.remove()
    return module, [tensor if tensor is None else tensor.detach().requires_grad_(model.training) for tensor in seen]


def _saved_by_attention(model: Wav2Vec2Model, waveforms: Tensor) -> int:
    """What autograd saves of the first layer's attention, its projections with it."""
    attention, inputs = _called_with(model, waveforms, _ATTENTION)
    return saved_bytes(attention, *inputs)


def attention_kernel(model: Wav2Vec2Model, waveforms: Tensor, tree: Layer) -> str:
    """The kernel that computes attention in the first layer, by torch's name: ``flash_attention``."""
    from torch.profiler import ProfilerActivity, profile

    path = next(path for path, layer in registered(tree) if isinstance(layer.operation, ScaledDotProductAttention))
    product, inputs = _called_with(model, waveforms, path)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        product(*inputs)
    prefix = "aten::_scaled_dot_product_"
    names = [str(event.name) for event in profiler.events()]
    return next((name.removeprefix(prefix) for name in names if name.startswith(prefix)), "unknown")

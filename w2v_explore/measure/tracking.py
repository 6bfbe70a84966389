"""What torch itself says of the memory of inference and of training, without allocating any.

The built model runs on fake tensors, which have a shape, a dtype and a storage, but no data. Two things differ from
a plain run on a CPU, since the closed forms are those of an accelerator: dropout is the operation that keeps a mask of
bytes (a CPU's keeps floats; with a probability of 0 or 1 there is no mask on either), and attention drops nothing (a
CPU has no fused kernel that does; what the fused kernels keep is the same).
"""

from __future__ import annotations

import weakref
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

from w2v_explore.analysis.workload import Workload
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.model.build import build_model
from w2v_explore.model.components import ScaledDotProductAttention, Wav2Vec2Model


class TrackedMemory(NamedTuple):
    """What torch tracks of one model and workload, in bytes, parameters left out.

    Attributes:
        peak: The most that storages take at once during a forward pass, the waveforms' among them.
        kept: The storages that autograd saves during a forward pass in training mode, no layer dropped.
        checkpointed: The same with a checkpoint at each transformer layer: what is alive after the forward pass,
            beside its output, and what one layer saves when it is computed again.
    """

    peak: int
    kept: int
    checkpointed: int


def track_memory(config: ModelConfig, workload: Workload) -> TrackedMemory:
    """Take a model through its forward passes on fake tensors."""
    with FakeTensorMode():
        model = _fake_model(config, workload)
        peak, layer_input = _track_inference(model.eval(), workload)
        _use_accelerator_kernels(model.train())
        kept = saved_bytes(model, _waveforms(workload))
        return TrackedMemory(peak, kept, _track_checkpoints(model, layer_input, workload))


def _track_inference(model: Wav2Vec2Model, workload: Workload) -> tuple[int, Tensor]:
    """The peak, and a tensor like the one that the first transformer layer takes."""
    layouts: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    handle = model.encoder.transformer.layers[0].register_forward_pre_hook(
        lambda layer, inputs: layouts.append((tuple(inputs[0].shape), inputs[0].stride()))
    )
    # Under inference_mode torch shows some operations whole, without their second and third outputs.
    live = _LiveStorages(model)
    with torch.no_grad(), live:
        model(_waveforms(workload))
    handle.remove()
    return live.peak_bytes, torch.empty_strided(*layouts[0], dtype=getattr(torch, workload.dtype))


def _track_checkpoints(model: Wav2Vec2Model, layer_input: Tensor, workload: Workload) -> int:
    layers = model.encoder.transformer.layers
    again = saved_bytes(layers[0], layer_input, None) - layer_input.untyped_storage().nbytes()
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
    live = _LiveStorages(model)
    with live:
        output, _ = model(_waveforms(workload))
        kept: int = live.bytes - output.untyped_storage().nbytes()
    return kept + again


def _fake_model(config: ModelConfig, workload: Workload) -> Wav2Vec2Model:
    """The model with fake parameters."""
    dtype: torch.dtype = getattr(torch, workload.dtype)
    # Initialising fake parameters would take long: shapes are made on meta, and storages for them here.
    with unset_fake_temporarily():
        model = build_model(config, device="meta", dtype=dtype)
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, name, nn.Parameter(torch.empty(parameter.shape, dtype=dtype)))
    return model


def _waveforms(workload: Workload) -> Tensor:
    return torch.empty(workload.batch, workload.samples, dtype=getattr(torch, workload.dtype))


class _MaskDropout(nn.Module):
    """Dropout by the operations that an accelerator takes."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Of the same shape."""
        # `torch.dropout` calls it on an accelerator; with 0 and 1 it takes the same path on every device.
        return torch.native_dropout(x, self.p, True)[0] if 0 < self.p < 1 else torch.dropout(x, self.p, True)


def _use_accelerator_kernels(model: Wav2Vec2Model) -> None:
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, _MaskDropout(child.p))
        if isinstance(module, ScaledDotProductAttention):
            module.dropout = 0.0
    # A fake random number cannot decide whether a layer is dropped.
    model.encoder.transformer.training = False


def saved_bytes(module: nn.Module, *inputs: Tensor | None) -> int:
    """Bytes of the storages that autograd saves while a module runs, each counted once, parameters' left out."""
    parameters = _storages(module)
    saved: dict[int, Any] = {}  # holds each storage, so that no other can take its address

    def pack(tensor: Tensor) -> None:
        # An operation that held its own output in this way would never be freed; and no backward pass unpacks it.
        storage = tensor.untyped_storage()
        if storage._cdata not in parameters:
            saved[storage._cdata] = storage

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed):
        module(*inputs)
    return sum(storage.nbytes() for storage in saved.values())


def _storages(module: nn.Module) -> set[int]:
    return {parameter.untyped_storage()._cdata for parameter in module.parameters()}


class _LiveStorages(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the storages that operations make, from their making until nobody holds them.

    Attributes:
        bytes: What is alive now.
        peak_bytes: The most that was alive at once.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes: int = 0
        self.peak_bytes: int = 0
        self._known = _storages(model)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(output):
            if isinstance(tensor, Tensor):
                self._add(tensor.untyped_storage())
        self.peak_bytes = max(self.peak_bytes, self.bytes)
        return output

    def _add(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key not in self._known:
            self._known.add(key)
            self.bytes += size
            weakref.finalize(storage, self._remove, key, size)

    def _remove(self, key: int, size: int) -> None:
        self._known.discard(key)
        self.bytes -= size

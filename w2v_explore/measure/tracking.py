"""What torch itself says of the memory of inference and of training, without allocating any.

The built model runs on fake tensors, which have a shape, a dtype and a storage, but no data. Three things differ from
a plain run on a CPU, since the closed forms are those of an accelerator: dropout is the operation that keeps a mask of
bytes (a CPU's keeps floats; with a probability of 0 or 1 there is no mask on either), attention drops nothing (a CPU
has no fused kernel that does; what the fused kernels keep is the same), and attention with a bias runs in CUDA's
memory-efficient kernel (a CPU has no fused one for a bias that needs a gradient). Autocast is torch's own, with the
lists of CUDA (`cuda_autocast`).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

from w2v_explore.analysis.workload import Workload
from w2v_explore.measure.cuda_autocast import cuda_autocast, cuda_lists
from w2v_explore.measure.from_tree import input_shape, keep_every_layer, registered
from w2v_explore.model.materialize import Modules, materialize
from w2v_explore.model.modules import ScaledDotProductAttention
from w2v_explore.tree.layer import Layer


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


def track_memory(tree: Layer, modules: Modules, workload: Workload) -> TrackedMemory:
    """Take the model of a tree through its forward passes on fake tensors.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        workload: What it takes.
    """
    dtype: torch.dtype = getattr(torch, workload.dtype)
    given = partial(torch.empty, input_shape(tree, workload), dtype=dtype)
    with FakeTensorMode():
        model = _fake_model(tree, modules, dtype)
        _use_accelerator_attention(model)
        layers = [(layer, model.get_submodule(path)) for path, layer in registered(tree) if layer.stacked]
        stack = [module for _, module in layers]
        unlike = list({id(layer): module for layer, module in reversed(layers)}.values())  # the first of equal ones
        peak = peak_bytes(model.eval(), lambda: (given(),))
        _use_accelerator_dropout(model.train())
        keep_every_layer(model, tree)  # a fake random number cannot decide whether one is skipped
        kept, inputs = _track_training(model, unlike, given)
        again = [saved_bytes(module, *inputs[module], kept_anyway=inputs[module]) for module in unlike]
        return TrackedMemory(peak, kept, _track_checkpoints(model, stack, given) + max(again, default=0))


class TrackedAutocast(NamedTuple):
    """What torch tracks of one model and workload where autocast runs, in bytes, parameters left out.

    Attributes:
        kept: As in `TrackedMemory`, casts of weights left out.
        cast_weights: The casts of weights that autograd saves.
        checkpointed: As in `TrackedMemory`, casts of weights among it.
    """

    kept: int
    cast_weights: int
    checkpointed: int


def track_autocast(tree: Layer, modules: Modules, workload: Workload, lower: torch.dtype) -> TrackedAutocast:
    """Take the model of a tree, in float32, through its forward passes on fake tensors under autocast.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        workload: What it takes.
        lower: The lower precision.
    """
    given = partial(torch.empty, input_shape(tree, workload))
    with FakeTensorMode():
        model = _fake_model(tree, modules, torch.float32)
        _use_accelerator_attention(model, lower)
        layers = [(layer, model.get_submodule(path)) for path, layer in registered(tree) if layer.stacked]
        unlike = list({id(layer): module for layer, module in reversed(layers)}.values())  # the first of equal ones
        _use_accelerator_dropout(model.train())
        keep_every_layer(model, tree)
        with cuda_autocast(lower), _WeightCasts(model) as noted, _noted_inputs(unlike) as inputs:
            saved = saved_storages(model, given())
        kept = {key: storage.nbytes() for key, storage in saved.items()}
        casts = sum(size for key, size in kept.items() if key in noted.casts)
        again = []
        for module in unlike:
            # Autocast casts once what is a leaf, as weights are, and what a layer takes is none: views are none either.
            likes = map(_like, inputs[module])
            taken = tuple(None if each is None else each.view_as(each) for each in likes)
            with cuda_autocast(lower):
                again.append(saved_bytes(module, *taken, kept_anyway=taken))
        checkpointed = _track_checkpoints(model, [module for _, module in layers], given, lower)
        return TrackedAutocast(sum(kept.values()) - casts, casts, checkpointed + max(again, default=0))


def track_step(
    tree: Layer,
    modules: Modules,
    workload: Workload,
    *,
    checkpointing: bool,
    lower: torch.dtype | None = None,
    gradients_stay: bool = False,
    use_attention: Callable[[nn.Module, torch.dtype | None], None] | None = None,
) -> int:
    """The most that storages take at once during a training step, parameters and buffers left out.

    The gradients of all outputs are made when the backward pass begins.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        workload: What it takes, its dtype that of the parameters.
        checkpointing: Whether there is a checkpoint at each stacked layer.
        lower: The lower precision where the forward pass runs under autocast.
        gradients_stay: Whether those of parameters are there from the start.
        use_attention: Replaces the attention of the model; by default by the fused one of an accelerator.
    """
    dtype: torch.dtype = getattr(torch, workload.dtype)
    # What a checkpoint computes again runs under the autocast of the forward pass, by the same lists.
    with FakeTensorMode(), cuda_lists():
        model = _fake_model(tree, modules, dtype)
        (use_attention or _use_accelerator_attention)(model, lower)
        _use_accelerator_dropout(model.train())
        keep_every_layer(model, tree)
        if checkpointing:
            for path, layer in registered(tree):
                if layer.stacked:
                    module = model.get_submodule(path)
                    module.forward = partial(checkpoint, module.forward, use_reentrant=False, preserve_rng_state=False)
        live = _LiveStorages(model)
        with live:
            if gradients_stay:
                for parameter in model.parameters():
                    parameter.grad = torch.empty_like(parameter)
            given = torch.empty(input_shape(tree, workload), dtype=dtype)
            with nullcontext() if lower is None else torch.autocast("cpu", dtype=lower):
                outputs = [output for output in model(given) if output is not None]
            needing = [output for output in outputs if output.requires_grad]
            loss: Any = _Loss.apply(*needing)  # type: ignore[no-untyped-call]
            loss.backward(torch.empty_like(loss))
        return live.peak_bytes


class _Loss(torch.autograd.Function):
    """Of outputs nothing, which takes no memory; their gradients are tensors like them."""

    @staticmethod
    def forward(ctx: Any, *outputs: Tensor) -> Tensor:
        ctx.likes = [(output.shape, output.dtype) for output in outputs]
        return outputs[0].new_empty(0)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.empty(shape, dtype=dtype) for shape, dtype in ctx.likes)


class _WeightCasts(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the storages of the casts of parameters, and of parts of them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.casts: dict[int, Any] = {}  # holds each storage, so that no other can take its address
        self._parameters = _storages(model)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default and args[0].untyped_storage()._cdata in self._parameters:
            storage = output.untyped_storage()
            self.casts[storage._cdata] = storage
        return output


def _track_training(
    model: nn.Module, layers: Sequence[nn.Module], given: Callable[[], Tensor]
) -> tuple[int, dict[nn.Module, tuple[Tensor | None, ...]]]:
    """What is kept, and tensors like those that each of some layers takes."""
    with _noted_inputs(layers) as layouts:
        kept = saved_bytes(model, given())
    return kept, {layer: tuple(map(_like, taken)) for layer, taken in layouts.items()}


@contextmanager
def _noted_inputs(layers: Sequence[nn.Module]) -> Iterator[dict[nn.Module, list[tuple[Any, ...] | None]]]:
    """A dict that fills with the layouts of what layers take, as they are called."""
    layouts: dict[nn.Module, list[tuple[Any, ...] | None]] = {}

    def note(layer: nn.Module, taken: tuple[Tensor | None, ...]) -> None:
        # Not the tensors, which would live on.
        layouts[layer] = [
            None if each is None else (each.shape, each.stride(), each.dtype, each.requires_grad) for each in taken
        ]

    handles = [layer.register_forward_pre_hook(note) for layer in layers]
    yield layouts
    for handle in handles:
        handle.remove()


def _like(layout: tuple[Any, ...] | None) -> Tensor | None:
    """A tensor of a shape, strides and dtype that needs a gradient or none."""
    if layout is None:
        return None
    shape, stride, dtype, requires_grad = layout
    return torch.empty_strided(shape, stride, dtype=dtype, requires_grad=requires_grad)


def _track_checkpoints(
    model: nn.Module, stack: Sequence[nn.Module], given: Callable[[], Tensor], lower: torch.dtype | None = None
) -> int:
    """What is alive after a forward pass with a checkpoint at each layer of the stacks, beside the output."""
    for layer in stack:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
    live = _LiveStorages(model)
    with live:
        with nullcontext() if lower is None else cuda_autocast(lower):
            outputs = model(given())  # without them nobody would hold what the backward pass keeps
        storages = [each.untyped_storage() for each in outputs if each is not None]
        kept: int = live.bytes - sum({storage._cdata: storage.nbytes() for storage in storages}.values())
    return kept


def _fake_model(tree: Layer, modules: Modules, dtype: torch.dtype) -> nn.Module:
    """The model with fake parameters and buffers."""
    # Initialising fake parameters would take long: shapes are made on meta, and storages for them here.
    with unset_fake_temporarily():
        model = materialize(tree, modules, device=torch.device("meta"), dtype=dtype)
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            fake = torch.empty(parameter.shape, dtype=dtype)
            setattr(module, name, nn.Parameter(fake, requires_grad=parameter.requires_grad))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype))
    return model


class MaskDropout(nn.Module):
    """Dropout by the operations that an accelerator takes."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Of the same shape."""
        # `torch.dropout` calls it on an accelerator; with 0 and 1 it takes the same path on every device.
        return torch.native_dropout(x, self.p, True)[0] if 0 < self.p < 1 else torch.dropout(x, self.p, True)


class _FusedAttention(ScaledDotProductAttention):
    """Attention that drops nothing and, with a bias, runs in CUDA's memory-efficient kernel.

    Args:
        num_heads: Heads.
        lower: The lower precision where autocast runs, to which ``scaled_dot_product_attention`` casts all that it
            takes.
    """

    def __init__(self, num_heads: int, lower: torch.dtype | None) -> None:
        super().__init__(num_heads, dropout=0.0)
        self.lower = lower

    def forward(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
        """As of the module that it stands for."""
        if mask is None:
            return super().forward(q, k, v, mask)
        if self.lower is not None:
            q, k, v, mask = (each.to(self.lower) for each in (q, k, v, mask))
        batch, frames, embed_dim = q.shape
        heads = [batch, frames, self.num_heads, embed_dim // self.num_heads]
        queries, keys, values = (each.view(heads).transpose(1, 2) for each in (q, k, v))
        # As torch prepares a bias for it, whose rows are to be of a multiple of 8 numbers.
        if mask.shape[-1] % 8:
            mask = nn.functional.pad(mask, (0, -mask.shape[-1] % 8))[..., : mask.shape[-1]]
        attended: Tensor = torch.ops.aten._scaled_dot_product_efficient_attention(
            queries, keys, values, mask, torch.is_grad_enabled()
        )[0]
        return attended.transpose(1, 2).reshape(batch, frames, embed_dim)


def _use_accelerator_attention(model: nn.Module, lower: torch.dtype | None = None) -> None:
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, ScaledDotProductAttention):
                setattr(module, name, _FusedAttention(child.num_heads, lower))


def _use_accelerator_dropout(model: nn.Module) -> None:
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, MaskDropout(child.p))


def saved_bytes(module: nn.Module, *inputs: Tensor | None, kept_anyway: Iterable[Tensor | None] = ()) -> int:
    """Bytes of the storages that autograd saves while a module runs, each counted once; as of `saved_storages`."""
    return sum(storage.nbytes() for storage in saved_storages(module, *inputs, kept_anyway=kept_anyway).values())


def saved_storages(
    module: nn.Module, *inputs: Tensor | None, kept_anyway: Iterable[Tensor | None] = ()
) -> dict[int, torch.UntypedStorage]:
    """The storages that autograd saves while a module runs, by address.

    Args:
        module: Whose parameters and buffers are left out.
        inputs: What it is called with.
        kept_anyway: Tensors whose storages are left out too.
    """
    left_out = _storages(module) | {each.untyped_storage()._cdata for each in kept_anyway if each is not None}
    saved: dict[int, torch.UntypedStorage] = {}  # holds each storage, so that no other can take its address

    def pack(tensor: Tensor) -> None:
        # An operation that held its own output in this way would never be freed; and no backward pass unpacks it.
        storage = tensor.untyped_storage()
        if storage._cdata not in left_out:
            saved[storage._cdata] = storage

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed):
        module(*inputs)
    return saved


def peak_bytes(module: nn.Module, given: Callable[[], Iterable[Tensor]]) -> int:
    """The most that storages take at once during a forward pass without gradients, parameters and buffers left out.

    Args:
        module: In evaluation.
        given: Makes what it is called with, which is counted.
    """
    # Under inference_mode torch shows some operations whole, without their second and third outputs.
    live = _LiveStorages(module)
    with torch.no_grad(), live:
        module(*given())
    return live.peak_bytes


def _storages(module: nn.Module) -> set[int]:
    return {tensor.untyped_storage()._cdata for tensor in (*module.parameters(), *module.buffers())}


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

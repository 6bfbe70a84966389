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
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
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
from w2v_explore.measure.from_tree import input_shape, keep_every_layer, registered, train_only
from w2v_explore.model.materialize import Modules, materialize
from w2v_explore.model.modules import ScaledDotProductAttention
from w2v_explore.tree.layer import Layer


class TrackedMemory(NamedTuple):
    """What torch tracks of one model and workload, in bytes, parameters left out.

    Attributes:
        peak: The most that storages take at once during a forward pass, the waveforms' among them.
        kept: The storages that autograd has saved after a forward pass in training mode, no layer dropped, for a
            backward pass from what comes out.
        checkpointed: The same with a checkpoint at each transformer layer: what is alive after the forward pass,
            beside its output, and what one layer saves when it is computed again.
    """

    peak: int
    kept: int
    checkpointed: int


def track_memory(
    tree: Layer, modules: Modules, workload: Workload, trained: Collection[str] | None = None
) -> TrackedMemory:
    """Take the model of a tree through its forward passes on fake tensors.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        workload: What it takes.
        trained: The names of the parameters that are trained; all where it is None.
    """
    dtype: torch.dtype = getattr(torch, workload.dtype)
    given = partial(torch.empty, input_shape(tree, workload), dtype=dtype)
    with FakeTensorMode():
        model = _fake_model(tree, modules, dtype)
        train_only(model, trained)
        _use_accelerator_attention(model)
        stack = [model.get_submodule(path) for path, layer in registered(tree) if layer.stacked]
        peak = peak_bytes(model.eval(), lambda: (given(),))
        use_accelerator_dropout(model.train())
        keep_every_layer(model, tree)  # a fake random number cannot decide whether one is skipped
        kept, _, again = _track_training(model, stack, given)
        return TrackedMemory(peak, kept, _track_checkpoints(model, stack, given) + again)


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


def track_autocast(
    tree: Layer,
    modules: Modules,
    workload: Workload,
    lower: torch.dtype,
    trained: Collection[str] | None = None,
) -> TrackedAutocast:
    """Take the model of a tree, in float32, through its forward passes on fake tensors under autocast.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        workload: What it takes.
        lower: The lower precision.
        trained: As in `track_memory`.
    """
    given = partial(torch.empty, input_shape(tree, workload))
    with FakeTensorMode():
        model = _fake_model(tree, modules, torch.float32)
        train_only(model, trained)
        _use_accelerator_attention(model, lower)
        stack = [model.get_submodule(path) for path, layer in registered(tree) if layer.stacked]
        use_accelerator_dropout(model.train())
        keep_every_layer(model, tree)
        kept, casts, again = _track_training(model, stack, given, lower)
        return TrackedAutocast(kept - casts, casts, _track_checkpoints(model, stack, given, lower) + again)


def track_step(
    tree: Layer,
    modules: Modules,
    workload: Workload,
    *,
    checkpointing: bool,
    lower: torch.dtype | None = None,
    gradients_stay: bool = False,
    use_attention: Callable[[nn.Module, torch.dtype | None], None] | None = None,
    trained: Collection[str] | None = None,
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
        trained: The keys of the parameters that are trained; all where it is None.
    """
    dtype: torch.dtype = getattr(torch, workload.dtype)
    # What a checkpoint computes again runs under the autocast of the forward pass, by the same lists.
    with FakeTensorMode(), cuda_lists():
        model = _fake_model(tree, modules, dtype)
        train_only(model, trained)
        (use_attention or _use_accelerator_attention)(model, lower)
        use_accelerator_dropout(model.train())
        keep_every_layer(model, tree)
        if checkpointing:
            checkpoint_layers(model, tree)
        live = _LiveStorages(model)
        with live:
            if gradients_stay:
                for parameter in [each for each in model.parameters() if each.requires_grad]:
                    parameter.grad = torch.empty_like(parameter)
            given = torch.empty(input_shape(tree, workload), dtype=dtype)
            with nullcontext() if lower is None else torch.autocast("cpu", dtype=lower):
                outputs = model(given)
            run_backward(outputs)
        return live.peak_bytes


def checkpoint_layers(model: nn.Module, tree: Layer) -> None:
    """Put a checkpoint at each stacked layer."""
    for path, layer in registered(tree):
        if layer.stacked:
            module = model.get_submodule(path)
            module.forward = partial(checkpoint, module.forward, use_reentrant=False, preserve_rng_state=False)


def run_backward(outputs: Sequence[Tensor | None]) -> None:
    """Run the backward pass from the gradients of all that a model gives, and of no loss besides."""
    needing = [output for output in outputs if output is not None and output.requires_grad]
    loss: Any = _Loss.apply(*needing)  # type: ignore[no-untyped-call]
    loss.backward(torch.empty_like(loss))


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
    """Notes the storages of the casts of parameters, and of parts of them.

    Attributes:
        storages: Each is held, so that no other can take its address.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.storages: list[torch.UntypedStorage] = []
        self._parameters = _storages(model)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default and args[0].untyped_storage()._cdata in self._parameters:
            self.storages.append(output.untyped_storage())
        return output


def _track_training(
    model: nn.Module, stack: Sequence[nn.Module], given: Callable[[], Tensor], lower: torch.dtype | None = None
) -> tuple[int, int, int]:
    """What is kept; of this the casts of weights; and the most that a layer of the stacks keeps beside its inputs."""
    saved = _SavedStorages(_storages(model))
    taken: dict[nn.Module, list[torch.UntypedStorage]] = {}

    def enter(layer: nn.Module, inputs: tuple[Tensor | None, ...]) -> None:
        if saved.layer is None:  # of layers inside others the outer ones count
            saved.layer = layer
            taken[layer] = [each.untyped_storage() for each in inputs if each is not None]

    def leave(layer: nn.Module, inputs: object, output: object) -> None:
        if saved.layer is layer:
            saved.layer = None

    handles = [layer.register_forward_pre_hook(enter) for layer in stack]
    handles += [layer.register_forward_hook(leave) for layer in stack]
    with saved.hooks(), _WeightCasts(model) as casts, _autocast(lower):
        outputs = model(given())
    for handle in handles:
        handle.remove()
    again = [saved.bytes_of(layer, without=storages) for layer, storages in taken.items()]
    kept = saved.bytes_of()
    of_weights = kept - saved.bytes_of(without=casts.storages)
    del outputs  # until now: without them nobody would hold what the backward pass keeps
    return kept, of_weights, max(again, default=0)


def _autocast(lower: torch.dtype | None) -> AbstractContextManager[None]:
    return nullcontext() if lower is None else cuda_autocast(lower)


class _Saved:
    """What autograd holds in the place of a tensor that it saves."""

    __slots__ = ("__weakref__",)


class _SavedStorages:
    """The storages that autograd saves, each as long as the step of the backward pass is held that wants it.

    Attributes:
        layer: The layer that runs, which is noted of what is saved meanwhile.

    Args:
        left_out: Storages that do not count.
    """

    def __init__(self, left_out: Collection[int]) -> None:
        self.layer: nn.Module | None = None
        self._left_out = left_out
        # Each storage is held, so that no other can take its address.
        self._held: dict[int, tuple[torch.UntypedStorage, nn.Module | None]] = {}

    def hooks(self) -> Any:
        """The context in which what is saved is noted."""
        return torch.autograd.graph.saved_tensors_hooks(self._pack, lambda packed: packed)

    def _pack(self, tensor: Tensor) -> _Saved:
        # An operation that held its own output in this way would never be freed; and no backward pass unpacks it.
        saved, storage = _Saved(), tensor.untyped_storage()
        if storage._cdata not in self._left_out:
            self._held[id(saved)] = storage, self.layer
            weakref.finalize(saved, self._held.pop, id(saved))
        return saved

    def bytes_of(self, layer: nn.Module | None = None, without: Iterable[torch.UntypedStorage] = ()) -> int:
        """All that is still saved, each storage once; of one layer, where that is given, and without some."""
        counted = {storage._cdata: storage for storage, of in self._held.values() if layer is None or of is layer}
        for storage in without:
            counted.pop(storage._cdata, None)
        return sum(storage.nbytes() for storage in counted.values())


def _track_checkpoints(
    model: nn.Module, stack: Sequence[nn.Module], given: Callable[[], Tensor], lower: torch.dtype | None = None
) -> int:
    """What is alive after a forward pass with a checkpoint at each layer of the stacks, beside the output."""
    for layer in stack:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False)
    live = _LiveStorages(model)
    with live:
        with _autocast(lower):
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
        # As torch prepares a bias for it, whose rows are to be of a multiple of 8 numbers. The cast one stays.
        bias = mask
        if mask.shape[-1] % 8:
            bias = nn.functional.pad(mask, (0, -mask.shape[-1] % 8))[..., : mask.shape[-1]]
        attended: Tensor = torch.ops.aten._scaled_dot_product_efficient_attention(
            queries, keys, values, bias, torch.is_grad_enabled()
        )[0]
        return attended.transpose(1, 2).reshape(batch, frames, embed_dim)


def _use_accelerator_attention(model: nn.Module, lower: torch.dtype | None = None) -> None:
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, ScaledDotProductAttention):
                setattr(module, name, _FusedAttention(child.num_heads, lower))


def use_accelerator_dropout(model: nn.Module) -> None:
    """Have dropout keep a mask of bytes, as on an accelerator."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, MaskDropout(child.p))


def saved_bytes(module: nn.Module, *inputs: Tensor | None) -> int:
    """Bytes of the storages that autograd has saved after a module has run, each counted once.

    Args:
        module: Whose parameters and buffers are left out.
        inputs: What it is called with.
    """
    saved = _SavedStorages(_storages(module))
    with saved.hooks():
        outputs = module(*inputs)
    kept = saved.bytes_of()
    del outputs  # until now: without them nobody would hold what the backward pass keeps
    return kept


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
        if func is torch.ops.aten.native_layer_norm_backward.default and args[1].is_contiguous():
            # Fake tensors lay the gradient out as that of the norm's output, kernels as what the norm took.
            args = (args[0].contiguous(), *args[1:])
        output = func(*args, **(kwargs or {}))
        if func is torch.ops.aten.native_batch_norm.default:
            # A CPU has the statistics in the type of what is normalised, CUDA in no fewer than 32 bits.
            output = output[0], *[each.to(torch.promote_types(each.dtype, torch.float32)) for each in output[1:]]
        elif func is torch.ops.aten._scaled_dot_product_efficient_attention_backward.default:
            *others, bias = output
            if bias is not None and bias.numel():
                # Its rows are longer than they are shown, which a result that fake tensors remember has forgotten.
                *rows, numbers = bias.shape
                output = *others, bias.new_empty((*rows, -(-numbers // 16) * 16))[..., :numbers]
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

"""torch's own autocast on fake tensors of a CPU, with the lists of its CUDA operations: the judge of the closed forms.

A build for CPUs has the kernels of ``torch.autocast("cpu")`` alone. They cast to the lower precision what CUDA's do, of
all operations that models here have, weights in the same cache. The operations that CUDA's casts to float32 and a
CPU's leaves as they come are given kernels here, after the list in torch's ATen/autocast_mode.h.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from w2v_explore.analysis.workload import Workload
from w2v_explore.measure import tracking
from w2v_explore.measure.from_tree import input_shape, keep_every_layer, registered
from w2v_explore.model.materialize import Modules
from w2v_explore.tree.layer import Layer

_TO_FLOAT32 = (
    "acos", "asin", "cosh", "cosine_similarity", "exp", "expm1", "group_norm", "layer_norm", "log", "log10", "log1p",
    "log2", "logsumexp", "native_layer_norm", "pow.Scalar", "pow.Tensor_Scalar", "pow.Tensor_Tensor", "reciprocal",
    "rms_norm", "rsqrt", "sinh", "softplus", "tan",
)  # fmt: skip
_IN_FLOAT32 = (
    "cumprod", "cumsum", "linalg_vector_norm", "log_softmax.int", "softmax.int", "sum",
    "sum.dim_IntList",
)  # fmt: skip
"""Those whose dtype is set where none is given."""
_KEY = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU)


def _lower(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16)


def _to_float32(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with torch._C._ExcludeDispatchKeyGuard(_KEY):
        args, kwargs = tree_map(lambda value: value.float() if _lower(value) else value, (args, kwargs))
        return operation(*args, **kwargs)


def _in_float32(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with torch._C._ExcludeDispatchKeyGuard(_KEY):
        names = [argument.name for argument in operation._schema.arguments]  # type: ignore[attr-defined]
        given = dict(zip(names, args, strict=False)) | kwargs
        if given.get("dtype") is None and _lower(args[0]):
            given["dtype"] = torch.float32
        return operation(**given)


@contextmanager
def cuda_autocast(dtype: torch.dtype) -> Iterator[None]:
    """``torch.autocast`` on a CPU, with the lists of CUDA's."""
    library = torch.library.Library("aten", "IMPL", "AutocastCPU")
    try:
        for names, kernel in ((_TO_FLOAT32, _to_float32), (_IN_FLOAT32, _in_float32)):
            for name in names:
                packet, _, overload = name.partition(".")
                operation = getattr(getattr(torch.ops.aten, packet), overload or "default")
                library.impl(name, partial(kernel, operation))
        with torch.autocast("cpu", dtype=dtype):
            yield
    finally:
        library._destroy()


class TrackedAutocast(NamedTuple):
    """What torch tracks of one model under autocast, in bytes, parameters left out.

    Attributes:
        kept: The storages that autograd saves, casts of weights left out.
        cast_weights: The casts of weights that it saves.
        checkpointed: What is alive after the forward pass with a checkpoint at each transformer layer, and what one
            layer saves when it is computed again; casts of weights among both.
    """

    kept: int
    cast_weights: int
    checkpointed: int


class _WeightCasts(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the storages of the casts of parameters, and of parts of them."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.parameters = {parameter.untyped_storage()._cdata for parameter in module.parameters()}
        self.casts: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if func is torch.ops.aten._to_copy.default and args[0].untyped_storage()._cdata in self.parameters:
            storage = output.untyped_storage()
            self.casts[storage._cdata] = storage
        return output


def _cast_for_attention(module: nn.Module, dtype: torch.dtype) -> None:
    """Have fused attention take the lower precision, as ``scaled_dot_product_attention`` does, a bias included."""

    def cast(_: nn.Module, taken: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        return tuple(None if each is None else each.to(dtype) for each in taken)

    for each in module.modules():
        if isinstance(each, tracking._FusedAttention):
            each.register_forward_pre_hook(cast)


def saved_under_autocast(
    module: nn.Module, dtype: torch.dtype, *inputs: Tensor | None, kept_anyway: Sequence[Tensor | None] = ()
) -> tuple[int, int]:
    """Bytes of the storages that autograd saves, casts of weights left out; and of those casts."""
    left_out = tracking._storages(module) | {each.untyped_storage()._cdata for each in kept_anyway if each is not None}
    saved: dict[int, Any] = {}

    def pack(tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage._cdata not in left_out:
            saved[storage._cdata] = storage

    _cast_for_attention(module, dtype)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda packed: packed):
        with _WeightCasts(module) as noted, cuda_autocast(dtype):
            module(*inputs)
    casts = sum(storage.nbytes() for key, storage in saved.items() if key in noted.casts)
    return sum(storage.nbytes() for storage in saved.values()) - casts, casts

"""torch's own autocast on a CPU, with the lists of its CUDA operations.

torch casts to the lower precision on a CPU what it casts on CUDA, of all operations that models here have, and keeps
the casts of weights in the same cache. The operations that it computes in float32 on CUDA a CPU takes as they come:
they are given kernels here, after the lists in torch's ATen/autocast_mode.h, which `torch.amp` documents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

_TO_FLOAT32 = (
    "acos", "asin", "cosh", "cosine_similarity", "exp", "expm1", "group_norm", "layer_norm", "log", "log10", "log1p",
    "log2", "logsumexp", "native_layer_norm", "pow.Scalar", "pow.Tensor_Scalar", "pow.Tensor_Tensor", "reciprocal",
    "rms_norm", "rsqrt", "sinh", "softplus", "tan",
)  # fmt: skip
"""What they take is cast."""
_IN_FLOAT32 = ("cumprod", "cumsum", "linalg_vector_norm", "log_softmax.int", "softmax.int", "sum", "sum.dim_IntList")
"""Their result is of float32 where no dtype is given."""
_KEY = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU)


@contextmanager
def cuda_autocast(dtype: torch.dtype) -> Iterator[None]:
    """Autocast on a CPU as on CUDA."""
    with cuda_lists(), torch.autocast("cpu", dtype=dtype):
        yield


@contextmanager
def cuda_lists() -> Iterator[None]:
    """Autocast on a CPU, where it runs inside, with the lists of CUDA."""
    library: Any = torch.library.Library("aten", "IMPL", "AutocastCPU")  # type: ignore[no-untyped-call]
    try:
        for names, kernel in ((_TO_FLOAT32, _to_float32), (_IN_FLOAT32, _in_float32)):
            for name in names:
                packet, _, overload = name.partition(".")
                operation = getattr(getattr(torch.ops.aten, packet), overload or "default")
                library.impl(name, partial(kernel, operation))
        yield
    finally:
        library._destroy()


def _to_float32(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    with torch._C._ExcludeDispatchKeyGuard(_KEY):
        args, kwargs = tree_map(lambda value: value.float() if _is_lower(value) else value, (args, kwargs))
        return operation(*args, **kwargs)


def _in_float32(operation: Any, *args: Any, **kwargs: Any) -> Any:
    with torch._C._ExcludeDispatchKeyGuard(_KEY):
        names = [argument.name for argument in operation._schema.arguments]
        given = dict(zip(names, args, strict=False)) | kwargs
        if given.get("dtype") is None and _is_lower(args[0]):
            given["dtype"] = torch.float32
        return operation(**given)


def _is_lower(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16)

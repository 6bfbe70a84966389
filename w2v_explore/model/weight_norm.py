"""The weight-norm of the positional convolution, as a parametrization of torch's own."""

from __future__ import annotations

import copy
from typing import Any, Dict, Tuple  # noqa: UP035  (torch.jit.script reads these)

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

# TorchScript compiles the annotations below.
# ruff: noqa: UP006


class WeightNorm(nn.Module):
    """A convolution's weight from magnitude (1, 1, K) and direction (out, in / groups, K), normalised per position."""

    def forward(self, magnitude: Tensor, direction: Tensor) -> Tensor:
        """The weight, (out, in / groups, K)."""
        return torch._weight_norm(direction, magnitude, 2)

    def right_inverse(self, weight: Tensor) -> Tuple[Tensor, Tensor]:
        """The magnitude and the direction of a weight."""
        return torch.norm_except_dim(weight, 2, 2), weight


def weight_norm(conv: nn.Conv1d) -> nn.Conv1d:
    """Parametrize the weight of a 1-d convolution by a `WeightNorm`; returns the same convolution.

    It is a parametrization of ``torch.nn.utils.parametrize``, with the names of torch's ``weight_norm`` in the
    state_dict. Unlike what that makes it can be pickled, scripted, and copied without sharing a class with its copy.
    """
    parametrize.register_parametrization(conv, "weight", WeightNorm(), unsafe=True)
    return _with_methods(conv)


def _with_methods(conv: nn.Conv1d) -> nn.Conv1d:
    """Complete the class that torch gives to each parametrized module, and takes away with the last parametrization."""
    for name in _METHODS:
        setattr(type(conv), name, getattr(_ParametrizedConv1d, name))
    return conv


class _ParametrizedConv1d(nn.Conv1d):
    """The methods of the class of a weight-normalised convolution; there is no instance of this one."""

    parametrizations: nn.ModuleDict
    # A property cannot be compiled when its value is a tensor made by a submodule.
    __jit_unused_properties__ = ["weight"]  # noqa: RUF012

    def forward(self, x: Tensor) -> Tensor:
        """(B, D, T) → (B, D, T + 2 · padding - K + 1)."""
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            weights = self.parametrizations["weight"]
            if len(weights) > 1:  # type: ignore[arg-type]
                raise RuntimeError("a weight with more parametrizations than weight-norm cannot be scripted")
            weight = torch._weight_norm(weights.original1, weights.original0, 2)  # type: ignore[arg-type]
            return self._conv_forward(x, weight, self.bias)
        return self._conv_forward(x, self.weight, self.bias)

    def _load_from_state_dict(self, state_dict: Dict[str, Any], prefix: str, *args: Any) -> None:
        """Also take the names of torch's first weight_norm, ``weight_g`` and ``weight_v``."""
        for old, new in (("weight_g", "original0"), ("weight_v", "original1")):
            if prefix + old in state_dict:
                state_dict[f"{prefix}parametrizations.weight.{new}"] = state_dict.pop(prefix + old)
        nn.Conv1d._load_from_state_dict(self, state_dict, prefix, *args)

    def __reduce_ex__(self, protocol: Any) -> Tuple[Any, ...]:
        """Pickle without the class, which no module has by its name."""
        return _parametrized, tuple(self.parametrizations), self.__dict__

    def __deepcopy__(self, memo: Dict[int, Any]) -> nn.Conv1d:
        """A copy with a class of its own, since torch changes the class when it removes a parametrization."""
        duplicate = _parametrized(*self.parametrizations)
        memo[id(self)] = duplicate
        duplicate.__setstate__(copy.deepcopy(self.__dict__, memo))  # type: ignore[no-untyped-call]
        return duplicate


_METHODS = ("__jit_unused_properties__", "forward", "_load_from_state_dict", "__reduce_ex__", "__deepcopy__")


def _parametrized(*names: str) -> nn.Conv1d:
    """A convolution whose class is that of one with these tensors parametrized; its state is to be replaced."""
    conv = nn.Conv1d(1, 1, 1, device="meta")
    for name in names:
        parametrize.register_parametrization(conv, name, nn.Identity())
    return _with_methods(conv)

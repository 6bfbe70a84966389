"""A training step, phase by phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from w2v_explore.analysis.memory.recipe import precision_named

# Gradients are divided by their number first: none becomes infinite, which would have the optimizer left out.
_FIRST_SCALE = 2.0**10

MakeOptimizer = Callable[[list[nn.Parameter]], torch.optim.Optimizer]
"""Makes the optimizer of some parameters."""


class TrainingStep:
    """A model with what trains it.

    Args:
        model: In training mode, its weights in float32.
        waveforms: On the host.
        device: The model's.
        precision: ``float32``, or a name in `recipe.PRECISIONS` under which autocast runs.
        make_optimizer: Called with the parameters that are trained.
    """

    def __init__(
        self,
        model: nn.Module,
        waveforms: Tensor,
        device: torch.device,
        precision: str,
        make_optimizer: MakeOptimizer = torch.optim.AdamW,
    ) -> None:
        self._model, self._waveforms, self._device = model, waveforms, device
        self._lower = precision_named(precision).autocast
        self._optimizer = make_optimizer([each for each in model.parameters() if each.requires_grad])
        is_scaled = self._lower == "float16"
        self._scaler = torch.amp.GradScaler(device.type, init_scale=_FIRST_SCALE) if is_scaled else None

    def phases(self) -> Iterator[tuple[str, int]]:
        """A step; yields each phase when it is over, and the bytes of the output as long as there is one."""
        with self.autocast():
            output = self._model(self.on_device())[0]
        yield "forward", output.nbytes
        gradient = torch.full_like(output, 1 / output.numel())
        (output if self._scaler is None else self._scaler.scale(output)).backward(gradient)
        del output, gradient
        yield "backward", 0
        if self._scaler is None:
            self._optimizer.step()
        else:
            self._scaler.step(self._optimizer)
            self._scaler.update()
        yield "optimizer", 0
        self._optimizer.zero_grad()

    def run(self) -> None:
        """All of it."""
        for _ in self.phases():
            pass

    def autocast(self) -> AbstractContextManager[object]:
        """Operations in the lower precision, where there is one."""
        return autocast(self._device, self._lower)

    def on_device(self) -> Tensor:
        """The waveforms, of which nobody else holds this copy: it stays as long as the backward pass needs it."""
        return self._waveforms.to(self._device, copy=True)

    def state_tensors(self) -> list[Tensor]:
        """What the optimizer keeps, without the numbers of steps, which stay on the host."""
        return [each for state in self._optimizer.state.values() for each in state.values() if each.ndim]


def autocast(device: torch.device, lower: str) -> AbstractContextManager[object]:
    """Operations in a lower precision, where one is named."""
    return torch.autocast(device.type, getattr(torch, lower)) if lower else nullcontext()

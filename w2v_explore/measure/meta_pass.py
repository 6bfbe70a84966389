"""What torch says of a built model without allocating it: its state_dict, the shapes that pass through, its MACs.

On the meta device tensors have a shape and a dtype but no data, so that the largest model takes seconds and no memory.
Attention is two matrix products there, which torch's FLOP counter sees; on a CPU it is one kernel, which it does not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.workload import Workload
from w2v_explore.measure.from_tree import input_shape, keep_every_layer, train_only
from w2v_explore.model.materialize import Modules, materialize
from w2v_explore.model.weight_norm import WeightNorm
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Shape

_KINDS = {
    "aten.convolution": "convolution",
    "aten.convolution_backward": "convolution",
    "aten.addmm": "linear",
    "aten.mm": "linear",
    "aten.bmm": "attention",
}
OTHER = "other"
"""Where the MACs of an operation go that no kind is known for."""


class MetaPass(NamedTuple):
    """One training step on the meta device, no layer dropped.

    Attributes:
        parameters: Elements of the model's parameters.
        state_dict: Its keys and their shapes, in its order; those of buffers are among them.
        output_shapes: The shape that each module put out that was called, by module path.
        forward: MACs of the forward pass as torch counts them, by kind of operation, and `OTHER`.
        backward: The same for the backward pass.
        with_gradient: The names of the parameters that have a gradient after it.
    """

    parameters: int
    state_dict: tuple[tuple[str, Shape], ...]
    output_shapes: Mapping[str, Shape]
    forward: Mapping[str, int]
    backward: Mapping[str, int]
    with_gradient: frozenset[str]


def run_on_meta(tree: Layer, modules: Modules, workload: Workload, trained: Collection[str] | None = None) -> MetaPass:
    """Make the model of a tree on meta and take it through a forward and a backward pass.

    Args:
        tree: The model's.
        modules: Those of its family (`materialize`).
        workload: What it takes.
        trained: The names of the parameters that are trained; all where it is None.
    """
    model = materialize(tree, modules, device=torch.device("meta"), dtype=torch.float32).train()
    train_only(model, trained)
    keep_every_layer(model, tree)
    output_shapes = _record_output_shapes(model)
    taken = torch.empty(input_shape(tree, workload), device="meta")
    with FlopCounterMode(display=False) as forward:
        outputs: tuple[Tensor | None, ...] = model(taken)
    loss = torch.stack([output.sum() for output in outputs if output is not None and output.requires_grad]).sum()
    with FlopCounterMode(display=False) as backward:
        loss.backward()  # type: ignore[no-untyped-call]
    return MetaPass(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        state_dict=tuple((key, tuple(value.shape)) for key, value in model.state_dict().items()),
        output_shapes=output_shapes,
        forward=_macs_by_kind(forward),
        backward=_macs_by_kind(backward),
        with_gradient=frozenset(name for name, each in model.named_parameters() if each.grad is not None),
    )


def first_tensor(output: Any) -> Tensor | None:
    """What a module puts out, or the first of several, of which some may be None, as what a config leaves out."""
    tensors: tuple[Tensor | None, ...] = output if isinstance(output, tuple) else (output,)
    return next((tensor for tensor in tensors if tensor is not None), None)


def overcounts_grouped_convolutions() -> bool:
    """Whether torch's counter takes a grouped convolution's weight gradient for an ungrouped one's; 2.13 does."""
    flops: list[int] = []
    for groups in (1, 2):
        conv = nn.Conv1d(2, 2, 1, groups=groups, bias=False, device="meta")
        output = conv(torch.empty(1, 2, 1, device="meta"))
        with FlopCounterMode(display=False) as counter:
            output.sum().backward()
        flops.append(int(counter.get_total_flops()))
    return flops[0] == flops[1]


def _record_output_shapes(model: nn.Module) -> dict[str, Shape]:
    """A dict that fills with the shapes that modules put out, as they are called."""
    shapes: dict[str, Shape] = {}

    def record(path: str) -> Any:
        def hook(module: nn.Module, inputs: object, output: Any) -> None:
            tensor = first_tensor(output)
            if tensor is not None:
                shapes[path] = tuple(tensor.shape)

        return hook

    for path, module in model.named_modules():
        # What makes a parametrized weight is inside of torch's module for it, which alone the architecture has.
        if not isinstance(module, WeightNorm):
            module.register_forward_hook(record(path))
    return shapes


def _macs_by_kind(counter: FlopCounterMode) -> dict[str, int]:
    """Half of what a counter has: it counts two FLOPs a MAC."""
    macs = dict.fromkeys((*Macs._fields, OTHER), 0)
    for operation, flops in counter.get_flop_counts().get("Global", {}).items():
        macs[_KINDS.get(str(operation), OTHER)] += int(flops) // 2
    return macs

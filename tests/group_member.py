"""What a process of a group does: see `process_groups`, which starts it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.fsdp2_mem_tracker import FSDPMemTracker
from torch.distributed._tools.mem_tracker import MemTracker
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import (
    FullyShardedDataParallel,
    MixedPrecision,
    MixedPrecisionPolicy,
    ShardingStrategy,
    fully_shard,
)
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel
from torch.testing._internal.distributed.fake_pg import FakeStore

from tests.process_groups import PROCESSES, Case, Peak, PeakCase, States
from w2v_explore import Workload, build_architecture, build_model
from w2v_explore.analysis.plan.units import Unit, units
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.measure import tracking
from w2v_explore.measure.from_tree import input_shape, keep_every_layer
from w2v_explore.tree.layer import Layer

OPTIMIZERS: dict[str, Any] = {
    "adamw": torch.optim.AdamW,
    "sgd": partial(torch.optim.SGD, momentum=0.9),
    "adafactor": torch.optim.Adafactor,
}


def states(rank: int, store: str, cases: Sequence[Case]) -> list[States | None]:
    """The states of a process of four after two steps of each case; None where it is not in the case's group."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=PROCESSES)
    # Every process makes every group, also those that it is not in.
    groups = {devices: dist.new_group(range(devices)) for devices in range(2, PROCESSES + 1)}
    shapes = dict.fromkeys([_mesh_shape(case) for case in cases])
    meshes = {shape: _mesh(shape) for shape in shapes}
    answers = [
        _states(case, groups[case.devices], meshes[_mesh_shape(case)]) if rank < case.devices else None
        for case in cases
    ]
    dist.barrier()
    dist.destroy_process_group()
    return answers


def _mesh_shape(case: Case | PeakCase) -> tuple[int, ...]:
    if case.strategy == "fsdp-hybrid":
        return case.devices // case.per_node, case.per_node
    return (case.devices,)


def _mesh(shape: tuple[int, ...]) -> DeviceMesh:
    devices = torch.arange(shape[0] * (shape[1] if len(shape) > 1 else 1)).reshape(shape)
    return DeviceMesh("cpu", devices, mesh_dim_names=("replicated", "sharded")[-len(shape) :])


def _layers(model: nn.Module, tree: Layer) -> list[nn.Module]:
    return [model.get_submodule(unit.path) for unit in units(tree) if unit.path]


def _fsdp1(model: nn.Module, tree: Layer, strategy: str, **options: Any) -> FullyShardedDataParallel:
    layers = {*_layers(model, tree)}
    sharding = ShardingStrategy.SHARD_GRAD_OP if strategy == "zero2" else ShardingStrategy.FULL_SHARD
    return FullyShardedDataParallel(
        model,
        sharding_strategy=sharding,
        auto_wrap_policy=lambda module, recurse, **_: recurse or module in layers,
        device_id=torch.device("cpu"),
        **options,
    )


def _states(case: Case, group: Any, mesh: DeviceMesh) -> States:
    torch.manual_seed(0)
    tree = build_architecture(case.config)
    model = build_model(case.config).train()
    keep_every_layer(model, tree)
    given = torch.randn(input_shape(tree, Workload(samples=minimum_samples(case.config, 2) + 100, batch=2)))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in case.frozen)
    buckets: dict[int, int] = {}
    wrapped: nn.Module = model
    if case.strategy in ("ddp", "zero1"):
        wrapped = DistributedDataParallel(
            model,
            process_group=group,
            gradient_as_bucket_view=case.bucket_views,
            bucket_cap_mb=case.bucket_megabytes,
        )

        def reduce(_, bucket):  # type: ignore[no-untyped-def]  # torch wants the types themselves, or none
            storage = bucket.buffer().untyped_storage()
            buckets[storage.data_ptr()] = storage.nbytes()
            work = dist.all_reduce(bucket.buffer(), group=group, async_op=True)
            return work.get_future().then(lambda future: future.value()[0])

        wrapped.register_comm_hook(None, reduce)
    elif case.strategy in ("zero2", "zero3"):
        is_mixed = any(_is_mixed(unit, case.frozen) for unit in _joined(units(tree)))
        wrapped = _fsdp1(model, tree, case.strategy, process_group=group, use_orig_params=is_mixed)
    else:
        for layer in _layers(model, tree):
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
    trained = [parameter for parameter in wrapped.parameters() if parameter.requires_grad]
    if case.strategy == "zero1":
        optimizer: Any = ZeroRedundancyOptimizer(trained, OPTIMIZERS[case.optimizer], process_group=group, lr=1e-3)
    else:
        optimizer = OPTIMIZERS[case.optimizer](trained, lr=1e-3)
    for _ in range(2):
        optimizer.zero_grad()
        buckets.clear()
        _loss(wrapped(given)).backward()
        optimizer.step()
    local = optimizer.optim if case.strategy == "zero1" else optimizer
    states = [value for state in local.state.values() for value in state.values() if isinstance(value, Tensor)]
    return States(
        _bytes(wrapped.parameters()),
        _bytes([parameter.grad for parameter in wrapped.parameters() if parameter.grad is not None]),
        _bytes([state for state in states if state.ndim]),  # the numbers of steps stay with the host
        sum(buckets.values()),
    )


def _joined(parts: Sequence[Unit]) -> list[Unit]:
    """Units, of which what is round the layers is one."""
    root = {name: shape for unit in parts if not unit.path for name, shape in unit.parameters.items()}
    return [Unit("", root), *[unit for unit in parts if unit.path]]


def _is_mixed(unit: Unit, frozen: frozenset[str]) -> bool:
    return 0 < len(unit.trained(lambda name: name not in frozen)) < len(unit.parameters)


def _loss(output: Any) -> Tensor:
    """The sum of all that a model puts out and that depends on its parameters."""
    if isinstance(output, Tensor):
        return output.float().sum() if output.requires_grad else torch.zeros(())
    items = output.values() if isinstance(output, dict) else output if isinstance(output, (tuple, list)) else ()
    return sum([_loss(item) for item in items], torch.zeros(()))


def _bytes(tensors: Any) -> int:
    """Of the storages behind tensors, each once; of a sharded one, of its own shard."""
    storages = [getattr(tensor, "_local_tensor", tensor).untyped_storage() for tensor in tensors]
    return sum({storage._cdata: storage.nbytes() for storage in storages}.values())


def peaks(cases: Sequence[PeakCase]) -> list[Peak]:
    """The peaks of cases, each in a group of its own."""
    found = []
    for case in cases:
        dist.init_process_group("fake", rank=0, world_size=case.devices, store=FakeStore())
        found.append(Peak(*_peak(case)))
        dist.destroy_process_group()
    return found


def _peak(case: PeakCase) -> tuple[int, int, int]:
    tree = build_architecture(case.config)
    mesh = _mesh(_mesh_shape(case))
    types = {"param_dtype": getattr(torch, case.gathered), "reduce_dtype": getattr(torch, case.reduced)}
    with FakeTensorMode():
        wrapped: Any = build_model(case.config).train()
        tracking._use_accelerator_attention(wrapped)
        tracking.use_accelerator_dropout(wrapped)
        keep_every_layer(wrapped, tree)
        for name, parameter in wrapped.named_parameters():
            parameter.requires_grad_(name not in case.frozen)
        if case.checkpointing:
            tracking.checkpoint_layers(wrapped, tree)
        given = torch.randn(input_shape(tree, Workload(samples=case.samples, batch=case.batch)))
        if case.strategy.startswith("fsdp"):
            for layer in _layers(wrapped, tree):
                fully_shard(layer, mesh=mesh, mp_policy=MixedPrecisionPolicy(**types))
            fully_shard(wrapped, mesh=mesh, mp_policy=MixedPrecisionPolicy(**types))
            tracker: Any = FSDPMemTracker(wrapped)
            tracker.track_inputs((given,))
        else:
            is_mixed = any(_is_mixed(unit, case.frozen) for unit in _joined(units(tree)))
            wrapped = _fsdp1(
                wrapped, tree, case.strategy, mixed_precision=MixedPrecision(**types), use_orig_params=is_mixed
            )
            tracker = _Weights()
            tracker.track_external(wrapped, given)
            shares = sum(parameter.untyped_storage().nbytes() for parameter in wrapped.parameters())
        for step in range(case.steps):
            tracker.reset_mod_stats()
            if not case.reduces_each:
                wrapped.set_requires_gradient_sync(step == case.steps - 1)
            with tracker:
                tracking.run_backward(wrapped(given))
    total = _by_kind(tracker.get_tracker_snapshot("peak"))["Total"]
    if not case.strategy.startswith("fsdp"):
        return total, tracker.most - shares, 0
    stocks = [
        _by_kind(snapshot)
        for module in tracker.memory_tracking.values()
        for snapshots in module.snapshots.values()
        for snapshot in snapshots
    ]
    weights = [stock["Unsharded Param"] + stock["All Gather"] for stock in stocks]
    gradients = [stock["Unsharded Grad"] + stock["Reduce Scatter"] for stock in stocks]
    return total, max(weights), max(map(sum, zip(weights, gradients, strict=True)))


class _Weights(MemTracker):
    """The most of all parameters."""

    most = 0

    def _update_peak_stats(self, state: Any) -> None:
        super()._update_peak_stats(state)
        self.most = max(self.most, _by_kind(self._curr_mem_snap)["Parameter"])


def _by_kind(snapshot: Any) -> dict[str, int]:
    """What a tracker says of the one device, by what it is."""
    (of_device,) = snapshot.values()
    return {str(getattr(kind, "value", kind)): size for kind, size in of_device.items()}

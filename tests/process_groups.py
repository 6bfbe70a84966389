"""Training steps in real process groups of CPU processes, and the bytes that each process has afterwards."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FullyShardedDataParallel, MixedPrecisionPolicy, ShardingStrategy, fully_shard
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.nn.parallel import DistributedDataParallel

from w2v_explore import ModelConfig, Workload, build_architecture, build_model
from w2v_explore.analysis.plan.strategies import units
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.measure.from_tree import input_shape, keep_every_layer

PROCESSES = 4


class Case(NamedTuple):
    """What is trained, and how."""

    config: ModelConfig
    strategy: str
    devices: int
    per_node: int = 2
    bucket_views: bool = False


class States(NamedTuple):
    """Bytes of a process's storages after a step."""

    parameters: int
    gradients: int
    optimizer: int
    buckets: int


def states_of(cases: Sequence[Case]) -> list[States]:
    """The most that any process of a case's group has, each case trained for two steps."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with tempfile.TemporaryDirectory() as folder:
        queue = context.SimpleQueue()
        processes = [
            context.Process(target=_work, args=(rank, os.path.join(folder, "store"), cases, queue), daemon=True)
            for rank in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        found = [queue.get() for _ in processes]
        for process in processes:
            process.join()
    for answer in found:
        if isinstance(answer, str):
            raise AssertionError(answer)
    return [
        States(*map(max, zip(*[answer[number] for answer in found if answer[number] is not None], strict=True)))
        for number in range(len(cases))
    ]


def _work(rank: int, store: str, cases: Sequence[Case], queue: Any) -> None:
    import traceback

    torch.set_num_threads(1)
    try:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=PROCESSES)
        groups = {devices: dist.new_group(range(devices)) for devices in range(2, PROCESSES + 1)}
        # Every process makes every mesh, also those that it is not in.
        meshes: dict[Any, DeviceMesh] = {}
        for case in cases:
            shape = _mesh_shape(case)
            if shape not in meshes:
                names = ("replicated", "sharded")[-len(shape) :]
                meshes[shape] = DeviceMesh("cpu", torch.arange(case.devices).reshape(shape), mesh_dim_names=names)
        answers = [
            _states(case, groups[case.devices], meshes[_mesh_shape(case)]) if rank < case.devices else None
            for case in cases
        ]
        dist.barrier()
        dist.destroy_process_group()
        queue.put(answers)
    except BaseException:
        queue.put(traceback.format_exc())


def _mesh_shape(case: Case) -> tuple[int, ...]:
    if case.strategy == "fsdp-hybrid":
        return case.devices // case.per_node, case.per_node
    return (case.devices,)


def _states(case: Case, group: Any, mesh: DeviceMesh) -> States:
    torch.manual_seed(0)
    tree = build_architecture(case.config)
    model = build_model(case.config).train()
    keep_every_layer(model, tree)
    samples = minimum_samples(case.config, 2) + 100
    given = torch.randn(input_shape(tree, Workload(samples=samples, batch=2)))
    layers = {model.get_submodule(unit.path) for unit in units(tree) if unit.path}
    buckets: dict[int, int] = {}
    wrapped: nn.Module = model
    if case.strategy in ("ddp", "zero1"):
        wrapped = DistributedDataParallel(
            model, process_group=group, gradient_as_bucket_view=case.bucket_views, find_unused_parameters=True
        )

        def reduce(_, bucket):  # torch reads annotations, and takes no postponed ones
            storage = bucket.buffer().untyped_storage()
            buckets[storage.data_ptr()] = storage.nbytes()
            work = dist.all_reduce(bucket.buffer(), group=group, async_op=True)
            return work.get_future().then(lambda future: future.value()[0])

        wrapped.register_comm_hook(None, reduce)
    elif case.strategy in ("zero2", "zero3"):
        wrapped = FullyShardedDataParallel(
            model,
            process_group=group,
            sharding_strategy=ShardingStrategy.SHARD_GRAD_OP if case.strategy == "zero2" else ShardingStrategy.FULL_SHARD,
            auto_wrap_policy=lambda module, recurse, **_: recurse or module in layers,
            device_id=torch.device("cpu"),
        )
    else:
        for layer in layers:
            fully_shard(layer, mesh=mesh)
        fully_shard(model, mesh=mesh)
    if case.strategy == "zero1":
        optimizer: Any = ZeroRedundancyOptimizer(wrapped.parameters(), torch.optim.AdamW, process_group=group)
    else:
        optimizer = torch.optim.AdamW(wrapped.parameters())
    for _ in range(2):
        optimizer.zero_grad()
        buckets.clear()
        sum(tensor.sum() for tensor in _tensors(wrapped(given)) if tensor.requires_grad).backward()
        optimizer.step()
    local = optimizer.optim if case.strategy == "zero1" else optimizer
    states = [value for state in local.state.values() for value in state.values() if isinstance(value, Tensor)]
    return States(
        _bytes(wrapped.parameters()),
        _bytes([p.grad for p in wrapped.parameters() if p.grad is not None]),
        _bytes([state for state in states if state.ndim]),
        sum(buckets.values()),
    )


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, (tuple, list)):
        return [tensor for item in output for tensor in _tensors(item)]
    if isinstance(output, dict):
        return _tensors(list(output.values()))
    return []


def _bytes(tensors: Any) -> int:
    """Of the storages behind tensors, each once."""
    locals_ = [getattr(tensor, "_local_tensor", tensor) for tensor in tensors]
    storages = {t.untyped_storage()._cdata: t.untyped_storage().nbytes() for t in locals_}
    return sum(storages.values())

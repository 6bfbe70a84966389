"""Training in a process group of one: what DDP and FSDP hold from step to step, beside the closed forms of `plan`.

A group of one shards nothing, so that each strategy holds all of the model; DDP has its buckets all the same. States
are the storages behind parameters, gradients and moments; what is allocated is the card's own count.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.distributed.fsdp
from torch import Tensor, nn

from benchmarks.gpu.counter import MemoryCounter, free_bytes_now, with_spare
from benchmarks.gpu.findings import Attempt, Context, Figure, Finding, attempt_in_time, judged
from benchmarks.gpu.models import TWO_LAYERS, analysis_of, waveforms_of
from benchmarks.gpu.training_step import TrainingStep
from w2v_explore import Analysis, build_model
from w2v_explore.analysis.plan.gathering import ElementBytes
from w2v_explore.analysis.plan.stages import StepStages
from w2v_explore.analysis.plan.strategies import DeviceMemory, device_memory, divide
from w2v_explore.analysis.plan.units import units
from w2v_explore.model.device import current_device, find_device

_PRESETS = ("base", "large", "wavlm_base")
_SECONDS, _BATCH = 10.0, 8
_QUICK_SECONDS, _QUICK_BATCH = 0.1, 1
_STRATEGIES = {"ddp": "DistributedDataParallel", "fsdp": "fully_shard"}

# Float32 with AdamW.
_ELEMENT = ElementBytes(weight=4, gradient=4)


class States(NamedTuple):
    """Bytes that there are from step to step.

    Attributes:
        parameters: The weights.
        gradients: Until they are given back.
        optimizer: Moments.
        buckets: In which DDP reduces gradients.
    """

    parameters: int
    gradients: int
    optimizer: int
    buckets: int


def compare_groups(context: Context) -> Iterator[Finding]:
    """DDP and FSDP of each preset, as long as there is time."""
    device = find_device(context.device)
    backend = "nccl" if context.on_cuda else "gloo"
    if not (dist.is_available() and dist.is_backend_available(backend)):
        yield Finding("a group of one", "skipped", {}, f"torch {torch.__version__} was built without {backend}")
        return
    with current_device(device), tempfile.TemporaryDirectory() as folder:
        dist.init_process_group(backend, init_method=f"file://{Path(folder, 'store')}", rank=0, world_size=1)
        try:
            yield from attempt_in_time(context, _attempts(context, device))
        finally:
            dist.destroy_process_group()


def _attempts(context: Context, device: torch.device) -> Iterator[Attempt]:
    for preset in _PRESETS[:1] if context.quick else _PRESETS:
        small = (TWO_LAYERS,) if context.quick else ()
        seconds, batch = (_QUICK_SECONDS, _QUICK_BATCH) if context.quick else (_SECONDS, _BATCH)
        analysis = analysis_of(preset, seconds, "encoder_layer_drop=0", *small, batch=batch)
        # Buckets, or gathered weights and gradients, beside.
        needed = analysis.training.peak_bytes(checkpointing=False) + 8 * analysis.parameters
        for strategy, title in _STRATEGIES.items():
            compare = partial(compare_strategy, strategy, analysis, device)
            yield Attempt(f"{preset}, float32: {title}", compare, with_spare(needed), free_bytes_now(device))


def compare_strategy(strategy: str, analysis: Analysis, device: torch.device, what: str) -> Finding:
    """The states of a process beside the closed form, and the peak where the device counts it."""
    if strategy == "fsdp" and not hasattr(torch.distributed.fsdp, "fully_shard"):
        return Finding(what, "skipped", {}, f"torch {torch.__version__} has no fully_shard; give 2.6 or later")
    waveforms = waveforms_of(analysis, "cpu")
    model = build_model(analysis.config, device=device).train()
    buckets: dict[int, int] = {}
    wrapped = _in_ddp(model, buckets) if strategy == "ddp" else _in_fsdp(model, analysis, device)
    # What there was before is gone only when a model is wrapped: what this one has by now is added to what is counted.
    counter = MemoryCounter(device) if device.type == "cuda" else None
    step = TrainingStep(wrapped, waveforms, device, "float32")
    step.run()  # makes moments
    step.run()  # DDP orders its buckets anew, and has them twice meanwhile
    buckets.clear()
    if counter is not None:
        counter.begin()
    gradients = 0
    counted = 0
    for phase, _ in step.phases():
        if phase == "backward":
            counted = 0 if counter is None else counter.peak().allocated
            gradients = _storage_bytes([each.grad for each in wrapped.parameters() if each.grad is not None])
    parameters, moments = _storage_bytes(wrapped.parameters()), _storage_bytes(step.state_tensors())
    measured = States(parameters, gradients, moments, sum(buckets.values()))
    peak = None if counter is None else counted + measured.parameters + measured.buckets
    return judge_states(what, measured, closed_states(strategy, analysis), peak, _closed_peak(strategy, analysis))


def closed_states(strategy: str, analysis: Analysis) -> States:
    """Those of a process that has all of the model."""
    held = _closed_memory(analysis)
    return States(held.parameters, held.gradients, held.optimizer, held.gathered if strategy == "ddp" else 0)


def judge_states(what: str, measured: States, closed: States, peak: int | None, closed_peak: int | None) -> Finding:
    """Whether states are the closed form's, to the byte."""
    figures: dict[str, Figure] = {}
    for name, found, expected in zip(States._fields, measured, closed, strict=True):
        figures |= {f"{name}_bytes": found, f"{name}_difference_bytes": found - expected}
    figures |= {"allocated_bytes": peak, "closed_form_bytes": closed_peak}
    note = (
        "states are the closed form's to the byte; the peak of forward and backward is not judged: blocks of the "
        "allocator, workspaces and the gradient of the output, which the step holds to the end, are not in the closed "
        "form, and fully_shard has none for one device"
    )
    return judged(what, measured == closed, figures, note)


def _closed_peak(strategy: str, analysis: Analysis) -> int | None:
    return _closed_memory(analysis).total if strategy == "ddp" else None


def _closed_memory(analysis: Analysis) -> DeviceMemory:
    """What DDP has, whose buckets are there in a group of one too, as among two devices."""
    parts = units(analysis.tree)
    step = StepStages(analysis.calls, parts)
    stages = step.of(analysis.workload, analysis.takes.flow(analysis.workload.samples), checkpointing=False)
    return device_memory(divide(analysis.tree, parts, "ddp", 2, _ELEMENT), _ELEMENT, stages)


def _in_ddp(model: nn.Module, buckets: dict[int, int]) -> nn.Module:
    """The model, whose buckets are noted by their address when they are reduced."""
    from torch.nn.parallel import DistributedDataParallel

    def reduce(_, bucket):  # type: ignore[no-untyped-def]  # torch wants the types themselves, or none
        storage = bucket.buffer().untyped_storage()
        buckets[storage.data_ptr()] = storage.nbytes()
        work = dist.all_reduce(bucket.buffer(), async_op=True)
        return work.get_future().then(lambda future: future.value()[0])

    wrapped = DistributedDataParallel(model)
    wrapped.register_comm_hook(None, reduce)
    return wrapped


def _in_fsdp(model: nn.Module, analysis: Analysis, device: torch.device) -> nn.Module:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.type, (1,))
    for unit in units(analysis.tree):
        if unit.path:
            fully_shard(model.get_submodule(unit.path), mesh=mesh)
    fully_shard(model, mesh=mesh)
    return model


def _storage_bytes(tensors: Iterable[Tensor]) -> int:
    """Of the storages behind tensors, each once; of a sharded one, of its own shard."""
    storages = [getattr(tensor, "_local_tensor", tensor).untyped_storage() for tensor in tensors]
    return sum({storage._cdata: storage.nbytes() for storage in storages}.values())

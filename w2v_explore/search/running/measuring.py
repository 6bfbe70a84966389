"""Designs measured by the workers of a Dask cluster: one worker for each kind of device that they have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from w2v_explore.analysis.workload import Workload
from w2v_explore.config.load import Config
from w2v_explore.errors import WorkersError
from w2v_explore.search.measured import Device, Measured, device_here, measure
from w2v_explore.search.running.cluster import LOOK_S, cluster_at, refusing

if TYPE_CHECKING:
    from distributed import Client


def measure_by_cluster(
    base: Config, designs: Sequence[Config], workload: Workload, device: str, runs: int | None, address: str
) -> list[Measured]:
    """What each kind of device says of designs; all of them are measured in turns by one worker of each kind.

    Args:
        base: The config that the space is around.
        designs: The designs.
        workload: What is computed.
        device: As in ``summary --device``, of the workers.
        runs: Turns.
        address: The scheduler's.

    Raises:
        DeviceError: A worker's device is absent, or too small for the models together.
        WorkersError: As in `cluster.cluster_at`; or no worker can measure, or all of a kind died.
    """
    found = []
    with cluster_at(address) as client:
        with refusing(address):
            kinds = _kinds(client, device)
        for kind, workers in sorted(kinds.items()):
            found.append(_measure_by_one(client, address, kind, workers, (base, designs, workload, device), runs))
    return found


def _kinds(client: Client, device: str) -> dict[Device, list[str]]:
    """The addresses of the workers that have each kind of device."""
    kinds: dict[Device, list[str]] = {}
    refusals = []
    for worker, said in sorted(client.run(device_here, device, on_error="return").items()):
        if isinstance(said, Device):
            kinds.setdefault(said, []).append(worker)
        else:
            refusals.append(f"{worker}: {said}")
    if not kinds:
        raise WorkersError(f"no worker can measure on {device}", *refusals[:3])
    return kinds


def _measure_by_one(
    client: Client,
    address: str,
    kind: Device,
    workers: Sequence[str],
    asked: tuple[Config, Sequence[Config], Workload, str],
    runs: int | None,
) -> Measured:
    """What the first of some workers says that stays alive."""
    from distributed import TimeoutError

    for worker in workers:
        with refusing(address):
            future = client.submit(measure, *asked, runs=runs, workers=[worker], pure=False)
        while True:
            try:
                with refusing(address):
                    measured: Measured = future.result(timeout=LOOK_S)
                return measured
            except TimeoutError:
                with refusing(address):
                    is_there = worker in client.nthreads()
                if not is_there:
                    future.cancel()
                    break
    raise WorkersError(f"all workers died that measured on {kind.device_name}; give each more memory")

"""What the machine is: card, driver, torch, memory, clocks, persistence."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterator

import torch

from benchmarks.gpu.findings import Context, Figure, Finding, judged, noted
from w2v_explore.model.device import device_name, find_device, free_bytes

_QUERIES = (
    "name",
    "driver_version",
    "persistence_mode",
    "compute_mode",
    "clocks.sm",
    "clocks.max.sm",
    "clocks.mem",
    "clocks.max.mem",
    "power.draw",
    "power.limit",
    "temperature.gpu",
    "utilization.gpu",
    "memory.total",
    "memory.used",
)


def describe_machine(context: Context) -> Iterator[Finding]:
    """Figures of the machine, and whether the device computes at all."""
    device = find_device(context.device)
    yield noted(
        "host",
        {
            "cores": torch.get_num_threads(),
            "system": platform.platform(),
            "torch": torch.__version__,
            "CUDA": torch.version.cuda,
            "cuDNN": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        },
    )
    if context.on_cuda:
        properties = torch.cuda.get_device_properties(device)
        yield noted(
            "card, by torch",
            {
                "name": properties.name,
                "compute_capability": f"{properties.major}.{properties.minor}",
                "multiprocessors": properties.multi_processor_count,
                "memory_bytes": properties.total_memory,
            },
        )
        yield _ask_driver()
    product = torch.ones(64, 64, device=device) @ torch.ones(64, 64, device=device)
    yield judged(
        "it computes",
        bool((product == 64).all()),
        {"device": device_name(device), "free_bytes": free_bytes(device)},
        "a product of two matrices of ones is right",
    )


def _ask_driver() -> Finding:
    """What nvidia-smi says of all cards, those of others among them."""
    if shutil.which("nvidia-smi") is None:
        return Finding("card, by its driver", "skipped", {}, "there is no nvidia-smi here")
    command = ["nvidia-smi", f"--query-gpu={','.join(_QUERIES)}", "--format=csv,noheader"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    cards = [line.split(", ") for line in answer.stdout.splitlines()]
    if answer.returncode or any(len(card) != len(_QUERIES) for card in cards):
        return Finding("card, by its driver", "skipped", {}, f"nvidia-smi says: {answer.stdout}{answer.stderr}".strip())
    figures: dict[str, Figure] = {
        name.replace(".", " "): "; ".join(values)
        for name, values in zip(_QUERIES, zip(*cards, strict=True), strict=True)
    }
    return noted("card, by its driver", figures)

"""Devices: finding one, and asking what it has free before anything is allocated on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import psutil
import torch

from w2v_explore.arguments import kind_of
from w2v_explore.errors import DeviceError
from w2v_explore.host import cpu_name

# The memory limit of a container (cgroup v2), and what it uses of it.
_CGROUP = Path("/sys/fs/cgroup")

_SMALLER = "choose a smaller model, a smaller dtype, a shorter input, a smaller batch or another device"

# What torch says, in lower case, where memory ends (the CPU's allocator, CUDA's, MPS's two ways) ...
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "invalid buffer size")
# ... and where a device lacks a kernel for a dtype.
_UNSUPPORTED = ("not implemented for", "not supported")


def find_device(name: str) -> torch.device:
    """The device of a name such as ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        DeviceError: There is no such device here; the message lists those that there are.
        TypeError: It is no text.
    """
    if not isinstance(name, str):
        raise TypeError(f"device is {kind_of(name)}; give cpu, cuda, cuda:1 or mps")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"{name} is no device; give cpu, cuda, cuda:1 or mps") from error
    index = device.index or 0
    present = {
        "cpu": index == 0,
        "cuda": torch.cuda.is_available() and index < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available() and index == 0,
    }.get(device.type)
    if present is None:
        raise DeviceError(f"{name} is no device that can be measured; give cpu, cuda, cuda:1 or mps")
    if not present:
        raise DeviceError(f"there is no device {name} here; there is {', '.join(_present_devices())}")
    return device


def _present_devices() -> list[str]:
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]


def device_name(device: torch.device) -> str:
    """What the hardware is called."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return cpu_name() or f"{device.type} ({torch.backends.cpu.get_cpu_capability()})"


def current_device(device: torch.device) -> AbstractContextManager[object]:
    """Make a device torch's current one of its kind: events and synchronisation concern that one."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


@contextmanager
def explain_device_errors(device: torch.device, what: str) -> Iterator[None]:
    """Turn what torch raises where memory or a kernel is missing into one clear message.

    Args:
        device: Where the work runs.
        what: What runs, for the message: ``base in float16``.

    Raises:
        DeviceError: The device ran out of memory, or cannot run the dtype. Other errors pass unchanged.
    """
    try:
        yield
    except DeviceError:
        raise
    except MemoryError as error:
        raise _out_of_memory(device, what) from error
    except RuntimeError as error:  # torch.cuda.OutOfMemoryError is one
        text = str(error)
        if any(hint in text.lower() for hint in _OUT_OF_MEMORY):
            raise _out_of_memory(device, what) from error
        if any(hint in text for hint in _UNSUPPORTED):
            raise DeviceError(f"{device} cannot run {what}: {text.splitlines()[0]}") from error
        raise


def _out_of_memory(device: torch.device, what: str) -> DeviceError:
    return DeviceError(f"{device} ran out of memory while it ran {what}; {_SMALLER}")


def free_bytes(device: torch.device) -> int | None:
    """Memory that can still be allocated on a device; None where nothing is allocated (meta).

    What torch's allocators hold without using it counts as free.
    """
    match device.type:
        case "cpu":
            available: int = psutil.virtual_memory().available
            return min(available, _container_free_bytes(default=available))
        case "cuda":
            held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
            return torch.cuda.mem_get_info(device)[0] + held
        case "mps":
            return torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory()
    return None


def _container_free_bytes(default: int) -> int:
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        return limit - int((_CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or the limit is "max"
        return default


def require_memory(device: torch.device, needed: int, purpose: str) -> None:
    """Refuse what does not fit, before it is allocated.

    Args:
        device: Where it is to be allocated.
        needed: Bytes.
        purpose: What needs them, for the message.

    Raises:
        DeviceError: Less is free than is needed; the message has both figures.
    """
    free = free_bytes(device)
    if free is not None and needed > free:
        raise DeviceError(
            f"{purpose} need {needed / 1e9:.2f} GB on {device}, where {free / 1e9:.2f} GB are free; {_SMALLER}"
        )

"""This machine as it can be known without importing torch: its processor, its torch, its cache folder."""

import os
from pathlib import Path

from w2v_explore.errors import MissingExtraError

_CPU_INFO = Path("/proc/cpuinfo")


def cpu_name() -> str | None:
    """What the processor is called; None where the system does not say."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def torch_version() -> str:
    """The version of the installed torch.

    It may lack the local part of ``torch.__version__`` (``+cu126``): PyPI's wheels do not carry it in their name.

    Raises:
        MissingExtraError: torch is not installed.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("torch")
    except PackageNotFoundError as error:
        raise MissingExtraError("torch is not installed: pip install 'w2v-explore[torch]'") from error


def cache_folder() -> Path:
    """Where this user's caches lie: ``W2V_EXPLORE_CACHE`` if it is set, else where the system keeps such things."""
    if chosen := os.environ.get("W2V_EXPLORE_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("w2v-explore", appauthor=False)

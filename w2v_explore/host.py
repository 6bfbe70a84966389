"""This machine as it can be known without importing torch: its processor, its torch, its cache folder."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

from w2v_explore.errors import missing_extra
from w2v_explore.files.read import read_whole

_CPU_INFO = Path("/proc/cpuinfo")
_MAX_VERSION_BYTES = 64 * 1024


def cpu_name() -> str | None:
    """What the processor is called; None where the system does not say."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


def torch_version() -> str:
    """The version of the installed torch, ``torch.__version__``.

    It is read from the file that torch itself takes it from: asking the package's metadata takes a tenth of the time
    of a whole summary, and they may lack the local part (``+cu126``).

    Raises:
        MissingExtraError: torch is not installed.
    """
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        raise missing_extra("a calibration", "torch")
    text = read_whole(str(Path(spec.origin).with_name("version.py")), _MAX_VERSION_BYTES).decode()
    found = re.search(r"""^__version__\b[^=]*=\s*["']([^"']+)""", text, re.MULTILINE)
    assert found is not None, "every torch says its version there"
    return found.group(1)


def cache_folder() -> Path:
    """Where this user's caches lie: ``W2V_EXPLORE_CACHE`` if it is set, else where the system keeps such things."""
    if chosen := os.environ.get("W2V_EXPLORE_CACHE"):
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("w2v-explore", appauthor=False)

"""Files in a folder that Python would run, had it the folder on its path."""

from __future__ import annotations

from pathlib import Path

HOSTILE = tuple(
    f"{name}.py"
    for name in (
        "abc", "encodings", "hashlib", "json", "logging", "multiprocessing", "numpy", "pickle", "platform", "psutil",
        "queue", "random", "runpy", "signal", "site", "sitecustomize", "socket", "statistics", "struct", "subprocess",
        "tempfile", "threading", "torch", "traceback", "typing", "usercustomize", "yaml",
    )
)  # fmt: skip


def plant(folder: Path) -> None:
    """Each leaves a file beside itself once it is run."""
    for name in HOSTILE:
        (folder / name).write_text(f"open(__file__ + '.was_run', 'w').close()\nraise SystemExit('{name} was run')\n")

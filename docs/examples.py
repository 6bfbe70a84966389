"""Makes the reports that the pages link to: ``python docs/examples.py``. A test holds them in step with the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

EXAMPLES = {
    "summary.html": ("summary", "base"),
    "compare.html": ("compare", "base", "large"),
    "search.html": (
        "search", "base", "--free", "encoder_num_layers=2..12", "--free", "encoder_ff_interm_features",
        "--minimize", "macs", "--maximize", "parameters",
    ),
}  # fmt: skip
"""The command behind each report."""


def example(command: tuple[str, ...]) -> str:
    """The report of a command.

    Raises:
        CalledProcessError: The command failed.
    """
    words = [sys.executable, "-m", "w2v_explore", *command, "--format", "html"]
    return subprocess.run(words, check=True, capture_output=True, encoding="utf-8", cwd=ROOT).stdout


if __name__ == "__main__":
    folder = ROOT / "docs/examples"
    folder.mkdir(exist_ok=True)
    for name, command in EXAMPLES.items():
        (folder / name).write_text(example(command), encoding="utf-8")

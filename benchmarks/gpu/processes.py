"""The program as a process, its output kept among the results."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROGRAM = (sys.executable, "-m", "w2v_explore")


class Finished(NamedTuple):
    """What a process wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def refused(self) -> bool:
        """Whether it wrote one message and nothing else, with the exit code that says so."""
        return self.code == 2 and not self.out and self.err.startswith("error: ") and self.err.count("\n") == 1


def run_program(command: Sequence[str], out: str, name: str) -> Finished:
    """Run a command to its end; what it wrote is kept in the folder ``out`` as ``name.txt``."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False)
    kept = f"$ {' '.join(command[1:])}\n{done.stdout}{done.stderr}exit code {done.returncode}\n"
    Path(out, f"{name}.txt").write_text(kept, encoding="utf-8")
    return Finished(done.returncode, done.stdout, done.stderr)

"""Time and memory of the linter on hostile files, a process each: ``python -m benchmarks.hostile``."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.process import run_process
from tests.lint.test_hostile import CONTENTS


def main() -> None:
    """Print a row for each file of the tests, and for one of 100 MB."""
    print("| file | time | peak memory |\n| :--- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, (content, _, _) in CONTENTS.items():
            paths.append(Path(folder) / name)
            paths[-1].write_bytes(content)
        paths.append(Path(folder) / "hundred_megabytes.yaml")
        paths[-1].touch()
        os.truncate(paths[-1], 100_000_000)
        for path in paths:
            usage = run_process((sys.executable, "-m", "w2v_explore", "lint", str(path)), exit_code=1)
            print(f"| {path.name} | {1e3 * usage.seconds:.0f} ms | {usage.peak_bytes / 1e6:.0f} MB |")


if __name__ == "__main__":
    main()

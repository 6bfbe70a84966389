"""Time and memory of the linter on hostile files, a process each: ``python -m benchmarks.hostile``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.process import run_process

# In a process of its own: on Linux the memory of those that are measured starts at that of the one that starts them.
_WRITE = """
import os, sys
from pathlib import Path
from tests.lint.test_hostile import CONTENTS
folder = Path(sys.argv[1])
for name, (content, _, _) in CONTENTS.items():
    (folder / name).write_bytes(content)
(folder / "hundred_megabytes.yaml").touch()
os.truncate(folder / "hundred_megabytes.yaml", 100_000_000)
"""


def main() -> None:
    """Print a row for each file of the tests, and for one of 100 MB."""
    print("| file | time | peak memory |\n| :--- | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _WRITE, folder], check=True)
        for path in sorted(Path(folder).iterdir()):
            usage = run_process((sys.executable, "-m", "w2v_explore", "lint", str(path)), exit_code=1)
            print(f"| {path.name} | {1e3 * usage.seconds:.0f} ms | {usage.peak_bytes / 1e6:.0f} MB |")


if __name__ == "__main__":
    main()

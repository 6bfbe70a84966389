"""The process of one step; `run` starts it with the step and the context as JSON."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading

from benchmarks.gpu import results
from benchmarks.gpu.findings import Context
from benchmarks.gpu.steps import Step


def main() -> None:
    """Add what the step finds to the results, one by one."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    step_fields, context_fields = json.loads(sys.argv[1])
    step, context = Step(*step_fields), Context(*context_fields)
    module, _, name = step.function.partition(":")
    for finding in getattr(importlib.import_module(module), name)(context):
        results.add_finding(context.out, step.name, finding)


def _end_with_the_parent() -> None:
    """Once nobody waits for the results, end this process and all that it started: they would keep the card busy."""
    # Not sys.stdin: its lock would be held when the interpreter ends.
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

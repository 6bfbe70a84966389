"""The command line: ``python -m benchmarks.gpu [--device cuda|cpu] [--minutes 8] [--out DIR] [--quick]``."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.gpu import results, wheels
from benchmarks.gpu.findings import Context
from benchmarks.gpu.run import ROOT, exit_code, run_steps
from benchmarks.gpu.steps import STEPS, Step

_WRONG_QUESTION = 2

_EPILOG = """\
Exit code 0: every step that ran passed. 1: one failed, or was stopped at its time limit. 2: none could run.
"""


def main(arguments: Sequence[str] | None = None, steps: Sequence[Step] = STEPS) -> int:
    """Run the steps; returns the exit code."""
    given = make_parser().parse_args(arguments)
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    try:
        with tempfile.TemporaryDirectory(prefix="w2v-explore-gpu-") as target:
            unpacked = wheels.unpack_missing(Path(target))
            _put_on_path(target)
            torch_version = _require_device(given.device)
            out = _make_folder(given.out or str(ROOT / "benchmarks/gpu-results" / re.sub(r"\D", "", started)))
            about = {
                "started": started,
                "device": given.device,
                "torch": torch_version,
                "Python": platform.python_version(),
                "minutes": f"{given.minutes:g}",
                "quick": "yes" if given.quick else "no",
                "from wheels beside the script": ", ".join(unpacked) or "nothing",
            }
            results.add_line(out, {"run": about})
            _say(f"results go to {out}")
            ended = run_steps(steps, Context(given.device, given.quick, out), 60 * given.minutes, _say)
    except _CannotRunError as error:
        _say(f"error: {error}")
        return _WRONG_QUESTION
    except KeyboardInterrupt:
        return 130
    return exit_code(ended)


def make_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description="Prove the GPU paths on the card that is there.", epilog=_EPILOG
    )
    parser.add_argument("--device", type=_device, default="cuda", help="cuda, cuda:1 or cpu; cuda by default")
    parser.add_argument("--minutes", type=_minutes, default=8.0, help="that all steps together may take; 8 by default")
    parser.add_argument("--out", help="a folder for the results; by default a new one in benchmarks/gpu-results")
    parser.add_argument("--quick", action="store_true", help="small models and few runs")
    return parser


class _CannotRunError(Exception):
    """Why no step can run."""


def _device(text: str) -> str:
    if not re.fullmatch(r"cpu|cuda(:\d+)?", text):
        raise argparse.ArgumentTypeError(f"{text} is no device that can be proved; give cuda, cuda:1 or cpu")
    return text


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no number of minutes; give one such as 8")
    return minutes


def _make_folder(name: str) -> str:
    """The folder of results, which holds no other run's."""
    out = os.path.abspath(name)
    try:
        os.makedirs(out, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise _CannotRunError(f"cannot write to {name}: {error.strerror}; give another --out") from error
    if results.has_results(out):
        raise _CannotRunError(f"{name} holds the results of another run; give another --out")
    return out


def _put_on_path(target: str) -> None:
    """Make this checkout, and what was unpacked, importable here and in every process that a step starts."""
    sys.path[:0] = [str(ROOT)]
    sys.path.append(target)
    importlib.invalidate_caches()
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else []), target])


def _require_device(name: str) -> str:
    """The version of a torch that has the device."""
    if missing := [package for package in ("torch", "psutil") if importlib.util.find_spec(package) is None]:
        raise _CannotRunError(f"{' and '.join(missing)} is not installed, and no step can run without it")
    import torch

    from w2v_explore.errors import DeviceError
    from w2v_explore.model.device import find_device

    version: str = torch.__version__
    if name != "cpu" and not torch.backends.cuda.is_built():  # type: ignore[no-untyped-call]
        raise _CannotRunError(f"torch {version} was built without CUDA; install one that has it, or give --device cpu")
    try:
        find_device(name)
    except DeviceError as error:
        raise _CannotRunError(str(error)) from error
    return version


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    # So that what was started, and what was unpacked, goes.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())

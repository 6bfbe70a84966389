"""Ends commands by signals at random moments: `python -m tests.cli.ended COMMAND:KILLS:SEED...`; prints what is wrong.

torch is imported once for all of them; each run is a fork that does what the program does from its first line on.
"""

from __future__ import annotations

import atexit
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.checkpoint_files import model_shapes, safetensors_bytes
from w2v_explore import load_config
from w2v_explore.cli import main

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
SMALL = """\
extends: base
encoder_embed_dim: 24
encoder_num_heads: 4
encoder_pos_conv_groups: 4
encoder_pos_conv_kernel: 8
encoder_ff_interm_features: 20
encoder_num_layers: 1
extractor_conv_layer_config: [[8, 10, 5], [12, 3, 2]]
"""
OLD = b"old"


class Command(NamedTuple):
    """What is ended.

    Attributes:
        arguments: Of the program.
        outputs: The files that it writes.
        is_whole: Whether a new file is.
        needs: A module whose import is no part of it.
        seconds: Within which it is ended; None for as long as it takes.
    """

    arguments: list[str]
    outputs: list[str]
    is_whole: Callable[[bytes], bool] = bool
    needs: str = "typer"
    seconds: float | None = None


def is_zip(content: bytes) -> bool:
    Path("copy").write_bytes(content)
    with zipfile.ZipFile("copy") as archive:
        return archive.testzip() is None


def is_safetensors(content: bytes) -> bool:
    from safetensors.torch import load

    return bool(load(content))


def is_onnx(content: bytes) -> bool:
    import onnx

    onnx.checker.check_model(onnx.load_model_from_string(content))
    return True


EXPORT = ["export", "small.yaml", "-o", "out", "--to"]
LATENCY = ["latency", "small.yaml", "--seconds", "0.1,0.2", "--runs", "3", "--trace", "out", "--plot", "out.svg"]
COMMANDS = {
    "fix": Command(["lint", "--fix", "many"], [f"many/{number}.yaml" for number in range(100)]),
    "lint": Command(["lint", "many", "--format", "json", "--output", "out"], ["out"]),
    "convert": Command(["convert", "base", "--to", "fairseq", "-o", "out"], ["out"]),
    "inspect": Command(["inspect", "small.safetensors", "--write", "out"], ["out"]),
    "schema": Command(["schema", "--write", "small.yaml"], ["w2v-explore.schema.json"]),
    "onnx": Command([*EXPORT, "onnx"], ["out"], is_onnx, "torch.onnx._internal.exporter._core", 5),
    "torch-export": Command([*EXPORT, "torch-export"], ["out"], is_zip, "torch.export", 2),
    "safetensors": Command([*EXPORT, "safetensors"], ["out"], is_safetensors, "safetensors.torch"),
    "huggingface": Command([*EXPORT, "huggingface"], ["out/config.json", "out/model.safetensors"], needs="torch"),
    "latency": Command(LATENCY, ["out", "out.svg"], needs="matplotlib.pyplot", seconds=2),
    "calibrate": Command(["calibrate"], [], needs="tests.unit.test_calibrate", seconds=4),
}


def make_folder(command: Command) -> None:
    Path("small.yaml").write_text(SMALL)
    Path("small.safetensors").write_bytes(safetensors_bytes(model_shapes(load_config("small.yaml").model.to_mapping())))
    Path("many").mkdir()
    for number in range(100):
        Path(f"many/{number}.yaml").write_text(f"extends: base\nname: m{number}\nencoder_num_layer: 6\n")
    for output in command.outputs:
        if not Path(output).exists() and "huggingface" not in command.arguments:
            Path(output).write_bytes(OLD)


def start(command: Command) -> int:
    """The program as a process and session of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    pid = os.fork()
    if pid == 0:
        try:
            run(command)
        finally:
            os._exit(99)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return pid


def run(command: Command) -> None:
    """What Python does with the program, from its first line to its end."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    sys.argv = ["w2v-explore", *command.arguments]
    os.environ["W2V_EXPLORE_CACHE"] = os.path.abspath("cache")
    if command.arguments == ["calibrate"]:
        from tests.unit.test_calibrate import PASSES
        from w2v_explore.measure import calibrate

        calibrate.calibrate = partial(calibrate.calibrate, references=PASSES)
    code = 99
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:  # before its first line
        code = 130
    atexit._run_exitfuncs()
    os._exit(code)


def left_in_session(session: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (ProcessLookupError, psutil.NoSuchProcess):
            pass


def temporaries() -> list[str]:
    return sorted(str(path) for path in Path().rglob(".w2v-explore-*"))


def end_once(command: Command, number: signal.Signals, delay: float) -> Iterator[str]:
    """What is wrong after a run that was ended."""
    make_folder(command)
    before = {output: Path(output).read_bytes() for output in command.outputs if Path(output).exists()}
    pid = start(command)
    time.sleep(delay)
    os.kill(pid, number)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code not in (0, 1, -number, 128 + number):
        yield f"exit code {code}"
    deadline = time.monotonic() + (10 if number == signal.SIGKILL else 0)
    while left := list(left_in_session(pid)):
        if time.monotonic() > deadline:
            yield f"left {left}"
            break
        time.sleep(0.01)
    for output in command.outputs:
        content = Path(output).read_bytes() if Path(output).exists() else None
        if content != before.get(output) and not (content and command.is_whole(content)):
            yield f"{output} is neither the old nor a new one"
    if number != signal.SIGKILL and temporaries():
        yield f"left {temporaries()}"
    if temporaries():
        os.waitpid(start(command), 0)
        if temporaries():
            yield f"the next run left {temporaries()}"


def main_of_this(name: str, kills: int, seed: int) -> None:
    command = COMMANDS[name]
    __import__(command.needs)
    draw = random.Random(seed)
    home = os.getcwd()
    seconds = command.seconds or 0.0
    for kill in range(0 if command.seconds else -1, kills):
        folder = tempfile.mkdtemp()  # a TemporaryDirectory would be removed by the forks too
        os.chdir(folder)
        if kill < 0:  # how long it takes
            make_folder(command)
            began = time.monotonic()
            os.waitpid(start(command), 0)
            seconds = time.monotonic() - began
        else:
            number = SIGNALS[(kill + seed) % len(SIGNALS)]
            delay = draw.uniform(0, seconds)
            for wrong in end_once(command, number, delay):
                print(f"{name}: {number.name} after {delay:.3f} s: {wrong}", flush=True)
        os.chdir(home)
        shutil.rmtree(folder)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        name, kills, seed = each.split(":")
        main_of_this(name, int(kills), int(seed))

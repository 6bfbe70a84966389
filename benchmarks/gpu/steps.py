"""The steps in order of worth: the first are those that a run which is cut off should have."""

from __future__ import annotations

from typing import NamedTuple

_PROGRAM = ("yaml", "psutil")
_COMMANDS = (*_PROGRAM, "typer", "rich", "platformdirs")


class Step(NamedTuple):
    """One of the things that a run does.

    Attributes:
        name: In the results.
        proves: What it shows where it passes.
        seconds: How long it may take on a card.
        function: Where its function lies, ``module:name``: it takes a `Context` and yields `Finding`s.
        packages: The modules of other packages that it imports, torch apart.
        cuda_only: Why it has nothing to do on a CPU; empty where it has.
    """

    name: str
    proves: str
    seconds: float
    function: str
    packages: tuple[str, ...] = _PROGRAM
    cuda_only: str = ""

    def limit_s(self, *, on_cuda: bool) -> float:
        """Seconds that it may take on a card, or on a CPU, which computes slowly and has others to serve."""
        return self.seconds if on_cuda else 4 * self.seconds


STEPS = (
    Step("machine", "what was measured", 30, "benchmarks.gpu.machine:describe_machine"),
    Step(
        "parity",
        "the model computes there what it computes on the CPU in float32",
        80,
        "benchmarks.gpu.parity:compare_outputs",
    ),
    Step(
        "ledger",
        "the latency of every layer adds up, and is the device's own",
        90,
        "benchmarks.gpu.ledger:check_ledgers",
    ),
    Step(
        "out_of_memory",
        "where memory ends there is one message, and the device can be used after it",
        60,
        "benchmarks.gpu.out_of_memory:run_out_of_memory",
        _COMMANDS,
    ),
    Step(
        "commands",
        "summary, compare and latency as a user types them",
        90,
        "benchmarks.gpu.commands:run_commands",
        (*_COMMANDS, "fvcore", "plotext", "matplotlib"),
    ),
    Step(
        "memory",
        "peak memory is the closed form, and what the closed form leaves out",
        170,
        "benchmarks.gpu.memory:compare_memory",
        cuda_only="torch counts the memory of CUDA devices alone",
    ),
    Step("noise", "a busy device is noticed, a quiet one is not", 40, "benchmarks.gpu.noise:judge_noise"),
    Step("verdicts", "equal models are SAME and deeper ones SLOW", 70, "benchmarks.gpu.noise:judge_verdicts"),
    Step(
        "prediction",
        "latency predicted from a calibration is what is measured then",
        140,
        "benchmarks.gpu.prediction:predict_presets",
    ),
    Step("graphs", "compiled and exported models compute the same", 90, "benchmarks.gpu.graphs:run_graphs"),
    Step(
        "training",
        "a training step as people run it holds and keeps what the closed forms say",
        120,
        "benchmarks.gpu.training:compare_ways",
        cuda_only="torch counts the memory of CUDA devices alone",
    ),
    Step(
        "groups",
        "DDP and FSDP in a group of one hold the states of the closed forms",
        60,
        "benchmarks.gpu.groups:compare_groups",
    ),
    Step("step_time", "a training step takes as long as plan says", 60, "benchmarks.gpu.step_time:time_steps"),
    Step(
        "step_time_compiled",
        "a compiled training step takes as long as plan says",
        300,
        "benchmarks.gpu.step_time:time_compiled_steps",
    ),
)

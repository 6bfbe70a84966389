"""Runs steps one after the other, each in a process and a time limit of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.gpu import results
from benchmarks.gpu.findings import Context, Finding
from benchmarks.gpu.steps import Step

ROOT = Path(__file__).parent.parent.parent
"""Of the checkout: nothing has to be installed."""

# In less time than this no step imports torch and finds anything.
_LEAST_S = 5.0

Outcome = Literal["passed", "failed", "stopped", "skipped"]


class Ended(NamedTuple):
    """How a step ended, how long it took, and why it did not simply pass."""

    outcome: Outcome
    seconds: float
    reason: str


def run_steps(steps: Sequence[Step], context: Context, total_s: float, say: Callable[[str], None]) -> dict[str, Ended]:
    """Run steps in order, the total time shared so that the first have theirs; results are kept as they come.

    Args:
        steps: The worthiest first.
        context: What each is told.
        total_s: Seconds for all of them.
        say: Told how each ended.

    Returns:
        How each step ended, by name.
    """
    start = time.monotonic()
    ended: dict[str, Ended] = {}
    for step in steps:
        left_s = total_s - (time.monotonic() - start)
        try:
            ended[step.name] = _run_step(step, context, left_s)
        except BaseException:
            results.write_page(context.out, steps)
            raise
        results.add_line(context.out, {"step": step.name, **ended[step.name]._asdict()})
        results.write_page(context.out, steps)
        outcome, seconds, reason = ended[step.name]
        say(f"{step.name}: {outcome}, {seconds:.0f} s{f' ({reason})' if reason else ''}")
    return ended


def exit_code(outcomes: Mapping[str, Ended]) -> int:
    """0 where every step that ran passed, 1 where one did not, 2 where none could run."""
    ran = [ended.outcome for ended in outcomes.values() if ended.outcome != "skipped"]
    if not ran:
        return 2
    return 0 if all(outcome == "passed" for outcome in ran) else 1


def _run_step(step: Step, context: Context, left_s: float) -> Ended:
    if step.cuda_only and not context.on_cuda:
        return Ended("skipped", 0.0, step.cuda_only)
    if missing := [package for package in step.packages if find_spec(package) is None]:
        return Ended("skipped", 0.0, f"{', '.join(missing)} is not installed, nor in a wheel beside this script")
    own_s = step.limit_s(on_cuda=context.on_cuda)
    if left_s < _LEAST_S:
        return Ended("skipped", 0.0, f"no time was left of the {own_s:g} s that it may take")
    start = time.monotonic()
    code = _run_child(step, context, min(own_s, left_s))
    seconds = time.monotonic() - start
    findings = results.findings_of(results.read_lines(context.out), step.name)
    return _judge(step, code, findings, seconds, own_s)


def _judge(step: Step, code: int | None, findings: Sequence[Finding], seconds: float, own_s: float) -> Ended:
    """How a step ended, from its process's exit code, None where it was stopped, and from what it found."""
    failed = [finding.what for finding in findings if finding.verdict == "failed"]
    if code is None:
        why = (
            f"it took more than its {own_s:g} s"
            if seconds >= own_s
            else f"the run's time was over before its {own_s:g} s"
        )
        also = f"; failed by then: {', '.join(failed)}" if failed else ""
        return Ended("stopped", seconds, f"{why}; {len(findings)} findings kept{also}")
    if code:
        return Ended("failed", seconds, f"its process ended with {code}, see {_log_name(step)}")
    if failed:
        return Ended("failed", seconds, f"failed: {', '.join(failed)}")
    skipped = [finding for finding in findings if finding.verdict == "skipped"]
    if not findings:
        return Ended("failed", seconds, "it found nothing")
    if len(skipped) == len(findings):
        return Ended("skipped", seconds, skipped[0].note)
    return Ended("passed", seconds, f"skipped in it: {', '.join(each.what for each in skipped)}" if skipped else "")


def _run_child(step: Step, context: Context, limit_s: float) -> int | None:
    """The exit code of a step's process; None where it overran and was ended, with all that it had started."""
    command = [sys.executable, "-m", "benchmarks.gpu.child", json.dumps([step, context])]
    environment = dict(os.environ)
    if context.quick and not context.on_cuda:
        # On a busy machine, threads that wait for each other would take minutes.
        environment["OMP_NUM_THREADS"] = "1"
    with open(Path(context.out, _log_name(step)), "wb") as log:
        # The child ends when its standard input does, and so with this process however that ends.
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdin is not None
            process.stdin.close()


def _log_name(step: Step) -> str:
    return f"{step.name}.log"

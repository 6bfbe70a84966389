"""Out of memory on purpose: what the program says, and whether the device can be used afterwards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.gpu.findings import Context, Finding, attempt, judged
from benchmarks.gpu.models import TWO_LAYERS, analysis_of, error_of, waveforms_of
from benchmarks.gpu.processes import PROGRAM, Finished, run_program
from w2v_explore import DeviceError, build_model
from w2v_explore.measure.latency import Plan, measure_latency
from w2v_explore.model.device import find_device

# The program where torch may take a share of the card alone: the check before the pass sees all that is free.
_WITH_LITTLE = """\
import sys, torch
torch.cuda.set_per_process_memory_fraction({share}, {device!r})
from w2v_explore.cli import main
sys.argv[0] = "w2v-explore"
main()
"""


def run_out_of_memory(context: Context) -> Iterator[Finding]:
    """Too much is refused before anything is allocated; what is noticed too late is said; then the device works."""
    yield attempt("too large by far: refused beforehand", partial(_refused, context))
    if context.on_cuda:
        yield attempt("torch finds no memory in a pass", partial(_run_out, context))
        yield attempt("the same from Python, then a pass that fits", partial(_go_on, context))
    yield attempt("a forward pass afterwards", partial(_use, context))


def _refused(context: Context, what: str) -> Finding:
    arguments = ("latency", "xlsr_2b", "--device", context.device, "--batch", "10000", "--seconds", "600")
    return _one_message(run_program([*PROGRAM, *arguments], context.out, "too-large"), what, "free")


def _run_out(context: Context, what: str) -> Finding:
    code = _WITH_LITTLE.format(share=_little(context), device=str(_indexed(context)))
    arguments = ("latency", "base", "--device", context.device, "--seconds", "60")
    command = [sys.executable, "-c", code, *arguments]
    return _one_message(run_program(command, context.out, "out-of-memory"), what, "ran out of memory")


def _one_message(finished: Finished, what: str, hint: str) -> Finding:
    note = f"one message, which says {hint!r}, nothing on standard output, and exit code 2"
    return judged(
        what,
        finished.refused and hint in finished.err,
        {"exit_code": finished.code, "message": finished.err.strip()},
        note,
    )


def _go_on(context: Context, what: str) -> Finding:
    """In one process: out of memory, then a pass that fits."""
    device = _indexed(context)
    analysis = analysis_of("base", 60.0)
    message = ""
    torch.cuda.set_per_process_memory_fraction(_little(context), device)
    try:
        measure_latency(analysis, context.device, plan=Plan(runs=1))
    except DeviceError as error:
        message = str(error)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, device)
    latency, _ = measure_latency(analysis_of("base", 1.0), context.device, plan=Plan(runs=1))
    note = "from Python, DeviceError says that memory ran out; the same process measures afterwards"
    passed = "ran out of memory" in message and latency.end_to_end.median_s > 0
    return judged(what, passed, {"exit_code": None, "message": message}, note)


def _use(context: Context, what: str) -> Finding:
    analysis = analysis_of("base", 1.0, TWO_LAYERS)
    model = build_model(analysis.config).eval()
    waveforms = waveforms_of(analysis, "cpu")
    with torch.inference_mode():
        expected = model(waveforms)[0]
        error = error_of(model.to(context.device)(waveforms.to(context.device))[0], expected)
    note = "a pass there gives what it gives on the CPU, to 1 % with TF32"
    return judged(what, error < 0.01, {"relative_error": error}, note)


def _little(context: Context) -> float:
    """The share of the card that holds the base model's weights, and no pass of a minute of audio."""
    weights = analysis_of("base", 1.0).parameter_bytes
    return 1.3 * weights / torch.cuda.get_device_properties(_indexed(context)).total_memory


def _indexed(context: Context) -> torch.device:
    """The device with its index, which torch wants where it limits memory."""
    device = find_device(context.device)
    return torch.device("cuda", device.index or 0)

"""The model as torch.compile makes it, and as an exported file runs on the device."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.findings import Context, Figure, Finding, attempt, judged
from benchmarks.gpu.models import TWO_LAYERS, analysis_of, error_of, exact_float32, waveforms_of
from w2v_explore import build_model, export
from w2v_explore.measure.latency import Plan, measure_latency
from w2v_explore.model.export import SEED

_MOST_ERROR = 1e-4


def run_graphs(context: Context) -> Iterator[Finding]:
    """An exported model, then a compiled one; on a CPU not the latter in a hurry."""
    yield attempt("base, 2 layers, written by export --to torch-export", partial(_run_exported, context))
    if context.quick and not context.on_cuda:
        yield Finding(
            "base, 2 layers, 1 s, by torch.compile",
            "skipped",
            {},
            "compiling for a CPU takes a minute: leave out --quick",
        )
    else:
        yield attempt("base, 2 layers, 1 s, by torch.compile", partial(_run_compiled, context))


def _run_exported(context: Context, what: str) -> Finding:
    try:
        from torch.export.passes import move_to_device_pass
    except ImportError:
        return Finding(what, "skipped", {}, f"torch {torch.__version__} cannot move an exported program")
    analysis = analysis_of("base", 1.0, TWO_LAYERS, batch=2)
    waveforms = waveforms_of(analysis, context.device)
    lengths = torch.tensor([waveforms.shape[1], waveforms.shape[1] // 2], device=waveforms.device)
    torch.manual_seed(SEED)
    model = build_model(analysis.config).eval().to(waveforms.device)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad(), exact_float32():
        path = Path(folder, "model.pt2")
        export(analysis.config, "torch-export", path)
        program = move_to_device_pass(torch.export.load(path), str(waveforms.device))  # with its index
        output, frames = program.module()(waveforms, lengths)
        expected, expected_frames = model(waveforms, lengths)
    error = error_of(output, expected)
    return judged(
        what,
        error <= _MOST_ERROR and torch.equal(frames, expected_frames),
        {"relative_error": error},
        f"its output differs from the eager model's by at most {_MOST_ERROR:g}, with as many frames",
    )


def _run_compiled(context: Context, what: str) -> Finding:
    if lacking := lacking_compilers(context):
        return Finding(what, "skipped", {}, f"torch.compile needs what is not here: {', '.join(lacking)}")
    analysis = analysis_of("base", 1.0, TWO_LAYERS)
    latency, model = measure_latency(analysis, context.device, plan=Plan(runs=20), compiled=True)
    waveforms = waveforms_of(analysis, context.device)
    with torch.inference_mode(), exact_float32():
        torch.compiler.reset()  # what was compiled above may compute in TF32
        compiled: Any = torch.compile(model, dynamic=False)
        error = error_of(compiled(waveforms)[0], model(waveforms)[0])
    eager, _ = measure_latency(analysis, context.device, plan=Plan(runs=20), model=model)
    figures: dict[str, Figure] = {
        "relative_error": error,
        "compiling_s": latency.compile_s,
        "compiled_s": latency.end_to_end.median_s,
        "eager_s": eager.end_to_end.median_s,
    }
    note = f"a compiled model's output differs from the eager one's by at most {_MOST_ERROR:g}, TF32 off"
    return judged(what, error <= _MOST_ERROR, figures, note)


def lacking_compilers(context: Context) -> list[str]:
    """What torch compiles with, a C++ compiler on a CPU, on a card Triton and a C compiler, and is not there."""
    lacking = []
    if context.on_cuda and find_spec("triton") is None:
        lacking.append("triton")
    variable, names = ("CC", ("gcc", "clang")) if context.on_cuda else ("CXX", ("g++", "clang++"))
    if variable not in os.environ and not any(map(shutil.which, names)):
        lacking.append(f"a compiler ({' or '.join(names)})")
    return lacking

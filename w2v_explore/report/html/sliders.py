"""Duration, batch and dtype to move: the formulas of a model's figures as plain data."""

from __future__ import annotations

from typing import Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.figures import FIGURES
from w2v_explore.analysis.formulas.sizes import NeedsValueError
from w2v_explore.analysis.formulas.steps import Constant
from w2v_explore.analysis.formulas.workloads import NAMES, NAMES_BY_DTYPE, End, Fork, WorkloadFormulas
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.report.html.page import Sliders
from w2v_explore.report.workload import describe_workload
from w2v_explore.search.reproduce import origin_of

_ROWS = (
    "extractor.frames",
    "macs",
    "macs.convolution",
    "macs.linear",
    "macs.attention",
    "macs_per_audio_second",
    "memory.inference_bytes",
    "parameter_bytes",
    "memory.peak_activation_bytes",
    "memory.training_bytes",
    "memory.kept_bytes",
    "training.expected_macs",
)
"""The figures by name, in order."""

_PARTS = frozenset({
    "macs.convolution", "macs.linear", "macs.attention", "parameter_bytes", "memory.peak_activation_bytes",
    "memory.kept_bytes",
})  # fmt: skip
"""Those that are part of the figure above."""


def workload_sliders(analysis: Analysis) -> list[Sliders]:
    """The sliders of a config; none where its figures follow from the batch by no formula."""
    try:
        formulas = WorkloadFormulas(analysis)
    except NeedsValueError:
        return []
    workload = analysis.workload
    usual = Workload.of_seconds(sample_rate=workload.sample_rate)
    command = origin_of(analysis.config).command(analysis.config, usual)
    data = {
        "steps": [
            [operation, *(operands if operation == "field" else map(_operand, operands))]
            for operation, operands, _ in formulas.steps.steps
        ],
        "first": _node(formulas.first),
        "fewest": formulas.fewest_samples,
        "most": [MAX_SAMPLES, MAX_BATCH],
        "asked": {"samples": workload.samples, "batch": workload.batch, "dtype": workload.dtype},
        "usual": {"seconds": usual.seconds, "batch": usual.batch, "dtype": usual.dtype},
        "rate": workload.sample_rate,
        "moves": formulas.moves_samples,
        "dtypes": DTYPE_BYTES,
        "rows": [_row(name) for name in _ROWS],
        "command": command,
        "options": [f"--precision {workload.precision}"] if workload.precision else [],
    }
    return [Sliders(data, _remark(analysis, formulas.moves_samples), command)]


def _remark(analysis: Analysis, moves_samples: bool) -> str:
    precision = analysis.workload.precision
    trained = (
        f"Training is in {precision}, whatever the dtype."
        if precision
        else "Training is in the dtype, of which 16 bits mean mixed precision."
    )
    still = "" if moves_samples else " The duration stands still: how many frames are masked follows by no formula."
    return f"Changes are against {describe_workload(analysis)}. {trained}{still}"


def _row(name: str) -> tuple[str, str, int, bool, bool]:
    """What a figure is called, its unit, its place among those of its kind, and whether it goes by the dtype."""
    is_of_dtype = name in NAMES_BY_DTYPE
    place = (NAMES_BY_DTYPE if is_of_dtype else NAMES).index(name)
    return FIGURES[name].label, FIGURES[name].unit, place, is_of_dtype, name in _PARTS


def _node(node: Fork | End | None) -> Any:
    match node:
        case Fork():
            after = [_node(node.after.get(answer)) for answer in (False, True)]
            return {"question": node.question, "of": _operand(node.of), "after": after}
        case End():
            dtypes = {dtype: list(map(_operand, figures)) for dtype, figures in node.by_dtype.items()}
            return {"figures": list(map(_operand, node.figures)), "dtypes": dtypes}
    return None


def _operand(operand: Any) -> Any:
    """The number of a step; a whole number as text, which a script reads whole; one with a fraction in a list."""
    if not isinstance(operand, Constant):
        return operand
    return str(operand.number) if isinstance(operand.number, int) else [operand.number]

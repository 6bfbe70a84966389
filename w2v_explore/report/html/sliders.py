"""Duration, batch and dtype to move: the formulas of a model's figures as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.figures import FIGURES
from w2v_explore.analysis.formulas.sizes import NeedsValueError
from w2v_explore.analysis.formulas.steps import Constant
from w2v_explore.analysis.formulas.workloads import NAMES, NAMES_BY_DTYPE, End, Fork, WorkloadFormulas
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload
from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Sliders
from w2v_explore.report.workload import describe_workload

ROWS = (
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

MEMORY_ROWS = (
    "memory.inference_bytes",
    "parameter_bytes",
    "memory.peak_activation_bytes",
    "memory.training_bytes",
    "memory.kept_bytes",
    "training.expected_macs",
    "extractor.frames",
)
"""The figures of a page on memory."""

_PARTS = frozenset({
    "macs.convolution", "macs.linear", "macs.attention", "parameter_bytes", "memory.peak_activation_bytes",
    "memory.kept_bytes",
})  # fmt: skip
"""The figures that are part of another, which stands above them."""

DTYPES = ("float32", "float16", "bfloat16")
"""Those that a command takes, so that what is shown can be asked."""

_NOT_SCRIPTED = "real **"
"""What is no formula for a script: a browser may give another last digit than Python."""


def workload_sliders(analyses: Sequence[Analysis], names: Sequence[str] = ROWS) -> list[Sliders]:
    """The sliders of some configs, for which one workload was asked; none where a figure is no formula.

    Args:
        analyses: The first is the one that the others are held against.
        names: The figures, some of `ROWS`.
    """
    try:
        formulas = [WorkloadFormulas(analysis) for analysis in analyses]
    except NeedsValueError:
        return []
    if any(step.operation == _NOT_SCRIPTED for each in formulas for step in each.steps.steps):
        return []
    configs = distinct_names([analysis.config for analysis in analyses])
    workload = analyses[0].workload
    usual = Workload.of_seconds(sample_rate=workload.sample_rate)
    data = {
        "models": [
            {"name": name, "rate": analysis.workload.sample_rate, **_model(each)}
            for name, analysis, each in zip(configs, analyses, formulas, strict=True)
        ],
        "moves": all(each.moves_samples for each in formulas),
        # Models at several sample rates are compared over as long, or over as many samples.
        "asLong": len({analysis.workload.samples for analysis in analyses}) > 1,
        "most": [MAX_SAMPLES, MAX_BATCH],
        "asked": {"samples": workload.samples, "batch": workload.batch, "dtype": workload.dtype},
        "usual": {"samples": usual.samples, "batch": usual.batch, "dtype": usual.dtype},
        "dtypes": DTYPES,
        "rows": [_row(name) for name in names],
    }
    what = "duration, batch" if data["moves"] else "batch"
    return [Sliders(f"At another {what} or dtype", data, " ".join(_remarks(analyses, data)))]


def _remarks(analyses: Sequence[Analysis], data: Mapping[str, object]) -> Iterator[str]:
    yield "This table alone moves: all else on the page stays as asked."
    if len(analyses) == 1:
        yield f"Changes are against {describe_workload(analyses[0])}."
    precision = analyses[0].workload.precision
    if precision:
        yield f"Training is in {precision}, whatever the dtype."
    else:
        yield "Training is in the dtype, of which 16 bits mean mixed precision."
    if len({analysis.workload.sample_rate for analysis in analyses}) > 1 and not data["asLong"]:
        yield "All get as many samples, which at another sample rate are another duration."
    if not data["moves"]:
        yield (
            "The duration stays as asked, since no formula here gives how many frames are masked on average; "
            "the command answers for another."
        )


def _model(formulas: WorkloadFormulas) -> dict[str, Any]:
    steps = formulas.steps.steps
    return {
        "steps": [
            [operation, *(operands if operation == "field" else map(_operand, operands))]
            for operation, operands, _ in steps
        ],
        "first": _node(formulas.first),
        "fewest": formulas.fewest_samples,
    }


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
            dtypes = {dtype: list(map(_operand, node.by_dtype[dtype])) for dtype in DTYPES}
            return {"figures": list(map(_operand, node.figures)), "dtypes": dtypes}
    return None


def _operand(operand: Any) -> Any:
    """The number of a step; a whole number as text, which a script reads whole; one with a fraction in a list."""
    if not isinstance(operand, Constant):
        return operand
    return str(operand.number) if isinstance(operand.number, int) else [operand.number]

"""Whether a training step fits a memory, and what makes it fit, in words and a table."""

from collections.abc import Mapping
from typing import Any

from w2v_explore.analysis.memory.answer import Answer
from w2v_explore.analysis.memory.costs import Fits
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.report.table import Column, Table
from w2v_explore.report.units import exact, size_bytes


def describe_answer(fits: Fits) -> str:
    """``Fits: a training step in amp-bfloat16 takes 8.829 GB of 25.77 GB less 1.074 GB in reserve, with …``."""
    answer = fits.answer
    taken = f"a training step in {describe_way(answer)} takes {size_bytes(answer.needed_bytes)} of "
    verdict = "with {} to spare" if answer.fits else "{} too much"
    margin = verdict.format(size_bytes(abs(answer.margin_bytes)))
    return f"{'Fits' if answer.fits else 'Does not fit'}: {taken}{describe_memory(fits)}, {margin}."


def describe_way(answer: Answer) -> str:
    """``amp-bfloat16 with checkpoints``."""
    return f"{answer.precision}{' with checkpoints' if answer.checkpointing else ''}"


def describe_memory(fits: Fits) -> str:
    """``25.77 GB less 1.074 GB in reserve``."""
    less = f" less {size_bytes(fits.reserve_bytes)} in reserve" if fits.reserve_bytes else ""
    return f"{size_bytes(fits.memory_bytes)}{less}"


NOTHING_HELPS = (
    "Nothing that is tried makes it fit, nor does all of it together: checkpoints at each transformer layer, a frozen "
    "extractor, a precision of fewer bytes, a fused kernel for attention, smaller batches."
)


def remedies_table(answer: Answer) -> Table:
    """What makes a training step fit, a row each."""
    columns = [
        Column("Change", numeric=False, wraps=True),
        Column("Options", numeric=False, wraps=True),
        Column("Takes"),
        Column("To spare"),
    ]
    table = Table("What makes it fit", columns)
    for change, needed_bytes, margin_bytes in answer.changes:
        given = [_option(name, value) for name, value in change.items()]
        table.rows.append((_words(change), " ".join(given), size_bytes(needed_bytes), size_bytes(margin_bytes)))
    table.remark = (
        "Each row is enough by itself, and nothing with fewer changes is. Of precisions and batches the first that is "
        "enough is shown."
    )
    return table


def _option(name: str, value: Any) -> str:
    return f"--{name}" if value is True else f"--{name} {value}"


def _words(change: Mapping[str, Any]) -> str:
    words = []
    for name, value in change.items():
        match name:
            case "checkpointing":
                words.append("checkpoints at each transformer layer")
            case "train":
                words.append("the extractor frozen")
            case "precision":
                words.append(precision_named(value).name)
            case "attention":
                words.append("a fused kernel for attention")
            case "batch":
                words.append(f"batches of {exact(value)}, {exact(change['accumulate'])} of them accumulated")
    return "; ".join(words)

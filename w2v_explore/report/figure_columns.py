"""Figures as the columns of a table in which each config is a row."""

from collections.abc import Mapping, Sequence

from w2v_explore.analysis.figures import ALIASES, FIGURES, MEASURED, Number, figure_named
from w2v_explore.report.table import Column
from w2v_explore.report.units import figure_text

# What headings leave unsaid.
_MEANINGS = {
    "MACs of a second of audio": ("MACs/s",),
    "memory": ("Peak", "Inference", "Kept", "Training"),
    "samples": ("Receptive field", "Stride", "Shortest input"),
}


def figure_heading(name: str) -> str:
    """What a column calls a figure: ``Params``, ``attention MACs``, ``aux MACs``, ``Stride, ms``."""
    heading = figure_named(name).heading
    if name in ALIASES:
        return f"{heading}, ms" if ALIASES[name].in_milliseconds else heading
    group, _, _ = name.rpartition(".")
    if name in FIGURES:
        return f"{heading} MACs" if group == "macs" else heading
    return f"{group.replace('_', ' ')} {heading}"


def figure_label(name: str) -> str:
    """What words and axes call a figure: ``MACs per second of audio``, ``aux parameters``, ``stride, ms``."""
    label = figure_named(name).label
    if name in ALIASES:
        return f"{label}, ms" if ALIASES[name].in_milliseconds else label
    group, _, _ = name.rpartition(".")
    if name in FIGURES or name in MEASURED:
        return f"{label} MACs" if group == "macs" else label
    return f"{group.replace('_', ' ')} {label}"


def figure_cell(name: str, value: Number) -> str:
    """A figure as a cell has it."""
    if name in ALIASES and ALIASES[name].in_milliseconds:
        return f"{value:,.10g}"
    return figure_text(figure_named(name).unit)(value)


def figure_columns(names: Sequence[str]) -> list[Column]:
    """A column for each figure; on a narrow terminal the last ones are left out first."""
    return [Column(figure_heading(name), priority=number) for number, name in enumerate(names)]


def figure_cells(names: Sequence[str], figures: Mapping[str, Number]) -> list[str]:
    """A cell for each figure."""
    return [figure_cell(name, figures[name]) for name in names]


def explain_columns(names: Sequence[str]) -> str:
    """What the headings leave unsaid: ``MACs/s: MACs of a second of audio.``; empty where they say all."""
    headings = [figure_heading(name) for name in names]
    shown = {meaning: [each for each in headings if each in of] for meaning, of in _MEANINGS.items()}
    text = "; ".join(f"{', '.join(of)}: {meaning}" for meaning, of in shown.items() if of)
    return text and f"{text}."

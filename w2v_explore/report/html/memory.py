"""The page of `memory`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from w2v_explore.analysis.memory.costs import MemoryCosts
from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, Part, Sliders, section_of
from w2v_explore.report.html.sliders import MEMORY_ROWS, workload_sliders
from w2v_explore.report.html.structure import inference_picture, kept_picture, step_picture
from w2v_explore.report.html.tiles import memory_tiles
from w2v_explore.report.table import Report


def memory_page(
    costs: Sequence[Sequence[MemoryCosts]], reports: Sequence[Report], checkpointing: bool, precision: str | None
) -> Page:
    """The page on the memory of some configs, each at one length or several.

    Args:
        costs: Of each config, at each length.
        reports: What is said of each config.
        checkpointing: Whether activation checkpoints were asked about.
        precision: The precision of training that was asked about; None where none was, and it goes by the dtype.
    """
    configs = [first.analysis.config for first, *_ in costs]
    sections = [
        # A report on several lengths has the figures of each side by side.
        section_of(
            report,
            _pictures(max(lengths, key=_samples), checkpointing, precision),
            memory_tiles(lengths[0]) if len(lengths) == 1 else (),
        )
        for lengths, report in zip(costs, reports, strict=True)
    ]
    return Page(", ".join(distinct_names(configs)), configs, sections)


def _samples(costs: MemoryCosts) -> int:
    return costs.analysis.workload.samples


def _pictures(costs: MemoryCosts, checkpointing: bool, precision: str | None) -> list[Part]:
    """The pictures of a config's memory at its greatest length."""
    analysis, training = costs.analysis, costs.training[costs.precision]
    pictures: list[Part] = [step_picture(analysis, training), inference_picture(analysis)]
    if checkpointing:
        pictures.insert(1, step_picture(analysis, training, checkpointing=True))
    return [*pictures, kept_picture(analysis, training), *_sliders(costs, precision)]


def _sliders(costs: MemoryCosts, precision: str | None) -> list[Sliders]:
    """What moves, in the precision that was asked about; formulas are of AdamW alone."""
    analysis = costs.analysis
    if analysis.optimizer != "adamw" or analysis.teacher:
        return []
    analysis = replace(analysis, workload=replace(analysis.workload, precision=precision))
    return workload_sliders([analysis], MEMORY_ROWS)

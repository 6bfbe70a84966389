"""The page of `plan`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.analysis.plan.training_plan import TrainingPlan
from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, Tile, section_of
from w2v_explore.report.html.pictures.card_memory import card_memory
from w2v_explore.report.plan import money_text, time_text
from w2v_explore.report.table import Report
from w2v_explore.report.units import exact, size_bytes


def plan_page(plans: Sequence[TrainingPlan], reports: Sequence[Report]) -> Page:
    """The page on the training of some configs.

    Args:
        plans: Of each.
        reports: What is said of each.
    """
    configs = [plan.analysis.config for plan in plans]
    sections = [
        section_of(report, [card_memory(plan)], _tiles(plan)) for report, plan in zip(reports, plans, strict=True)
    ]
    return Page(", ".join(distinct_names(configs)), configs, sections)


def _tiles(plan: TrainingPlan) -> list[Tile]:
    """Whether it fits, how long it takes and what it costs."""
    needed, there = size_bytes(plan.need.memory.total), size_bytes(plan.card.memory_bytes)
    hours, cost = plan.time.hours, plan.cost
    epochs = "" if plan.epochs is None else f"{plan.epochs:,.4g} epoch{'' if plan.epochs == 1 else 's'}"
    tiles = [
        Tile("memory", "fits" if plan.fits else "does not fit", f"{needed} of {there}"),
        Tile("time", time_text(hours.estimate), f"{time_text(hours.low)} to {time_text(hours.high)}"),
        Tile("updates", exact(plan.updates), epochs),
    ]
    if plan.within is not None:
        tiles.append(Tile(f"within {time_text(plan.within.seconds / 3600)}", "yes" if plan.is_in_time else "no"))
    if cost is not None:
        tiles.append(Tile("cost", money_text(cost.estimate), f"{money_text(cost.low)} to {money_text(cost.high)}"))
    return tiles


def cards_page(reports: Sequence[Report]) -> Page:
    """The page on the cards that there are."""
    return Page(reports[0].heading, [], [section_of(report) for report in reports])

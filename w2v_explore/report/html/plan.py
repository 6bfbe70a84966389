"""The page of `plan`."""

from __future__ import annotations

from collections.abc import Sequence

from w2v_explore.analysis.plan.training_plan import TrainingPlan
from w2v_explore.config.load import distinct_names
from w2v_explore.report.html.page import Page, section_of
from w2v_explore.report.table import Report


def plan_page(plans: Sequence[TrainingPlan], reports: Sequence[Report]) -> Page:
    """The page on the training of some configs.

    Args:
        plans: Of each.
        reports: What is said of each.
    """
    configs = [plan.analysis.config for plan in plans]
    return Page(", ".join(distinct_names(configs)), configs, [section_of(report) for report in reports])


def cards_page(reports: Sequence[Report]) -> Page:
    """The page on the cards that there are."""
    return Page(reports[0].heading, [], [section_of(report) for report in reports])

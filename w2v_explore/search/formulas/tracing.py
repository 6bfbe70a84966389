"""The figures of configs as formulas: the way that `analyze` takes, with sizes in the place of the fields' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.figures import FIGURES, Figures
from w2v_explore.analysis.formulas.sizes import Path, Real, Whole
from w2v_explore.analysis.formulas.totals import PathTotals
from w2v_explore.analysis.latency.roofline import Work
from w2v_explore.analysis.receptive_field import check_samples
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import Family
from w2v_explore.config.load import Config
from w2v_explore.errors import WorkloadError
from w2v_explore.search.formulas.latency import works_of

Formula = Whole | Real | int | float


class Traced(NamedTuple):
    """What is known of all configs that take a path.

    Attributes:
        path: The path.
        figures: The formulas of the figures by name; None where there are none of these configs, since they are wrong
            or the workload is too short for them.
        works: What their passes compute and move, whose sizes are formulas; empty where latency is not asked for.
    """

    path: Path
    figures: Mapping[str, Formula] | None
    works: Sequence[Work] = ()


def trace(
    family: Family,
    values: Mapping[str, Any],
    path: Path,
    workload: Workload,
    names: Iterable[str],
    *,
    with_works: bool = False,
) -> Traced:
    """The path of a config, with the formulas of some figures.

    Args:
        family: The config's.
        values: The config's values by field, in which numbers may be sizes of the path; each is right by itself.
        path: The path, on which nothing was asked.
        workload: Of the figures.
        names: The figures, by the names in `analysis.figures`.
        with_works: Whether latency is asked for.

    Raises:
        NeedsValueError: Some of the sizes have to be numbers.
    """
    analysis = _analysis(family, values, workload)
    if analysis is None:
        return Traced(path, None)
    totals, others = PathTotals(analysis, path, workload), Figures(analysis)
    figures = {name: FIGURES[name].of(totals) if name in FIGURES else others[name] for name in names}
    return Traced(path, figures, works_of(analysis) if with_works else ())


def _analysis(family: Family, values: Mapping[str, Any], workload: Workload) -> Analysis | None:
    """The analysis of a config; None where it is none, or the workload is too short for it."""
    if not all(agreement.holds(values) for agreement in family.agreements):
        return None
    model = object.__new__(family.config)
    for name, value in values.items():
        object.__setattr__(model, name, value)
    config = Config(name="many", origin="<columns>", model=model, sample_rate=workload.sample_rate)
    analysis = Analysis(config=config, workload=workload, tree=family.build(model))
    try:
        check_samples(analysis.calls, analysis.takes, workload)
    except WorkloadError:
        return None
    return analysis

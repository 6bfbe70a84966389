"""The figures of configs as formulas: the way that `analyze` takes, with sizes in the place of the fields' numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.figures import FIGURES, Figures, LazyTotals
from w2v_explore.analysis.formulas.sizes import Path, Real, Whole
from w2v_explore.analysis.latency.roofline import Work
from w2v_explore.analysis.memory.kept import kept_activations
from w2v_explore.analysis.memory.liveness import Trace
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.memory.step_macs import training_macs
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
    totals, others = _Formulas(analysis, path), Figures(analysis)
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


class _Formulas(LazyTotals):
    """The totals as formulas, of which each is one factor wherever figures are made of it."""

    def __init__(self, analysis: Analysis, path: Path) -> None:
        super().__init__(analysis)
        self._path = path
        self._recipe = precision_named(analysis.workload.training_precision)

    @property
    def _trace(self) -> Trace:
        return self._analysis.trace(self._recipe.dtype, training=True, autocast=bool(self._recipe.autocast))

    @property
    def parameters(self) -> Any:
        return self._path.bound(self._analysis.parameters)

    @property
    def learned(self) -> Any:
        analysis = self._analysis
        return self._path.bound(analysis.lives(training=True).learned_of(analysis.tree))

    @property
    def macs(self) -> Macs:
        bound: list[Any] = [self._path.bound(macs) for macs in self._analysis.macs]
        return Macs(*bound)

    @property
    def peak_activation_bytes(self) -> Any:
        return self._path.greatest(self._analysis.trace(training=False).live_bytes)

    @property
    def kept_bytes(self) -> Any:
        return self._path.bound(kept_activations(self._trace).plain.greatest)

    @property
    def cast_weight_bytes(self) -> Any:
        if not self._recipe.autocast:
            return 0
        kept = kept_activations(self._trace)
        return self._path.bound(kept.plain_and_weights.greatest) - self._path.bound(kept.plain.greatest)

    @property
    def expected_macs(self) -> Any:
        lives = self._analysis.lives(training=True)
        return training_macs(lives.calls, self._analysis.workload.batch, lives.needs).plain.spread().expected

"""The totals of a model as formulas."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.figures import LazyTotals
from w2v_explore.analysis.memory.kept import KeptActivations, kept_activations
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.memory.step_macs import training_macs
from w2v_explore.analysis.workload import Workload

if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis
    from w2v_explore.analysis.formulas.sizes import Path


class PathTotals(LazyTotals):
    """The totals as formulas, of which each is one factor wherever figures are made of it.

    Args:
        analysis: Whose fields, or whose samples and batch, may be sizes of the path.
        path: The path.
        workload: The analysis's, or the same in another dtype.
    """

    def __init__(self, analysis: Analysis, path: Path, workload: Workload) -> None:
        super().__init__(analysis)
        self._path = path
        self._workload = workload
        self._recipe = precision_named(workload.training_precision)

    @property
    def workload(self) -> Workload:
        return self._workload

    @cached_property
    def _kept(self) -> KeptActivations:
        recipe = self._recipe
        return kept_activations(self._analysis.trace(recipe.dtype, training=True, autocast=bool(recipe.autocast)))

    @cached_property
    def parameters(self) -> Any:
        return self._path.bound(self._analysis.parameters)

    @cached_property
    def learned(self) -> Any:
        analysis = self._analysis
        return self._path.bound(analysis.lives(training=True).learned_of(analysis.tree))

    @cached_property
    def macs(self) -> Macs:
        bound: list[Any] = [self._path.bound(macs) for macs in self._analysis.macs]
        return Macs(*bound)

    @cached_property
    def peak_activation_bytes(self) -> Any:
        return self._path.greatest(self._analysis.trace(self._workload.dtype, training=False).live_bytes)

    @property
    def kept_bytes(self) -> Any:
        return self._path.bound(self._kept.plain.greatest)

    @property
    def cast_weight_bytes(self) -> Any:
        if not self._recipe.autocast:
            return 0
        return self._path.bound(self._kept.plain_and_weights.greatest) - self._path.bound(self._kept.plain.greatest)

    @property
    def expected_macs(self) -> Any:
        lives = self._analysis.lives(training=True)
        return training_macs(lives.calls, self._analysis.workload.batch, lives.needs).plain.spread().expected

    @property
    def frames(self) -> Any:
        # By itself: the shortest input asks whether the batch is 1.
        frames_at = self._analysis.takes.frames_at
        return next(call.gives.frames for call in self._analysis.calls if call.path == frames_at)

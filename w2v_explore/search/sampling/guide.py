"""Optuna's samplers, asked for combinations of a space.

They learn and draw in a study in memory, which holds what is known of the storage's: an answer of theirs then costs no
look into a database, and depends on nothing but the seed and the trials that were finished before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler, GPSampler, NSGAIIISampler, NSGAIISampler, RandomSampler
from optuna.trial import FrozenTrial, Trial, TrialState

from w2v_explore.errors import ArgumentError, missing_extra
from w2v_explore.search.space.space import Axis, Space

POPULATION = 50
"""Trials of a generation of the genetic algorithms, which are asked for together."""

SAMPLERS = ("nsga2", "nsga3", "gp")
"""NSGA-II, NSGA-III, and a Gaussian process, which takes a second for each trial and needs fewer."""


def require_sampler(name: str) -> None:
    """Refuse a sampler that there is not, or that cannot work here.

    Raises:
        ArgumentError: There is none of this name.
        MissingExtraError: It needs packages that are not installed.
    """
    if name not in SAMPLERS:
        raise ArgumentError(f"there is no sampler {name!r}; write {', '.join(SAMPLERS[:-1])} or {SAMPLERS[-1]}")
    if name == "gp":
        for package, extra in (("torch", "torch"), ("scipy", "sampling")):
            if find_spec(package) is None:
                raise missing_extra("the sampler gp", package, extra)


def distributions(space: Space) -> Mapping[str, BaseDistribution]:
    """What is drawn on each axis, by its name: the numbers of its values, in order where the values are."""
    return {
        axis.name: IntDistribution(0, len(axis.values) - 1)
        if _is_ordered(axis)
        else CategoricalDistribution(range(len(axis.values)))
        for axis in space.axes
    }


def _is_ordered(axis: Axis) -> bool:
    """Whether the values are numbers, or ratios, that only rise or only fall."""
    numbers = [_number(value) for value in axis.values]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return False
    return all(a < b for a, b in pairwise(known)) or all(a > b for a, b in pairwise(known))


def _number(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        return None


class Guide:
    """A sampler, with the trials that it knows."""

    def __init__(self, space: Space, maximized: Sequence[bool], sampler: str, seed: int, worker: str) -> None:
        """Know nothing.

        Args:
            space: The space.
            maximized: Of each objective, whether more of it is better.
            sampler: One of `SAMPLERS`.
            seed: Of all that is drawn.
            worker: What tells those apart who work on one study; empty for one alone.
        """
        self._space = space
        self._sampler = sampler
        self._seed = f"{seed} {worker}"
        self._distributions = distributions(space)
        self._study = optuna.create_study(directions=["maximize" if more else "minimize" for more in maximized])
        self.size = 0

    @property
    def batch(self) -> int:
        """The combinations that are asked for together."""
        return 1 if self._sampler == "gp" else POPULATION

    def learn(self, trials: Iterable[FrozenTrial]) -> None:
        """Take in trials that others have finished, or an earlier run."""
        before = self.size
        for trial in trials:
            self._study.add_trial(trial)
            self.size += 1
        if self.size > before:
            self._choose_parents()

    def ask(self) -> list[Trial]:
        """The next combinations; each is to be told."""
        self._study.sampler = self._sampler_at(self.size)
        return [self._study.ask(dict(self._distributions)) for _ in range(self.batch)]

    def tell(self, trial: Trial, values: Sequence[float] | None) -> FrozenTrial:
        """Finish a trial with the values of its objectives; with none where the combination is no config."""
        state = TrialState.PRUNED if values is None else TrialState.COMPLETE
        self.size += 1
        return self._study.tell(trial, values, state=state)

    def codes(self, trial: Trial | FrozenTrial) -> tuple[int, ...]:
        """The numbers of the values of a trial's combination."""
        return tuple(int(trial.params[axis.name]) for axis in self._space.axes)

    def _sampler_at(self, start: int) -> BaseSampler:
        """The sampler of the trials after the first ``start``.

        Each batch has one of its own, whose seed its start gives, so that a run that is broken off goes on as it would
        have gone.
        """
        seed = int.from_bytes(hashlib.sha256(f"{self._seed} {start}".encode()).digest()[:4], "big")
        if self._sampler == "nsga2":
            return NSGAIISampler(seed=seed, population_size=POPULATION)
        if self._sampler == "nsga3":
            return NSGAIIISampler(seed=seed, population_size=POPULATION)
        last = self._study.get_trials(deepcopy=False)[-1:]
        if last and last[0].state is TrialState.PRUNED:
            # Of what is no config it learns nothing, and would ask for the same once more.
            return RandomSampler(seed=seed)
        return GPSampler(seed=seed)

    def _choose_parents(self) -> None:
        """Choose the parents of the generations that were learned, the first one first.

        A sampler would do so itself, but by asking for those of each generation inside of the next one's: for a
        thousand generations at once Python has not the stack.
        """
        first: dict[int, int] = {}
        key = f"{type(self._sampler_at(0)).__name__}:generation"
        for place, trial in enumerate(self._study.get_trials(deepcopy=False)):
            generation = trial.system_attrs.get(key)
            if generation is not None:
                first.setdefault(generation, place)
        for generation in sorted(first):
            sampler = self._sampler_at(first[generation])
            if isinstance(sampler, (NSGAIISampler, NSGAIIISampler)):
                sampler.get_parent_population(self._study, generation)

"""The answer to a question from some combinations of its space, which are drawn."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from optuna.trial import FrozenTrial

from w2v_explore.analysis.comparing.conditions import Condition
from w2v_explore.analysis.figures import Number
from w2v_explore.errors import ArgumentError
from w2v_explore.host import cache_folder
from w2v_explore.search.question.identity import identity
from w2v_explore.search.question.match import DIFFERENCE, Match
from w2v_explore.search.question.nearest import CHANGED, DISTANCE, Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.question.survivors import Survivors
from w2v_explore.search.running.chunk import Found, Judged, Worker
from w2v_explore.search.running.run import Progress
from w2v_explore.search.sampling.guide import Guide, require_sampler
from w2v_explore.search.sampling.quiet import quiet
from w2v_explore.search.sampling.storage import TOKEN, Store, is_url, opened, shown
from w2v_explore.search.space.members import members_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_SHOWN = 1000
_MOST_VIOLATED = 1e9


class Sampled(NamedTuple):
    """What a question finds among some combinations: the best of these, which need not be the best of the space.

    Attributes:
        found: What was counted, and never complete; combinations that were drawn more than once count once.
        trials: How many trials are finished, those that drew a combination once more and those of other runs included.
        study: The name of the study.
        storage: Where it lies, without whoever may read it.
        is_interrupted: Whether Ctrl-C came before there were as many trials as were asked for.
    """

    found: Found
    trials: int
    study: str
    storage: str
    is_interrupted: bool

    def to_dict(self) -> dict[str, Any]:
        """What says how it was sampled, as plain data."""
        return {"trials": self.trials, "study": self.study, "storage": self.storage, "interrupted": self.is_interrupted}


def study_name(question: Question) -> str:
    """The name of a question's study: that of no other question."""
    return f"w2v-explore {question.mode.name} {_digest(question)}"


def _digest(question: Question) -> str:
    return hashlib.sha256(json.dumps(identity(question)).encode()).hexdigest()[:16]


def own_journal(question: Question, sampler: str, seed: int) -> Path:
    """The journal in which a run goes on that was broken off, in the user's cache; its folder is made."""
    folder = cache_folder() / "search"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{question.mode.name}-{_digest(question)}-{sampler}-{seed}.journal"


def sample(
    question: Question,
    trials: int,
    *,
    sampler: str = "nsga2",
    seed: int = 0,
    storage: str | None = None,
    progress: Progress | None = None,
) -> Sampled:
    """Draw combinations of a space until a study has so many trials, and answer from all of these.

    In memory and in a journal the same seed gives the same answer, broken off or not. Who joins a study in a database
    draws what nobody else does.

    Args:
        question: The question.
        trials: How many trials the study is to have, those of earlier runs and of other machines included.
        sampler: ``nsga2``, ``nsga3`` or ``gp``.
        seed: Of what is drawn.
        storage: The URL of a database, or the path of a journal; None for memory.
        progress: Called with what is done, how many trials are finished, and how many are asked for.

    Raises:
        ArgumentError: There is no such sampler, no trial is asked for, or what is asked comes from a device.
        SourceError: The storage cannot be reached, is of another version, or was waited for in vain.
        MissingExtraError: A package that the sampler or the storage needs is not installed.
    """
    if trials < 1:
        raise ArgumentError(f"trials is {trials}; ask for one at least")
    if isinstance(question.mode, Survivors):
        raise ArgumentError(
            "a latency decides among all configs that are as required, and trials draw some; ask for figures that are "
            "known without a device, and measure what is found"
        )
    require_sampler(sampler)
    is_shared = storage is not None and is_url(storage)
    name, maximized = study_name(question), [more for _, more in _objectives(question)]
    with quiet(), opened(storage) as there:
        guide = Guide(question.space, maximized, sampler, seed, secrets.token_hex(8) if is_shared else "")
        store = Store(there, shown(storage), name, maximized, _attributes(question))
        run = _Run(question, guide, store)
        is_interrupted = False
        try:
            finished = run.until(trials, progress)
        except KeyboardInterrupt:
            is_interrupted = True
            finished = store.finished()
    counted = finished if is_shared else finished[:trials]
    return Sampled(run.answer(counted), len(counted), name, shown(storage), is_interrupted)


class _Run:
    """What asks, works out and tells."""

    def __init__(self, question: Question, guide: Guide, store: Store) -> None:
        self._question = question
        self._worker = Worker(question)
        self._guide = guide
        self._store = store
        self._known: set[str] = set()

    def until(self, trials: int, progress: Progress | None) -> list[FrozenTrial]:
        """Go on until so many trials are finished, and give these."""
        stored = self._store.finished()
        # A batch that was broken off is asked for once more, and is the same again.
        self._learn(stored[: len(stored) // self._guide.batch * self._guide.batch])
        while len(stored) < trials:
            if progress is not None:
                progress("sampling", len(stored), trials)
            self._batch(stored[self._guide.size :], trials - self._guide.size)
            stored = self._store.finished()
            self._learn(stored)
        if progress is not None:
            progress("sampling", len(stored), trials)
        return stored

    def _learn(self, stored: Sequence[FrozenTrial]) -> None:
        new = [trial for trial in stored if _token(trial) not in self._known]
        self._guide.learn(new)
        self._known.update(map(_token, new))

    def _batch(self, told: Sequence[FrozenTrial], most: int) -> None:
        """Ask for combinations, work them out together, and tell of them; but not of those that were told before."""
        asked = self._guide.ask()
        known = [self._guide.codes(trial) for trial in asked]
        judged = self._worker.judge(np.array(known, np.int64))
        valid = np.flatnonzero(judged.valid)
        columns = self._worker.columns(judged, valid)
        rows = np.stack([columns[name].astype(np.float64) for name, _ in _objectives(self._question)], axis=1)
        values = dict(zip(valid.tolist(), rows.tolist(), strict=True))
        violations = dict(zip(values, self._violations(judged, known, valid), strict=True))
        for place, trial in enumerate(asked):
            before = told[place] if place < len(told) else None
            is_told = before is not None and self._guide.codes(before) == known[place]
            token = _token(before) if before is not None and is_told else secrets.token_hex(8)
            trial.set_user_attr(TOKEN, token)
            for name, violation in violations.get(place, {}).items():
                trial.set_constraint(name, violation)
            finished = self._guide.tell(trial, values.get(place))
            self._known.add(token)
            if not is_told and place < most:
                self._store.add(finished)

    def _violations(
        self, judged: Judged, codes: Sequence[Sequence[int]], places: NDArray[np.int64]
    ) -> Iterator[dict[str, float]]:
        """Of each of some configs, by constraint how far it is from satisfying it; 0 where it does."""
        clean = np.ones(len(places), bool)
        if self._worker.is_wanted is not None:
            clean = self._worker.is_wanted(self._numbers([codes[place] for place in places]))
        for place, is_clean in zip(places.tolist(), clean.tolist(), strict=True):
            figures = {name: column[place].item() for name, column in judged.figures.items()}
            found = {each.text: self._violation(each, figures) for each in self._question.constraints}
            yield found if self._worker.is_wanted is None else {**found, "lint-clean": float(not is_clean)}

    def _violation(self, constraint: Condition, figures: Mapping[str, Number]) -> float:
        """How far a config is from satisfying a constraint, as a share of its limit."""
        value = constraint.value(figures, self._worker.reference)
        distance = min(abs(value - constraint.limit) / (abs(constraint.limit) or 1), _MOST_VIOLATED)
        return 0.0 if constraint.holds(value) else max(distance, 1 / _MOST_VIOLATED)

    def _numbers(self, codes: Sequence[Sequence[int]]) -> NDArray[Any]:
        """The numbers of combinations, by those of their values."""
        space = self._question.space
        return members_in(space, [space.member(each) for each in codes])

    def answer(self, trials: Sequence[FrozenTrial]) -> Found:
        """What the question finds among the combinations of some trials, each worked out once."""
        found = self._worker.examine(self._numbers(sorted({self._guide.codes(trial) for trial in trials})))
        return found._replace(complete=False)


def _token(trial: FrozenTrial) -> str:
    return str(trial.user_attrs.get(TOKEN, trial.number))


def _objectives(question: Question) -> Sequence[tuple[str, bool]]:
    """The columns that trials are judged by, and whether more of each is better."""
    mode = question.mode
    if isinstance(mode, Rank):
        return [(mode.figure, mode.is_maximized)]
    if isinstance(mode, Nearest):
        return [(CHANGED, False), (DISTANCE, False)]
    if isinstance(mode, Match):
        return [(DIFFERENCE, False)]
    assert isinstance(mode, Pareto)
    return [(name, name in mode.maximized) for name in mode.figures]


def _attributes(question: Question) -> Mapping[str, Any]:
    """What people read of a study in Optuna's own tools."""
    return {
        "w2v-explore": f"{question.mode.name} of {', '.join(question.mode.figures)}",
        "constraints": [constraint.text for constraint in question.constraints],
        "axes": {axis.name: _few(axis.values) for axis in question.space.axes},
    }


def _few(values: Sequence[Any]) -> list[Any]:
    return list(values) if len(values) <= _MOST_SHOWN else [*values[:2], "…", values[-1]]

"""Designs as trials that are waiting in somebody's own study, to be trained."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import optuna

from w2v_explore.files.write import require_writable
from w2v_explore.search.sampling.quiet import quiet
from w2v_explore.search.sampling.storage import is_url, opened, plainly, shown


class Enqueued(NamedTuple):
    """What became of designs.

    Attributes:
        study: The name of the study.
        storage: Where it lies, without whoever may write it.
        added: How many designs were enqueued.
        known: How many were not, as the study had a trial with their values.
    """

    study: str
    storage: str
    added: int
    known: int


def require_storage(storage: str) -> None:
    """Refuse a storage in which `enqueue` could enqueue nothing, before the work whose result goes there.

    Args:
        storage: As in `enqueue`; a journal that is not there is not made.

    Raises:
        SourceError: As in `enqueue`.
        MissingExtraError: The driver of the database is not installed.
    """
    if not is_url(storage) and not os.path.exists(storage):
        require_writable(storage)
        return
    with quiet(), opened(storage):
        pass


def enqueue(designs: Sequence[Mapping[str, Any]], storage: str, name: str) -> Enqueued:
    """Have a study try designs before anything that its sampler draws; a design that it knows is left out.

    Each field is a parameter of the trial, under its name; a list is its JSON text. A study that is not there yet is
    made, to minimise one value.

    Args:
        designs: Of each the values of the fields that vary, as plain data.
        storage: The URL of a database, or the path of a journal, which need not be there.
        name: Of the study.

    Raises:
        SourceError: The storage cannot be reached or written, or is of another version of Optuna's.
        MissingExtraError: The driver of the database is not installed.
    """
    where = shown(storage)
    with quiet(), opened(storage) as there, plainly(where):
        study = optuna.create_study(storage=there, study_name=name, load_if_exists=True)
        before = len(study.get_trials(deepcopy=False))
        for fields in designs:
            values = {field: json.dumps(v) if isinstance(v, (list, tuple)) else v for field, v in fields.items()}
            study.enqueue_trial(values, skip_if_exists=True)
        added = len(study.get_trials(deepcopy=False)) - before
    return Enqueued(name, where, added, len(designs) - added)

"""Optuna without what it says to its own users: its log, and warnings that parts of it may change."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from w2v_explore.silenced import silenced

_LOGGERS = ("optuna", "alembic", "sqlalchemy.pool")


@contextmanager
def quiet() -> Iterator[None]:
    """Have Optuna, and the packages that it stores with, log and warn of nothing; what it raises is left."""
    with silenced(_LOGGERS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield

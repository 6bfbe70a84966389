"""Optuna without what it says to its own users: its log, and warnings that parts of it may change."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("optuna", "alembic", "sqlalchemy.pool")


@contextmanager
def quiet() -> Iterator[None]:
    """Have Optuna, and the packages that it stores with, log and warn of nothing; what it raises is left."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)

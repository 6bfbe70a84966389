"""What libraries log by themselves, kept from people who did not ask for it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def silenced(names: Iterable[str]) -> Iterator[None]:
    """Have loggers log nothing, and afterwards what they did before: what matters is raised, and told in one message.

    Args:
        names: Of the loggers.
    """
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)

"""How matplotlib is imported, wherever it draws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from w2v_explore import host
from w2v_explore.silenced import silenced


@contextmanager
def importing_matplotlib() -> Iterator[None]:
    """Import it within: it would read a matplotlibrc of the working folder, which can name programs to run.

    Nor does it say that it looks for fonts for the first time, if that takes more than five seconds.
    """
    with host.away(), silenced(["matplotlib.font_manager"]):
        yield

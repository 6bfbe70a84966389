"""Running the program in this process, as a user would from a shell."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from w2v_explore.cli import app


class Run(NamedTuple):
    code: int
    out: str
    err: str


Runner = Callable[..., Run]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Run ``w2v-explore`` with arguments; ``columns`` sets the width, ``stdin`` what is piped in."""

    def run_program(*arguments: str, columns: int | None = None, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "argv", ["w2v-explore", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        if columns is not None:
            monkeypatch.setenv("COLUMNS", str(columns))
        code = app.main()
        out, err = capsys.readouterr()
        return Run(code, out, err)

    return run_program

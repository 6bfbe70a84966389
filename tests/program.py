"""Running the program in this process, as a user would from a shell."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from w2v_explore.analysis.analyze import Analysis
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


@pytest.fixture
def measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a test, models of a workload are measured once, however often the program shows what was measured."""
    from w2v_explore.measure import latency  # imports torch

    results: dict[tuple[object, ...], Any] = {}

    def once(measure: Callable[..., Any]) -> Callable[..., Any]:
        def measure_or_recall(given: Analysis | list[Analysis], *arguments: Any, **options: Any) -> Any:
            key = measure, repr([each.workload for each in ([given] if isinstance(given, Analysis) else given)])
            if key not in results:
                results[key] = measure(given, *arguments, **options)
            return results[key]

        return measure_or_recall

    for name in ("measure_latency", "measure_in_turns"):
        monkeypatch.setattr(latency, name, once(getattr(latency, name)))

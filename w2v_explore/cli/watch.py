"""``summary --watch``: a report that is shown again whenever a file is saved that it was made from.

Imported where it is asked for.
"""

from __future__ import annotations

import gc
import os
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from io import StringIO
from time import sleep
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import typer

from w2v_explore import interrupt
from w2v_explore.cli.streams import say
from w2v_explore.config.presets import preset_names
from w2v_explore.errors import ConfigError, W2vExploreError, WorkloadError
from w2v_explore.files.read import FileState, noting_files, state_of
from w2v_explore.report.comparison import saved_table
from w2v_explore.report.terminal import print_reports, stdout_console

if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis
    from w2v_explore.report.table import Report, Table

# Asking for the state of some files takes microseconds.
_POLL_S = 0.02
# An editor empties a file and fills it, or moves it away and puts another in its place.
_SETTLE_S = 0.01
_MOST_SETTLING = 4


class Shown(NamedTuple):
    """What is shown of the files as they are.

    Attributes:
        reports: The words and tables.
        analyses: What they are about, in an order that stays.
    """

    reports: list[Report]
    analyses: list[Analysis]


def require_watchable(references: Sequence[str]) -> None:
    """Refuse what nobody saves.

    Raises:
        typer.BadParameter: Standard input is among the configs, or none is a file.
    """
    if "-" in references:
        raise typer.BadParameter("--watch is about files that are saved: standard input comes once")
    if all(name.removesuffix(".yaml") in preset_names() and not os.path.lexists(name) for name in references):
        raise typer.BadParameter(f"--watch is about files that are saved: {references[0]} is a preset; name a file")


def keep_showing(references: Sequence[str], show: Callable[[], Shown]) -> NoReturn:
    """Show what ``show`` makes, and again after each save with what changed since the last; Ctrl-C ends it.

    Args:
        references: The configs, as they were named.
        show: Reads the files. What it says on standard error is shown below.

    Raises:
        W2vExploreError: It cannot be shown even once, for another reason than what a config says.
    """
    names = f"{', '.join(references[:-1])} and {references[-1]}" if len(references) > 1 else references[0]
    # The program starts without it, as most commands end before there is anything to collect.
    gc.enable()
    last: list[Analysis] = []
    seen: dict[str, FileState] = {}
    while True:
        words = StringIO()
        reports: list[Report] = []
        problems: list[str] = []
        before = _states(seen)
        with noting_files() as files:
            try:
                with redirect_stderr(words):
                    reports, analyses = show()
            except ConfigError as error:
                problems = [str(problem) for problem in error.problems]
            except W2vExploreError as error:
                if not seen:
                    raise
                problems = [f"error: {line}" for line in str(error).split("\n")]
        if reports and last:
            reports[-1].tables.extend(_changes(last, analyses))
        if reports:
            last = analyses
        # A file that is broken may not have been followed to all that it extends, which may have been saved as well.
        seen = {**before, **files} if problems else files
        said, end = [*words.getvalue().splitlines(), *problems], f"Watching {names}; Ctrl-C ends it."
        size = _draw(reports, said, end)
        while not _wait_for_a_save(seen, size):
            size = _draw(reports, said, end)


def _changes(before: Sequence[Analysis], after: Sequence[Analysis]) -> list[Table]:
    """A table for each config that differs; one that says so where none does."""
    from w2v_explore.analysis.comparing.compare import compare

    tables = []
    for old, new in zip(before, after, strict=True):
        try:
            table = saved_table(compare([old, new], attributed=False))
        except WorkloadError:  # one takes audio, the other features
            continue
        table.title += f": {new.config.name}" if len(after) > 1 else ""
        tables.append(table)
    # Of several configs one is saved at a time.
    return [table for table in tables if table.rows] or tables[:1]


def _draw(reports: Sequence[Report], said: Sequence[str], end: str) -> os.terminal_size | None:
    """Put all of it on a cleared terminal, or below the last in a pipe.

    Returns:
        The size of the terminal before anything was drawn: where it changes meanwhile, what is drawn does not fit it.
    """
    size = _terminal_size()
    console = stdout_console()
    console.clear()
    print_reports(reports, console)
    sys.stdout.flush()
    say(*said)
    print(f"\n{end}", flush=True)
    return size


def _wait_for_a_save(seen: Mapping[str, FileState], drawn: os.terminal_size | None) -> bool:
    """Return True once a file is another one than it was when it was read, and whoever saves it is done.

    False is returned as soon as the terminal has another size than was drawn for: all is drawn again, and nothing read.
    """
    while _states(seen) == seen:
        if _terminal_size() != drawn:
            return False
        sleep(_POLL_S)
        _require_reader()
    now = _states(seen)
    for _ in range(_MOST_SETTLING):
        sleep(_SETTLE_S)
        before, now = now, _states(seen)
        if now == before and all(now[path] or not was for path, was in seen.items()):
            break
    return True


def _terminal_size() -> os.terminal_size | None:
    """The size of the terminal that is drawn on; None where it is none."""
    try:
        return os.get_terminal_size(1)
    except OSError:
        return None


def _require_reader() -> None:
    """End as at a write where the reader of a pipe has gone: the next write may be hours away, and a shell waits."""
    if not hasattr(select, "poll"):  # on Windows
        return
    looker = select.poll()
    looker.register(1, 0)
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in looker.poll(0)):
        interrupt.close_pipe()


def _states(paths: Mapping[str, FileState]) -> dict[str, FileState]:
    return {path: state_of(path) for path in paths}

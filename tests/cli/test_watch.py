"""``summary --watch``: shown again on each save, whichever way a file is saved, until Ctrl-C."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.program import Run, Runner
from w2v_explore.cli import watch

Watcher = Callable[..., Run]


@pytest.fixture
def watching(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watcher:
    """Run ``summary --watch`` in a folder with ``my.yaml``; at each look at the files the next step is taken."""
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text("extends: base\nencoder_num_layers: 6\n")

    def run_steps(
        *arguments: str, steps: Sequence[Callable[[], object]] = (), settling: Sequence[Callable[[], object]] = ()
    ) -> Run:
        polls, settles = iter(steps), iter(settling)

        def take_step(seconds: float) -> None:
            if seconds == watch._SETTLE_S:
                next(settles, lambda: None)()
            elif step := next(polls, None):
                step()
            else:
                raise KeyboardInterrupt

        monkeypatch.setattr(watch, "sleep", take_step)
        return run("summary", "--watch", *(arguments or ("my.yaml",)))

    return run_steps


def write(text: str, name: str = "my.yaml") -> Callable[[], object]:
    return lambda: Path(name).write_text(text)


def replace_by_rename() -> None:
    Path("my.yaml~").write_text("extends: base\nencoder_num_layers: 3\n")
    os.replace("my.yaml~", "my.yaml")


def screens(shown: str) -> list[str]:
    return shown.split("Watching my.yaml; Ctrl-C ends it.\n")[:-1]


def since_the_last_save(screen: str) -> list[list[str]]:
    return [line.split() for line in screen.partition("Since the last save\n")[2].splitlines()[1:]]


def test_a_save_shows_what_changed_since_the_last(watching: Watcher, run: Runner) -> None:
    code, out, err = watching(steps=[replace_by_rename, write("extends: base\nencoder_num_layers: 12\n")])
    assert (code, err) == (130, "")
    first, second, third = screens(out)
    Path("my.yaml").write_text("extends: base\nencoder_num_layers: 6\n")
    assert first == run("summary", "my.yaml").out + "\n"
    assert "30.58 M" in second
    assert ["encoder_num_layers", "6", "3"] in since_the_last_save(second)
    assert ["parameters", "51.84", "M", "30.58", "M", "−21.26", "M", "(−41.0", "%)"] in since_the_last_save(second)
    assert ["encoder_num_layers", "3", "12"] in since_the_last_save(third)
    assert not any(row[0] in ("stride,", "frames") for row in since_the_last_save(third) if row)


def test_a_save_that_changes_nothing_says_so(watching: Watcher) -> None:
    out = watching(steps=[write("# mine\nextends: base\nencoder_num_layers: 6\n")]).out
    assert screens(out)[1].endswith("Since the last save\nNothing has changed.\n\n")


def test_a_broken_file_says_its_problems_and_waits(watching: Watcher) -> None:
    steps = [
        write("extends: base\nencoder_num_layers: 6\nencoder_num_heads: 7\n"),
        lambda: Path("my.yaml").unlink(),
        write("extends: base\nencoder_num_layers: 7\n"),
    ]
    code, out, err = watching(steps=steps)
    assert code == 130
    broken, gone = err.splitlines()
    assert broken.startswith("my.yaml:3:20: error E234 heads-divide: ")
    assert gone.startswith("error: no file or preset is named my.yaml")
    *_, last = screens(out)
    # What is shown is held against the last that could be.
    assert ["encoder_num_layers", "6", "7"] in since_the_last_save(last)


def test_a_config_that_is_broken_from_the_start_is_waited_for(watching: Watcher) -> None:
    Path("my.yaml").write_text("extends: base\nencoder_num_layers: [\n")
    code, out, err = watching(steps=[write("extends: base\n")])
    assert (code, err.count("E100")) == (130, 1)
    assert "94.37 M" in screens(out)[1]


def test_all_that_a_config_extends_is_watched(watching: Watcher) -> None:
    Path("my.yaml").write_text("extends: parent.yaml\n")
    steps = [
        # A parent that comes to be is seen, though its child could not be read.
        write("extends: base\nencoder_num_layers: 4\n", "parent.yaml"),
        write("extends: base\nencoder_num_layers: 5\n", "parent.yaml"),
    ]
    _, out, err = watching(steps=steps)
    assert "parent.yaml" in err
    assert ["encoder_num_layers", "4", "5"] in since_the_last_save(screens(out)[2])


def test_a_file_that_may_not_be_read_is_waited_for(watching: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("my.yaml").write_text("extends: parent.yaml\n")
    Path("parent.yaml").write_text("extends: base\n")
    denied, really_open = ["parent.yaml"], os.open

    def open_what_may_be_read(path: Any, *arguments: Any, **more: Any) -> int:
        if os.path.basename(path) in denied:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return really_open(path, *arguments, **more)

    def permit() -> None:
        denied.clear()
        Path("parent.yaml").chmod(0o600)

    def shows_it_again() -> None:
        if denied:
            raise AssertionError("it is shown again, and nothing was saved")

    monkeypatch.setattr(os, "open", open_what_may_be_read)
    code, out, err = watching(steps=[lambda: None, permit], settling=[shows_it_again])
    assert (code, err.count("Permission denied"), len(screens(out))) == (130, 1, 2)
    assert "94.37 M" in screens(out)[1]


def test_a_copy_that_keeps_times_is_a_save(watching: Watcher) -> None:
    def copy() -> None:
        status = os.stat("my.yaml")
        Path("my.yaml").write_text("extends: base\nencoder_num_layers: 5\n")
        os.utime("my.yaml", ns=(status.st_atime_ns, status.st_mtime_ns))

    _, out, _ = watching(steps=[copy])
    assert ["encoder_num_layers", "6", "5"] in since_the_last_save(screens(out)[1])


def test_several_configs_have_a_difference_each(watching: Watcher) -> None:
    Path("other.yaml").write_text("extends: large\n")
    out = watching("my.yaml", "other.yaml", "base", steps=[replace_by_rename]).out
    assert out.endswith("\nWatching my.yaml, other.yaml and base; Ctrl-C ends it.\n")
    assert [line.partition(": ")[2] for line in out.splitlines() if line.startswith("Since the last save")] == ["my"]


def test_a_file_that_is_being_written_is_waited_for(watching: Watcher) -> None:
    # An editor empties the file, and fills it a while later.
    fill = write("extends: base\nencoder_num_layers: 3\n")
    _, out, err = watching(steps=[write("")], settling=[lambda: None, fill])
    assert err == ""
    assert ["encoder_num_layers", "6", "3"] in since_the_last_save(screens(out)[1])


def test_a_size_that_changes_while_it_draws_is_seen(watching: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    print_reports, size = watch.print_reports, os.terminal_size((80, 24))

    def print_and_resize(*arguments: object) -> None:
        nonlocal size
        print_reports(*arguments)
        size = os.terminal_size((50, 24))

    monkeypatch.setattr(watch, "print_reports", print_and_resize)
    monkeypatch.setattr(watch, "_terminal_size", lambda: size)
    assert len(screens(watching().out)) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "standard input comes once"),
        (["base"], "base is a preset; name a file"),
        (["my.yaml", "--device", "cpu"], "leave out --device, or give --predict with it"),
        (["my.yaml", "--fail-if", "macs > 1G"], "leave out --fail-if"),
        (["my.yaml", "--format", "json"], "leave out --format json"),
        (["my.yaml", "-o", "out.txt"], "leave out --output"),
        (["nosuch.yaml"], "nosuch.yaml"),
    ],
)
def test_what_cannot_be_watched_is_refused(watching: Watcher, arguments: list[str], said: str) -> None:
    code, out, err = watching(*arguments)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.slow
def test_a_pipe_whose_reader_has_gone_ends_it(tmp_path: Path) -> None:
    """A pager that is left, between two saves."""
    path = tmp_path / "my.yaml"
    path.write_text("extends: base\n")
    command = [sys.executable, "-m", "w2v_explore", "summary", str(path), "--watch"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    while b"Ctrl-C ends it." not in process.stdout.readline():
        assert process.poll() is None
    process.stdout.close()
    assert (process.wait(timeout=60), process.stderr.read()) == (-signal.SIGPIPE, b"")
    process.stderr.close()


@pytest.mark.slow
def test_a_terminal_is_cleared_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("extends: base\nencoder_num_layers: 6\n")
    outer, inner = os.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "w2v_explore", "summary", str(path), "--watch"]
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(
        command, stdin=inner, stdout=inner, stderr=inner, env=environment, start_new_session=True,
        preexec_fn=take_terminal,
    )  # fmt: skip
    os.close(inner)

    def read_screen() -> bytes:
        shown = b""
        while b"Ctrl-C ends it." not in shown:
            assert select.select([outer], [], [], 60)[0], shown
            shown += os.read(outer, 65536)
        return shown

    assert read_screen().startswith(b"\x1b[2J\x1b[H")
    path.with_name("new").write_text("extends: base\nencoder_num_layers: 3\n")
    path.with_name("new").replace(path)
    shown = read_screen()
    assert b"Since the last save" in shown
    assert b"Share" in shown
    fcntl.ioctl(outer, termios.TIOCSWINSZ, struct.pack("4H", 24, 50, 0, 0))
    shown = read_screen()
    assert b"Since the last save" in shown
    assert b"Left out at this width: Share" in shown
    os.write(outer, b"\x03")
    assert process.wait(timeout=60) == 130
    os.close(outer)

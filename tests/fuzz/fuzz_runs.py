"""Fuzzing of whole runs: ``python -m tests.fuzz.fuzz_runs --cases 500 --processes 50``.

Folders of hostile files and names × the commands that need no torch × formats × streams. Most cases run one after the
other inside one process, which calls the program's own ``main`` with the descriptors 0, 1 and 2 exchanged; some as
processes of their own. A finding is whatever departs from what docs/reliability.md promises of whole runs: an exit code
but 0, 1 and 2, a traceback, a control character, an output that is none of its format, a run that takes long or waits,
a file that nobody named.

Each case follows from the seed and its number alone; a finding prints how to see it again.
"""

from __future__ import annotations

import argparse
import atexit
import faulthandler
import gc
import io
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from types import FrameType
from typing import NamedTuple, TextIO

from tests.fuzz.command_lines import CommandLine, make_command_line
from tests.fuzz.folders import Folder, make_folder
from tests.fuzz.hostile import Hostile
from tests.fuzz.judge import CPU_SECONDS, Fault, Outcome, Stream, judge, list_files

_PER_FOLDER = 8
_ADDRESS_SPACE = 2 * 2**30
_IDLE_SECONDS = 2
_WALL_SECONDS = 60
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
_ENCODINGS = {"utf-8": 12, "ascii": 2, "latin-1": 2, "cp1252": 1, "utf-16": 2}


class Case(NamedTuple):
    """One run.

    Attributes:
        name: The seed and the number that it follows from.
        folder: Where it runs.
        line: What is typed.
        stdin: What is piped in; None where standard input is closed.
        out: Standard output.
        err: Standard error.
    """

    name: str
    folder: Folder
    line: CommandLine
    stdin: bytes | None
    out: Stream
    err: Stream

    def shell(self) -> str:
        """What a shell would run, where its folder was kept."""
        changes = {"PYTHONIOENCODING": self.out.encoding, **self.line.environment}
        words = [f"{name}={_quote(value)}" for name, value in changes.items() if value is not None]
        words += ["python", "-m", "w2v_explore", *map(_quote, self.line.arguments)]
        ends = {"closed": "{}>&-", "full": "{}>/dev/full", "broken": "{}> >(true)", "pipe": "{}> >(cat)"}
        words += [ends.get(stream.kind, "").format(number) for stream, number in ((self.out, 1), (self.err, 2))]
        if self.stdin:
            words += ["<<<", _quote(os.fsdecode(self.stdin[:2_000]))]
        return " ".join(filter(None, words)) + f"   # stdout: {self.out.kind}, stderr: {self.err.kind}"


def _quote(text: str) -> str:
    if len(text) > 300:
        text = f"{text[:40]}…{len(text)} characters"
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b"\\'" else f"\\x{byte:02x}" for byte in os.fsencode(text)
    )
    return f"$'{escaped}'"


class Cases:
    """The cases of a seed, with their folders made when they are wanted."""

    def __init__(self, seed: str, place: Path, processes: bool) -> None:
        self._seed, self._place, self._processes = seed, place, processes
        self._folder: Folder | None = None
        self._number = -1

    def make(self, number: int) -> Case:
        """The case of a number; cases that follow one another share a folder."""
        group = number // _PER_FOLDER
        if self._folder is None or group != self._number:
            self.forget()
            self._folder = make_folder(Random(f"{self._seed}/folder/{group}"), self._place / f"{self._seed}-{group}")
            self._number = group
        random = Random(f"{self._seed}/{number}")
        hostile = Hostile(random)
        line = make_command_line(random, self._folder)
        return Case(f"{self._seed}/{number}", self._folder, line, self._stdin(hostile), *self._streams(hostile))

    def forget(self) -> None:
        """Remove the folder, as after a case that changed it."""
        if self._folder is not None:
            shutil.rmtree(self._folder.root)
            self._folder = None

    def _stdin(self, hostile: Hostile) -> bytes | None:
        kind = hostile.weighted(mutated=2, empty=1, closed=1) if hostile.odd(0.5) else "config"
        if kind in ("empty", "closed"):
            return b"" if kind == "empty" else None
        content = hostile.one((b"extends: base\n", b"extends: large\nname: x\nencoder_num_layers: 7\n"))
        return hostile.mutate(content, 3) if kind == "mutated" else content

    def _streams(self, hostile: Hostile) -> tuple[Stream, Stream]:
        encoding = hostile.weighted(**_ENCODINGS)
        kinds = {"file": 30.0, "terminal": 7.0, "closed": 2.0, "full": 2.0, "broken": 2.0}
        if self._processes:
            kinds = {"file": 5, "pipe": 12, "terminal": 6, "closed": 2, "full": 2, "broken": 2}
        return Stream(hostile.weighted(**kinds), encoding), Stream(hostile.weighted(**kinds), encoding)


class Hang(BaseException):
    """A run that does not end."""


class _Terminal(io.FileIO):
    def isatty(self) -> bool:
        return True


class InProcess:
    """Runs cases inside this process, each with descriptors 0, 1 and 2 of its own."""

    def __init__(self) -> None:
        from w2v_explore import interrupt
        from w2v_explore.cli import main

        self._main: Callable[[], None] = main
        # What a process notes of signals holds until its end.
        self._interrupt, self._nothing_came = interrupt, {
            name: value for name, value in vars(interrupt).items() if isinstance(value, (bool, int, float))
        }  # fmt: skip
        self._kept = [os.dup(number) for number in range(3)]
        # Where the pipe's reader has gone, writing is to fail, not to end this process.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        signal.signal(signal.SIGALRM, self._look)
        signal.signal(signal.SIGPROF, self._stop)
        self._hung, self._last_seen = "", 0.0

    def run(self, case: Case) -> Outcome:
        """Run a case."""
        environment, signals = dict(os.environ), [signal.getsignal(number) for number in _SIGNALS]
        modules, filters, hook = set(sys.modules), warnings.filters[:], sys.unraisablehook
        path, umask = sys.path[:], os.umask(0o022)
        descriptors = set(os.listdir("/proc/self/fd"))
        _apply(case, os.environ)
        os.chdir(case.folder.work)
        sys.argv = ["w2v-explore", *case.line.arguments]
        self._hung = ""
        Path("/proc/self/clear_refs").write_text("5")
        at_rest = _memory("VmRSS")
        with self._streams(case) as captured:
            start = time.process_time()
            code = self._call()
            cpu_s = time.process_time() - start
            code = self._end(code)
            out, err = [_content(number) for number in captured]
        peak = _memory("VmHWM") - at_rest
        os.chdir("/")
        others = [f"hangs in {self._hung}"] if self._hung else []
        others += _left_over(case.line.command, descriptors, set(sys.modules) - modules)
        os.environ.clear()
        os.environ.update(environment)
        for number, handler in zip(_SIGNALS, signals, strict=True):
            signal.signal(number, handler)
        warnings.filters[:], sys.unraisablehook = filters, hook
        vars(self._interrupt).update(self._nothing_came)
        atexit.unregister(self._interrupt._end_by_the_signal)
        sys.path[:] = path
        os.umask(umask)
        gc.enable()
        # Garbage was not looked for meanwhile: all that the run made is young.
        gc.collect(0)
        return Outcome(code, out, err, cpu_s, peak, tuple(others))

    def _call(self) -> int:
        signal.setitimer(signal.ITIMER_PROF, 5 * CPU_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, _IDLE_SECONDS, _IDLE_SECONDS)
        # What no handler reaches, inside of a function in C.
        faulthandler.dump_traceback_later(_WALL_SECONDS, exit=True, file=self._kept[2])
        try:
            self._main()
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        except Hang:
            return 0
        except BaseException as error:
            # Python would print it, and end with 1.
            print(f"Traceback (most recent call last):\n{type(error).__name__}: {error}", file=sys.stderr)
            return 1
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()
        return 0

    @staticmethod
    def _end(code: int) -> int:
        """What Python does at the end: write what is left, and end with 120 where it cannot."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                try:
                    stream.flush()
                except (OSError, ValueError):
                    code = 120
                    with suppress(OSError, ValueError):
                        stream.detach()
        return code

    def _look(self, number: int, frame: FrameType | None) -> None:
        """Stop a run that waits: nothing of what it waits for ever comes."""
        now = time.process_time()
        if now - self._last_seen < 0.001:
            self._stop(number, frame)
        self._last_seen = now

    def _stop(self, number: int, frame: FrameType | None) -> None:
        place = "?"
        while frame is not None:
            if "/w2v_explore/" in frame.f_code.co_filename:
                place = f"{frame.f_code.co_filename.rpartition('/w2v_explore/')[2]}, {frame.f_code.co_name}"
                break
            frame = frame.f_back
        self._hung = place
        raise Hang

    @contextmanager
    def _streams(self, case: Case) -> Iterator[list[int]]:
        """The standard streams of a case, and where what is written on them can be read; -1 where it cannot."""
        streams = (case.out, case.err)
        given = [_input(case.stdin), *map(_output, streams)]
        captured = [
            number if stream.kind in ("file", "terminal") else -1
            for number, stream in zip(given[1:], streams, strict=True)
        ]
        for number, file in enumerate(given):
            if file >= 0:
                os.dup2(file, number)
            else:
                os.close(number)
            if file >= 0 and file not in captured:
                os.close(file)
        sys.stdin = None if case.stdin is None else _text(0, "utf-8", "r")
        sys.stdout, sys.stderr = (
            None if stream.kind == "closed" else _text(number, stream.encoding, "w", stream.kind == "terminal")
            for number, stream in enumerate(streams, start=1)
        )
        try:
            yield captured
        finally:
            for number, kept in enumerate(self._kept):
                os.dup2(kept, number)
            for number in captured:
                if number >= 0:
                    os.close(number)
            sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__


def _input(content: bytes | None) -> int:
    """A descriptor above those of the standard streams to read something from; -1 for what is closed."""
    if content is None:
        return -1
    file = os.memfd_create("stdin")
    os.write(file, content)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def _output(stream: Stream) -> int:
    """The same to write to."""
    if stream.kind == "closed":
        return -1
    if stream.kind == "full":
        return os.open("/dev/full", os.O_WRONLY)
    if stream.kind == "broken":
        reader, writer = os.pipe()
        os.close(reader)
        return writer
    return os.memfd_create("output")


def _text(number: int, encoding: str, mode: str, is_terminal: bool = False) -> io.TextIOWrapper:
    """A standard stream as Python opens it."""
    raw = (_Terminal if is_terminal else io.FileIO)(number, mode, closefd=False)
    buffer = io.BufferedReader(raw) if mode == "r" else io.BufferedWriter(raw)
    errors = "backslashreplace" if number == 2 else "strict"
    return io.TextIOWrapper(buffer, encoding, errors, line_buffering=is_terminal or number == 2)


def _content(number: int) -> bytes:
    if number < 0:
        return b""
    os.lseek(number, 0, os.SEEK_SET)
    parts = []
    while part := os.read(number, 2**20):
        parts.append(part)
    return b"".join(parts)


def _memory(what: str) -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(row.split()[1]) * 1024 for row in file if row.startswith(f"{what}:"))


def _left_over(command: str, descriptors: set[str], modules: set[str]) -> Iterator[str]:
    if len(os.listdir("/proc/self/fd")) != len(descriptors):
        yield "descriptors left open"
    if heavy := modules & {"torch", "fvcore", "pydantic", *(() if command == "search" else ("numpy",))}:
        yield f"imported {', '.join(sorted(heavy))}"
    if threading.active_count() > 1:
        yield "a thread left over"
    with suppress(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
        yield "a process left over"


def _apply(case: Case, environment: os._Environ[str] | dict[str, str]) -> None:
    """Put a case's variables in an environment."""
    root = case.folder.root
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "GITHUB_ACTIONS", "GITLAB_CI"):
        environment.pop(name, None)
    environment |= {"HOME": str(root / "home"), "W2V_EXPLORE_CACHE": str(root / "cache"), "TMPDIR": str(root / "tmp")}
    for name, value in case.line.environment.items():
        if value is not None:
            environment[name] = value


class AsProcess:
    """Runs cases as processes of their own, with real terminals and pipes."""

    def __init__(self) -> None:
        self._at_rest = 0

    def run(self, case: Case) -> Outcome:
        """Run a case."""
        environment = dict(os.environ)
        _apply(case, environment)
        environment["PYTHONPATH"] = str(Path(__file__).parents[2])
        environment["PYTHONIOENCODING"] = case.out.encoding
        ours, theirs = zip(*(self._open(stream) for stream in (case.out, case.err)), strict=True)
        readers = [_Reader(number) for number in ours]

        def prepare() -> None:
            resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
            closed = [case.stdin is None, case.out.kind == "closed", case.err.kind == "closed"]
            for number in range(3):
                if closed[number]:
                    os.close(number)

        stdin = _input(case.stdin or b"")
        process = subprocess.Popen(
            [sys.executable, "-m", "w2v_explore", *map(os.fsencode, case.line.arguments)],
            cwd=case.folder.work, env=environment, stdin=stdin, stdout=theirs[0], stderr=theirs[1],
            start_new_session=True, preexec_fn=prepare,
        )  # fmt: skip
        os.close(stdin)
        for number in theirs:
            os.close(number)
        others = []
        timer = threading.Timer(_WALL_SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        hung = not timer.is_alive()
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            others.append("a process left over")
        if hung:
            others.append("hangs")
        out, err = (reader.content() for reader in readers)
        # A process's peak begins with what it was forked from.
        at_start = max(20 * 2**20, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        memory = max(0, used.ru_maxrss * 1024 - at_start)
        return Outcome(process.returncode, out, err, used.ru_utime + used.ru_stime, memory, tuple(others))

    @staticmethod
    def _open(stream: Stream) -> tuple[int, int]:
        """Where we read, -1 for nowhere, and where the program writes."""
        if stream.kind == "terminal":
            return os.openpty()
        if stream.kind == "file":
            file = os.memfd_create("output")
            return file, os.dup(file)
        if stream.kind in ("pipe", "broken"):
            reader, writer = os.pipe()
            if stream.kind == "broken":
                os.close(reader)
            return reader if stream.kind == "pipe" else -1, writer
        return -1, os.open("/dev/full" if stream.kind == "full" else os.devnull, os.O_WRONLY)


class _Reader:
    """Reads what a process writes while it runs."""

    def __init__(self, number: int) -> None:
        self._number, self._parts = number, list[bytes]()
        self._is_terminal = number >= 0 and os.isatty(number)
        self._is_file = (
            number >= 0
            and not os.isatty(number)
            and os.path.exists(f"/proc/self/fd/{number}")
            and ("memfd" in os.readlink(f"/proc/self/fd/{number}"))
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        if number >= 0 and not self._is_file:
            self._thread.start()

    def _read(self) -> None:
        with suppress(OSError):  # how a terminal ends
            while part := os.read(self._number, 2**16):
                self._parts.append(part)

    def content(self) -> bytes:
        """All of it."""
        if self._number < 0:
            return b""
        if self._is_file:
            content = _content(self._number)
        else:
            self._thread.join(10)
            # A terminal writes a carriage return before each line feed.
            content = b"".join(self._parts).replace(b"\r\n", b"\n") if self._is_terminal else b"".join(self._parts)
        os.close(self._number)
        return content


class Findings:
    """Prints each kind of finding once, with how to see it again, and counts the others."""

    def __init__(self, keep: Path | None = None) -> None:
        self._keep, self.counts = keep, Counter[str]()

    def add(self, case: Case, faults: Sequence[Fault], outcome: Outcome) -> None:
        """Take what is wrong with a case."""
        for cause, detail in faults:
            self.counts[cause] += 1
            if self.counts[cause] > 1:
                continue
            said = outcome.err.decode(case.err.encoding, "replace")[-300:]
            print(f"\nFOUND {cause}: {detail}\n  case {case.name}, in {case.folder.work}\n  {case.shell()}")
            print(f"  exit code {outcome.code}, standard error ends {said!a}")
            if self._keep is not None:
                self._keep.mkdir(parents=True, exist_ok=True)
                kept = self._keep / case.name.replace("/", "-")
                if not kept.exists():
                    subprocess.run(["cp", "-a", case.folder.root, kept], check=False)
                print(f"  kept in {kept}", flush=True)


def fuzz(seed: str, numbers: Iterable[int], place: Path, runner: InProcess | AsProcess, findings: Findings) -> None:
    """Run the cases of a seed one after the other, and judge each."""
    cases = Cases(seed, place, processes=isinstance(runner, AsProcess))
    for number in numbers:
        case = cases.make(number)
        before = list_files(case.folder.root)
        outcome = runner.run(case)
        after = list_files(case.folder.root)
        faults = judge(case.line, case.folder, case.out, case.err, outcome, before, after)
        if faults:
            findings.add(case, faults, outcome)
        if before != after:
            cases.forget()
    cases.forget()


def _fuzz_beside(seed: str, numbers: range, place: Path, findings: Findings, until: float) -> int:
    """Run cases inside one process, which is not this one, since a case may end it; returns how many ran."""
    at = numbers.start
    while at < numbers.stop and time.monotonic() < until:
        sys.stdout.flush()
        reader, writer = os.pipe()
        worker = os.fork()
        if worker == 0:
            os.close(reader)
            resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
            # What is there already is no garbage of any case.
            gc.freeze()
            channel = open(writer, "w", encoding="utf-8", buffering=1)  # noqa: SIM115
            fuzz(seed, _told(range(at, numbers.stop), channel, until), place, InProcess(), findings)
            for cause, count in findings.counts.items():
                channel.write(f"{count} {cause}\n")
            channel.close()
            sys.stdout.flush()
            os._exit(0)
        os.close(writer)
        with open(reader, encoding="utf-8") as answers:
            for row in answers:
                count, _, cause = row.rstrip("\n").partition(" ")
                if cause:
                    findings.counts[cause] = int(count)
                else:
                    at = int(count)
        _, status = os.waitpid(worker, 0)
        if status == 0:
            break
        findings.counts["the process ends"] += 1
        print(
            f"\nFOUND the process ends in case {seed}/{at}: exit code {os.waitstatus_to_exitcode(status)}", flush=True
        )
        at += 1
    return at - numbers.start


def _told(numbers: range, channel: TextIO, until: float) -> Iterator[int]:
    """The numbers, each said before it is tried, and at last how far they came."""
    for number in numbers:
        channel.write(f"{number}\n")
        if time.monotonic() > until:
            return
        yield number
    channel.write(f"{numbers.stop}\n")


def make_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=500, help="cases inside one process")
    parser.add_argument("--processes", type=int, default=0, help="cases as processes of their own")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--minutes", type=float, default=1e6, help="when to stop at the latest")
    parser.add_argument("--keep", type=Path, help="where to keep a folder of each kind of finding")
    return parser


def main() -> None:
    options = make_parser().parse_args()
    until = time.monotonic() + 60 * options.minutes
    findings = Findings(options.keep)
    place = Path(tempfile.mkdtemp(prefix="w2v-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        inside = _fuzz_beside(options.seed, range(options.first, options.first + options.cases), place, findings, until)
        channel = io.StringIO()
        numbers = range(options.first, options.first + options.processes)
        fuzz(f"{options.seed}p", _told(numbers, channel, until), place, AsProcess(), findings)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    as_processes = int(channel.getvalue().split()[-1]) - options.first
    for cause, count in findings.counts.most_common():
        print(f"{count:>7}  {cause}")
    print(
        f"{inside:,} cases inside one process, {as_processes:,} as processes: {len(findings.counts)} kinds of findings"
    )
    sys.exit(bool(findings.counts))


if __name__ == "__main__":
    main()

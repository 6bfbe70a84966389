"""What a run of the program must be: its exit code, its streams, and what it leaves behind."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import signal
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import yaml

from tests.fuzz.command_lines import CommandLine, may_write
from tests.fuzz.folders import Folder
from tests.fuzz.hostile import SECRET

CPU_SECONDS = 2.0
MEMORY_BYTES = 400 * 2**20
"""What a run may take more than the program at rest."""

_MOST_RESULTS, _MOST_MESSAGES = 64 * 2**20, 2**18
_LINES_PER_SECOND = 5_000
_UNREADABLE = ("closed", "full", "broken")
_MAY_SAY_NO = {"lint", "summary", "compare", "memory", "plan", "presets", "sweep", "search", "check", "inspect"}
# Bold, dim, and the colours of the foreground; what the program reads has others.
_OUR_COLOURS = re.compile(r"\x1b\[(?:0|1|2|3|3\d|9\d|38;5;\d+)(?:;(?:0|1|2|3|3\d|9\d|38;5;\d+))*m")
# What draws a progress bar and takes it away.
_BAR = re.compile(r"\x1b\[(?:\?25[lh]|2K|1A)|\r")
_BIDIRECTIONAL = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_WARNING = re.compile(r":\d+: \w+Warning: |Exception ignored")
_FRAME = re.compile(r'File "[^"]*?/(w2v_explore/[^"]+)", line \d+, in (\S+)')
_EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Exit|Hang|Interrupt)\b")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_NUMBER = re.compile(r"[+-]?\d[\d_.,]*(e[+-]?\d+)?|[+-]?inf|-", re.IGNORECASE)
_GITHUB = re.compile(r"::(error|warning|notice) (title|file)=[^:]*::")


class Stream(NamedTuple):
    """What the program is given for standard output or standard error.

    Attributes:
        kind: ``file``, ``pipe``, ``terminal``, ``closed``, ``full`` or ``broken``, a pipe whose reader has gone.
        encoding: Of its text.
    """

    kind: str
    encoding: str


class Outcome(NamedTuple):
    """What a run came to.

    Attributes:
        code: Its exit code, or minus a signal.
        out: What it wrote on standard output, as far as that can be read.
        err: The same of standard error.
        cpu_s: Processor time.
        memory_bytes: Peak above the program at rest.
        others: What was seen beside: descriptors or processes left over, heavy imports.
    """

    code: int
    out: bytes
    err: bytes
    cpu_s: float
    memory_bytes: int
    others: tuple[str, ...] = ()


class Fault(NamedTuple):
    """Something that is wrong with a run.

    Attributes:
        cause: What is alike in all runs that fail so.
        detail: Of this run.
    """

    cause: str
    detail: str


Files = dict[str, tuple[int, ...]]


def list_files(root: Path) -> Files:
    """Every file below a folder with what changes when it is written."""
    found: Files = {}
    waiting = [str(root)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    found[entry.path] = (status.st_mode,)
                    waiting.append(entry.path)
                else:
                    found[entry.path] = (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def judge(
    line: CommandLine, folder: Folder, out: Stream, err: Stream, outcome: Outcome, before: Files, after: Files
) -> list[Fault]:
    """All that is wrong with a run."""
    found = [Fault(f"{line.command}: {other}", "") for other in outcome.others]
    if any(other.startswith("hangs") for other in outcome.others):
        return found
    found += _judge_code(line, out, err, outcome)
    # Thousands of layers, each by itself, in several configs, are as many lines.
    if outcome.cpu_s > CPU_SECONDS + outcome.out.count(b"\n") / _LINES_PER_SECOND:
        found.append(Fault(f"{line.command} is slow", f"{outcome.cpu_s:.1f} s of processor time"))
    if outcome.memory_bytes > MEMORY_BYTES:
        found.append(Fault(f"{line.command} takes memory", f"{outcome.memory_bytes >> 20} MiB"))
    format = line.formats.get(None)
    found += _judge_stream(line, out, outcome.out, f"standard output of {line.command} as {format}", format)
    found += _judge_stream(line, err, outcome.err, f"standard error of {line.command}", "text")
    if outcome.code in (0, 1) and out.kind not in _UNREADABLE and "--help" not in line.arguments:
        text = _decode(outcome.out, out.encoding)
        if format and text is not None and (text or not line.outputs):
            found += [
                Fault(f"{line.command} {format}, {cause}", detail) for cause, detail in _judge_format(format, text)
            ]
    found += _judge_files(line, folder, before, after)
    if outcome.code in (0, 1):
        found += _judge_outputs(line, folder, before, after)
    return found


def _judge_code(line: CommandLine, out: Stream, err: Stream, outcome: Outcome) -> Iterator[Fault]:
    messages = outcome.err.decode(err.encoding, "replace")
    if "Traceback (most recent call last)" in messages:
        last = next((f"{file}, {function}" for file, function in reversed(_FRAME.findall(messages))), "?")
        raised = [row for row in messages.splitlines() if _EXCEPTION.match(row)] or [""]
        yield Fault(f"traceback from {last}: {raised[-1].partition(':')[0]}", raised[-1][:200])
    elif outcome.code == 3:
        yield Fault(f"{line.command} ends with 3", messages[-300:])
    # Who reads no more ends a program that writes on, in Unix.
    is_cut_off = outcome.code in (-signal.SIGPIPE, 128 + signal.SIGPIPE) and "broken" in (out.kind, err.kind)
    if outcome.code not in (0, 1, 2, 3) and not is_cut_off:
        yield Fault(f"{line.command} ends with {outcome.code}", "")
    if outcome.code == 1 and line.command not in _MAY_SAY_NO:
        yield Fault(f"{line.command} ends with 1", "it has no answer that is no")
    if outcome.code == 2 and err.kind not in _UNREADABLE and not messages.strip():
        yield Fault(f"{line.command} ends with 2 and says nothing", "")
    if warning := _WARNING.search(messages):
        yield Fault(
            f"{line.command} prints a warning of Python's",
            messages[max(0, warning.start() - 100) : warning.end() + 100],
        )


def _judge_stream(line: CommandLine, stream: Stream, content: bytes, title: str, format: str | None) -> Iterator[Fault]:
    if not content:
        return
    text = _decode(content, stream.encoding)
    if text is None:
        yield Fault(f"{title} is no {stream.encoding}", ascii(content[:200]))
        return
    if "Traceback (most recent call last)" in text:
        return
    # typer's help is in colours for GitHub's logs too, and for all that follows in a process where it once was.
    if stream.kind == "terminal" or line.environment.get("FORCE_COLOR") or "--help" in line.arguments:
        text = _OUR_COLOURS.sub("", text)
        if line.command == "search":
            text = _BAR.sub("", text)
    # Off a terminal a diff is what `patch` takes: the lines of the file as they are.
    if format != "diff" or stream.kind == "terminal":
        yield from (Fault(f"{title} has {cause}", detail) for cause, detail in judge_text(text, format))
    if SECRET in text and not any("outside" in argument for argument in line.arguments):
        place = text.index(SECRET)
        yield Fault(f"{title} quotes a file that is no config", ascii(text[max(0, place - 150) : place + 50]))
    if len(content) > (_MOST_MESSAGES if title.startswith("standard error") else _MOST_RESULTS):
        yield Fault(f"{title} is a flood", f"{len(content):,} bytes")


def judge_text(text: str, format: str | None) -> Iterator[Fault]:
    """What no text may hold, whatever prints it; a format of None may be any."""
    raw = sorted(set(filter(_is_control, text)) - set("\n\t"))
    if raw:
        place = text.index(raw[0])
        yield Fault(
            "control characters", f"{', '.join(map(ascii, raw[:4]))}: {text[max(0, place - 60) : place + 20]!a}"
        )
    for row in re.split("[\n\r\u2028\u2029\x85\x0b\x0c]", text):
        if row.lstrip().startswith("::") and not (format in ("github", None) and _GITHUB.match(row)):
            yield Fault("a line that begins with ::", ascii(row.strip()[:80]))
            break


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs") or character in _BIDIRECTIONAL


def _judge_format(format: str, text: str) -> Iterator[Fault]:
    """Whether an output is of its format."""
    try:
        if format in ("json", "sarif", "gitlab", "huggingface"):
            json.loads(text, parse_constant=_refuse_constant)
        elif format == "junit":
            ElementTree.fromstring(text)
        elif format == "csv":
            yield from _judge_csv(text)
        elif format == "markdown":
            yield from _judge_markdown(text)
        elif format in ("w2v", "torchaudio", "fairseq"):
            yaml.safe_load(text)
        elif format == "python":
            ast.parse(text)
    except (ValueError, SyntaxError, ElementTree.ParseError, yaml.YAMLError) as error:
        yield Fault(f"cannot be read: {type(error).__name__}", ascii(str(error)[:200]))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _judge_csv(text: str) -> Iterator[Fault]:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if len({len(row) for row in rows}) > 1:
        yield Fault("rows of several lengths", str(sorted({len(row) for row in rows})))
    for cell in (cell for row in rows for cell in row):
        if cell.startswith(tuple("=+-@\t\r")) and not _NUMBER.fullmatch(cell):
            yield Fault("a cell that a spreadsheet would run", ascii(cell[:60]))
            break


def _judge_markdown(text: str) -> Iterator[Fault]:
    previous: list[str] = []
    for row in text.splitlines():
        if re.search(r"<\s*/?\s*(script|img)|<!--", _CODE_SPAN.sub("", row).replace("\\<", "")):
            yield Fault("HTML", ascii(row[:200]))
            break
        cells = re.split(r"(?<!\\)\|", row) if row.startswith("|") else []
        if cells and previous and len(cells) != len(previous):
            yield Fault("a row of another number of cells than the one before", ascii(row[:200]))
            break
        previous = cells


def _judge_files(line: CommandLine, folder: Folder, before: Files, after: Files) -> Iterator[Fault]:
    """What was written, made or removed and is nothing that the command line names."""
    allowed = may_write(line, folder)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        shown = os.path.relpath(path, folder.root)
        if ".w2v-explore-" in path:
            yield Fault(f"{line.command} leaves a temporary file", ascii(shown))
        elif path not in after:
            yield Fault(f"{line.command} removes a file", ascii(shown))
        elif line.command == "search" and os.path.dirname(path) in allowed and path not in before:
            continue  # a design, in the folder that was named
        elif path not in allowed and not (line.repairs and path in before and stat.S_ISREG(after[path][0])):
            yield Fault(f"{line.command} {'changes' if path in before else 'makes'} a file", ascii(shown))


def _judge_outputs(line: CommandLine, folder: Folder, before: Files, after: Files) -> Iterator[Fault]:
    """Whether the files that were written are of their formats."""
    for output, format in line.formats.items():
        path = output and os.path.realpath(Path(folder.work, output))
        if not path or not format or before.get(path) == after.get(path) or not stat.S_ISREG(after[path][0]):
            continue
        text = _decode(Path(path).read_bytes(), "utf-8")
        if text is None:
            yield Fault(f"a file that {line.command} wrote is no UTF-8", ascii(output))
            continue
        faults = [*judge_text(text, format), *_judge_format(format, text)]
        yield from (Fault(f"a file that {line.command} wrote as {format}: {cause}", detail) for cause, detail in faults)


def _decode(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None

"""How long the utterances of a corpus are: a manifest or a histogram → the distinct lengths, and how often each is met.

A manifest is told by its content, and read in pieces: what is kept of a corpus of ten million lines is its distinct
lengths, half a million numbers where utterances have up to 35 s at 16 kHz. No batch depends on more: a corpus is
batched in the order of its lengths, or at random.

Bytes are read, and only numbers are understood: paths and texts may be in any encoding.
"""

import json
import os
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from w2v_explore.diagnostics import shorten
from w2v_explore.errors import ArgumentError, SourceError
from w2v_explore.files.read import open_file

MAX_BYTES = 16 * 2**30
"""The largest manifest that is read: ten million lines of NeMo's with their texts take some 4 GiB."""

MAX_LINE_BYTES = 2**20
"""The longest line of a manifest, which has the text of an utterance at most."""

MAX_SECONDS = 24 * 60 * 60
"""The longest utterance: a number past it counts something else than seconds."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps of it are done, and how many there are."""

_PIECE_BYTES = 4 * 2**20
# Texts of numbers come again and again; of a corpus whose numbers never do, so many are remembered.
_MAX_REMEMBERED = 500_000
_DURATIONS = ("utt2dur", "utt2num_samples")
# What JSON lines call the seconds of an utterance, and its samples.
_SECONDS = ("duration", "seconds")
_SAMPLES = ("num_samples", "length", "input_length")
_AUDIO = re.compile(rb"/|\.(?:wav|flac|mp3|ogg|opus|m4a|sph)$", re.IGNORECASE)
_NUMBER = re.compile(rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_COLUMNS = re.compile(rb"[,;\s]+")
_READ = (
    "a manifest is fairseq's (a folder, then lines of path, tab, samples), Kaldi's utt2dur or wav.scp, JSON lines "
    "with a duration, or a list of seconds, one a line"
)


class Lengths(NamedTuple):
    """The utterances of a corpus, by their lengths.

    Attributes:
        source: The file, as messages call it.
        format: What the file is: ``fairseq manifest``, ``utt2dur``, ``utt2num_samples``, ``JSON lines``,
            ``list of seconds`` or ``histogram``.
        sample_rate: Samples per second.
        samples: The distinct lengths, in samples, the shortest first.
        counts: How many utterances have each.
        skipped: The lines that were left out since they are wrong.
    """

    source: str
    format: str
    sample_rate: int
    samples: "array[int]"
    counts: "array[int]"
    skipped: int = 0

    @property
    def num_utterances(self) -> int:
        """All of them."""
        return sum(self.counts)

    @property
    def total_samples(self) -> int:
        """Of all utterances."""
        return sum(map(int.__mul__, self.samples, self.counts))

    @property
    def hours(self) -> float:
        """Of all utterances."""
        return self.total_samples / self.sample_rate / 3600

    def scaled_to(self, hours: float) -> "Lengths":
        """A corpus of so many hours whose lengths are distributed as these are.

        Counts are rounded one after the other, so that those of the shortest up to any length are right to a half.

        Raises:
            ArgumentError: The hours are no number above 0, or so few that no utterance is left.
        """
        if not 0 < hours < float("inf"):
            raise ArgumentError(f"{hours:g} hours of audio; give a number above 0")
        factor = hours / self.hours
        counts, wanted, given = array("q"), 0, 0
        for count in self.counts:
            wanted += count
            counts.append(round(wanted * factor) - given)
            given += counts[-1]
        if not given:
            raise ArgumentError(f"{hours:g} hours of audio are less than an utterance of {self.source} has")
        kept = {length: count for length, count in zip(self.samples, counts, strict=True) if count}
        return self._replace(samples=array("q", kept), counts=array("q", kept.values()))


class _BadLineError(Exception):
    """What a line is, and what it should be."""


def read_lengths(path: str, sample_rate: int, *, skip_bad: bool = False, progress: Progress | None = None) -> Lengths:
    """The lengths that a manifest lists.

    Read are fairseq's manifest (the folder of the audio, then lines of a path, a tab and the number of samples),
    Kaldi's utt2dur (a name and seconds) and utt2num_samples (a name and samples), a wav.scp with either beside it,
    JSON lines as of NeMo and Hugging Face (``duration`` or ``seconds``, or ``num_samples``, ``length`` or
    ``input_length`` in samples), and a list of seconds, one a line. Empty lines are passed over.

    Args:
        path: The file, of at most `MAX_BYTES`.
        sample_rate: Samples per second, by which seconds become samples.
        skip_bad: Whether to leave out and count the lines that are wrong.
        progress: Called with the bytes that were read.

    Raises:
        SourceError: It cannot be read, is no manifest, or a line of it is wrong, unless those are left out; or nothing
            is left.
    """
    reader, path = _recognise(path)
    return _read(path, sample_rate, reader, skip_bad=skip_bad, progress=progress)


def read_histogram(path: str, sample_rate: int, *, skip_bad: bool = False) -> Lengths:
    """The lengths that a histogram gives: lines of seconds and how many utterances have them, ``12.5,3100``.

    Comma, semicolon, tab or blanks stand between the two. A first line that names the columns and lines that begin
    with ``#`` are passed over.

    Args:
        path: The file.
        sample_rate: Samples per second.
        skip_bad: As in `read_lengths`.

    Raises:
        SourceError: As in `read_lengths`.
    """
    return _read(path, sample_rate, _Histogram(), skip_bad=skip_bad, progress=None)


class _Reader:
    """How a format has the length of an utterance in a line.

    Attributes:
        format: What the format is called.
        first: The number of lines before the first utterance.
    """

    format = ""
    first = 0

    def text(self, line: bytes) -> bytes:
        """What says the length in a line, which equal lengths have alike; raises `_BadLineError`."""
        return line

    def samples(self, text: bytes, sample_rate: int) -> int:
        """The samples of what `text` returned; raises `_BadLineError`."""
        return _samples_of_seconds(text, sample_rate)

    def count(self, text: bytes) -> int:
        """How many utterances a line stands for."""
        return 1


class _Fairseq(_Reader):
    format, first = "fairseq manifest", 1

    def text(self, line: bytes) -> bytes:
        path, tab, samples = line.partition(b"\t")
        if not (path and tab) or b"\t" in samples:
            raise _BadLineError(f"{_quoted(line)}; write a path, a tab and the number of samples")
        return samples

    def samples(self, text: bytes, sample_rate: int) -> int:
        return _samples_of_text(text, sample_rate)


class _Kaldi(_Reader):
    format = "utt2dur"

    def text(self, line: bytes) -> bytes:
        fields = line.split()
        if len(fields) != 2:
            raise _BadLineError(f"{_quoted(line)}; write the name of an utterance and {self._unit}")
        return fields[1]

    _unit = "its seconds"


class _KaldiSamples(_Kaldi):
    format, _unit = "utt2num_samples", "its samples"

    def samples(self, text: bytes, sample_rate: int) -> int:
        return _samples_of_text(text, sample_rate)


class _JsonLines(_Reader):
    format = "JSON lines"

    def text(self, line: bytes) -> bytes:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _BadLineError(f"{_quoted(line)} is no JSON; write an object with a duration in one line") from error
        if isinstance(value, dict):
            for key in _SECONDS:
                if key in value:
                    return self._number(key, value[key], "seconds")
            for key in _SAMPLES:
                if key in value:
                    return b"#" + self._number(key, value[key], "samples")
        wanted = "an object with a duration in seconds, or num_samples"
        raise _BadLineError(f"{_quoted(line)} has no length; write {wanted}")

    def samples(self, text: bytes, sample_rate: int) -> int:
        if text.startswith(b"#"):
            return _samples_of_text(text[1:], sample_rate)
        return _samples_of_seconds(text, sample_rate)

    def _number(self, key: str, value: object, unit: str) -> bytes:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise _BadLineError(f"{key} is no number; write {unit}")
        return repr(value).encode()


class _Seconds(_Reader):
    format = "list of seconds"


class _Histogram(_Reader):
    format = "histogram"

    def text(self, line: bytes) -> bytes:
        return line

    def samples(self, text: bytes, sample_rate: int) -> int:
        return _samples_of_seconds(self._columns(text)[0], sample_rate)

    def count(self, text: bytes) -> int:
        count = self._columns(text)[1]
        if not count.isdigit() or len(count) > 15:
            raise _BadLineError(f"{_quoted(text)}; write seconds and a whole number of utterances, as 12.5,3100")
        return int(count)

    def _columns(self, line: bytes) -> list[bytes]:
        columns = _COLUMNS.split(line)
        if len(columns) != 2:
            raise _BadLineError(f"{_quoted(line)}; write seconds and the number of utterances, as 12.5,3100")
        return columns


def _recognise(path: str) -> tuple[_Reader, str]:
    """How a file is read, and the file that has the lengths: the one beside a wav.scp."""
    # fairseq takes an empty folder for one that the paths have.
    start = [*(line for _, line in islice(_lines(path, None), 3)), b""]
    if not any(start):
        raise SourceError(f"{path} lists no utterance; {_READ}")
    first = next(filter(None, start))
    if first.startswith((b"{", b"[")):
        if first in (b"{", b"[") or first.startswith(b"["):
            raise SourceError(
                f"{path} is JSON over several lines; write one object a line, as NeMo and Hugging Face do"
            )
        return _JsonLines(), path
    if _NUMBER.fullmatch(first):
        return _Seconds(), path
    if b"\t" not in start[0] and start[1].count(b"\t") == 1:
        return _Fairseq(), path
    fields = first.split()
    if len(fields) == 2 and _NUMBER.fullmatch(fields[1]):
        if b"\t" in first and fields[1].isdigit() and _AUDIO.search(fields[0]):
            message = "a path and a number of samples; a fairseq manifest begins with a line of the folder they lie in"
            raise SourceError(f"{path}:1: {_quoted(first)} is {message}")
        return (_KaldiSamples() if os.path.basename(path) == _DURATIONS[1] else _Kaldi()), path
    if len(fields) >= 2 and b"\t" not in first and (_AUDIO.search(fields[1]) or fields[-1] == b"|"):
        return _beside(path)
    raise SourceError(f"{path} is no manifest: its first line is {_quoted(first)}; {_READ}")


def _beside(path: str) -> tuple[_Reader, str]:
    """The durations beside a wav.scp, which names the audio alone."""
    folder = os.path.dirname(path)
    for name, reader in zip(_DURATIONS, (_Kaldi(), _KaldiSamples()), strict=True):
        found = os.path.join(folder, name)
        if os.path.lexists(found):
            return reader, found
    raise SourceError(
        f"{path} names audio and no lengths, and no utt2dur lies beside it; make one "
        f"(Kaldi's utils/data/get_utt2dur.sh), and name either"
    )


def _read(path: str, sample_rate: int, reader: _Reader, *, skip_bad: bool, progress: Progress | None) -> Lengths:
    if not 1 <= sample_rate <= 10**6:
        raise ArgumentError(f"{sample_rate} samples per second; give a number from 1 to 1,000,000")
    counts: Counter[int] = Counter()
    # By the text that says it: the length, and how many utterances have it.
    known: dict[bytes, list[int]] = {}
    skipped = 0
    for number, line in islice(_lines(path, progress), reader.first, None):
        if not line or (reader.format == "histogram" and _is_aside(line, is_first=not known and not skipped)):
            continue
        try:
            text = reader.text(line)
            found = known.get(text)
            if found is None:
                if len(known) >= _MAX_REMEMBERED:
                    _add(counts, known)
                    known.clear()
                found = known[text] = [reader.samples(text, sample_rate), 0]
            found[1] += reader.count(text)
        except _BadLineError as bad:
            if not skip_bad:
                raise SourceError(f"{path}:{number}: {bad}") from bad
            skipped += 1
    _add(counts, known)
    lengths = sorted(length for length, count in counts.items() if count)
    if not lengths:
        left = f"all of its {skipped:,} lines are wrong" if skipped else "it lists none"
        raise SourceError(f"{path} has no utterance: {left}")
    return Lengths(
        path, reader.format, sample_rate, array("q", lengths), array("q", map(counts.__getitem__, lengths)), skipped
    )


def _add(counts: Counter[int], known: Mapping[bytes, Sequence[int]]) -> None:
    for samples, count in known.values():
        counts[samples] += count


def _is_aside(line: bytes, *, is_first: bool) -> bool:
    """Whether a line of a histogram is a comment, or the first with the names of the columns."""
    return line.startswith(b"#") or (is_first and re.fullmatch(rb"[A-Za-z_]+[,;\s]+[A-Za-z_]+", line) is not None)


def _lines(path: str, progress: Progress | None) -> Iterator[tuple[int, bytes]]:
    """The lines of a file by their numbers, without what is blank at their ends."""
    number, done, rest = 0, 0, b""
    with open_file(path) as (file, size):
        if size > MAX_BYTES:
            raise SourceError(f"cannot read {path}: it has {size:,} bytes; the most allowed is {MAX_BYTES:,}")
        while piece := file.read(_PIECE_BYTES):
            if not done:
                _require_text(path, piece)
                piece = piece.removeprefix(b"\xef\xbb\xbf")
            done += len(piece)
            if done > MAX_BYTES:
                raise SourceError(f"cannot read {path}: it has more than {MAX_BYTES:,} bytes, the most allowed")
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise _too_long(path, number)
                yield number, line.strip()
            if len(rest) > MAX_LINE_BYTES:
                raise _too_long(path, number + 1)
            if progress is not None:
                progress("reading", done, max(done, size))
    yield number + 1, rest.strip()


def _too_long(path: str, number: int) -> SourceError:
    return SourceError(f"{path}:{number}: a line of more than {MAX_LINE_BYTES:,} bytes; {_READ}")


def _require_text(path: str, piece: bytes) -> None:
    if piece.startswith(b"\x1f\x8b"):
        raise SourceError(f"{path} is compressed by gzip; unpack it")
    if b"\0" in piece:
        encoding = "in UTF-16; save it as UTF-8" if piece.startswith((b"\xff\xfe", b"\xfe\xff")) else "no text"
        raise SourceError(f"{path} is {encoding}" + ("" if "UTF" in encoding else f"; {_READ}"))
    if b"\r" in piece.strip() and b"\n" not in piece:
        raise SourceError(f"{path} ends its lines with CR, as old Macs did; end them with LF")


def _samples_of_seconds(text: bytes, sample_rate: int) -> int:
    """The samples of a text that says seconds."""
    seconds = float(text) if _NUMBER.fullmatch(text) else float("nan")
    if not 0 < seconds <= MAX_SECONDS:
        more = " (a number of samples?)" if seconds > MAX_SECONDS else ""
        raise _BadLineError(f"{_quoted(text)}{more}; write seconds, above 0 and at most {MAX_SECONDS:,}")
    return max(round(seconds * sample_rate), 1)


def _samples_of_text(text: bytes, sample_rate: int) -> int:
    """The samples of a text that says them."""
    most = MAX_SECONDS * sample_rate
    # Python converts no text of thousands of digits.
    samples = int(text) if text.isdigit() and len(text) < 20 else 0
    if not 0 < samples <= most:
        raise _BadLineError(f"{_quoted(text)}; write a whole number of samples, above 0 and at most {most:,}")
    return samples


def _quoted(line: bytes) -> str:
    """A line, or a part of one, as messages show it."""
    return repr(shorten(line[:400].decode("utf-8", "backslashreplace"), 80))

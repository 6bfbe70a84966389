"""The file that a run is resumed from: what was found so far, in which chunks, and of which question."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from w2v_explore.errors import ArgumentError, SourceError
from w2v_explore.files.json_document import DocumentError, Member, document_root
from w2v_explore.files.read import read_if_there
from w2v_explore.files.write import rewrite_atomically
from w2v_explore.search.question.candidates import Candidates
from w2v_explore.search.question.identity import identity
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import CHUNK, Chunk, Found
from w2v_explore.search.running.tally import Tally
from w2v_explore.version import __version__

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 2**29
"""The largest file that is read: a front of some millions of configs."""

_FORMAT = "w2v-explore search, what was found so far"
_VERSION = "the version of w2v-explore"
_COUNTS = ("evaluated", "pruned", "invalid", "satisfying")


def write_tally(path: str, question: Question, tally: Tally) -> None:
    """Write what was found so far, whole or not at all.

    Args:
        path: The file.
        question: What is asked.
        tally: What was found, in one part.

    Raises:
        SourceError: It cannot be written.
    """
    [(chunks, found)] = tally.parts
    document: dict[str, object] = {
        "format": _FORMAT,
        "question": _question(question),
        "done": [list(chunk) for chunk in tally.done],
        "chunks": chunks,
        **{name: getattr(found, name) for name in _COUNTS},
        "members": found.candidates.members.tolist(),
        "ties": found.candidates.ties.tolist(),
        "columns": {name: _numbers(column) for name, column in found.candidates.columns.items()},
    }
    document["digest"] = _digest(document)
    rewrite_atomically(path, json.dumps(document, allow_nan=False).encode())


def read_tally(path: str, question: Question, like: Candidates) -> Tally:
    """What was found so far; nothing where there is no file.

    Args:
        path: The file.
        question: What is asked.
        like: Some of its candidates, whose columns the file's have to be like.

    Raises:
        SourceError: The file cannot be read, or is no such file.
        ArgumentError: It is of another question.
    """
    content = read_if_there(path, MOST_BYTES)
    if content is None:
        return Tally()
    try:
        root = document_root(content)
        root.at("format").text([_FORMAT])
        asked = {name: root.at("question").at(name).text() for name in root.at("question").mapping()}
        _require_same(path, asked, _question(question))
        tally = _tally(root, question.space.size, like)
        if root.at("digest").text() != _digest(root.mapping()):
            raise DocumentError("what it holds is not what was written")
        return tally
    except DocumentError as error:
        raise SourceError(f"cannot resume from {path}: {error}; give a file that is not there yet") from error


def _digest(document: Mapping[str, object]) -> str:
    """What tells a document from one in which anything was changed."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    return sha256(json.dumps(rest).encode()).hexdigest()


def _question(question: Question) -> dict[str, str]:
    """The parts of a question, and what else has to be the same for chunks to be."""
    return {_VERSION: __version__, "the size of chunks": f"{CHUNK:,}", **identity(question)}


def _require_same(path: str, there: Mapping[str, str], here: Mapping[str, str]) -> None:
    changed = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    if not changed:
        return
    if changed == [_VERSION]:
        changed = [f"{_VERSION}, {there.get(_VERSION)} there and {__version__} here"]
    raise ArgumentError(
        f"cannot resume from {path}: it is of another search, which differs in {', '.join(changed)}; ask as it did, or "
        "give a file that is not there yet"
    )


def _tally(root: Member, size: int, like: Candidates) -> Tally:
    done = [_chunk(each, size) for each in root.at("done").items()]
    if any(before.stop >= after.start for before, after in pairwise(done)):
        raise root.at("done").refuse("ranges in order")
    evaluated, pruned, invalid, satisfying = [root.at(name).integer() for name in _COUNTS]
    members = _column(root.at("members"), like.members)
    number = len(members)
    tally = Tally(tuple(done))
    if evaluated + pruned + invalid != tally.size or not number <= satisfying <= evaluated:
        raise DocumentError("what was counted is not what was done")
    if (members[1:] <= members[:-1]).any() or not all(tally.holds(Chunk(each, each)) for each in members.tolist()):
        raise root.at("members").refuse("numbers of combinations that were done, in order")
    if sorted(root.at("columns").mapping()) != sorted(like.columns):
        raise root.at("columns").refuse(f"an object with {', '.join(like.columns)}")
    columns = {name: _column(root.at("columns").at(name), column, number) for name, column in like.columns.items()}
    ties = _column(root.at("ties"), like.ties, number)
    if not done:
        return tally
    found = Found(Candidates(members, columns, ties), evaluated, pruned, invalid, satisfying)
    return tally._replace(parts=((root.at("chunks").integer(1), found),))


def _chunk(member: Member, size: int) -> Chunk:
    """Whole chunks in a row."""
    start, stop = [each.integer() for each in member.items(2)]
    if not start < stop <= size or start % CHUNK or (stop % CHUNK and stop != size):
        raise member.refuse("the first combination of a chunk and that after the last one of a chunk")
    return Chunk(start, stop)


def _numbers(column: NDArray[Any]) -> list[Any]:
    """The values of a column; those that JSON has no number for are texts."""
    values: list[Any] = column.tolist()
    if column.dtype.kind != "f" or np.isfinite(column).all():
        return values
    return [value if math.isfinite(value) else str(value) for value in values]


def _column(member: Member, like: NDArray[Any], length: int | None = None) -> NDArray[Any]:
    """Values as those of another column."""
    items = member.items(length)
    match like.dtype.kind:
        case "b":
            return np.array([item.flag() for item in items], bool)
        case "f":
            return np.array([_real(item) for item in items], like.dtype)
    limits = np.iinfo(like.dtype)
    return np.array([item.integer(limits.min, limits.max) for item in items], like.dtype)


def _real(member: Member) -> float:
    value = member.value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if value in ("inf", "-inf", "nan"):
        return float(str(value))
    raise member.refuse("a number")

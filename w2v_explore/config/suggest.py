"""What somebody most likely meant by a name that there is not: near in its words, never only in its letters.

A letter in common is no meaning in common: ``encoder_layer_norm`` is three letters away from ``encoder_layer_drop``.
"""

import re
from collections.abc import Iterable, Sequence
from string import ascii_lowercase
from typing import NamedTuple

# Longer names are no misspellings, and comparing takes time with the product of two lengths.
_MAX_LENGTH = 60
_MANY = 12
# Beside one word in common, these say nothing about which name is meant.
_NOISE = {"size", "rate", "prob", "p", "n", "count", "of", "the"}
_WORD = re.compile(r"[a-z]+|\d+[a-z]*")


class _Likeness(NamedTuple):
    """How much a candidate is like a name; the greater, the liker."""

    is_misspelling: bool
    exact_words: int
    fewer_left: int


def nearest(name: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that a name most likely means, all equally likely; none where none is close enough to be right.

    A candidate is close where it is the same but for case, separators or a typing error in a word or two, or where it
    has every word of the name and at most as many more.
    """
    if not 1 < len(name) <= _MAX_LENGTH:
        return []
    candidates = list(candidates)
    same = [candidate for candidate in candidates if _joined(candidate) == _joined(name)]
    if same:
        return same
    if _says_nothing(name, candidates):
        return []
    likeness = {candidate: found for candidate in candidates if (found := _compare(name, candidate)) is not None}
    best = max(likeness.values(), default=None)
    return [candidate for candidate, found in likeness.items() if found == best]


def is_misspelt(name: str, candidates: Iterable[str]) -> bool:
    """Whether a name is that of a candidate but for case, separators, or a typing error in a word or two."""
    return any(likeness.is_misspelling for candidate in candidates if (likeness := _compare(name, candidate)))


def did_you_mean(guesses: Sequence[str], otherwise: str) -> str:
    """The end of a message: the guesses, where they are few enough to help, or what else to do."""
    if not 1 <= len(guesses) <= 4:
        return otherwise
    *first, last = guesses
    return f"did you mean {', '.join(first)} or {last}?" if first else f"did you mean {last}?"


def _joined(name: str) -> str:
    """A name without case and separators."""
    return "".join(_WORD.findall(name.lower()))


def _says_nothing(name: str, candidates: Sequence[str]) -> bool:
    """Whether a name is a word that a third of the candidates have, or more than a dozen: ``encoder``."""
    word = name.lower()
    have = sum(word in _WORD.findall(candidate.lower()) for candidate in candidates)
    return (3 * have > len(candidates) or have > _MANY) and len(candidates) > 1


def _compare(name: str, candidate: str) -> _Likeness | None:
    if len(name) > _MAX_LENGTH:
        return None
    words, others = _WORD.findall(name.lower()), _WORD.findall(candidate.lower())
    if not words:
        return None
    joined, joined_other = "".join(words), "".join(others)
    # xls-r for xlsr, numheads for num_heads.
    written = _run_of(joined, others) or words
    words = ["num" if word == "n" and "num" in others else word for word in written]
    if joined == joined_other:
        return _Likeness(True, len(others), 0)
    if len(joined) > 2 and _numbers(words) == _numbers(others) and _edits(joined, joined_other, 1) <= 1:
        return _Likeness(True, len(others) - 1, 0)
    meant = [word for word in words if word not in _NOISE or word in others] or words
    left = list(others)
    exact = 0
    for word in meant:
        match = next((other for other in left if other == word), None)
        exact += match is not None
        match = match or next((other for other in left if _is_near(word, other)), None)
        if match is None:
            return None
        left.remove(match)
    if len(left) > len(meant):
        return None
    return _Likeness(not left and len(meant) == len(words) and words == written, exact, -len(left))


def _run_of(joined: str, words: Sequence[str]) -> list[str]:
    """The words, one after the other, that make a name; none where none do."""
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            if "".join(words[start:end]) == joined:
                return list(words[start:end])
    return []


def _numbers(words: Iterable[str]) -> list[str]:
    """The numbers in a name: another number is another thing, no typing error."""
    return [word for word in words if word[0].isdigit()]


def _is_near(word: str, other: str) -> bool:
    """Whether a word of a name is meant as another: a beginning of it, with an ending, or a typing error away."""
    if word[0].isdigit() or other[0].isdigit():
        # Its unit may be left out: 300 for 300m.
        return word.isdigit() and other.rstrip(ascii_lowercase) == word
    shorter = min(len(word), len(other))
    is_short = other.startswith(word.removesuffix("s"))
    has_ending = word.startswith(other) and len(word) - len(other) <= 4
    if shorter >= 3 and (is_short or has_ending):
        return True
    allowed = 0 if shorter <= 3 else 1 if shorter <= 6 else 2
    return allowed > 0 and _edits(word, other, allowed) <= allowed


def _edits(left: str, right: str, most: int) -> int:
    """The letters to insert, delete, replace or swap with the next; more than ``most`` is not counted exactly."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        before, last, row = row, before, [i]
        for j, other in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]

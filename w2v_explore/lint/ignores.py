"""Comments that excuse a problem: ``# w2v: ignore[E234] reason``.

At the end of a line it holds for that line; on a line of its own above the first key, for the file.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import yaml

from w2v_explore.config.entries import Document
from w2v_explore.diagnostics import Place, Problem
from w2v_explore.lint.codes import UNUSED_IGNORE

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*w2v:\s*ignore\[([^\]\n]*)\]")


class Ignore(NamedTuple):
    """One such comment.

    Attributes:
        codes: What it excuses, codes or their beginnings.
        line: The line it holds for; None for the whole file.
        place: Where it stands.
    """

    codes: tuple[str, ...]
    line: int | None
    place: Place

    def covers(self, problem: Problem) -> bool:
        """Whether a problem of the same file is excused.

        What is about the file as a whole stands at its first line, and has no end: a comment there excuses it only if
        it names the rule's whole code.
        """
        if self.line is None:
            return problem.rule.code.startswith(self.codes)
        if problem.place.end_line is None and problem.rule.code not in self.codes:
            return False
        return problem.rule.code.startswith(self.codes) and self.line == problem.place.line


def find_ignores(document: Document) -> list[Ignore]:
    """The ignores of a document, in their order; JSON has no comments."""
    if document.source.suffix == ".json":
        return []
    first_key = document.start.line or 1
    texts = _texts(document.text)
    ignores = []
    for number, line in enumerate(document.text.splitlines(), start=1):
        match = _COMMENT.search(line)
        if match is None or _is_held(texts, (number - 1, match.start())):
            continue
        codes = tuple(code for code in re.split(r"[\s,]+", match.group(1).strip()) if code)
        alone_at_top = number < first_key and not line[: match.start()].strip()
        place = Place(document.source.name, number, match.start() + 1, number, match.end() + 1)
        ignores.append(Ignore(codes, None if alone_at_top else number, place))
    return ignores


def _texts(text: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the keys and values of a YAML or JSON stand, line and column from 0: there, a # is text."""
    stretches = []
    try:
        for token in yaml.scan(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(token, yaml.ScalarToken):
                start, end = token.start_mark, token.end_mark
                stretches.append(((start.line, start.column), (end.line, end.column)))
    except yaml.YAMLError:
        # What cannot be read further on is reported elsewhere.
        pass
    return stretches


def _is_held(texts: Sequence[tuple[tuple[int, int], tuple[int, int]]], place: tuple[int, int]) -> bool:
    return any(start <= place < end for start, end in texts)


def apply_ignores(
    problems: Sequence[Problem], ignores: Sequence[Ignore], name: str, ran: Callable[[str], bool]
) -> Iterator[Problem]:
    """The problems that no ignore excuses, and the ignores that excuse nothing.

    Args:
        problems: Of all files that the config is made of.
        ignores: Of the document itself.
        name: The document's.
        ran: Whether the rule of a code did: an ignore of one that did not is not unused.
    """
    used: set[int] = set()
    for problem in problems:
        covering = [
            number
            for number, ignore in enumerate(ignores)
            if ignore.codes and problem.place.path == name and ignore.covers(problem)
        ]
        used.update(covering)
        if not covering:
            yield problem
    for number, ignore in enumerate(ignores):
        if number not in used and all(map(ran, ignore.codes)):
            what = ", ".join(ignore.codes) or "nothing: write a code, as ignore[W305]"
            message = f"this ignores {what}, but there is no such problem here; remove it"
            yield Problem(rule=UNUSED_IGNORE, place=ignore.place, key=None, message=message)

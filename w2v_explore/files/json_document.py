"""JSON that others may have written or changed, read by a schema: each member is of its type, or is named.

A document is walked from its root by accessors that know the way: ``root.at("workload").at("samples").integer()`` is a
whole number, or raises a message that begins with ``workload.samples``.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from w2v_explore.diagnostics import shorten
from w2v_explore.encoding import printable

# The figures of the largest configs and workloads have some 40 digits; a quotient of two such is a float.
_MAX_DIGITS = 100
_GREATEST = 10**_MAX_DIGITS
_SMALLEST = 1e-30
# What Python before 3.13 says where a bracket follows a comma.
_AFTER_COMMA = {("Expecting property name enclosed in double quotes", "}"): "object", ("Expecting value", "]"): "array"}


class DocumentError(ValueError):
    """A text is no JSON, or a member of it is not what it has to be; the message says which."""


class Member(NamedTuple):
    """A value of a JSON document.

    Attributes:
        path: The way to it, ``layers[3].depth``; empty for the document as a whole.
        value: Plain data.
    """

    path: str
    value: object

    def at(self, name: str) -> "Member":
        """A member of an object.

        Raises:
            DocumentError: This is no object, or lacks it.
        """
        found = self.find(name)
        if found is None:
            raise DocumentError(f"{self._path_to(name)}: it is missing")
        return found

    def find(self, name: str) -> "Member | None":
        """A member of an object; None where it lacks it.

        Raises:
            DocumentError: This is no object.
        """
        value = self.mapping()
        return Member(self._path_to(name), value[name]) if name in value else None

    def mapping(self) -> Mapping[str, object]:
        """An object, whose values are still to be looked at."""
        if not isinstance(self.value, dict):
            raise self.refuse("an object")
        return self.value

    def items(self, length: int | None = None) -> Iterator["Member"]:
        """The items of a list, which may have to be so many."""
        if not isinstance(self.value, list) or length not in (None, len(self.value)):
            raise self.refuse("a list" if length is None else f"a list of {length}")
        for number, item in enumerate(self.value):
            yield Member(f"{self.path}[{number}]", item)

    def text(self, among: Sequence[str] = ()) -> str:
        """A text, or one of several."""
        if not isinstance(self.value, str) or (among and self.value not in among):
            raise self.refuse(" or ".join(among) or "a text")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.refuse("true or false")
        return self.value

    def integer(self, least: int = 0, most: int = _GREATEST) -> int:
        """A whole number in a range; 1.0 is none."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not least <= self.value <= most:
            raise self.refuse(f"a whole number {_range(least, most)}")
        return self.value

    def number(self, least: float = 0, most: float = _GREATEST) -> float:
        """A number in a range, which is 0 or no smaller than any that was ever measured."""
        value = self.value
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        # Not a number is in no range.
        if not is_number or not least <= value <= most or 0 < value < _SMALLEST:  # type: ignore[operator]
            raise self.refuse(f"a number {_range(least, most)}")
        return value  # type: ignore[return-value]

    def refuse(self, wanted: str) -> DocumentError:
        """The error that this is something else."""
        where = self.path or "the document"
        return DocumentError(f"{where}: {_describe(self.value)}; {wanted} is wanted")

    def _path_to(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name


def document_root(content: bytes) -> Member:
    """A JSON text in UTF-8, UTF-16 or UTF-32 as a whole.

    Raises:
        DocumentError: It is no such text, or an object in it has a name twice.
    """
    encoding = json.detect_encoding(content)
    if encoding != "utf-8":
        # As PowerShell's > writes it.
        try:
            content = content.decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise DocumentError(f"it is no {encoding.upper()} (byte {error.start})") from error
    return Member("", parse_json(content, parse_int=_integer, parse_float=float, parse_constant=float))


def parse_json(
    content: bytes,
    *,
    parse_int: Callable[[str], Any],
    parse_float: Callable[[str], Any],
    parse_constant: Callable[[str], Any],
) -> Any:
    """The plain data of a JSON text in UTF-8, with the numbers that functions make of theirs.

    Raises:
        DocumentError: It is no such text, or an object in it has a name twice; or what the functions raise.
    """
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=parse_int,
            parse_float=parse_float,
            parse_constant=parse_constant,
        )
    except UnicodeDecodeError as error:
        raise DocumentError(f"it is no UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        wrong = syntax_error(error)
        raise DocumentError(f"it is no JSON: {wrong.msg} (line {wrong.lineno}, column {wrong.colno})") from error
    except RecursionError as error:
        raise DocumentError("it is nested too deep") from error


def syntax_error(error: json.JSONDecodeError) -> json.JSONDecodeError:
    """What is wrong with a JSON text, as Python says it from 3.13 on: a comma before a bracket is named."""
    kind = _AFTER_COMMA.get((error.msg, error.doc[error.pos : error.pos + 1]))
    before = error.doc[: error.pos].rstrip(" \t\r\n")
    if kind is not None and before.endswith(","):
        return json.JSONDecodeError(f"Illegal trailing comma before end of {kind}", error.doc, len(before) - 1)
    return error


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise DocumentError(f"{shorten(printable(name), 100)} stands in it twice")
            seen.add(name)
    return value


def _integer(text: str) -> float:
    """A whole number; one that is past any use as a float, which is refused where a number is wanted."""
    return int(text) if len(text) <= _MAX_DIGITS else float(text)


def _range(least: float, most: float) -> str:
    if most == _GREATEST:
        return f"of at least {least}"
    return " ".join(
        f"{word} {end:,}" if end == int(end) < 1e15 else f"{word} {end:g}"
        for word, end in (("from", least), ("to", most))
    )


def _describe(value: object) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return f"a list of {len(value)}"
    return shorten(json.dumps(value))

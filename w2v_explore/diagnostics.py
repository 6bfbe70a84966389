"""What every reader of a config reports: a problem, the rule it breaks, and the place in the file."""

from typing import Literal, NamedTuple

from w2v_explore.encoding import printable

Severity = Literal["error", "warning", "advice"]

_SEVERITIES: dict[str, Severity] = {"E": "error", "W": "warning", "A": "advice"}


class Rule(NamedTuple):
    """A rule's stable code and its readable name; the code's letter is its severity unless ``grade`` says otherwise."""

    code: str
    name: str
    grade: Severity | None = None

    @property
    def severity(self) -> Severity:
        """``error``, ``warning`` or ``advice``."""
        return self.grade or _SEVERITIES[self.code[0]]


class Place(NamedTuple):
    """A stretch of a source; lines and columns count from 1, columns in code points.

    ``line`` is None where the whole source is meant: a made-up line 1 would send the reader astray.
    """

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        """``path``, or ``path:line:column``, as editors and terminals link it."""
        return self.path if self.line is None else f"{self.path}:{self.line}:{self.column}"


class Problem(NamedTuple):
    """One thing that is wrong with a config.

    Attributes:
        rule: The rule that is broken.
        place: Where, in the file that states it.
        key: The config field concerned, ``extractor_conv_layer_config[2]`` for a part of one; None for the file.
        message: What was found and what to write instead.
        fix: The text that repairs it when put at ``place``, where there is one right answer.
    """

    rule: Rule
    place: Place
    key: str | None
    message: str
    fix: str | None = None

    def __str__(self) -> str:
        """One printable line: place, severity, code, name and message."""
        return printable(f"{self.place}: {self.rule.severity} {self.rule.code} {self.rule.name}: {self.message}")


def shown_number(number: int) -> str:
    """A whole number as messages show it: of one past 15 digits, the first four."""
    return str(number) if number < 10**15 else f"{number:.4g}"


def shorten(text: str, most: int = 60) -> str:
    """A name or a value as messages show it: of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"

"""Text made fit for where it is shown: nothing that a file says is obeyed, and nothing becomes a ``?``.

`printable` keeps texts from files, names and libraries data: what a terminal or a log of CI would act on, or hide, is a
backslash escape. `fit` does so too, and puts ASCII for signs that a stream's encoding lacks.
"""

import codecs
import re
import sys

ERRORS = "w2v-explore-ascii"
"""An error handler of `codecs`: ASCII stands in for signs that reports use, a backslash escape for all else."""

_STAND_INS = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "×": "x", "·": "*", "÷": "/", "±": "+-", "∓": "-+", "√": "sqrt ",
    "µ": "u", "μ": "u", "²": "^2", "³": "^3", "ᵀ": "^T", "∞": "inf", "●": "o", "•": "*", "\N{NO-BREAK SPACE}": " ",
    "○": "O", "◆": "#", "…": "...", "→": "->", "←": "<-", "↔": "<->", "≤": "<=", "≥": ">=", "≠": "!=",
    "≈": "~", "“": '"', "”": '"', "‘": "'", "’": "'",
    **dict.fromkeys("─━╸╺", "-"), **dict.fromkeys("│┃", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("█▉▊▋", "#"), **dict.fromkeys("▌▐", ":"), **dict.fromkeys("▏▎▍", "."),
}  # fmt: skip
_TREE_GUIDES = {"├ ": "|-", "└ ": "`-"}
# Compiled where they are first needed: most texts are ASCII.
_NO_ASCII = r"[^\x00-\x7f]+"
_SURROGATE = "[\ud800-\udfff]"
# Spaces of other widths, which `str.isprintable` counts as not printable, and what it counts as such and shows nothing:
# joiners, fillers and variation selectors.
_SPACES = frozenset("\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000")
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
# GitHub obeys a line that begins with two colons; GitHub and Azure obey `##[group]` and `##vso[…]` wherever they stand.
_BRACKET_COMMAND = r"##(?=\w*\[)"


def printable(text: str) -> str:
    """A text in one line that is shown and does nothing: the way into every message, report and log.

    Python's backslash escapes stand for line breaks and other control characters, for what is invisible or changes the
    direction of writing, for halves of surrogate pairs, and for the first character of what a runner of CI would obey.
    A backslash stays as it is, so that Windows' paths can be read.
    """
    if not text.isprintable() or (not text.isascii() and not _INVISIBLE.isdisjoint(text)):
        text = "".join(character if _is_shown(character) else _escape(character) for character in text)
    if "##" in text:
        text = re.sub(_BRACKET_COMMAND, r"\\x23#", text)
    if "::" in text and (start := text.lstrip()).startswith("::"):
        text = f"{text[: -len(start)]}\\x3a{start[1:]}"
    return text


def _is_shown(character: str) -> bool:
    return character in _SPACES or (character.isprintable() and character not in _INVISIBLE)


def _escape(character: str) -> str:
    """The escape that Python has for a character; a byte of a name that is no UTF-8 is that byte, as in JSON."""
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def as_unicode(text: str) -> str:
    r"""A text that every encoding of Unicode has: the name of a file that is no UTF-8 keeps its bytes as ``\xff``.

    Python stands halves of surrogate pairs for such bytes, which no other reader takes. Different names stay different.
    """
    return text if text.isascii() else re.sub(_SURROGATE, _written_out, text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def fit(text: str, encoding: str | None = None) -> str:
    """The printable text as a stream of an encoding shows it, for what is laid out: a stand-in may be longer.

    Args:
        text: Any text.
        encoding: That of standard output by default.
    """
    text = printable(text)
    return text if text.isascii() else _encode(text, encoding)


def is_writable(text: str) -> bool:
    """Whether a document on standard output is one that every reader takes: UTF, or ASCII."""
    return text.isascii() or (_is_utf(getattr(sys.stdout, "encoding", None)) and _encode(text) == text)


def _encode(text: str, encoding: str | None = None) -> str:
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, ERRORS).decode(encoding)


def dump_json(document: object, indent: int | None = 2) -> str:
    """JSON that is valid on standard output, and in a file, whatever the encoding; what is not finite raises.

    A stream of another encoding than UTF gets ASCII. Texts are as `as_unicode` has them, which strict readers take.
    What is not `printable` is written with JSON's escapes: the value is the same.
    """
    import json  # most commands write a table

    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    if not text.isascii():
        # A backslash in a text of JSON is written twice.
        text = re.sub(_SURROGATE, lambda match: _written_out(match).replace("\\", "\\\\"), text)
    if not is_writable(text):
        # Outside of its texts JSON is ASCII.
        text = re.sub(_NO_ASCII, lambda match: json.dumps(match[0])[1:-1], text)
    flat = text.replace("\n", " ")
    return text if printable(flat) == flat else _escape_json(text)


def _escape_json(text: str) -> str:
    """JSON whose texts have escapes for what is not printable; but for line breaks, it stands nowhere else."""
    escaped = "".join(
        character
        if character == "\n" or _is_shown(character)
        else "".join(f"\\u{unit:04x}" for unit in _utf16(character))
        for character in text
    )
    return re.sub(_BRACKET_COMMAND, r"\\u0023#", escaped)


def _utf16(character: str) -> tuple[int, ...]:
    content = character.encode("utf-16-be", "surrogatepass")
    return tuple(int.from_bytes(content[start : start + 2], "big") for start in range(0, len(content), 2))


def _is_utf(encoding: str | None) -> bool:
    return encoding is None or codecs.lookup(encoding).name.startswith("utf")


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text, position, written = error.object, error.start, []
    while position < error.end:
        guide = _TREE_GUIDES.get(text[position : position + 2])
        character = text[position]
        written.append(guide or _STAND_INS.get(character) or character.encode("ascii", "backslashreplace").decode())
        position += 2 if guide else 1
    return "".join(written), position


codecs.register_error(ERRORS, _stand_in)

"""What stands in for characters that a stream's encoding lacks: no figure loses its sign, no name becomes a ``?``."""

import codecs
import sys

ERRORS = "w2v-explore-ascii"
"""An error handler of `codecs`: ASCII stands in for signs that reports use, a backslash escape for all else."""

_STAND_INS = {
    "−": "-", "–": "-", "—": "-", "‑": "-", "×": "x", "·": "*", "÷": "/", "±": "+-", "√": "sqrt ", "µ": "u", "μ": "u",
    "²": "^2", "³": "^3", "ᵀ": "^T", "…": "...", "→": "->", "←": "<-", "↔": "<->", "≤": "<=", "≥": ">=", "≠": "!=",
    "≈": "~", "∞": "inf", "●": "o", "•": "*", "“": '"', "”": '"', "‘": "'", "’": "'", "\N{NO-BREAK SPACE}": " ",
    **dict.fromkeys("─━╸╺", "-"), **dict.fromkeys("│┃", "|"), **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("█▉▊▋", "#"), **dict.fromkeys("▌▐", ":"), **dict.fromkeys("▏▎▍", "."),
}  # fmt: skip
_TREE_GUIDES = {"├ ": "|-", "└ ": "`-"}


def fit(text: str, encoding: str | None = None) -> str:
    """The text as a stream of an encoding shows it, for what is laid out: a stand-in may be longer.

    Args:
        text: Any text.
        encoding: That of standard output by default.
    """
    if text.isascii():
        return text
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, ERRORS).decode(encoding)


def is_writable(text: str) -> bool:
    """Whether standard output can write a text as it is."""
    return fit(text) == text


def dump_json(document: object, indent: int | None = 2) -> str:
    """JSON that is valid on standard output, and in a file, whatever the encoding; what is not finite raises.

    A stream of another encoding than UTF-8 gets ASCII, and so does one half of a surrogate pair, as it stands in a
    file's name that is no UTF-8.
    """
    import json  # most commands write a table

    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    if text.isascii() or (_is_utf(getattr(sys.stdout, "encoding", None)) and is_writable(text)):
        return text
    return json.dumps(document, indent=indent, allow_nan=False)


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

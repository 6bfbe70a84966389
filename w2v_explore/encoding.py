"""What stands in for characters that a stream's encoding lacks: no figure loses its sign, no name becomes a ``?``."""

import codecs
import re
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
# Compiled where they are first needed: most texts are ASCII.
_NO_ASCII = r"[^\x00-\x7f]+"
_SURROGATE = "[\ud800-\udfff]"


def as_unicode(text: str) -> str:
    r"""A text that every encoding of Unicode has: the name of a file that is no UTF-8 keeps its bytes as ``\xff``.

    Python stands halves of surrogate pairs for such bytes, which no other reader takes. Different names stay different.
    """
    return text if text.isascii() else re.sub(_SURROGATE, _written_out, text)


def _written_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


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
    """Whether a text on standard output is one that every reader takes: UTF, or ASCII."""
    return text.isascii() or (_is_utf(getattr(sys.stdout, "encoding", None)) and fit(text) == text)


def dump_json(document: object, indent: int | None = 2) -> str:
    """JSON that is valid on standard output, and in a file, whatever the encoding; what is not finite raises.

    A stream of another encoding than UTF gets ASCII. Texts are as `as_unicode` has them, which strict readers take.
    """
    import json  # most commands write a table

    text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    if not text.isascii():
        # A backslash in a text of JSON is written twice.
        text = re.sub(_SURROGATE, lambda match: _written_out(match).replace("\\", "\\\\"), text)
    if is_writable(text):
        return text
    # Outside of its texts JSON is ASCII.
    return re.sub(_NO_ASCII, lambda match: json.dumps(match[0])[1:-1], text)


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

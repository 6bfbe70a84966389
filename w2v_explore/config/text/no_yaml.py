"""Files that are no YAML mapping: what each looks like, and what to give or write instead.

Imported only where a file could not be read.
"""

import re

from w2v_explore.diagnostics import Place

_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"RIFF", "a WAV file"),
    (b"fLaC", "a FLAC file"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x89HDF", "an HDF5 file, as Keras writes"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "weights for llama.cpp (GGUF)"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
)
_BINARY = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_ONNX = re.compile(rb"\x08[\x01-\x20]\x12.{1,40}[\x0a\x1a\x22\x2a:]", re.S)
_MAYBE_UTF16 = re.compile(rb"(?:[\t\n\r\x20-\x7e]\0){8,}|(?:\0[\t\n\r\x20-\x7e]){8,}")
_NAME_CONFIG = "name a YAML or JSON config"

_LFS_POINTER = re.compile(r"\s*version https://git-lfs\.github\.com/")
_TEXTS = (
    (
        _LFS_POINTER,
        "a pointer of Git LFS that stands for the file; fetch the file with `git lfs pull`",
    ),
    (
        re.compile(r"\s*(<!doctype\s+html|<html|<head|<body)", re.I),
        "an HTML page, perhaps an error; download the file itself",
    ),
    (re.compile(r"\s*<(\?xml|svg|[a-z]\w*[ >])", re.I), f"XML; {_NAME_CONFIG}"),
    (re.compile(r"%PDF-"), f"a PDF; {_NAME_CONFIG}"),
    (re.compile(r"#![^\n]*\b(sh|bash|zsh)\b"), f"a shell script; {_NAME_CONFIG}"),
    (re.compile(r"(\s*#[^\n]*\n)*\s*FROM [\w./-]+(:[\w.-]+)?\s*\n"), f"a Dockerfile; {_NAME_CONFIG}"),
    (
        re.compile(
            r"#![^\n]*python"
            r"|^(from [\w.]+ import |import [\w.]+( as \w+)?$|def \w+\(|class \w+[(:]|@dataclass|\w+ = \w+\($)",
            re.M,
        ),
        "Python; write the values in YAML, `field: value` on each line",
    ),
    (
        re.compile(r"^[ \t]*\w[\w.-]* *= *\S", re.M),
        "TOML or INI; write `field: value` instead of `field = value`, without [sections]",
    ),
    (
        re.compile(r"(\s*#[^\n]*\n)*\s*--[\w-]+[= ]"),
        "options of a command (Kaldi's .conf); write `field: value` on each line",
    ),
    (re.compile(r"\s*\{[^\n]*\}\s*\n\s*\{"), "JSON Lines, a document in each line; write one config per file"),
    (re.compile(r"[^\n,:]+(,[^\n,:]+){2,}\n[^\n,:]+(,[^\n,:]+){2,}(\n|$)"), f"CSV; {_NAME_CONFIG}"),
    (re.compile(r"[^\n\t:]+(\t[^\n\t:]+)+\n[^\n\t]+(\t[^\n\t]+)+(\n|$)"), f"a table (TSV); {_NAME_CONFIG}"),
)
# What fields are called, of whichever family.
_OUR_LINE = re.compile(r"^[ \t]*((?:encoder|extractor)_\w+|aux_num_out|extends|architecture) *:", re.M)
# A look at the beginning tells; what is long is no config.
_LOOKED_AT = 4_000


def is_lfs_pointer(text: str) -> bool:
    """Whether a text is what Git leaves in the place of a large file that was not fetched."""
    return _LFS_POINTER.match(text) is not None


def describe_bytes(content: bytes) -> str | None:
    """What bytes that are no text look like, and what to give instead; None where it is not known."""
    for magic, what in _MAGIC:
        if content.startswith(magic):
            return f"this looks like {what}, which is no text in UTF-8; {_NAME_CONFIG}"
    if _MAYBE_UTF16.match(content):
        return "this looks like UTF-16 without a byte order mark; save the file as UTF-8"
    if _ONNX.match(content):
        return f"this looks like an ONNX model, which is no text in UTF-8; {_NAME_CONFIG}"
    start = content[:_LOOKED_AT]
    if max(4, len(start) // 20) < len(_BINARY.findall(start)):
        return f"this is a binary file, and no text in UTF-8; {_NAME_CONFIG}"
    return None


def describe_text(text: str) -> str | None:
    """What a text that is no YAML mapping looks like, and what to do instead; None where it is not known."""
    start = text[:_LOOKED_AT]
    if _OUR_LINE.search(start):
        # A config of ours with a mistake in it.
        return None
    for pattern, what in _TEXTS:
        if pattern.match(start) or (pattern.flags & re.M and pattern.search(start)):
            return f"this looks like {what}"
    return None


def hint(text: str, place: Place, message: str) -> str | None:
    """What to write instead of a mistake that people make, by what stands where reading failed."""
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line is not None and place.line <= len(lines) else ""
    at = line[(place.column or 1) - 1 :].lstrip()
    before = "".join(lines[: (place.line or 1) - 1]) + line[: (place.column or 1) - 1]
    if "JSON" in message:
        if at.startswith(("//", "/*", "#")):
            return "JSON has no comments; remove it"
        if at.startswith("'"):
            return "text stands in double quotes"
        if "trailing comma" in message:
            return "remove the last comma before the bracket"
        if at.startswith(","):
            return _stray_comma(before.rstrip()[-1:])
        if at.startswith(("True", "False", "None")):
            return "write true, false or null"
        return None
    if "tab" in message or "'\\t'" in message or (line[: len(line) - len(line.lstrip())].count("\t")):
        return "indent with spaces, and the fields not at all"
    if re.search(r"\][ ]*[+*]", line):
        return "YAML computes nothing: write out every layer, as [[512, 10, 5], [512, 3, 2]]"
    if "mapping values are not allowed" in message:
        if line[:1].isspace():
            return "begin each field at the start of its line"
        return "put text that holds a colon in quotes"
    if "<document start>" in message and lines and any(earlier[:1].isspace() for earlier in lines):
        return "begin each field at the start of its line"
    if "node content" in message and at.startswith(","):
        return _stray_comma(before.rstrip()[-1:])
    if "simple key" in message:
        return "write `field: value`, with a colon and a space"
    if "quoted scalar" in message:
        return "close the quote"
    if "character that cannot start any token" in message:
        return "put text that begins with @, `, % or a tab in quotes"
    return None


def _stray_comma(before: str) -> str | None:
    """What to do with a comma where a value or a name should stand, by the character before it."""
    if before == ",":
        return "remove one of the two commas"
    return "remove the comma after the bracket" if before in ("[", "{") else None

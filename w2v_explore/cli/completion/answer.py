"""What a shell is answered at a tab.

The first line says how to go on, in words with spaces between them: ``files``, ``folders``, ``nospace``. Each further
line is a word that may stand at the cursor, a tab, and what it means.
"""

import os
import sys
from typing import NamedTuple

from w2v_explore.cli.completion.candidates import complete
from w2v_explore.cli.completion.table import read_table

# The variable by which a script asks, whose value is the shell. zsh and fish give the words as arguments, the word at
# the cursor last; bash gives its line, since it breaks words at ``=`` and ``:``.
_ASKED_BY = "_W2V_EXPLORE_COMPLETE"
_LINE, _BREAKS = "_W2V_EXPLORE_LINE", "_W2V_EXPLORE_BREAKS"


class _Split(NamedTuple):
    """A line of bash: its words, without quotes, the last up to the cursor; how much of it stands before a break."""

    words: list[str]
    kept: int


def answer() -> None:
    """Print the answer to the question that stands in the environment and the arguments."""
    shell = os.environ[_ASKED_BY]
    if shell == "bash":
        words, kept = split_line(os.environ.get(_LINE, ""), os.environ.get(_BREAKS, ""))
        words = words[1:] or [""]
    else:
        words, kept = sys.argv[1:] or [""], 0
    *before, current = words
    found = complete(before, current, read_table())
    signs = {"files": found.files, "folders": found.folders, "nospace": found.goes_on}
    lines = [" ".join(sign for sign, holds in signs.items() if holds)]
    lines += [f"{each[kept:]}\t{text}" for each, text in found.candidates.items() if each.startswith(current)]
    # Bytes: the encoding of a stream may lack a letter of a model's name.
    sys.stdout.buffer.write("\n".join(lines).encode() + b"\n")


def split_line(line: str, breaks: str) -> _Split:
    """A command line → its words.

    Args:
        line: Up to the cursor.
        breaks: The characters at which bash breaks words, of which it replaces the last part alone.
    """
    words, word, kept = [], "", 0
    quote, begun, escaped = "", False, False
    for character in line:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\" and quote != "'":
            escaped = begun = True
        elif quote:
            quote, word = ("", word) if character == quote else (quote, word + character)
        elif character in "'\"":
            quote, begun = character, True
        elif character in " \t\n":
            if begun:
                words.append(word)
            word, begun, kept = "", False, 0
        else:
            word, begun = word + character, True
            if character in breaks and character in "=:":
                kept = len(word)
    return _Split([*words, word], kept)

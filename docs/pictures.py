"""Draws the pictures of README from what the program prints: ``python docs/pictures.py``. A test holds them in step.

Each is an SVG that needs no network and no font of its own. Every run of characters is stretched to the cells that it
takes in a terminal, and bars and guides are shapes, so that columns stand below one another in whatever font is there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

PICTURES = {
    "summary": ("summary", "base"),
    "full": ("summary", "base", "--full"),
    "compare": ("compare", "base", "large"),
}
"""The command behind each picture."""

THEMES = {
    "light": {
        "paper": "#ffffff",
        "edge": "#d0d7de",
        "text": "#1f2328",
        "dim": "#656d76",
        "cyan": "#0a7ea4",
        "magenta": "#8250df",
    },
    "dark": {
        "paper": "#0d1117",
        "edge": "#30363d",
        "text": "#e6edf3",
        "dim": "#8b949e",
        "cyan": "#56d4dd",
        "magenta": "#d2a8ff",
    },
}

_COLUMNS = 100
_FONT_SIZE, _CELL, _LINE, _MARGIN = 14, 8.4, 20, 20
_FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"

_STYLE = re.compile(r"\x1b\[([\d;]*)m")
_STYLES = {"1": "bold", "2": "dim", "35": "magenta", "36": "cyan"}
# From where to where a character fills its cell.
_BLOCKS = {character: (0.0, eighths / 8) for eighths, character in enumerate("▏▎▍▌▋▊▉█", 1)} | {"▐": (0.5, 1.0)}
# A line through the middle of the cell from its upper edge, and what follows.
_GUIDES = {"│": f"v{_LINE}", "├": f"v{_LINE}m0-{_LINE / 2:g}h{_CELL:g}", "└": f"v{_LINE / 2:g}h{_CELL:g}"}


class Run(NamedTuple):
    """Characters of one style, beginning in a column."""

    column: int
    text: str
    style: str


def picture(command: tuple[str, ...], theme: str) -> str:
    """The SVG of a command and its output.

    Raises:
        CalledProcessError: The command failed.
        ValueError: The output has a style that is not drawn here.
    """
    lines = [[Run(0, "$ ", "dim"), Run(2, " ".join(["w2v-explore", *command]), "bold")], []]
    lines += map(_runs, _output(command).splitlines())
    columns = max(run.column + len(run.text) for line in lines for run in line)
    width, height = columns * _CELL + 2 * _MARGIN, len(lines) * _LINE + 2 * _MARGIN
    colours = THEMES[theme]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height}"'
        f' viewBox="0 0 {width:g} {height}" role="img">',
        f"<title>{escape(' '.join(['w2v-explore', *command]))}</title>",
        f"<style>text{{font:{_FONT_SIZE}px {_FONTS};fill:{colours['text']}}}.bold{{font-weight:bold}}"
        f".dim{{fill:{colours['dim']}}}.cyan{{fill:{colours['cyan']}}}.magenta{{fill:{colours['magenta']}}}"
        f"path{{fill:none;stroke:{colours['dim']}}}</style>",
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1}" rx="8" fill="{colours["paper"]}"'
        f' stroke="{colours["edge"]}"/>',
    ]
    guides = []
    for number, line in enumerate(lines):
        top = _MARGIN + number * _LINE
        for run in line:
            parts += _bars(run, top)
            parts += _texts(run, top)
            guides += [
                f"M{_x(run.column + offset + 0.5)} {top}{_GUIDES[character]}"
                for offset, character in enumerate(run.text)
                if character in _GUIDES
            ]
    if guides:
        parts.append(f'<path d="{"".join(guides)}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def all_pictures() -> dict[str, str]:
    """The text of every picture, by its path in docs/."""
    return {
        f"pictures/{name}-{theme}.svg": picture(command, theme)
        for name, command in PICTURES.items()
        for theme in THEMES
    }


def _output(command: tuple[str, ...]) -> str:
    """What the program prints on a terminal of some colours."""
    environment = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLORTERM"}}
    environment |= {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(_COLUMNS), "PYTHONUTF8": "1"}
    arguments = [sys.executable, "-m", "w2v_explore", *command]
    return subprocess.run(
        arguments, cwd=ROOT, env=environment, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def _runs(line: str) -> list[Run]:
    """A line with escape sequences as runs of characters; neighbours of one style are one run."""
    runs: list[Run] = []
    column, style = 0, ""
    for position, part in enumerate(_STYLE.split(line)):
        if position % 2:
            if part in {"", "0"}:
                style = ""
            elif part in _STYLES:
                style = _STYLES[part]
            else:
                raise ValueError(f"no picture has the style {part}")
        elif part:
            if runs and runs[-1].style == style:
                runs[-1] = runs[-1]._replace(text=runs[-1].text + part)
            else:
                runs.append(Run(column, part, style))
            column += len(part)
    return runs


def _bars(run: Run, top: int) -> Iterator[str]:
    """A rectangle for each stretch of blocks."""
    for found in re.finditer(f"[{''.join(_BLOCKS)}]+", run.text):
        column, blocks = run.column + found.start(), found.group()
        begin, end = column + _BLOCKS[blocks[0]][0], column + len(blocks) - 1 + _BLOCKS[blocks[-1]][1]
        yield (
            f'<rect class="cyan" x="{_x(begin)}" y="{top + 4}" width="{round((end - begin) * _CELL, 2):g}"'
            f' height="{_LINE - 8}"/>'
        )


def _texts(run: Run, top: int) -> Iterator[str]:
    """A text for each stretch of characters with no more than one blank between them."""
    style = f' class="{run.style}"' if run.style else ""
    for found in re.finditer(rf"[^\s{''.join(_BLOCKS)}{''.join(_GUIDES)}]+(?: [^\s{''.join(_BLOCKS)}]+)*", run.text):
        length = round(len(found.group()) * _CELL, 2)
        yield (
            f'<text{style} x="{_x(run.column + found.start())}" y="{top + 15}" textLength="{length:g}"'
            f' lengthAdjust="spacingAndGlyphs">{escape(found.group(), quote=False)}</text>'
        )


def _x(column: float) -> str:
    return f"{round(_MARGIN + column * _CELL, 2):g}"


if __name__ == "__main__":
    folder = Path(__file__).parent
    for path, text in all_pictures().items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")

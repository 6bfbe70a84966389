"""A page as text: one file, with its styles and scripts inside.

Nothing is fetched, and nothing else runs: the policy of the page allows its own style and its own script by their
hashes. So nothing may have a ``style`` or an attribute of JavaScript, and no text of a config can become either.
"""

from __future__ import annotations

import json
import re
import shlex
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import compress, count
from pathlib import Path
from typing import Any

from w2v_explore.config.dialects.write import write_config
from w2v_explore.config.load import distinct_names
from w2v_explore.encoding import dump_json, is_writable
from w2v_explore.files.read import read_if_there, read_whole
from w2v_explore.report.html.markup import element, text
from w2v_explore.report.html.page import Page, Part, Picture, Section, Sliders, Tile
from w2v_explore.report.table import Cell, Change, Column, Crossed, Share, Stacked, Table
from w2v_explore.version import __version__

_ASSETS = Path(__file__).parent / "assets"
_MOST_BYTES = 100_000
_MAX_TITLE = 100
# Of a word that has room in a line of a narrow page.
_SHORT = 30
_OPTIONS_OF_ONE_ANSWER = frozenset({
    "--seconds", "--samples", "--frames", "--batch", "--dtype",  # of its workload,
    "--baseline", "--fail-if",  # of its checks: a baseline is of one workload, and conditions are of its figures
    "--format", "--output",  # and of where it went
})  # fmt: skip
"""What the command of another workload does not repeat; a test holds it against the options that there are."""
_GUIDE = re.compile(r"(?:│ | {2})*[├└] ")
_CODE = re.compile(r"`([^`]+)`")
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232563c9' "
    "d='M1 7h2v2H1zM5 3h2v10H5zM9 5h2v6H9zM13 7h2v2h-2z'/%3E%3C/svg%3E"
)


def html_text(page: Page, document: Any, words: Sequence[str]) -> str:
    """The file.

    Args:
        page: What it shows.
        document: The result as plain data, which a reader can copy as JSON.
        words: What was asked: the program, its command, and the arguments.
    """
    script, style = _assets(_script_names(page))
    body = _body(page, document, words, script)
    head = _head(f"{_title(page)} – {words[1]}", script, style)
    written = f'<!doctype html>\n<html lang="en">\n{head}\n{body}\n</html>\n'
    # A stream of another encoding gets references, which the page's own script and style do not need.
    return written if is_writable(written) else written.encode("ascii", "xmlcharrefreplace").decode()


def _script_names(page: Page) -> list[str]:
    """The scripts that add to what is on a page, each once."""
    names = (_script_name(part) for section in page.sections for part in section.parts)
    return list(dict.fromkeys(filter(None, names)))


def _script_name(part: Part) -> str:
    match part:
        case Picture():
            return part.script
        case Sliders():
            return "sliders"
    return ""


def _assets(names: Sequence[str]) -> tuple[str, str]:
    """The script and the style of a page, each of the page itself and of what is on it."""
    # Each is in a block of its own, inside the block of the page's script, whose functions all of them may call.
    scripts = "".join(f"{{\n{_asset(name, '.js')}}}\n" for name in names)
    styles = "".join(_asset(name, ".css") for name in ("page", *names))
    return f'\n"use strict";\nconst scripts = {{}};\n{{\n{_asset("page", ".js")}{scripts}}}\n', f"\n{styles}"


def _asset(name: str, ending: str) -> str:
    """A file of `assets`; not all that have a script have a style."""
    path = str(_ASSETS / f"{name}{ending}")
    content = read_whole(path, _MOST_BYTES) if ending == ".js" else read_if_there(path, _MOST_BYTES) or b""
    return content.decode()


def _head(title: str, script: str, style: str) -> str:
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    parts = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"w2v-explore {__version__}"),
        element("link", rel="icon", href=_ICON),
        element("title", text(title)),
        f"<style>{style}</style>",
    ]
    return "<head>\n" + "\n".join(parts) + "\n</head>"


def _hash(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def _body(page: Page, document: Any, words: Sequence[str], script: str) -> str:
    is_alone = len(page.sections) == 1
    heading = page.sections[0].heading if is_alone else _title(page)
    command = _command_without_workload(words)
    sections = [_section(section, number, is_alone, command) for number, section in enumerate(page.sections, 1)]
    kicker = element("p", text(" ".join(words[:2])), class_="kicker")
    header = element("header", kicker, element("h1", text(heading)), _contents(page, is_alone))
    main = element("main", "\n", *sections, _asked(page, document, words), "\n")
    return element("body", "\n", header, "\n", main, "\n", f"<script>{script}</script>", "\n")


def _title(page: Page) -> str:
    """The names of a few configs, or how many they are."""
    is_short = len(page.title) <= _MAX_TITLE or len(page.configs) < 2
    return page.title if is_short else f"{len(page.configs)} configs"


def _contents(page: Page, is_alone: bool) -> str:
    """Where the sections are."""
    links = [] if is_alone else [(f"section-{number}", each.heading) for number, each in enumerate(page.sections, 1)]
    links.append(("asked", "What was asked"))
    items = [element("li", element("a", text(heading), href=f"#{name}")) for name, heading in links]
    return element("nav", element("ul", *items), aria_label="Contents")


def _command_without_workload(words: Sequence[str]) -> str:
    """The command that was asked, without what is of its one answer; further options may be written behind it."""
    left: list[str] = []
    given = iter(words)
    for word in given:
        name, equals, _ = word.partition("=")
        if word == "-o" or (name in _OPTIONS_OF_ONE_ANSWER and not equals):
            next(given, None)  # its value
        elif word == "--":
            # No options may come behind it: what starts as one does is none behind a folder.
            left += [f"./{path}" if path.startswith("-") and path != "-" else path for path in given]
        elif name not in _OPTIONS_OF_ONE_ANSWER and not word.startswith("-o"):
            left.append(word)
    return shlex.join(left)


def _section(section: Section, number: int, is_alone: bool, command: str) -> str:
    """A section; where it is the page's only one its heading is the page's.

    Args:
        section: The section.
        number: Its number on the page, from 1.
        is_alone: Whether it is the only one.
        command: What was asked, to be asked of another workload.
    """
    name = f"section-{number}"
    heading = "" if is_alone else element("h2", text(section.heading))
    lines = [element("p", _words(line)) for line in section.lines]
    make = _maker("h2" if is_alone else "h3", name, command)
    parts = "\n".join(make(part) for part in section.parts)
    commands = [
        element("p", text(f"{what}:")) + _copied(f"{name}-command-{at}", command)
        for at, (what, command) in enumerate(section.commands, 1)
    ]
    tiles = _tiles(section.tiles) if section.tiles else ""
    return element(
        "section", heading, tiles, *lines, element("div", "\n", parts, "\n", class_="parts"), *commands, "\n", id=name
    )


def _tiles(tiles: Sequence[Tile]) -> str:
    """The figures that matter most."""
    items = [
        element(
            "div",
            element("dt", text(tile.label)),
            element(
                "dd",
                element("div", text(tile.value), class_="value"),
                element("div", _in_groups(tile.exact), class_="exact"),
            ),
        )
        for tile in tiles
    ]
    return element("dl", *items, class_="tiles")


def _in_groups(number: str) -> str:
    """A text, whose long numbers go on in the next line after a comma."""
    return text(number).replace(",", ",<wbr/>")


def _maker(level: str, section: str, command: str) -> Callable[[Part], str]:
    """What writes the parts of a section, under headings of a level."""
    numbers = count(1)

    def make(part: Part) -> str:
        match part:
            case Table():
                return _table(part, level, f"{section}-{next(numbers)}")
            case Picture():
                return _picture(part, level)
            case Sliders():
                return _sliders(part, level, f"{section}-{next(numbers)}", command)

    return make


def _picture(picture: Picture, level: str) -> str:
    script = picture.script or None
    return element(
        "figure",
        element(level, text(picture.title)),
        _scroll(picture.svg, picture.title),
        element("figcaption", _words(picture.words), class_="words"),
        "" if script is None else _data(picture.data),
        class_="part",
        data_script=script,
    )


def _sliders(sliders: Sliders, level: str, name: str, command: str) -> str:
    """What moves by a script, and is hidden without one."""
    return element(
        "div",
        element(level, text(sliders.title)),
        element("p", text(sliders.remark), class_="remark"),
        _copied(name, command),
        _data(sliders.data),
        class_="part wide",
        data_script="sliders",
        hidden="",
    )


def _data(data: Any) -> str:
    """Plain data for a script, in which nothing can end the element."""
    written = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json">{written}</script>'


def _table(table: Table, level: str, name: str) -> str:
    title = element(level, text(table.title), id=name) if table.title else ""
    table = _without_empty(table)
    labels = [row[0] for row in table.rows if isinstance(row[0], str)]
    is_tree = any(map(_GUIDE.match, labels))
    classes = [_column_class(number, table) for number in range(len(table.columns))]
    has_headings = any(column.heading for column in table.columns)
    # Rows that are parts of the row above them are in their order, as is what has nothing to sort by.
    is_ordered = not has_headings or (not is_tree and any(label.startswith(" ") for label in labels))
    rows = "\n".join(_row(row, table.columns, classes, is_tree) for row in table.rows)
    whole = element(
        "table",
        element("thead", _headings(table.columns, classes)) if has_headings else "",
        element("tbody", "\n", rows, "\n"),
        class_="tree" if is_tree else "ordered" if is_ordered else None,
        aria_labelledby=name if table.title else None,
    )
    remark = element("p", _words(str(table.remark)), class_="remark") if table.remark else ""
    return element("div", title, _scroll(whole, table.title or "figures"), remark, class_="part")


def _without_empty(table: Table) -> Table:
    """The table without columns that have nothing in any row."""
    said = [any(str(row[number]) for row in table.rows) for number in range(len(table.columns))]
    rows: list[Sequence[Cell]] = [list(compress(row, said)) for row in table.rows]
    return Table(table.title, list(compress(table.columns, said)), rows, table.remark) if any(said) else table


def _scroll(content: str, label: str) -> str:
    """What may be wider than a page, in a place that scrolls, with the keyboard too."""
    return element("div", content, class_="scroll", tabindex=0, role="group", aria_label=label)


def _headings(columns: Sequence[Column], classes: Sequence[str]) -> str:
    return element(
        "tr",
        *[
            element("th", text(column.heading), class_=_heading_class(column, each), scope="col")
            if column.heading
            else "<td></td>"
            for column, each in zip(columns, classes, strict=True)
        ],
    )


def _heading_class(column: Column, class_: str) -> str | None:
    return " ".join(filter(None, [class_, "long" if len(column.heading) > _SHORT else ""])) or None


def _column_class(number: int, table: Table) -> str:
    column = table.columns[number]
    if any(isinstance(row[number], (Share, Stacked)) for row in table.rows):
        return "share"
    if column.numeric:
        return "n"
    return "text" if column.wraps else ""


def _row(row: Sequence[Cell], columns: Sequence[Column], classes: Sequence[str], is_tree: bool) -> str:
    """A row, whose first cell names it unless it is a number."""
    first, *others = [_cell(cell) for cell in row]
    if is_tree:
        guide = _GUIDE.match(str(row[0]))
        end = guide.end() if guide else 0
        label = str(row[0])
        start = f"<i>{text(label[:end])}</i>" if end else ""
        named = f"<th>{start}{text(label[end:])}</th>"
    elif columns[0].numeric or not first:
        named = f'<td class="n">{first}</td>'
    else:
        is_part = str(row[0]).startswith(" ")
        kind = " ".join(filter(None, [classes[0], "of" if is_part else ""]))
        named = f'<th class="{kind}">{first}</th>' if kind else f"<th>{first}</th>"
    cells = [
        f'<td class="{each}">{cell}</td>' if each else f"<td>{cell}</td>"
        for cell, each in zip(others, classes[1:], strict=True)
    ]
    return f"<tr>{named}{''.join(cells)}</tr>"


def _cell(cell: Cell) -> str:
    match cell:
        case Share():
            return f"{_bar(0, cell.fraction)}{cell}"
        case Stacked():
            return f"{_bar(cell.start, cell.fraction)}{cell}"
        case Crossed():
            return f"<s>{text(cell.text)}</s> no"
        case Change():
            return f"{text(cell.amount)} <small>{text(cell.percent)}</small>"
    return text(str(cell))


def _bar(start: float, fraction: float) -> str:
    """A part of a whole, which ends where the whole does; its percentage stands beside it."""
    start = min(start, 1)
    width = min(fraction, 1 - start)
    from_ = {"x": f"{100 * start:.3g}%"} if start else {}
    return element("svg", element("rect", **from_, width=f"{100 * width:.3g}%"))


def _words(words: str) -> str:
    """A text, in which what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", text(words))


def _asked(page: Page, document: Any, words: Sequence[str]) -> str:
    """The question again: the command, each config, and the result as data."""
    parts = [element("h2", "What was asked"), _copied("command", shlex.join(words))]
    for number, (name, config) in enumerate(zip(distinct_names(page.configs), page.configs, strict=True), 1):
        own = f"config-{number}"
        yaml = element("pre", _lines(write_config(config, "w2v")), id=own)
        title = element("summary", text(f"{name} as YAML"))
        parts.append(element("details", title, yaml, _button(own, "Copy YAML")))
    packed = b64encode(zlib.compress(dump_json(document, indent=None).encode(), 9)).decode()
    parts.append(f'<script type="application/deflate" id="json">{packed}</script>')
    parts.append(element("p", _button("json", "Copy the result as JSON")))
    parts.append(element("p", text(f"Made by w2v-explore {__version__}."), class_="remark"))
    return element("section", *parts, id="asked", class_="asked")


def _lines(lines: str) -> str:
    """A text of several lines as markup."""
    return "\n".join(map(text, lines.split("\n")))


def _copied(name: str, command: str) -> str:
    """A command, with a button that copies it."""
    # An option is not broken after its hyphens.
    words = " ".join(
        element("span", _lines(word)) if len(word) < _SHORT else _lines(word) for word in command.split(" ")
    )
    return element("div", element("pre", words, id=name), _button(name, "Copy the command"), class_="copied")


def _button(name: str, label: str) -> str:
    """A button that copies an element, and that is hidden where no script runs."""
    return element("button", label, type="button", data_copy=name, hidden="")

"""Pages: all that a report says is on them, in one file that fetches nothing and runs nothing but its own script."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.program import Runner
from w2v_explore import load_config
from w2v_explore.cli import options, streams
from w2v_explore.cli.app import app
from w2v_explore.cli.manual.describe import describe_all
from w2v_explore.encoding import printable
from w2v_explore.report.html import write
from w2v_explore.report.html.page import Page, Section, Sliders
from w2v_explore.report.table import Change, Column, Crossed, Lines, Share, Stacked, Table

VOID = {"meta", "link", "input", "br", "wbr"}
SHAPES = {"rect", "line", "path", "circle", "polyline", "polygon", "use"}
pytestmark = pytest.mark.usefixtures("no_float_sums")

HOSTILE = "</script></style></title>--><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp; \u202e`x`"

COMMANDS = [
    ("summary", "base"),
    ("summary", "base", "large", "--seconds", "3"),
    ("compare", "base", "large"),
    ("memory", "base", "--fit", "8GiB"),
    pytest.param(("memory", "base", "--seconds", "5,10"), marks=pytest.mark.slow),
    ("plan", "base", "--card", "a100-40gb", "--updates", "1000", "--batch-seconds", "80"),
    ("plan", "--cards"),
]


class Parsed(HTMLParser):
    """A page's elements, their attributes, and the text of each that has an id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self._open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs), []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | SHAPES, f"<{tag}/> does not end in HTML"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        opened, attributes, pieces = self._open.pop()
        assert opened == tag
        text = "".join(pieces)
        self.texts.append((tag, attributes, text))
        if self._open and tag not in ("script", "style"):
            self._open[-1][2].append(text)

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)

    def text_of(self, wanted: str) -> str:
        (found,) = [text for _, attributes, text in self.texts if attributes.get("id") == wanted]
        return found


def figures_above_all(page: str) -> list[str]:
    """The figures that stand above all else: of each its name, and all that is said of it."""
    texts = Parsed(page).texts
    names = [text for tag, _, text in texts if tag == "dt"]
    said = [text for tag, _, text in texts if tag == "dd"]
    return [f"{name}: {text}" for name, text in zip(names, said, strict=True)]


def _page(run: Runner, *arguments: str) -> str:
    ended = run(*arguments, "--format", "html")
    assert ended.err == ""
    return ended.out


def _document(parsed: Parsed) -> Any:
    return json.loads(zlib.decompress(b64decode(parsed.text_of("json"))))


@pytest.mark.parametrize("arguments", COMMANDS, ids=str)
def test_a_page_says_what_the_report_says(run: Runner, arguments: tuple[str, ...]) -> None:
    """Every cell and every line, held against what JSON and Markdown have of the same result."""
    parsed = Parsed(_page(run, *arguments))
    assert _document(parsed) == json.loads(run(*arguments, "--format", "json").out)
    shown = {_plain(text) for tag, _, text in parsed.texts if tag in ("td", "th", "p", "h1", "h2", "h3")}
    for line in run(*arguments, "--format", "markdown").out.splitlines():
        line = re.sub(r"\\(.)", r"\1", line.replace("&nbsp;", " ").replace("&#8203;", ""))
        for said in line[1:-1].split("|") if line.startswith("|") else [line.lstrip("#")]:
            assert _plain(said) in shown or not said.strip(" :-")


def _plain(text: str) -> str:
    """The words of a text, without the marks by which the formats differ."""
    return " ".join(re.sub("[()`]", "", text).split())


@pytest.mark.parametrize("config", [("base",), ("mms_1b_all", "--set", "add_adapter=true")], ids=" ".join)
def test_a_page_has_the_figures_above_all_that_a_terminal_answers_with(run: Runner, config: tuple[str, ...]) -> None:
    asked = ("summary", *config, "--precision", "amp-bfloat16")
    answer = re.search(r"(?m)^parameters (?:.*\n)+?(?=warnings )", run(*asked).out)
    assert answer is not None
    rows = [re.split(" {2,}", line)[:2] for line in answer[0].splitlines()]
    assert [name for name, _ in rows] == [figure.partition(": ")[0] for figure in figures_above_all(_page(run, *asked))]


def test_what_was_asked_can_be_copied(run: Runner, tmp_path: Path) -> None:
    arguments = ("compare", "base", "large", "--set", "encoder_dropout=0.25\n", "--format", "html")
    parsed = Parsed(run(*arguments).out)
    assert shlex.split(parsed.text_of("command")) == ["w2v-explore", *arguments]
    for number, name in enumerate(("base", "large"), 1):
        copied = tmp_path / f"{name}.yaml"
        copied.write_text(parsed.text_of(f"config-{number}"), encoding="utf-8")
        assert load_config(copied).model == load_config(name, {"encoder_dropout": 0.25}).model


@pytest.mark.parametrize("arguments", COMMANDS[:3], ids=" ".join)
def test_the_policy_allows_the_style_and_the_script_of_the_page_alone(run: Runner, arguments: tuple[str, ...]) -> None:
    parsed = Parsed(_page(run, *arguments))
    (policy,) = [each["content"] for _, each in parsed.elements if each.get("http-equiv") == "Content-Security-Policy"]
    inline = {
        tag: f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for tag, attributes, text in parsed.texts
        if tag in ("script", "style") and "type" not in attributes
    }
    assert policy == (
        f"default-src 'none'; script-src {inline['script']}; style-src {inline['style']}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    names = {name for _, attributes in parsed.elements for name in attributes}
    assert not {"style", "src", "srcset", "action"} & names
    assert not [name for name in names if name.startswith("on")]
    targets = [attributes["href"] or "" for _, attributes in parsed.elements if "href" in attributes]
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(target.removeprefix("#") in ids or target.startswith("data:image/svg+xml,") for target in targets)


def write_named(name: str, path: Path) -> None:
    fields = "extends: base\n"
    path.write_text(fields + "".join(f"{key}: {json.dumps(name)}\n" for key in ("name", "description", "source")))


def test_the_command_for_another_workload_has_no_baseline_which_is_of_one(run: Runner, tmp_path: Path) -> None:
    baseline = tmp_path / "base.json"
    run("summary", "base", "--format", "json", "--output", str(baseline))
    checks = ("--baseline", str(baseline), "--fail-if", "macs > +900%")
    for asked in (("summary", "base"), ("compare", "base", "large")):
        assert f"<span>{asked[-1]}</span></pre>" in _page(run, *asked, *checks)
    # Of one config nothing would be left to compare.
    assert 'data-script="sliders"' not in _page(run, "compare", "base", *checks)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("-o x.html -- -odd.yaml", "./-odd.yaml"),
        ("--set encoder_num_layers=2 -- --batch - a.yaml", "--set encoder_num_layers=2 ./--batch - a.yaml"),
        ("base -ox.html --batch 2 --set a=b", "base --set a=b"),
        ("base --output=x.html --dtype= --set a=b", "base --set a=b"),
    ],
)
def test_options_may_be_written_behind_the_command_for_another_workload(
    run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: str, left: str
) -> None:
    program = ["w2v-explore", "summary", "--format", "html"]
    text = write.html_text(Page("", [], [Section("", [], [Sliders("", {}, "")])]), {}, [*program, *asked.split(" ")])
    (command,) = [text for tag, attributes, text in Parsed(text).texts if attributes.get("id") == "section-1-1"]
    assert command == f"w2v-explore summary {left}"
    monkeypatch.chdir(tmp_path)
    for name in ("-odd.yaml", "--batch", "a.yaml"):
        Path(name).write_text("extends: base\n", encoding="utf-8")
    if "a=b" not in left:
        ended = run(*shlex.split(command)[1:], "--batch", "2", stdin=b"extends: base\n")
        assert (ended.code, ended.err) == (0, "")


def test_no_option_of_one_answer_is_forgotten_in_the_command_for_another_workload() -> None:
    of_answer = set()
    for description in describe_all(get_command(app)):
        if description.words in ("summary", "compare", "memory"):  # those with sliders
            of_answer |= {
                item.names[0]
                for panel in (options.WORKLOAD, options.CHECKS)
                for item in description.options.get(panel, [])
            }
    assert of_answer == write._OPTIONS_OF_ONE_ANSWER - {"--format", "--output"}


def test_hostile_names_and_descriptions_are_text(run: Runner, tmp_path: Path) -> None:
    """A page has the same elements, whatever a config calls itself; only beside a long name is no room for a figure."""
    pages = []
    for name in ("harmless", HOSTILE):
        write_named(name, tmp_path / "config.yaml")
        pages.append(Parsed(_page(run, "summary", str(tmp_path / "config.yaml"))))
    harmless, hostile = ([tag for tag, _ in page.elements if tag not in ("code", "tspan")] for page in pages)
    assert hostile == harmless
    heading = next(text for tag, _, text in pages[1].texts if tag == "h1")
    assert heading == printable(HOSTILE)


def test_hostile_texts_in_every_place() -> None:
    columns = [Column(HOSTILE, numeric=False), Column(HOSTILE, numeric=False, wraps=True), Column("")]
    rows = [
        (f"├ {HOSTILE}", Lines(HOSTILE, HOSTILE), Crossed(HOSTILE)),
        (HOSTILE, Change(HOSTILE, HOSTILE), Share(0.5)),
        ("", HOSTILE, Stacked(0.5, 2.0)),
    ]
    table = Table(HOSTILE, columns, rows, HOSTILE)
    section = Section(HOSTILE, [HOSTILE], [table], [(HOSTILE, HOSTILE)])
    parsed = Parsed(
        write.html_text(Page(HOSTILE, [], [section, section]), {HOSTILE: HOSTILE}, ["w2v-explore", HOSTILE])
    )
    scripts = [attributes for tag, attributes in parsed.elements if tag == "script"]
    assert scripts == [{"type": "application/deflate", "id": "json"}, {}]
    assert not [tag for tag, _ in parsed.elements if tag == "img"]


@pytest.mark.parametrize(
    ("arguments", "most"), [(("summary", "base"), 150_000), (("summary", "xlsr_2b", "--depth", "9"), 400_000)]
)
def test_a_page_is_small(run: Runner, arguments: tuple[str, ...], most: int) -> None:
    assert len(_page(run, *arguments).encode()) <= most


@pytest.mark.slow
def test_a_page_is_the_same_each_time() -> None:
    command = [sys.executable, "-m", "w2v_explore", "summary", "base", "--format", "html"]
    pages = {
        subprocess.run(command, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    }
    assert len(pages) == 1


def test_assets_are_ascii_and_do_not_end_their_element() -> None:
    """A stream of another encoding than UTF gets references for all else, which a script would not understand."""
    for path in (Path(write.__file__).parent / "assets").iterdir():
        assert path.read_bytes().isascii(), path.name
        assert b"</" not in path.read_bytes(), path.name


def test_a_stream_of_another_encoding(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = _page(run, "summary", "base")
    monkeypatch.setattr(write, "is_writable", lambda _: False)
    plain = _page(run, "summary", "base")
    assert plain.isascii()
    assert Parsed(plain).texts == Parsed(usual).texts


def test_a_page_is_for_a_browser(run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = (
        f"error: --output {page} would hold what --format table writes: give --format html, or a file of another name\n"
    )
    assert run("summary", "base", "--output", str(page)).err == said
    assert not page.exists()
    assert _page(run, "summary", "base", "-o", str(page)) == ""
    assert Parsed(page.read_text(encoding="utf-8")).text_of("command").endswith(f"-o {page} --format html")
    monkeypatch.setattr(streams._Output, "isatty", lambda _: True)
    ended = run("summary", "base", "--format", "html")
    assert (ended.code, ended.out) == (2, "")
    assert "give it a file, as --output report.html" in ended.err

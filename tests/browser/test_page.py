"""What the script of a page adds to it, in a real browser, and what is there without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Opener
from tests.browser.pages import copy
from tests.program import Runner
from tests.unit.test_html import HOSTILE, write_named

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Asker = Callable[..., str]


@pytest.fixture
def ask(run: Runner) -> Asker:
    """The output of a command."""
    return lambda *arguments, format="html": run(*arguments, "--format", format).out


def _column(page: Page, table: int, column: int) -> list[str]:
    return page.evaluate(
        """([table, column]) =>
            [...document.querySelectorAll("main .part:not([data-script]) table")[table].tBodies[0].rows]
            .filter((row) => !row.hidden).map((row) => row.cells[column].innerText.trim())""",
        [table, column],
    )


def test_a_table_sorts_by_what_its_numbers_are(ask: Asker, open_page: Opener) -> None:
    """By MACs: the order of the integers in the document, whatever prefixes the table has."""
    layers = json.loads(ask("summary", "base", "--depth", "9", format="json"))["layers"]
    page = open_page(ask("summary", "base", "--depth", "9"))
    before = _column(page, 0, 0)
    heading = page.locator("main .part:not([data-script]) table").first.get_by_role("button", name="MACs")
    heading.click()
    assert page.locator("th[aria-sort=descending]").inner_text() == "MACs"
    macs = {layer["path"] or "model": layer["macs"] for layer in layers}
    shown = [macs[path] for path in _column(page, 0, 0)]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > shown[-1] == 0
    heading.click()
    shown = [macs[path] for path in _column(page, 0, 0)]
    assert [each for each in shown if each] == sorted(each for each in shown if each)
    heading.press("Enter")
    assert _column(page, 0, 0) == before


@pytest.mark.parametrize(
    ("cells", "descending"),
    [
        (["9.5 k", "1.5 M", "200", "–", "1 G"], ["1 G", "1.5 M", "9.5 k", "200", "–"]),
        (["1.2 s", "90 ms", "2 min", "800 µs", "1 h", "3 ns"], ["1 h", "2 min", "1.2 s", "90 ms", "800 µs", "3 ns"]),
        (["−4.4 G (−5 %)", "+7", "=", "+1.1 k (+2 %)"], ["+1.1 k (+2 %)", "+7", "=", "−4.4 G (−5 %)"]),
        (["1,000 B", "2 kB", "1.5 MB", "1 GiB", "1 GB"], ["1 GiB", "1 GB", "1.5 MB", "2 kB", "1,000 B"]),
    ],
)
def test_units_are_numbers(open_page: Opener, cells: list[str], descending: list[str]) -> None:
    from w2v_explore.report.html.page import Page as Made
    from w2v_explore.report.html.page import Section
    from w2v_explore.report.html.write import html_text
    from w2v_explore.report.table import Column, Table

    table = Table("Figures", [Column("Name", numeric=False), Column("Figure")], [("a", cell) for cell in cells])
    page = open_page(html_text(Made("page", [], [Section("page", [], [table])]), {}, ["w2v-explore", "summary"]))
    page.get_by_role("button", name="Figure").click()
    assert _column(page, 0, 1) == descending


def test_a_table_is_filtered_by_the_words_of_a_path(ask: Asker, open_page: Opener) -> None:
    page = open_page(ask("summary", "base", "--depth", "9"))
    field = page.get_by_label("Filter").first
    field.fill("conv_layers.3 GELU")
    assert _column(page, 0, 0) == ["feature_extractor.conv_layers.3.activation"]
    assert page.locator(".filter").get_by_role("status").first.inner_text().startswith("1 of ")
    field.fill("")
    assert _column(page, 0, 0)[:2] == ["model", "├ feature_extractor"]


def test_buttons_copy(ask: Asker, open_page: Opener) -> None:
    """JSON as the program writes it: beyond 2^53 too, where a script's numbers would round."""
    asked = ("summary", "xlsr_2b", "--batch", "1000000")
    document = ask(*asked, format="json")
    assert json.loads(document)["totals"]["macs"] > 2**53
    page = open_page(ask(*asked), permissions=["clipboard-read", "clipboard-write"])

    def copied_by(label: str) -> str:
        return copy(page.locator("#asked").get_by_role("button", name=label))

    copied = copied_by("Copy the result as JSON")
    assert json.loads(copied) == json.loads(document)
    assert copied.splitlines() == json.dumps(json.loads(document), indent=2).splitlines()
    assert copied_by("Copy the command") == f"w2v-explore {' '.join(asked)} --format html"
    page.get_by_text("as YAML").click()
    assert copied_by("Copy YAML").startswith("name: XLS-R 2B")


def test_hostile_texts_do_nothing(ask: Asker, open_page: Opener, tmp_path: Path) -> None:
    write_named(HOSTILE, tmp_path / "config.yaml")
    page = open_page(ask("summary", str(tmp_path / "config.yaml")))
    assert "alert(1)" in page.locator("h1").inner_text()


@pytest.mark.parametrize("arguments", [("summary", "base", "large"), ("plan", "xlsr_2b", "--card", "a100-40gb")])
def test_a_narrow_page_without_a_script(ask: Asker, open_page: Opener, arguments: tuple[str, ...]) -> None:
    more = ("--updates", "1000", "--batch-seconds", "80") if arguments[0] == "plan" else ()
    page = open_page(ask(*arguments, *more), viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page.screenshot()
    assert page.locator("main .part:not([data-script]) table").first.is_visible()
    assert page.get_by_role("button").count() == 0
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 360


def test_a_table_is_a_stop_of_the_keyboard_where_it_scrolls(ask: Asker, open_page: Opener) -> None:
    stops = """() => [...document.querySelectorAll(".scroll")]
        .map((place) => [place.tabIndex === 0, place.scrollWidth > place.clientWidth])"""
    page = open_page(ask("summary", "base"), viewport={"width": 1200, "height": 800})
    wide = page.evaluate(stops)
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator(".scroll[tabindex='0']").first.wait_for()
    narrow = page.evaluate(stops)
    assert all(is_stop == scrolls for is_stop, scrolls in (*wide, *narrow))
    assert not any(is_stop for is_stop, _ in wide)


def test_paper_is_white(ask: Asker, open_page: Opener) -> None:
    page = open_page(ask("summary", "base"), color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(17, 20, 24)"
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    assert not page.get_by_label("Filter").first.is_visible()
    assert not page.locator("#asked").get_by_role("button", name="Copy the command").is_visible()
    assert page.locator("th", has_text="MACs").first.inner_text() == "MACs"
    assert page.locator("th", has_text="MACs").first.is_visible()

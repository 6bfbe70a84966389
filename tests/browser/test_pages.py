"""The pages of all commands as their readers have them: light and dark, at three widths, printed, without a script."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Opener
from tests.browser.pages import COMMANDS, FIND_VIOLATIONS, SETTLE, Made, Maker, axe_script, copy
from w2v_explore.config.dialects.write import write_config
from w2v_explore.config.load import load_config

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

WIDTHS = (360, 800, 1280)
# A sheet of A4 between margins of 1 cm.
PAPER = 718

# Each table sorted by each heading, both ways and back: which way, how many rows, and whether integers are in order.
SORT = r"""
() => [...document.querySelectorAll("main table")].flatMap((table) => {
  const rows = () => [...table.tBodies[0].rows];
  const before = rows();
  return [...table.querySelectorAll("thead th button")].map((button) => {
    const heading = button.closest("th");
    const column = heading.cellIndex;
    const ways = [1, 2].map(() => {
      button.click();
      const numbers = rows().map((row) => row.cells[column].textContent).filter((text) => /^[\d,]+$/.test(text))
        .map((text) => Number(text.replaceAll(",", "")));
      const sign = heading.getAttribute("aria-sort") === "descending" ? -1 : 1;
      const isNumeric = heading.classList.contains("n");
      return [heading.getAttribute("aria-sort"), new Set(rows()).size,
              !isNumeric || numbers.every((each, at) => at === 0 || sign * (each - numbers[at - 1]) >= 0)];
    });
    button.click();
    return { ways, rows: before.length, isAsBefore: rows().every((row, at) => row === before[at]) };
  });
})
"""
# What cannot be seen: not a config's YAML, behind a summary that opens without a script, nor what only a script moves.
UNSEEN = """
[...document.querySelectorAll("h1, h2, h3, p, dt, dd, th, td, figure svg, figcaption, pre, summary, nav a")]
  .filter((each) => !each.closest("details > :not(summary), [data-script=sliders]") && !each.checkVisibility())
  .map((each) => each.outerHTML)
"""
# What is cut off at the edge of a window or of paper: what goes beyond it, where it does not scroll.
BEYOND = """
(scrolls) => [...document.querySelectorAll(`body *${scrolls ? ":not(.scroll *)" : ""}`)]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => each.outerHTML.slice(0, 200))
"""
# Names of rows that leave no room for the figures beside them, since they stay where these scroll.
GREEDY = """
[...document.querySelectorAll("tbody th")].filter((each) => each.offsetWidth > 0.75 * innerWidth)
  .map((each) => each.outerHTML.slice(0, 200))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_is_for_everybody(make: Maker, open_page: Opener, name: str) -> None:
    made = make(name)
    page = open_page(made.text, permissions=["clipboard-read", "clipboard-write"])
    page.evaluate(axe_script())
    for scheme, width in product(("light", "dark"), WIDTHS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(SETTLE)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(BEYOND, True) == page.evaluate(GREEDY) == []
        assert (scheme, width, page.evaluate(FIND_VIOLATIONS)) == (scheme, width, [])
    _sort(page)
    _filter(page)
    _copy(page, made)
    _print(page)


def _sort(page: Page) -> None:
    for done in page.evaluate(SORT):
        assert sorted(way for way, _, _ in done["ways"]) == ["ascending", "descending"]
        assert [(count, is_sorted) for _, count, is_sorted in done["ways"]] == [(done["rows"], True)] * 2
        assert done["isAsBefore"]


def _filter(page: Page) -> None:
    for field in page.get_by_label("Filter").all():
        rows = field.locator("xpath=ancestor::*[@class='part']").locator("tbody tr")
        count = rows.count()
        words = rows.last.locator("th, td").first.inner_text().split()[:2]
        field.fill(" ".join(words).upper())
        shown = rows.filter(visible=True)
        assert 0 < shown.count() < count
        assert all(word.lower() in row.lower() for row in shown.all_text_contents() for word in words)
        field.fill("")
        assert rows.filter(visible=True).count() == count


def _copy(page: Page, made: Made) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    copied = {button.get_attribute("data-copy"): copy(button) for button in page.locator("button[data-copy]").all()}
    assert json.loads(copied["json"]) == made.document
    assert copied["command"] == made.command
    configs = [copied[f"config-{number}"] for number, _ in enumerate(made.configs, 1)]
    assert configs == [write_config(load_config(config), "w2v") for config in made.configs]


def _print(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": PAPER, "height": 1000})
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("button[data-copy], .filter").filter(visible=True).count() == 0
    assert page.evaluate(BEYOND, False) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_all_is_there_without_a_script(make: Maker, open_page: Opener, name: str) -> None:
    page = open_page(make(name).text, viewport={"width": 360, "height": 800}, java_script_enabled=False)
    assert page.evaluate(UNSEEN) == []
    assert page.get_by_role("button").filter(visible=True).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 360

"""What matters of the pages of all commands, in Firefox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.firefox import Firefox, started_firefox
from tests.browser.pages import COMMANDS, FIND_VIOLATIONS, SETTLE, Maker, axe_script
from tests.browser.test_watched import POLICY

pytestmark = pytest.mark.browser

# Of the rows of the tree that are shown.
NAMES = (
    "[...document.querySelectorAll('.tree tbody tr')].filter((row) => !row.hidden).map((row) => row.cells[0].innerText)"
)
ROOT = "document.querySelector('[role=treeitem]').getAttribute('aria-label').split(':')[0]"
MACS = """
Number([...document.querySelectorAll("[data-script=sliders] tbody tr")]
  .find((row) => row.cells[0].innerText === "MACs").cells[2].innerText.replaceAll(",", ""))
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with started_firefox(tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest.fixture
def firefox(started: Firefox) -> Iterator[Firefox]:
    """Firefox, in which nothing may go wrong."""
    yield started
    # What the page did by now is told before it answers.
    started.evaluate(SETTLE)
    wrong, started.wrong = started.wrong, []
    assert wrong == []


def written(text: str, folder: Path) -> Path:
    file = folder / "page.html"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_is_for_everybody(make: Maker, firefox: Firefox, tmp_path: Path, name: str) -> None:
    firefox.open(written(make(name).text, tmp_path), width=360)
    assert firefox.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert firefox.evaluate("document.documentElement.scrollWidth <= innerWidth")
    firefox.run(axe_script())
    assert firefox.evaluate(FIND_VIOLATIONS) == []


def test_a_table_sorts_and_filters(make: Maker, firefox: Firefox, tmp_path: Path) -> None:
    firefox.open(written(make("summary").text, tmp_path), width=1280)
    firefox.click(".tree th:nth-child(5) button")
    assert firefox.evaluate("document.querySelector('[aria-sort=descending]').innerText") == "MACs"
    assert firefox.evaluate(NAMES)[:3] == ["model", "encoder", "encoder.transformer"]
    firefox.click(".filter input")
    firefox.press(*"conv_layers.3")
    assert firefox.evaluate(NAMES) == ["feature_extractor.conv_layers.3"]


def test_a_treemap_descends(make: Maker, firefox: Firefox, tmp_path: Path) -> None:
    firefox.open(written(make("summary").text, tmp_path), width=1280)
    assert firefox.evaluate(ROOT) == "wav2vec 2.0 Base"
    firefox.click('[aria-label^="encoder.transformer.layers.3.feed_forward:"] > rect')
    firefox.press("Escape")
    assert firefox.evaluate(ROOT) == "encoder.transformer.layers.3"
    firefox.press("ArrowDown", "Enter")
    assert firefox.evaluate(ROOT).startswith("encoder.transformer.layers.3.")


def test_sliders_move(make: Maker, firefox: Firefox, tmp_path: Path) -> None:
    """From one utterance to two, which need twice the MACs."""
    firefox.open(written(make("summary").text, tmp_path), width=1280)
    before = firefox.evaluate(MACS)
    firefox.evaluate("void document.querySelectorAll('[data-script=sliders] [type=range]')[1].focus()")
    firefox.press("ArrowRight")
    assert firefox.evaluate(MACS) == 2 * before == 2 * make("summary").document["totals"]["macs"]


@pytest.mark.parametrize(
    ("markup", "wrong"),
    [
        ("<img src='https://example.org/a.png' alt=''>", "a request: https://example.org/a.png"),
        (POLICY + "<p style='color: red'>red</p>", "on the console: Content-Security-Policy"),
        ("<script>console.warn('beware')</script>", "on the console: beware"),
        ("<script>throw new Error('broken')</script>", "on the console: Error: broken"),
    ],
)
def test_what_a_page_must_not_do_is_found_out(started: Firefox, tmp_path: Path, markup: str, wrong: str) -> None:
    started.open(written(f"<!doctype html><title>page</title>{markup}", tmp_path), width=800)
    started.evaluate(SETTLE)
    found, started.wrong = started.wrong, []
    assert any(each.startswith(wrong) for each in found), found

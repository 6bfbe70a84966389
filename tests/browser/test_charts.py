"""What is pointed at in a chart is said, by mouse and by keys, and stays on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Opener
from w2v_explore import Workload, analyze
from w2v_explore.analysis.comparing.compare import compare
from w2v_explore.analysis.workload import MAX_BATCH
from w2v_explore.report.html.page import Page as Written
from w2v_explore.report.html.page import Picture, Section
from w2v_explore.report.html.pictures.cost_over_duration import cost_pictures
from w2v_explore.report.html.pictures.waterfall import waterfall_pictures
from w2v_explore.report.html.structure import inference_picture, step_picture
from w2v_explore.report.html.write import html_text

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

COVERS = """
([box, around]) => {
  const [one, other] = [box, around].map((each) => each.getBoundingClientRect());
  return one.left >= other.left - 1 && one.right <= other.right + 1;
}
"""


def page_of(*pictures: Picture) -> str:
    return html_text(Written("charts", [], [Section("charts", [], pictures)]), {}, "w2v-explore summary")


def is_inside(box: Locator, around: Locator) -> bool:
    inside: bool = box.page.evaluate(COVERS, [box.element_handle(), around.element_handle()])
    return inside


@pytest.mark.parametrize("width", [360, 1200])
def test_a_mouse_is_told_what_is_at_each_place(open_page: Opener, width: int) -> None:
    picture, _ = cost_pictures(analyze("base"))
    page = open_page(page_of(picture), viewport={"width": width, "height": 900})
    said = page.get_by_role("status")
    assert not said.is_visible()
    tips = page.locator("svg.chart .tip")
    for number in (0, 8, tips.count() - 1):
        tips.nth(number).hover()
        assert "attention products: " in said.inner_text()
        assert is_inside(said, page.locator("figure"))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.mouse.move(0, 0)
    assert not said.is_visible()


@pytest.mark.parametrize(("config", "workload"), [
    ("base", Workload.of_seconds(10)),
    ("omniasr_7b", Workload(samples=100_000_000, batch=MAX_BATCH, precision="amp-bfloat16")),
])  # fmt: skip
def test_words_end_within_the_picture(open_page: Opener, config: str, workload: Workload) -> None:
    analysis = analyze(config, workload)
    pictures = [*cost_pictures(analysis), inference_picture(analysis), step_picture(analysis, analysis.training)]
    texts = open_page(page_of(*pictures)).locator("svg.chart > text")
    assert [text.text_content() for text in texts.all() if not is_inside(text, text.locator("xpath=.."))] == []


def test_keys_go_through_a_chart_and_escape_leaves_it(open_page: Opener) -> None:
    picture, *_ = waterfall_pictures(compare(["base", "large"]))
    page = open_page(page_of(picture))
    said, chart = page.get_by_role("status"), page.locator("svg.chart")
    chart.focus()
    for key, words in (
        ("ArrowRight", "wav2vec 2.0 Base: 94,370,944"),
        ("ArrowDown", "encoder_num_layers: +"),
        ("End", "wav2vec 2.0 Large: 315,"),
        ("ArrowRight", "wav2vec 2.0 Large: 315,"),
        ("Home", "wav2vec 2.0 Base: 94,370,944"),
    ):
        page.keyboard.press(key)
        assert said.inner_text().startswith(words)
    page.keyboard.press("Escape")
    assert not said.is_visible()

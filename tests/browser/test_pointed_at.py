"""What is pointed at in the pictures of a frame's samples and of memory says its figures, by mouse and by keys."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Opener
from w2v_explore.analysis.analyze import analyze
from w2v_explore.report.html.page import Page, Picture, Section
from w2v_explore.report.html.structure import inference_picture, receptive_field_pictures
from w2v_explore.report.html.write import html_text

pytestmark = pytest.mark.browser


def page_of(picture: Picture) -> str:
    return html_text(Page("picture", [], [Section("picture", [], [picture])]), {}, ["w2v-explore", "summary"])


def test_a_layer_says_what_its_frames_see(open_page: Opener) -> None:
    [picture] = receptive_field_pictures(analyze("base"))
    page = open_page(page_of(picture), viewport={"width": 360, "height": 740})
    said = page.locator(".said")
    page.locator("g.row").nth(3).hover()
    assert "A frame sees 80 samples (5 ms), the next begins 40 samples (2.5 ms) later" in said.inner_text()
    page.locator("svg.chart").focus()
    page.keyboard.press("End")
    assert said.inner_text().startswith(
        "Layer 6: kernel 2, stride 2. A frame sees 400 samples (25 ms), the next begins"
    )


def test_a_module_says_what_is_held_while_it_runs(open_page: Opener) -> None:
    page = open_page(page_of(inference_picture(analyze("base"))))
    page.locator("svg.chart").focus()
    page.keyboard.press("Home")
    assert page.locator(".said").inner_text() == "feature_extractor.conv_layers.0, forward: at most 131.7 MB"
    page.keyboard.press("End")
    assert page.locator(".said").inner_text().startswith("encoder.transformer.layers.11, forward: at most ")

"""What a treemap's script draws is what Python draws, and a reader gets everywhere in it, by keyboard and by mouse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from tests.browser.conftest import Opener
from w2v_explore.analysis.analyze import analyze
from w2v_explore.report.html.page import Page as Written
from w2v_explore.report.html.page import Picture, Section
from w2v_explore.report.html.pictures.treemap import WIDTH, treemap
from w2v_explore.report.html.structure import MACS, PARAMETERS, kept_memory, tree_picture
from w2v_explore.report.html.write import html_text
from w2v_explore.results.result import Result

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LAYER = "encoder.transformer.layers"
DRAWN = """
svg => [...svg.querySelectorAll("rect, path, text")].filter(each => !each.closest(".legend")).map(each =>
  [each.tagName, each.getAttribute("class"), each.textContent, each.getAttribute("d") || "",
   ...["x", "y", "width", "height"].map(name => Number(each.getAttribute(name)))])
"""


def page_of(picture: Picture) -> str:
    return html_text(Written("tree", [], [Section("tree", [], [picture])]), {}, ["w2v-explore", "summary"])


def drawn_by_python(picture: Picture) -> list[list[Any]]:
    root = ElementTree.fromstring(picture.svg)
    legend = {each for group in root.iter("g") if group.get("class") == "legend" for each in group.iter()}
    return [
        [
            each.tag,
            each.get("class"),
            "".join(each.itertext()),
            each.get("d", ""),
            *[float(each.get(name, 0)) for name in ("x", "y", "width", "height")],
        ]
        for each in root.iter()
        if each.tag in ("rect", "path", "text") and each not in legend
    ]


def numbers(path: str) -> list[float]:
    return list(map(float, re.findall(r"[\d.]+", path)))


@pytest.mark.parametrize("name", ["base", "wavlm_base", "lighthubert_small_subnet", "wav2vec2_pretrain_base"])
def test_the_script_draws_as_python_does(open_page: Opener, name: str) -> None:
    analysis = analyze(name)
    for measure in (PARAMETERS, MACS, kept_memory(analysis.training, analysis.tree.folded_path)):
        picture = treemap(name, analysis.layers, [measure])
        page = open_page(page_of(picture), viewport={"width": 1000, "height": 900})
        page.eval_on_selector("figure", f"each => {{ each.style.flex = 'none'; each.style.width = '{WIDTH}px'; }}")
        page.locator(f'svg.treemap[viewBox^="0 0 {WIDTH} "]').wait_for()
        by_script, by_python = page.eval_on_selector("svg.treemap", DRAWN), drawn_by_python(picture)
        assert [each[:3] for each in by_script] == [each[:3] for each in by_python]
        for one, other in zip(by_script, by_python, strict=True):
            assert one[4:] == pytest.approx(other[4:], abs=0.06)
            assert numbers(one[3]) == pytest.approx(numbers(other[3]), abs=0.06)


def test_keys_go_everywhere_in_a_tree(open_page: Opener) -> None:
    page = open_page(page_of(tree_picture(Result(analysis=analyze("base")))))
    page.get_by_role("button", name="MACs").click()
    page.get_by_role("treeitem").first.focus()
    assert said(page).startswith("wav2vec 2.0 Base: Wav2Vec2Model")
    press(page, "ArrowDown")
    assert said(page).startswith("feature_extractor.conv_layers: ModuleList")
    press(page, "ArrowRight")
    assert said(page).startswith("encoder: Encoder")
    press(page, "Enter", "ArrowDown", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight")
    assert said(page).startswith(f"{LAYER}.2: EncoderLayer, gives 1×499×768; Parameters 7.088 M (7.5 %); MACs 3.914 G")
    press(page, "Enter")
    assert page.get_by_role("treeitem").first.get_attribute("aria-label") == said(page)
    assert focused(page) == said(page)
    press(page, "Escape")
    assert said(page).startswith(f"{LAYER}.2: ")
    assert page.get_by_role("treeitem").first.get_attribute("aria-label") != said(page)
    press(page, "ArrowUp")
    assert said(page).startswith(f"{LAYER}: ModuleList")
    press(page, "Escape", "Escape", "Escape", "Escape", "Home")
    assert said(page).startswith("wav2vec 2.0 Base: ")


def test_a_click_descends_and_the_trail_leads_back(open_page: Opener) -> None:
    page = open_page(page_of(tree_picture(Result(analysis=analyze("base")))), viewport={"width": 360, "height": 740})
    layer = page.locator(f'[aria-label^="{LAYER}.3:"] > rect')
    layer.click(position={"x": 3, "y": 3})
    assert page.get_by_role("treeitem").first.get_attribute("aria-label").startswith(f"{LAYER}.3: ")  # type: ignore[union-attr]
    trail = page.get_by_role("group", name="Where you are")
    assert trail.get_by_role("button").all_inner_texts() == [
        "wav2vec 2.0 Base",
        "encoder",
        "transformer",
        "layers",
        "3",
    ]
    page.get_by_role("button", name="Kept").click()
    assert page.get_by_role("heading", name="Kept activations (float32) by module").is_visible()
    assert page.locator("figcaption").inner_text().endswith(": feed_forward 2.3 %, attention 1.1 %, layer_norm 0.2 %.")
    trail.get_by_role("button", name="encoder").click()
    assert page.get_by_role("treeitem").first.get_attribute("aria-label").startswith("encoder: ")  # type: ignore[union-attr]
    width, needed = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert needed <= width


def said(page: Page) -> str:
    return page.locator(".treemap-said").inner_text()


def focused(page: Page) -> str:
    label: str = page.evaluate("document.activeElement.getAttribute('aria-label')")
    return label


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)

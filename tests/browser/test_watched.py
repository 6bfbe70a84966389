"""What the other tests here rely on: a page that does what no page of ours may is found out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'unsafe-inline'\">"


@pytest.mark.parametrize(
    ("markup", "wrong"),
    [
        ("<p>nothing</p>", None),
        ("<img src='https://example.org/a.png' alt=''>", "a request: https://example.org/a.png"),
        ("<script>fetch('https://example.org/')</script>", "a request: https://example.org/"),
        ("<link rel=stylesheet href=styles.css>", "a request: file://"),
        (POLICY + "<p style='color: red'>red</p>", "the policy forbids style-src-attr"),
        (POLICY + "<script>eval('1')</script>", "the policy forbids script-src"),
        ("<script>console.warn('beware')</script>", "on the console: beware"),
        ("<script>throw new Error('broken')</script>", "an error: broken"),
        ("<script>alert('read me')</script>", "a dialog: read me"),
    ],
)
def test_what_a_page_must_not_do_is_found_out(
    chromium: Browser, tmp_path: Path, markup: str, wrong: str | None
) -> None:
    file = tmp_path / "page.html"
    file.write_text(f"<!doctype html><title>page</title>{markup}", encoding="utf-8")
    watched = Watched(chromium.new_context(), file)
    watched.close()
    assert any(wrong in each for each in watched.wrong) if wrong else not watched.wrong, watched.wrong

"""A page in Chromium, which the tests find where its distribution puts it, and from which nothing goes out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.pages import make as make

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Route

Opener = Callable[..., "Page"]

_TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`the policy forbids ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    # Imported here: this file is read wherever tests are collected.
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found is not None, "Chromium is not here: install it (apt-get install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


class Watched:
    """A page's file and what the page did that no page may: it asked for something, or something went wrong in it."""

    def __init__(self, context: BrowserContext, file: Path, has_scripts: bool = True) -> None:
        self._context = context
        self._address = file.as_uri()
        self._has_scripts = has_scripts
        self.wrong: list[str] = []
        context.set_offline(True)
        context.add_init_script(_TELL_VIOLATIONS)
        context.route("**/*", self._answer)
        self.page = context.new_page()
        self.page.on("request", self._asked)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"an error: {error}"))
        self.page.on("dialog", self._asked_reader)
        self.page.goto(self._address)

    def close(self) -> None:
        # What the page did by now is told before it answers.
        # A page without scripts has no timers.
        if self._has_scripts:
            self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        self._context.close()

    def _is_page(self, request: Request) -> bool:
        return request.url.partition("#")[0] == self._address

    def _answer(self, route: Route) -> None:
        if self._is_page(route.request):
            route.continue_()
        else:
            route.abort()

    def _asked(self, request: Request) -> None:
        if not self._is_page(request):
            self.wrong.append(f"a request: {request.url}")

    def _asked_reader(self, dialog: Dialog) -> None:
        self.wrong.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"on the console: {message.text}")


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Open a page, given as a file or as its text, in a new window with the network cut.

    Keyword arguments are those of a context of Playwright's, as ``viewport`` and ``color_scheme``. The test fails where
    the page asks for anything beside its own file, breaks its policy, or has an error or a warning on its console.
    """
    opened: list[Watched] = []

    def open_one(given: Path | str, **options: Any) -> Page:
        file = given if isinstance(given, Path) else tmp_path / f"page-{len(opened)}.html"
        if isinstance(given, str):
            file.write_text(given, encoding="utf-8")
        opened.append(Watched(chromium.new_context(**options), file, options.get("java_script_enabled", True)))
        return opened[-1].page

    yield open_one
    for each in opened:
        each.close()
    assert [wrong for each in opened for wrong in each.wrong] == []

"""A page of each command that makes one, of configs whose every text is hostile; made once for all browsers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.program import Runner
from tests.small import config_text
from tests.unit.test_html import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

COMMANDS = {
    "summary": "summary base",
    "summary of several": "summary {hostile} base --seconds 3",
    "compare": "compare base {hostile}",
    "compare of several": "compare {hostile} base large",
    "memory": "memory {hostile} --fit 8GiB",
    "plan": "plan {hostile} --card a100-40gb --updates 1000 --batch-seconds 80",
    "plan --cards": "plan --cards",
    "latency": "latency {hostile} --device cpu --seconds 0.1,0.2 --runs 2",
    "verify": "verify {hostile} --seconds 0.1",
    "search": "search {hostile} --free encoder_num_layers=2..9 --free encoder_ff_interm_features=20,40 --minimize macs "
    "--maximize parameters",
}

HOSTILE_TEXTS = f"{HOSTILE}\n# no heading\r\n{'x' * 400}&lt;b&gt;\u2028\u200b\u2067<svg onload=alert(3)>"


class Made(NamedTuple):
    """A page, and what a reader may copy from it.

    Attributes:
        text: The file.
        command: What made it.
        document: The same result as JSON.
        configs: The files and presets that it is of.
    """

    text: str
    command: str
    document: Any
    configs: list[str]


Maker = Callable[[str], Made]
_made: dict[str, Made] = {}


@pytest.fixture
def make(run: Runner, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """The page of a command, by its name in `COMMANDS`."""

    def make_one(name: str) -> Made:
        if name not in _made:
            if name == "latency":
                # Two measurements differ.
                request.getfixturevalue("measured_once")
            hostile = _hostile(tmp_path_factory.mktemp("configs"))
            words = [word.format(hostile=hostile) for word in COMMANDS[name].split(" ")]
            text = run(*words, "--format", "html").out
            document = json.loads(run(*words, "--format", "json").out)
            command = shlex.join(["w2v-explore", *words, "--format", "html"])
            _made[name] = Made(text, command, document, [word for word in words if word in (hostile, "base", "large")])
        return _made[name]

    return make_one


def _hostile(folder: Path) -> str:
    fields = {"name": HOSTILE_TEXTS, "description": HOSTILE_TEXTS, "source": HOSTILE_TEXTS}
    config = folder / "hostile.yaml"
    written = config_text().replace("name: small\n", "")
    config.write_text(written + "".join(f"{name}: {json.dumps(text)}\n" for name, text in fields.items()))
    return str(config)


@cache
def axe_script() -> str:
    """A script that defines ``axe``."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


# What axe finds against WCAG 2.1 A and AA: each rule, and the first element that breaks it.
FIND_VIOLATIONS = """
axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"] })
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))
"""
# A button says for a moment that it has copied: it is listened for in the page, where a busy machine misses none of it.
_LISTEN = """
(button) => {
  window.said = new Promise((tell) => {
    new MutationObserver(() => tell(button.textContent)).observe(button, { childList: true });
  });
}
"""


def copy(button: Locator) -> Any:
    """What is in the clipboard once a button was pressed that copies, and has said so."""
    page = button.page
    button.evaluate(_LISTEN)
    button.click()
    assert page.evaluate("window.said") == "Copied"
    return page.evaluate("navigator.clipboard.readText()")


# Until what follows from what was done is done.
SETTLE = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"

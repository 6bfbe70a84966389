"""Every command in a block of a page runs as a test, or the page says above the block why it does not."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.checkpoint_files import SMALL, write_model
from tests.program import Runner
from tests.unit.test_docs import write_named

ROOT = Path(__file__).parent.parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+) -->\n+)?"
    r"^ *(?P<ticks>```+)(?P<tag>[\w-]*)[^\n]*\n(?P<text>.*?)^ *(?P=ticks)$",
    re.DOTALL | re.MULTILINE,
)
# How a line begins that somebody might copy into a shell.
COMMAND = re.compile(r"^\s*(?:\$ |(?:w2v-explore|python3?|pip|pipx|uvx|git|awk|mike|mkdocs|man|source) )", re.MULTILINE)
SHELLS = {"sh", "bash", "shell"}
"""Languages of blocks that a shell reads."""
ELSEWHERE = {"console", "text", "python"}
"""The languages of blocks whose commands tests/unit/test_docs.py runs."""
SCRIPTED = {"README.md", "dialects.md"}
"""The pages whose commands .ci/run and tests/unit/test_dialects_page.py run."""


class Fence(NamedTuple):
    """A block of a page."""

    page: Path
    tag: str
    text: str
    reason: str | None


def fences() -> Iterator[Fence]:
    for page in PAGES:
        for found in FENCE.finditer(page.read_text(encoding="utf-8")):
            yield Fence(page, found["tag"], found["text"], found["reason"])


def shell_fences() -> list[Fence]:
    return [
        fence for fence in fences() if fence.tag in SHELLS and fence.reason is None and fence.page.name not in SCRIPTED
    ]


def test_every_block_with_commands_has_a_language_whose_commands_run_or_says_why_they_do_not() -> None:
    found = list(fences())
    assert len(found) > 200
    for page in PAGES:
        starts = len(re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert starts == 2 * sum(fence.page == page for fence in found), f"{page}: a block is not read"
    for fence in found:
        if COMMAND.search(fence.text) and fence.reason is None:
            assert fence.tag in SHELLS | ELSEWHERE, f"{fence.page}: {fence.text}"
        if fence.tag == "text" and COMMAND.search(fence.text):
            assert fence.text.startswith("$ w2v-explore "), f"{fence.page}: {fence.text}"


def test_ci_runs_the_commands_of_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^readme_command (\d+)", script, re.MULTILINE)]
    of_readme = [fence for fence in fences() if fence.page.name == "README.md" and fence.tag in SHELLS]
    assert numbers == list(range(1, len(of_readme) + 1))


@pytest.mark.slow
@pytest.mark.parametrize("fence", [pytest.param(each, id=f"{each.page.stem}: {each.text}") for each in shell_fences()])
def test_commands_of_a_shell(fence: Fence, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_named(tmp_path)
    write_model(tmp_path / "model.safetensors", {**SMALL})
    (tmp_path / "train.tsv").write_text("/data\na.flac\t160000\nb.flac\t24000\n")
    text = fence.text.replace("\\\n", " ")
    if "w2v-explore" not in text:
        subprocess.run(["bash", "-euo", "pipefail", "-c", text], check=True, capture_output=True)
        return
    for line in text.splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program:
            assert program == "w2v-explore", line
            code, _, err = run(*arguments)
            assert code == 0, err

"""Makes the reports that the pages link to: ``python docs/examples.py``. A test holds them in step with the program.

``python docs/examples.py --pictures`` also takes the pictures of docs/html.md, with the extra browser and Chromium.
They are a browser's and its fonts', so that no test compares them: look at them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

EXAMPLES = {
    "summary.html": ("summary", "base"),
    "compare.html": ("compare", "base", "large"),
    "search.html": (
        "search", "base", "--free", "encoder_num_layers=2..12", "--free", "encoder_ff_interm_features",
        "--minimize", "macs", "--maximize", "parameters",
    ),
}  # fmt: skip
"""The command behind each report."""


def example(command: tuple[str, ...]) -> str:
    """The report of a command.

    Raises:
        CalledProcessError: The command failed.
    """
    words = [sys.executable, "-m", "w2v_explore", *command, "--format", "html"]
    return subprocess.run(words, check=True, capture_output=True, encoding="utf-8", cwd=ROOT).stdout


def take_pictures(folder: Path) -> None:
    """The top of the first report, light and dark, as PNG."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1120, "height": 1060})
            page.goto((folder / "summary.html").as_uri())
            page.screenshot(path=folder / f"summary-{scheme}.png")
        browser.close()


if __name__ == "__main__":
    folder = ROOT / "docs/examples"
    folder.mkdir(exist_ok=True)
    for name, command in EXAMPLES.items():
        (folder / name).write_text(example(command), encoding="utf-8")
    if "--pictures" in sys.argv:
        take_pictures(folder)

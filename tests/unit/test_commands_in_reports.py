"""Commands in reports: lines that a shell reads as one, and blocks of code."""

from __future__ import annotations

import io
import shlex

import pytest
from rich.console import Console

from w2v_explore.report.markdown import report_markdown
from w2v_explore.report.table import Report
from w2v_explore.report.terminal import print_report

LINE = shlex.join(["w2v-explore", "summary", "it’s --my `config`.yaml", "--allow-unknown", "--set", "a=[[1, 2, 3]]",
                   "--set", "bcd=4", "--seconds", "3"])  # fmt: skip


def printed(text: str, width: int) -> list[str]:
    file = io.StringIO()
    print_report(Report("name", [], [], commands=[("It does this", text)]), Console(file=file, width=width))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", [10, 48, 60, 10_000])
def test_a_shell_reads_the_lines_as_one_command(width: int) -> None:
    heading, empty, *lines = printed(LINE, width)
    while not lines[0].startswith("w2v-explore"):
        del lines[0]
    assert (heading, empty) == ("name", "")
    # A shell takes a backslash at the end of a line out, with the end.
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(LINE)
    assert width < 48 or max(map(len, lines)) <= width


@pytest.mark.parametrize(("text", "fence"), [("w2v-explore '````'", "`````"), ("w2v-explore base", "```")])
def test_markdown_has_a_block_of_code_that_nothing_ends(text: str, fence: str) -> None:
    markdown = report_markdown([Report("name", [], [], commands=[("It does this", text)])])
    assert markdown == f"## name\n\nIt does this:\n\n{fence}sh\n{text}\n{fence}\n"

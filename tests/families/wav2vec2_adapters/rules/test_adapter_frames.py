"""W340 adapter-frames."""

import pytest

from tests.rules.helper import NAME, found
from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import Source
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings


def messages(text: str) -> list[str]:
    problems = lint_document(parse_document(Source(NAME, text.encode())), Settings(select=("W340",)))
    return [problem.message for problem in problems if problem.rule.code == "W340"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ("", "one frame in 8, one every 160 ms (6.25 a second), and a CTC head"),
        ("adapter_num_layers: 1\n", "one frame in 2, one every 40 ms (25 a second)"),
        ("adapter_stride: 2147483647\nadapter_num_layers: 30\n", "one frame in 9.076e+279, and a CTC head"),
        ("adapter_stride: 3\n", "one frame in 27, one every 540 ms (1.852 a second)"),
    ],
)
def test_found(changes: str, told: str) -> None:
    text = f"extends: mms_1b_all\n{changes}add_adapter: true\n"
    assert len(found("W340", text)) == 1
    assert told in messages(text)[0]


def test_without_a_head_nothing_is_said_of_symbols() -> None:
    assert "CTC" not in messages("extends: mms_1b_all\nadd_adapter: true\naux_num_out: null\n")[0]


@pytest.mark.parametrize("changes", ["", "add_adapter: true\nadapter_stride: 1\n", "adapter_stride: 3\n"])
def test_not_found(changes: str) -> None:
    assert found("W340", f"extends: mms_1b_all\n{changes}") == []

"""E254: a block of no width that a layer is said to have, or one of less."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.helper import found
from w2v_explore.config.document import parse_document
from w2v_explore.config.text.source import read_file
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("encoder_num_heads: [1, 2, 3, 4, 5, 0, 7, 8, 9, 10, 11, 12]\n", "2:36"),
        ("encoder_ff_interm_features: [-1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n", "2:30"),
    ],
)
def test_found(text: str, place: str) -> None:
    assert [at.partition("-")[0] for at in found("E254", f"extends: hubert_base_prunable\n{text}")] == [place]


def test_the_entry_is_marked_that_the_outermost_file_states(tmp_path: Path) -> None:
    base = tmp_path / "base.yaml"
    gone = "[false, true, true, true, true, true, true, true, true, true, true, true]"
    base.write_text(
        f"extends: hubert_base_prunable\nencoder_use_attention: {gone}\n"
        "encoder_num_heads: [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n"
    )
    own = tmp_path / "own.yaml"
    own.write_text(f"extends: base.yaml\nencoder_use_attention: {gone.replace('false', 'true')}\n")
    [problem] = lint_document(parse_document(read_file(str(own))), Settings(select=("E254",)))
    assert (problem.place.line, problem.place.column, problem.place.end_column) == (2, 25, 29)


def test_a_lost_block_may_have_no_width() -> None:
    text = """extends: hubert_base_prunable
encoder_num_layers: 1
encoder_use_attention: [false]
encoder_use_feed_forward: [true]
encoder_num_heads: [0]
encoder_ff_interm_features: [1]
"""
    assert found("E254", text) == []

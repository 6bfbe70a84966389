"""E260 extends-missing: the config that this one extends cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.helper import found, found_in, marked, messages


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("bsae", "did you mean the preset base?"),
        ("nowhere.yaml", "no file or preset"),
        ("..", "it is a folder"),
        ("'-'", "no file or preset"),
        ('"a\\0b"', "NUL"),
        ("/dev/zero", "no regular file"),
    ],
)
def test_missing(reference: str, why: str) -> None:
    text = f"name: c\nextends: {reference}  # comment\n"
    assert found(text) == [("E260", 2, 10)]
    assert marked(text) == [reference]
    assert why in messages(text)[0]


def test_only_what_is_stated_is_checked() -> None:
    assert found("extends: bsae\nencoder_num_layers: 0\n") == [("E260", 1, 10), ("E235", 2, 21)]


def test_reported_in_the_file_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("extends: middle.yaml\n")
    (tmp_path / "middle.yaml").write_text("name: middle\nextends: nowhere.yaml\n")
    assert found_in(tmp_path / "c.yaml") == [("middle.yaml", "E260", 2, 10)]


def test_a_path_starts_from_the_file_that_states_it(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.yaml").write_text("extends: ../mine.yaml\n")
    (tmp_path / "mine.yaml").write_text("extends: base.yaml\n")
    assert found_in(tmp_path / "sub" / "c.yaml") == []


@pytest.mark.parametrize("preset", ["base", "base.yaml", "'xlsr_300m'"])
def test_a_preset(preset: str) -> None:
    assert found(f"extends: {preset}\n") == []

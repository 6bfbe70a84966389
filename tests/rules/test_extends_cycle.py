"""E261 extends-cycle: the config extends itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.helper import found_in


def chain(folder: Path, *references: str) -> Path:
    """``1.yaml`` extends the first reference, ``2.yaml`` the second …"""
    for number, reference in enumerate(references, start=1):
        (folder / f"{number}.yaml").write_text(f"name: '{number}'\nextends: {reference}\n")
    return folder / "1.yaml"


@pytest.mark.parametrize(
    ("references", "blamed"),
    [
        (["1.yaml"], "1.yaml"),
        (["./1.yaml"], "1.yaml"),
        (["2.yaml", "1.yaml"], "2.yaml"),
        (["2.yaml", "3.yaml", "2.yaml"], "3.yaml"),
    ],
)
def test_a_cycle_is_reported_where_it_closes(tmp_path: Path, references: list[str], blamed: str) -> None:
    assert found_in(chain(tmp_path, *references)) == [(blamed, "E261", 2, 10)]


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "1.yaml")
    assert found_in(chain(tmp_path, "link.yaml")) == [("1.yaml", "E261", 2, 10)]


@pytest.mark.parametrize(("links", "codes"), [(16, []), (17, ["E261"]), (40, ["E261"])])
def test_at_most_16_are_extended(tmp_path: Path, links: int, codes: list[str]) -> None:
    references = [f"{number}.yaml" for number in range(2, links + 1)]
    assert [code for _, code, _, _ in found_in(chain(tmp_path, *references, "base"))] == codes


def test_a_file_may_be_named_like_the_preset_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("extends: base\n")
    assert found_in(tmp_path / "base.yaml") == []

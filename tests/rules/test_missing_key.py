"""E201 missing-key: a field is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.rules.helper import found, found_in, marked, messages
from w2v_explore import load_config

FIELDS = load_config("base").model.to_mapping()


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_is_needed(field: str) -> None:
    text = "# six layers\n" + yaml.safe_dump({key: value for key, value in FIELDS.items() if key != field})
    assert found(text) == [("E201", 2, 1)]
    assert messages(text)[0].startswith(f"c.yaml:2:1: error E201 missing-key: {field} is missing; write all 16 fields")


def test_each_is_a_problem_of_its_own_at_the_first_key() -> None:
    assert found("name: six layers\nencoder_num_layers: 6\n") == [("E201", 1, 1)] * 15
    assert found("{}\n") == [("E201", 1, 1)] * 16


def test_no_more_than_the_start_is_marked() -> None:
    assert marked("encoder_num_layers: 6\n") == [""] * 15


def test_all_are_there() -> None:
    assert found(yaml.safe_dump(FIELDS)) == []
    assert found("extends: base\n") == []


def test_a_base_may_lack_what_the_file_states(tmp_path: Path) -> None:
    rest = {key: value for key, value in FIELDS.items() if key != "aux_num_out"}
    (tmp_path / "rest.yaml").write_text(yaml.safe_dump(rest))
    (tmp_path / "c.yaml").write_text("extends: rest.yaml\naux_num_out: 32\n")
    assert found_in(tmp_path / "c.yaml") == []
    (tmp_path / "c.yaml").write_text("name: no head\nextends: rest.yaml\n")
    assert found_in(tmp_path / "c.yaml") == [("c.yaml", "E201", 1, 1)]

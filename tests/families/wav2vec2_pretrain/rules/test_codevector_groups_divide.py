"""E262 codevector-groups-divide."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(("groups", "places"), [(3, ["2:24-2:25"]), (4, [])])
def test_codebooks_divide_the_width(groups: int, places: list[str]) -> None:
    assert found("E262", f"extends: wav2vec2_pretrain_base\nnum_codevector_groups: {groups}\n") == places

"""E244 adapter-width-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("width", [-1, 0])
def test_found(width: int) -> None:
    text = f"extends: mms_1b_all\nadapter_embed_dim: {width}\n"
    assert found("E244", text) == [f"2:20-2:{20 + len(str(width))}"]


@pytest.mark.parametrize("width", ["1", "null"])
def test_not_found(width: str) -> None:
    assert found("E244", f"extends: mms_1b_all\nadapter_embed_dim: {width}\n") == []

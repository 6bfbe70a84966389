"""W345 nothing-predicted."""

import pytest

from tests.rules.helper import found

BASE = "extends: hubert_pretrain_base\n"


def test_found() -> None:
    assert found("W345", f"{BASE}skip_masked: true\nskip_nomask: true\n") == ["3:14-3:18"]


@pytest.mark.parametrize("line", ["skip_masked: true", "skip_nomask: true"])
def test_not_found(line: str) -> None:
    assert found("W345", f"{BASE}{line}\n") == []

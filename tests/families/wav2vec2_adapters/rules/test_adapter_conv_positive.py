"""E243 adapter-conv-positive."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("value", [-1, 0])
@pytest.mark.parametrize("field", ["adapter_kernel", "adapter_stride"])
def test_found(field: str, value: int) -> None:
    column = len(field) + 3
    expected = [f"2:{column}-2:{column + len(str(value))}"]
    assert found("E243", f"extends: mms_1b_all\n{field}: {value}\n") == expected


@pytest.mark.parametrize("field", ["adapter_kernel", "adapter_stride"])
def test_not_found(field: str) -> None:
    assert found("E243", f"extends: mms_1b_all\n{field}: 1\n") == []

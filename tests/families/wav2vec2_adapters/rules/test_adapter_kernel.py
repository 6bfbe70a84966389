"""W347 adapter-kernel."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("kernel", [1, 4])
def test_found(kernel: int) -> None:
    assert found("W347", f"extends: mms_1b_all\nadd_adapter: true\nadapter_kernel: {kernel}\n") == ["3:17-3:18"]


@pytest.mark.parametrize("changes", ["add_adapter: true\n", "adapter_kernel: 4\n"])
def test_not_found(changes: str) -> None:
    assert found("W347", f"extends: mms_1b_all\n{changes}") == []

"""E290 pos-kernel-odd."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize("kernel", [1, 7, 127])
def test_found(kernel: int) -> None:
    text = f"extends: omniasr_300m\nencoder_pos_conv_kernel: {kernel}\n"
    assert found("E290", text) == [f"2:26-2:{26 + len(str(kernel))}"]


@pytest.mark.parametrize(
    "text",
    [
        "extends: omniasr_300m\nencoder_pos_conv_kernel: 2\n",
        "extends: omniasr_300m\nencoder_pos_conv_kernel: 0\n",
        "extends: base\nencoder_pos_conv_kernel: 127\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("E290", text) == []

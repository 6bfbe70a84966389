"""A441 logits-heavy."""

import pytest

from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: hubert_pretrain_base\nnum_classes: 1000\n", ["2:14-2:18"]),
        ("extends: hubert_pretrain_base\nnum_classes: 975\n", []),
        ("extends: hubert_pretrain_large\nfinal_dim: 256\n", []),
        ("extends: hubert_pretrain_large\nfinal_dim: 500\n", ["2:12-2:15"]),
        ("extends: hubert_pretrain_large\nskip_masked: true\nskip_nomask: true\n", []),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("A441", text) == places

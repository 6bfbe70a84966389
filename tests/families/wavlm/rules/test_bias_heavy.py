"""W343 bias-heavy."""

import pytest

from tests.rules.helper import found
from w2v_explore import Workload, analyze, load_config

BASE = "extends: wavlm_base\n"


@pytest.mark.parametrize(
    ("text", "seconds", "places"),
    [
        # The weights are as many bytes as 13 biases of 12 heads and 778² pairs of frames.
        (BASE, None, []),
        (BASE, 15.5, []),
        (BASE, 15.7, ["1:10-1:20"]),
        (BASE + "encoder_num_heads: 24\n", 15.5, ["2:20-2:22"]),
        (BASE, 0.01, []),
    ],
)
def test_the_duration_decides(text: str, seconds: float | None, places: list[str]) -> None:
    assert found("W343", text, seconds=seconds) == places


def test_each_layer_keeps_one_and_all_keep_one_more() -> None:
    """The figure of the rule is that of the closed form, of which torch's storages are tracked."""
    kept = [
        analyze(load_config("wavlm_base", {"encoder_num_layers": layers}), Workload(samples=480_000)).training
        for layers in (1, 2)
    ]
    bias = 4 * 12 * 1_499**2
    first = kept[0].kept_by_layer["encoder.transformer.layers.0.attention"]
    attention = kept[0].kept_by_layer["encoder.transformer.layers.0.attention.attention"]
    assert 2 * bias < first < 2.5 * bias
    assert bias < attention < 1.25 * bias
    assert bias < kept[1].kept_by_layer["encoder.transformer.layers.1.attention"] < 1.5 * bias

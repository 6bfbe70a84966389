"""W107 yaml11-scalar."""

from pathlib import Path

import pytest

from tests.program import Runner
from tests.rules.helper import found


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("extends: base\nencoder_num_layers: 010\n", ["2:21-2:24"]),
        ("extends: base\nencoder_layer_norm_first: no\n", ["2:27-2:29"]),
        ("extends: base\nencoder_num_layers: 1:30\n", ["2:21-2:25"]),
        ("extends: base\nencoder_num_layers: 1_0\n", ["2:21-2:24"]),
        ("extends: base\nextractor_conv_layer_config: [[512, 010, 5]]\n", ["2:37-2:40"]),
        ("extends: base\nencoder_num_layers: 0x10\n", ["2:21-2:25"]),
        ("extends: base\nsample_rate: 016000\n", ["2:14-2:20"]),
    ],
)
def test_found(text: str, places: list[str]) -> None:
    assert found("W107", text) == places


@pytest.mark.parametrize(
    "text",
    [
        "extends: base\nencoder_num_layers: 10\nencoder_layer_norm_first: false\nencoder_dropout: 1.5e-1\n",
        "extends: base\nencoder_layer_norm_first: 'no'\n",
        "extends: base\nname: no\n",
    ],
)
def test_not_found(text: str) -> None:
    assert found("W107", text) == []


def test_a_base_is_found_where_it_stands_as_far_as_it_holds(tmp_path: Path, run: Runner) -> None:
    parent, child = tmp_path / "parent.yaml", tmp_path / "configs/child.yaml"
    child.parent.mkdir()
    parent.write_text("extends: base\nencoder_layer_norm_first: off\n")
    child.write_text("extends: ../parent.yaml\n")
    finished = run("lint", str(child))
    assert finished.code == 1
    assert "W107" in finished.out
    assert "parent.yaml" in finished.out
    child.write_text("extends: ../parent.yaml\nencoder_layer_norm_first: false\n")
    assert run("lint", str(child)).code == 0
    # fairseq reads its files as YAML 1.1 itself.
    parent.write_text("model: {_name: wav2vec2, encoder_layers: 12, layer_norm_first: off}\n")
    child.write_text("extends: ../parent.yaml\n")
    assert "W107" not in run("lint", str(child)).out

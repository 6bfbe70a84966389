"""Which preset a config equals, or is nearest to."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import identify, load_config, preset_names
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS

HEAD = '''"""The presets' parameter counts, values and published groups: the nearest is found without reading YAML.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
'''


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_is_in_step_with_the_presets(family: str, request: pytest.FixtureRequest) -> None:
    lines, groups = [], []
    for name in preset_names():
        config = load_config(name)
        model = config.model
        if model.family.name != family:
            continue
        groups.append(f"    {json.dumps(name)}: {json.dumps(config.family)},\n")
        values = (build_architecture(model).parameters, *model.to_mapping().values())
        row = ", ".join(json.dumps(value) if isinstance(value, str) else repr(value) for value in values)
        wrapped = textwrap.indent(textwrap.fill(f"{row},", 112), " " * 8)
        lines.append(f"    {json.dumps(name)}: (\n{wrapped}\n    ),\n")
    text = f"{HEAD}{''.join(lines)}}}\nPRESET_GROUPS = {{\n{''.join(groups)}}}\n"
    path = Path(inspect.getfile(family_named(family).config)).with_name("preset_values.py")
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", preset_names())
def test_each_preset_equals_itself(name: str) -> None:
    model = load_config(name).model
    nearest = identify(model).nearest
    assert name in nearest.equals
    assert nearest.differences == {}
    assert all(load_config(other).model == model for other in nearest.equals)


@pytest.mark.parametrize(
    ("changes", "preset", "fields"),
    [
        ({"encoder_num_layers": 6}, "base", ["encoder_num_layers"]),
        ({"encoder_dropout": 0.0, "encoder_num_layers": 11}, "base", ["encoder_num_layers", "encoder_dropout"]),
        ({"encoder_layer_drop": 0.3}, "base", ["encoder_layer_drop"]),
        ({"aux_num_out": 40}, "base", ["aux_num_out"]),
    ],
)
def test_the_nearest_preset_differs_in_the_fewest_fields(
    changes: dict[str, Any], preset: str, fields: list[str]
) -> None:
    nearest = identify(replace(load_config("base").model, **changes)).nearest
    assert (nearest.preset, nearest.equals, list(nearest.differences)) == (preset, (), fields)


def test_a_dropout_counts_less_than_any_field_of_the_architecture() -> None:
    model = replace(
        load_config("asr_base_960h").model,
        encoder_projection_dropout=0.5,
        encoder_attention_dropout=0.5,
        encoder_ff_interm_dropout=0.5,
        encoder_dropout=0.5,
        encoder_layer_drop=0.5,
    )
    nearest = identify(model).nearest
    assert load_config(nearest.preset).model.aux_num_out == 29
    assert len(nearest.differences) == 5


def test_the_standard_convolutions_written_out_make_no_difference() -> None:
    model = replace(load_config("base").model, extractor_conv_layer_config=STANDARD_CONV_LAYERS)
    assert "base" in identify(model).nearest.equals


def test_the_command_names_the_preset_and_the_fields(run: Runner) -> None:
    code, out, err = run("identify", "base", "--set", "encoder_num_layers=6")
    assert (code, err) == (0, "")
    assert "nearest preset: base" in out
    assert "encoder_num_layers  6       12" in out
    document = json.loads(run("identify", "base", "--set", "encoder_num_layers=6", "--format", "json").out)
    assert document["nearest_preset"] == {
        "name": "base",
        "equals": [],
        "differences": {"encoder_num_layers": {"config": 6, "preset": 12}},
        "dropouts": [],
        "same_architecture": [],
    }


def test_dropouts_are_told_apart_from_the_architecture(run: Runner) -> None:
    changes = ("--set", "encoder_dropout=0.3", "--set", "encoder_layer_drop=0.3")
    out = run("identify", "base", *changes).out
    assert (
        "architecture: wav2vec 2.0, as base, base_bundle, voxpopuli_base_10k and 4 more; "
        "dropouts differ: encoder_dropout 0.3 (not 0.1), encoder_layer_drop 0.3 (not 0.1)\n"
    ) in out
    assert "nearest preset: base\n\nDropouts\n" in out
    out = run("identify", "base", *changes, "--set", "encoder_num_layers=6", "--set", "sample_rate=8000").out
    assert re.findall(r"^\w+$", out, re.MULTILINE) == ["Architecture", "Dropouts", "Audio"]
    nearest = json.loads(run("identify", "base", *changes, "--format", "json").out)["nearest_preset"]
    assert nearest["dropouts"] == ["encoder_dropout", "encoder_layer_drop"]
    assert {name: load_config(name).model.encoder_embed_dim for name in nearest["same_architecture"]} == dict.fromkeys(
        ("base", "base_bundle", "voxpopuli_base_10k", "chinese_hubert_base", "contentvec", "hubert_base",
         "indicwav2vec_base"), 768,
    )  # fmt: skip


# The dropouts of every one are those of `base_bundle` too, which comes first by name.
@pytest.mark.parametrize(
    ("content", "preset"),
    [
        ({"extends": "hubert_base"}, "hubert_base"),
        ({"extends": "base_bundle", "family": "hubert"}, "hubert_base"),
        ({"extends": "base_bundle", "family": "mine"}, "base_bundle"),
        ({"extends": "base", "family": "hubert"}, "base"),
        ({"model_type": "hubert", "hidden_size": 768}, "chinese_hubert_base"),
        ({"model_type": "wav2vec2", "hidden_size": 768, "layerdrop": 0.05, "activation_dropout": 0.0}, "base_bundle"),
        ({"model_type": "hubert", "hidden_size": 768, "layerdrop": 0.05, "activation_dropout": 0.0}, "hubert_base"),
        ({"model": {"_name": "hubert_ctc", "w2v_args": {"model": {"_name": "hubert"}}}}, "hubert_base"),
    ],
)
def test_presets_of_the_group_that_the_file_names_come_first(
    content: dict[str, Any], preset: str, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(content))
    nearest = identify(path).nearest
    assert nearest.preset == preset
    assert nearest.same_architecture[:1] == (preset,)
    assert nearest.equals[:1] == (() if nearest.differences else (preset,))


def test_a_changed_preset_is_nearest_to_itself() -> None:
    assert identify(load_config("hubert_base", {"encoder_num_layers": 6})).nearest.preset == "hubert_base"


def test_several_configs_make_a_list(run: Runner) -> None:
    documents = json.loads(run("identify", "base", "large", "--format", "json").out)
    assert [document["nearest_preset"]["equals"] for document in documents] == [
        ["base", "voxpopuli_base_10k"],
        ["large"],
    ]


def test_summary_says_it_too(run: Runner) -> None:
    assert "equal to the presets base and voxpopuli_base_10k" in run("summary", "base").out
    document = json.loads(run("summary", "xlsr_1b", "--format", "json").out)
    assert document["nearest_preset"]["name"] == "xlsr_1b"

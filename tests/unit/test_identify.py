"""Which preset a config equals, or is nearest to."""

from __future__ import annotations

import inspect
import json
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import load_config, preset_names
from w2v_explore.analysis.presets.identify import nearest_preset
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS

HEAD = '''"""The presets' parameter counts and values, so that their YAML files need not be read to find the nearest.

Made by ``pytest tests/unit/test_identify.py --update-golden``, which also holds it in step with presets/.
"""

from typing import Any

# fmt: off
PRESET_VALUES: dict[str, tuple[Any, ...]] = {
'''


@pytest.mark.parametrize("family", FAMILIES)
def test_the_table_is_in_step_with_the_presets(family: str, request: pytest.FixtureRequest) -> None:
    lines = []
    for name in preset_names():
        model = load_config(name).model
        if model.family.name != family:
            continue
        values = (build_architecture(model).parameters, *model.to_mapping().values())
        row = ", ".join(json.dumps(value) if isinstance(value, str) else repr(value) for value in values)
        wrapped = textwrap.indent(textwrap.fill(f"{row},", 112), " " * 8)
        lines.append(f"    {json.dumps(name)}: (\n{wrapped}\n    ),\n")
    text = f"{HEAD}{''.join(lines)}}}\n"
    path = Path(inspect.getfile(family_named(family).config)).with_name("preset_values.py")
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", preset_names())
def test_each_preset_equals_itself(name: str) -> None:
    model = load_config(name).model
    nearest = nearest_preset(model)
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
    nearest = nearest_preset(replace(load_config("base").model, **changes))
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
    nearest = nearest_preset(model)
    assert load_config(nearest.preset).model.aux_num_out == 29
    assert len(nearest.differences) == 5


def test_the_standard_convolutions_written_out_make_no_difference() -> None:
    model = replace(load_config("base").model, extractor_conv_layer_config=STANDARD_CONV_LAYERS)
    assert "base" in nearest_preset(model).equals


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
    }


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

"""fairseq2's recipes and cards of models, whose architecture has a name alone."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from w2v_explore import load_config, preset_names
from w2v_explore.config.document import parse_document
from w2v_explore.config.model_names import all_families_published
from w2v_explore.config.reading import Reading, read_config
from w2v_explore.config.text.source import Source

BASE_100H = {
    "model": {"arch": "base_100h", "family": "wav2vec2_asr"},
    "pretrained_model": {"name": "wav2vec2_base"},
    "trainer": {"freeze_encoder_for_n_steps": 0},
}
CARD = {"name": "mine", "model_family": "wav2vec2", "model_arch": "large", "checkpoint": "/mine.pt"}


def read(values: Any) -> Reading:
    return read_config(parse_document(Source("c.yaml", yaml.safe_dump(values).encode(), "c.yaml")))


def problems(values: Any) -> list[str]:
    return [f"{problem.rule.code} {problem.key}: {problem.message}" for problem in read(values).problems]


@pytest.mark.parametrize(
    ("values", "preset", "changes"),
    [
        # The defaults of fairseq2's classes: 768 wide, 12 layers, group norm; its fine-tuned models have 32 outputs.
        (
            BASE_100H,
            "base_bundle",
            {
                "encoder_projection_dropout": 0.0,
                "encoder_attention_dropout": 0.0,
                "encoder_ff_interm_dropout": 0.1,
                "encoder_dropout": 0.0,
                "encoder_layer_drop": 0.1,
                "aux_num_out": 32,
            },
        ),
        (CARD, "large_bundle", {"encoder_projection_dropout": 0.0}),
        ({"model": {"name": "wav2vec2_large"}, "regime": {}}, "large_bundle", {"encoder_projection_dropout": 0.0}),
        ({"model": {"arch": "xlsr_base"}}, "xlsr_300m", {}),
        (
            {"model": {"family": "wav2vec2", "arch": "7b"}},
            "xlsr_1b",
            {"encoder_embed_dim": 2048, "encoder_num_layers": 128, "encoder_ff_interm_features": 8192},
        ),
    ],
    ids=["recipe", "card", "name", "architecture_alone", "7b"],
)
def test_a_name_is_a_preset_with_changes(values: Any, preset: str, changes: dict[str, Any]) -> None:
    reading = read(values)
    assert reading.problems == []
    assert reading.model == load_config(preset, changes).model


def test_what_the_file_states_itself_goes_before_the_name() -> None:
    overrides = {"encoder_config": {"model_dim": 512, "num_encoder_attn_heads": 8, "feature_grad_scale": 1.0}}
    values = {**BASE_100H, "model": {**BASE_100H["model"], "config": {**overrides, "target_vocab_size": 40}}}
    reading = read(values)
    assert reading.model == type(reading.model)(
        **{
            **read(BASE_100H).model.to_mapping(),  # type: ignore[union-attr]
            "encoder_embed_dim": 512,
            "encoder_num_heads": 8,
            "aux_num_out": 40,
        }
    )
    [problem] = read({"model": {"arch": "base", "config_overrides": {"encoder_config": {"model_dim": -1}}}}).problems
    assert (problem.rule.code, problem.key, problem.place.line) == ("E230", "model_dim", 5)


@pytest.mark.parametrize("name", ["norm_order", "use_fbank", "pos_encoder_depth", "feature_extractor_layer_descs"])
def test_what_else_changes_the_architecture_is_told(name: str) -> None:
    values = {"model": {"arch": "base", "config_overrides": {"encoder_config": {name: 2}}}}
    assert problems(values) == [
        f"E285 {name}: {name} is not read in place of the architecture's value; write a config that extends its preset"
    ]


START = "E283 None: this is fairseq2's, which names an architecture and keeps its values in Python; "


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": {"config_overrides": {}}}, "none is named here: write arch and family, as base and wav2vec2, or"),
        ({"model": {"arch": "1b"}}, "arch 1b is of several families: write family, as wav2vec2 or wav2vec2_asr"),
        ({"model": {"family": "nllb", "arch": "base"}}, "family nllb with arch base is none that is known here: start"),
        ({**CARD, "model_arch": "base_conformer"}, "with model_arch base_conformer is none that is known here: start"),
        ({"model": {"family": "wav2vec2", "arch": ["base"]}}, "family wav2vec2 with arch ['base'] is none that is"),
    ],
)
def test_what_is_not_known_is_told_in_one_line(values: Any, message: str) -> None:
    [problem] = problems(values)
    assert problem.startswith(START)
    assert message in problem


def test_names_stand_for_presets_and_are_of_one_family() -> None:
    found = [
        (called, known) for _, published in all_families_published() for called, known in published.fairseq2.items()
    ]
    assert len(dict(found)) == len(found)
    assert {known.preset for _, known in found} <= set(preset_names())
    for called, known in found:
        assert load_config(known.preset, dict(known.changes)).model, called

"""What is worked out of conformers' figures: steps, differences, rules of the linter that are for all families."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.families.wav2vec2_conformer.reference import POSITIONS, with_positions
from tests.families.wav2vec2_conformer.strategies import conformer_configs
from tests.property.test_attribution import assert_is_the_definition
from tests.rules.helper import found
from w2v_explore import Config, ModelConfig, Workload, analyze, compare, load_config
from w2v_explore.analysis.comparing.extractor_steps import is_row_of_convolutions
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wav2vec2_conformer.fields import Wav2Vec2ConformerConfig
from w2v_explore.families.wav2vec2_conformer.tree import build_feature_extractor
from w2v_explore.lint.stepped import sensitivity

RELATIVE, ROTARY = "wav2vec2_conformer_rel_pos_large", "wav2vec2_conformer_rope_large"


@given(config=conformer_configs())
@settings(max_examples=2)
def test_every_step_leads_to_a_valid_config_with_these_figures(config: ModelConfig) -> None:
    workload = Workload(samples=minimum_samples(config, 2) + 20, batch=2)
    subject = Config(name="random", origin="test", model=config)
    for effect in sensitivity(subject, workload).effects:
        stepped = Wav2Vec2ConformerConfig(**{**config.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="random", origin="test", model=stepped), workload))


def test_the_depthwise_kernel_steps_to_an_odd_one() -> None:
    effects = {effect.change.target: effect for effect in sensitivity(load_config(RELATIVE)).effects}
    assert effects["encoder_conv_kernel"].change.after == 33


@pytest.mark.parametrize("preset", [RELATIVE, ROTARY])
def test_steps_in_the_extractor_take_the_short_way(preset: str) -> None:
    model = load_config(preset).model
    assert isinstance(model, Wav2Vec2ConformerConfig)
    assert is_row_of_convolutions(build_feature_extractor(model), 7)


def test_what_the_positions_cost_is_all_that_sets_the_presets_apart() -> None:
    document = compare([load_config(ROTARY), load_config(RELATIVE)]).to_dict()
    assert [*document["differences"]] == ["encoder_positions"]
    figures = [analyze(load_config(name)) for name in (ROTARY, RELATIVE)]
    # 24 layers of a projection of 1024² and two biases of 1024, of 997 distances and 499 frames.
    assert figures[1].parameters - figures[0].parameters == 24 * (1024**2 + 2 * 1024)
    assert figures[1].macs.total - figures[0].macs.total == 24 * (997 * 1024**2 + 499 * 997 * 1024)


@pytest.mark.parametrize("key", ["encoder_conv_dropout", "encoder_attention_dropout", "encoder_dropout"])
def test_a_dropout_of_1_is_found(key: str) -> None:
    assert found("W301", f"extends: {RELATIVE}\n{key}: 1.0\n") == [f"2:{len(key) + 3}-2:{len(key) + 6}"]


@pytest.mark.parametrize("before", POSITIONS)
@pytest.mark.parametrize("after", POSITIONS)
def test_layers_that_take_positions_are_compared_with_layers_that_take_none(before: str, after: str) -> None:
    """What the encoder gives its layers depends on a field that both read; either config may be the first."""
    changes = {"encoder_conv_kernel": 5, "encoder_num_layers": 3, "encoder_attention_dropout": 0.0}
    first = Wav2Vec2ConformerConfig(**with_positions(before))
    assert_is_the_definition(first, Wav2Vec2ConformerConfig(**{**with_positions(after), **changes}))

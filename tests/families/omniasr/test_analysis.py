"""What is worked out of omniASR's figures: steps, differences, rules of the linter that are for all families."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.families.contract import analysis_of
from tests.families.omniasr.strategies import omniasr_configs
from tests.property.test_attribution import PLAIN, assert_is_the_definition
from tests.rules.helper import found
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.comparing.attribution import attribute
from w2v_explore.analysis.comparing.extractor_steps import is_row_of_convolutions
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.omniasr.fields import OmniASRConfig
from w2v_explore.families.omniasr.tree import build_conv_layers
from w2v_explore.lint.stepped import sensitivity


@given(config=omniasr_configs())
@settings(max_examples=2)
def test_every_step_leads_to_a_valid_config_with_these_figures(config: ModelConfig) -> None:
    workload = Workload(samples=minimum_samples(config, 2) + 20, batch=2)
    subject = Config(name="random", origin="test", model=config)
    for effect in sensitivity(subject, workload).effects:
        stepped = OmniASRConfig(**{**config.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="random", origin="test", model=stepped), workload))


def test_the_positional_kernel_steps_to_an_even_one() -> None:
    effects = {effect.change.target: effect for effect in sensitivity(load_config("omniasr_300m")).effects}
    assert effects["encoder_pos_conv_kernel"].change.after == 130


def test_steps_in_the_extractor_take_the_short_way() -> None:
    model = load_config("omniasr_300m").model
    assert isinstance(model, OmniASRConfig)
    assert is_row_of_convolutions(build_conv_layers(model), 7)


@pytest.mark.parametrize("key", ["encoder_attention_dropout", "encoder_ff_interm_dropout", "encoder_dropout"])
def test_a_dropout_of_1_is_found(key: str) -> None:
    assert found("W301", f"extends: omniasr_300m\n{key}: 1.0\n") == [f"2:{len(key) + 3}-2:{len(key) + 6}"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_difference_to_wav2vec2_is_shared_out_by_the_definition(is_first: bool) -> None:
    plain = {**PLAIN, "encoder_layer_drop": 0.0}
    own = {name: value for name, value in plain.items() if name in OmniASRConfig.FIELDS}
    other = {**own, "encoder_num_layers": 3, "encoder_dropout": 0.0, "aux_num_out": 5}
    models = [load_config("base", plain).model, load_config("omniasr_300m", other).model]
    assert_is_the_definition(*(models if is_first else models[::-1]))


def test_an_odd_kernel_changes_with_the_architecture() -> None:
    """No mixture of the two has the kernel of the one and the architecture of the other."""
    own = {name: value for name, value in PLAIN.items() if name in OmniASRConfig.FIELDS}
    first = load_config("base", {**PLAIN, "encoder_pos_conv_kernel": 7}).model
    other = load_config("omniasr_300m", {**own, "encoder_pos_conv_kernel": 8}).model
    workload = Workload(samples=400)
    [contribution, *_] = attribute(analysis_of(first, workload), analysis_of(other, workload))
    assert contribution.fields == ("architecture",)

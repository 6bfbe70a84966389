"""What a comparison of HuBERTs in pre-training depends on: what masks choose among frames makes none of them."""

from __future__ import annotations

import pytest

from tests.families.hubert_pretrain.model import POST_NORM
from tests.property.test_attribution import assert_is_the_definition
from w2v_explore import Config, Workload, analyze, load_config
from w2v_explore.analysis.comparing.parts import Parts
from w2v_explore.analysis.figures import total_figures
from w2v_explore.families.hubert_pretrain.fields import HuBERTPretrainConfig
from w2v_explore.lint.stepped import sensitivity


def test_frames_depend_on_the_extractor_alone() -> None:
    """All fields on which they depend are tried in all coalitions: with those of the masks there would be millions."""
    parts, model = Parts(), load_config("hubert_pretrain_base").model
    remainder = parts.remainder(model, Workload(samples=16_000))
    names = parts.fields_for_frames("hubert_pretrain", remainder)
    assert {"extractor_conv_layer_config"} <= names <= {name for name in model.FIELDS if name.startswith("extractor_")}


SKIPS = [{}, {"skip_masked": True}, {"skip_masked": True, "skip_nomask": True}]


@pytest.mark.parametrize("before", SKIPS)
@pytest.mark.parametrize("after", SKIPS)
def test_what_gets_no_gradient_is_in_no_contribution(before: dict[str, bool], after: dict[str, bool]) -> None:
    changed = {"encoder_ff_interm_features": 20, "final_dim": 9, "encoder_dropout": 0.0}
    first, other = (
        HuBERTPretrainConfig.from_mapping({**POST_NORM, "encoder_layer_drop": 0.0, **values})
        for values in (before, {**after, **changed})
    )
    assert_is_the_definition(first, other)


@pytest.mark.parametrize("skips", SKIPS)
def test_steps_have_the_figures_of_the_config_they_lead_to(skips: dict[str, bool]) -> None:
    config = HuBERTPretrainConfig.from_mapping({**POST_NORM, **skips})
    workload = Workload(samples=3_000, batch=2)
    for effect in sensitivity(Config(name="random", origin="test", model=config), workload).effects:
        stepped = HuBERTPretrainConfig(**{**config.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="random", origin="test", model=stepped), workload))

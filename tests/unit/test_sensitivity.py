"""The steps of `sensitivity`."""

from __future__ import annotations

from hypothesis import given, settings

from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.analysis.sensitivity import Effect, sensitivity
from w2v_explore.config.schema import FIELDS


def effects_of(overrides: list[str], samples: int = 16_000) -> dict[str, Effect]:
    """The last effect of each target: of the two of the width the one that keeps the feed-forward's ratio."""
    effects = sensitivity(load_config("base", overrides), Workload(samples=samples)).effects
    return {effect.change.target: effect for effect in effects}


def test_every_argument_has_a_step() -> None:
    targets = {target.partition("[")[0] for target in effects_of([])}
    assert targets == set(FIELDS)
    assert sum(target.startswith("extractor_conv_layer_config[") for target in effects_of([])) == 3 * 7


@given(config=configs())
@settings(max_examples=12)
def test_every_step_leads_to_a_valid_config_with_these_figures(config: ModelConfig) -> None:
    workload = Workload(samples=minimum_samples(config, 2) + 20, batch=2)
    subject = Config(name="random", origin="test", model=config)
    before = total_figures(analyze(subject, workload))
    for effect in sensitivity(subject, workload).effects:
        stepped = ModelConfig(**{**config.to_mapping(), **effect.change.values})
        after = total_figures(analyze(Config(name="random", origin="test", model=stepped), workload))
        assert effect.figures == after
        assert effect.deltas == {name: after[name] - before[name] for name in after}
        assert effect.change.before != effect.change.after


def test_a_wider_model_keeps_the_width_of_its_heads_and_its_groups() -> None:
    effect = effects_of([])["encoder_embed_dim"]
    assert effect.change.after == 832
    assert effect.moves_along == {"encoder_num_heads": 13, "encoder_ff_interm_features": 3328}
    # Heads of 6 do not reach the next multiple of 16 groups by themselves.
    effect = effects_of(["encoder_num_heads=128"])["encoder_embed_dim"]
    assert effect.change.after == 768 + 48
    assert effect.moves_along["encoder_num_heads"] == 136


def test_where_one_more_leaves_no_frame_it_is_one_less() -> None:
    effects = effects_of([], samples=400)
    assert effects["extractor_conv_layer_config[6] kernel"].change.after == 1
    assert "extractor_conv_layer_config[6] stride" in effects


def test_the_largest_values_step_down() -> None:
    assert effects_of(["encoder_num_layers=10000"])["encoder_num_layers"].change.after == 9_999
    assert effects_of(["encoder_num_heads=768"])["encoder_num_heads"].change.after == 384


def test_layers_of_one_channel_step_to_two() -> None:
    effects = effects_of(["extractor_conv_layer_config=[[1, 1, 1]]"])
    parts = [
        effects[f"extractor_conv_layer_config[0] {part}"].change.after for part in ("channels", "kernel", "stride")
    ]
    assert parts == [2, 2, 2]

"""The steps of `sensitivity`."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.comparing import extractor_steps
from w2v_explore.analysis.comparing.sensitivity import Effect, sensitivity
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.config.kinds import MAX_SIZE
from w2v_explore.families.wav2vec2.fields import FIELDS
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Dropout, Flow, LayerNorm, Linear
from w2v_explore.tree.run import Call

CONV_LAYERS = "extractor_conv_layer_config"


def effects_of(overrides: list[str], samples: int = 16_000) -> dict[str, Effect]:
    """The last effect of each target: of the two of the width the one that keeps the feed-forward's ratio."""
    effects = sensitivity(load_config("base", overrides), Workload(samples=samples)).effects
    return {effect.change.target: effect for effect in effects}


def test_every_argument_has_a_step() -> None:
    targets = {target.partition("[")[0] for target in effects_of([])}
    assert targets == set(FIELDS)
    assert sum(target.startswith("extractor_conv_layer_config[") for target in effects_of([])) == 3 * 7


@pytest.mark.slow
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


def test_steps_of_another_family_have_these_figures() -> None:
    config = load_config("wavlm_base", {"encoder_num_layers": 2, "encoder_max_distance": 81})
    workload = Workload(samples=1_200)
    effects = sensitivity(config, workload).effects
    assert {effect.change.target.partition("[")[0] for effect in effects} == set(config.model.FIELDS)
    for effect in effects:
        stepped = type(config.model)(**{**config.model.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="stepped", origin="test", model=stepped), workload))
    changes = {effect.change.target: effect.change.after for effect in effects}
    assert (changes["encoder_num_buckets"], changes["encoder_max_distance"]) == (321, 82)


def test_a_tree_without_parts_has_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    config, workload = load_config("base", ["encoder_num_layers=1"]), Workload(samples=1_200)
    expected = sensitivity(config, workload).effects
    monkeypatch.setattr(config.model.family.part("tree"), "part", lambda build, *arguments: build(*arguments))
    assert sensitivity(config, workload).effects == expected


def and_then(layer: Layer, last: Layer) -> Layer:
    schedule = (*layer.schedule, last.name) if layer.schedule else ()
    return layer._replace(children=(*layer.children, last), schedule=schedule)


def with_norm(extractor: Layer, channels: int) -> Layer:
    return and_then(extractor, Layer("layer_norm", "LayerNorm", LayerNorm(channels)))


def of_blocks(change: Callable[[Layer], Layer]) -> Callable[[Layer, int], Layer]:
    def changed(extractor: Layer, channels: int) -> Layer:
        [blocks] = extractor.children
        return extractor._replace(children=(blocks._replace(children=tuple(map(change, blocks.children))),))

    return changed


def with_dropout(block: Layer) -> Layer:
    return and_then(block, Layer("dropout", "Dropout", Dropout(0.1), channels_first=True))


def with_padding(block: Layer) -> Layer:
    conv: Any = block.child("conv").operation
    return block.with_child("conv", block.child("conv")._replace(operation=replace(conv, padding=1)))


def with_projection(block: Layer) -> Layer:
    conv: Any = block.child("conv").operation
    return and_then(block, Layer("projection", "Linear", Linear(conv.out_channels, conv.out_channels)))


@pytest.mark.parametrize(
    "change",
    [with_norm, of_blocks(with_dropout), of_blocks(with_padding), of_blocks(with_projection)],
    ids=["norm", "dropout", "padding", "projection"],
)
def test_an_extractor_of_more_than_convolutions_has_these_figures(
    change: Callable[[Layer, int], Layer], monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = [[300, 4, 2], [8, 3, 2], [200, 3, 1]]
    small = {"encoder_num_layers": 1, "encoder_embed_dim": 24, "encoder_pos_conv_groups": 4}
    config = load_config("base", {CONV_LAYERS: layers, **small, "encoder_ff_interm_features": 24})
    tree = config.model.family.part("tree")
    plain = tree.build_feature_extractor
    monkeypatch.setattr(
        tree, "build_feature_extractor", lambda config: change(plain(config), config.conv_layers[-1][0])
    )
    workload = Workload(samples=700)
    for effect in sensitivity(config, workload).effects:
        model = ModelConfig(**{**config.model.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="stepped", origin="test", model=model), workload))


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


@pytest.mark.parametrize(
    ("overrides", "field", "after"),
    [
        ([f"aux_num_out={MAX_SIZE}"], "aux_num_out", MAX_SIZE - 1),
        ([f"encoder_pos_conv_kernel={MAX_SIZE}"], "encoder_pos_conv_kernel", MAX_SIZE - 1),
        ([f"encoder_ff_interm_features={MAX_SIZE}"], "encoder_ff_interm_features", MAX_SIZE - 64),
        (["encoder_pos_conv_groups=768"], "encoder_pos_conv_groups", 384),
        (
            [f"extractor_conv_layer_config=[[{MAX_SIZE}, 10, 5]]"],
            f"{CONV_LAYERS}[0] channels",
            MAX_SIZE - MAX_SIZE // 8,
        ),
        (["encoder_embed_dim=2147483616"], "encoder_embed_dim", 2147483616 // 12 * 10),
    ],
)
def test_a_field_at_its_limit_steps_back(overrides: list[str], field: str, after: int) -> None:
    assert effects_of(overrides)[field].change.after == after


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("mode", ["group_norm", "layer_norm"])
def test_many_conv_layers(seed: int, mode: str) -> None:
    """Of all rows of strides of 1, and what is between them; whose peaks of memory lie anywhere."""
    draw = random.Random(seed)
    strides = [1] * 25 + [2] * 3 + [3]
    draw.shuffle(strides)
    layers = [(draw.choice([1, 2, 30, 31]), draw.randint(1, 4), stride) for stride in strides]
    values = {"extractor_mode": mode, "extractor_conv_layer_config": layers, "encoder_num_layers": 1}
    config = load_config("base", {**values, "encoder_embed_dim": 12, "encoder_pos_conv_groups": 4})
    samples = minimum_samples(config.model, 1) + draw.randint(0, 60)
    workload = Workload(samples=samples, dtype=draw.choice(["float32", "bfloat16"]))
    effects = sensitivity(config, workload).effects
    for effect in draw.sample(effects, 20):
        model = ModelConfig(**{**config.model.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="stepped", origin="test", model=model), workload))


def test_the_work_grows_with_the_number_of_conv_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with its square: each layer is worked out a fixed number of times."""
    traced: list[str] = []
    run = extractor_steps.run

    def counted(layer: Layer, *taken: Flow) -> list[Call]:
        traced.append(layer.name)
        return run(layer, *taken)

    monkeypatch.setattr(extractor_steps, "run", counted)
    for number in (50, 200):
        traced.clear()
        layers = [[8, 2, 2 if layer % (number // 5) == 0 else 1] for layer in range(number)]
        effects = sensitivity(load_config("base", {CONV_LAYERS: layers}), Workload(samples=40_000)).effects
        assert sum(effect.change.target.startswith(CONV_LAYERS) for effect in effects) == 3 * number
        assert len(traced) <= 8 * number

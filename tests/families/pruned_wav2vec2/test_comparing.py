"""Configs with values by layer, side by side: steps, what each field contributes, and what is nearest."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings

from tests.families.contract import analysis_of
from tests.families.pruned_wav2vec2.model import pruned_configs, small
from tests.program import Runner
from w2v_explore import ModelConfig, Workload, identify, load_config
from w2v_explore.analysis.comparing.attribution import attribute
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.pruned_wav2vec2.fields import PrunedConfig
from w2v_explore.lint.stepped import sensitivity

LISTS = ("encoder_use_attention", "encoder_use_feed_forward", "encoder_num_heads", "encoder_ff_interm_features")


@given(config=pruned_configs())
@settings(max_examples=3)
def test_every_step_leads_to_a_valid_config_with_these_figures(config: ModelConfig) -> None:
    workload = Workload(samples=minimum_samples(config, 2) + 20, batch=2)
    for effect in sensitivity(analysis_of(config, workload)).effects:
        stepped = PrunedConfig(**{**config.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analysis_of(stepped, workload))
        assert effect.change.before != effect.change.after


def test_each_layer_has_a_step_of_its_own() -> None:
    effects = sensitivity(analysis_of(small(), Workload(samples=4_000))).effects
    changes = {effect.change.target: effect.change for effect in effects}
    assert {target.partition("[")[0] for target in changes} == set(PrunedConfig.FIELDS)
    heads = [
        (changes[f"encoder_num_heads[{layer}]"].before, changes[f"encoder_num_heads[{layer}]"].after)
        for layer in range(5)
    ]
    assert heads == [(3, 4), (3, 4), (0, 1), (1, 2), (2, 3)]
    # Of the third layer nothing is known with attention, nor of the fifth with a feed-forward block.
    flags = [layer for layer in range(5) if f"encoder_use_attention[{layer}]" in changes]
    assert flags == [0, 1, 3, 4]
    longer = changes["encoder_num_layers"].values
    assert longer["encoder_num_heads"] == (3, 3, 0, 1, 2, 2)
    assert {*LISTS} < longer.keys()


def test_equal_steps_of_layers_are_one_row(run: Runner) -> None:
    heads = [12, 12, 3, *[12] * 9]
    out = run("sensitivity", "hubert_base_prunable", "--set", f"encoder_num_heads={heads}").out
    steps = [line.partition("  ")[0] for line in out.splitlines()]
    assert "encoder_num_heads of one of layers 0–1,3–11, encoder_num_heads of layer 2, encoder_head_dim" in out
    # Without attention a layer of 3 heads saves less.
    assert [step for step in steps if step.startswith("encoder_use_attention")] == [
        "encoder_use_attention of one of layers 0–1,3–11: true → false",
        "encoder_use_attention of layer 2: true → false",
    ]


def differences(first: ModelConfig, other: ModelConfig) -> dict[tuple[str, ...], dict[str, Fraction]]:
    """What each player contributes; held to add up to the difference of each figure."""
    workload = Workload(samples=max(map(minimum_samples, (first, other), (2, 2))) + 50, batch=2)
    analyses = [analysis_of(config, workload) for config in (first, other)]
    contributions = attribute(*analyses)
    before, after = map(total_figures, analyses)
    for name in before:
        total = sum(each.figures.get(name, Fraction(0)) for each in contributions)
        assert total == pytest.approx(after[name] - before[name], rel=1e-12), name
    return {each.fields: each.figures for each in contributions}


@pytest.mark.parametrize(
    ("changes", "players"),
    [
        ({"encoder_num_heads": [3, 3, 1, 2, 4]}, [("encoder_num_heads",)]),
        (
            {"encoder_num_heads": [3, 3, 1, 2, 4], "encoder_ff_interm_features": [9, 9, 9, 9, 9]},
            [("encoder_num_heads",), ("encoder_ff_interm_features",)],
        ),
        # Neither list is valid without the other.
        (
            {"encoder_num_heads": [3, 3, 1, 2, 4], "encoder_use_attention": [True] * 5},
            [("encoder_use_attention", "encoder_num_heads")],
        ),
    ],
)
def test_a_list_is_one_player(changes: dict[str, Any], players: list[tuple[str, ...]]) -> None:
    assert [*differences(small(), small(**changes))] == players


def test_what_has_another_number_of_layers_differs_in_one_player() -> None:
    shorter = {name: small().to_mapping()[name][:3] for name in LISTS}
    found = differences(small(), small(encoder_num_layers=3, encoder_dropout=0.0, **shorter))
    assert [*found] == [("encoder_num_layers", *LISTS), ("encoder_dropout",)]


def test_between_families_a_list_is_of_its_own_family() -> None:
    base, pruned = load_config("hubert_base").model, load_config("hubert_base_prunable").model
    values = {**pruned.to_mapping(), "encoder_num_heads": [8] * 12, "encoder_dropout": 0.0}
    assert [*differences(base, PrunedConfig(**values))] == [("architecture",), ("encoder_dropout",)]


def test_identify() -> None:
    prunable = load_config("hubert_base_prunable")
    assert identify(prunable).nearest.equals == ("hubert_base_prunable",)
    heads = [12] * 11 + [3]
    pruned = load_config("hubert_base_prunable", {"encoder_num_heads": heads})
    assert identify(pruned).nearest.differences == {"encoder_num_heads": (heads, [12] * 12)}

"""Contributions add up to the difference, exactly, and are those of the definition."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import configs
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.comparing import attribution
from w2v_explore.analysis.comparing.attribution import Contribution, attribute
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.config import codes
from w2v_explore.config.family import FAMILIES, family_named, other_families
from w2v_explore.config.kinds import divides
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Dropout, Linear


def analysis_of(config: ModelConfig, workload: Workload) -> Analysis:
    return analyze(Config(name="random", origin="test", model=config), workload)


def exact_figures(analysis: Analysis) -> dict[str, Fraction]:
    """The figures as fractions: those that are quotients or expectations are worked out again from whole numbers."""
    workload, model = analysis.workload, analysis.config.model
    figures = {name: Fraction(value) for name, value in total_figures(analysis).items()}
    figures["macs_per_audio_second"] = Fraction(
        analysis.macs.total * workload.sample_rate, workload.batch * workload.samples
    )
    figures["extractor.frame_rate_hz"] = Fraction(workload.sample_rate, analysis.receptive_field.stride_samples)
    rows = {row.path: row.macs.total for row in analysis.layers}
    layers = rows["encoder.transformer.layers"]
    step = 3 * rows[""] - rows["feature_extractor.conv_layers.0.conv"]
    figures["training.expected_macs"] = step - 3 * layers * Fraction(model.encoder_layer_drop)
    return figures


def together(contributions: tuple[Contribution, ...]) -> dict[str, Fraction]:
    sums: dict[str, Fraction] = {}
    for contribution in contributions:
        for name, value in contribution.figures.items():
            sums[name] = sums.get(name, Fraction(0)) + value
    return {name: value for name, value in sums.items() if value}


def assert_adds_up(first: Analysis, other: Analysis) -> None:
    before, after = exact_figures(first), exact_figures(other)
    expected = {name: after[name] - before[name] for name in before if after[name] != before[name]}
    assert together(attribute(first, other)) == expected


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Analysis, Analysis]:
    first, other = draw(configs()), draw(configs())
    batch, rates = draw(st.integers(1, 3)), draw(st.sampled_from([(16_000, 16_000), (8_000, 16_000)]))
    dtype = draw(st.sampled_from(["float32", "bfloat16", "float64"]))
    longest = max(minimum_samples(first, batch), minimum_samples(other, batch))
    seconds = (longest + draw(st.integers(0, 500))) / min(rates)
    workloads = [Workload.of_seconds(seconds, batch=batch, sample_rate=rate, dtype=dtype) for rate in rates]
    return analysis_of(first, workloads[0]), analysis_of(other, workloads[1])


@pytest.mark.slow
@given(pair=pairs())
@settings(max_examples=30)
def test_contributions_add_up_to_the_difference(pair: tuple[Analysis, Analysis]) -> None:
    assert_adds_up(*pair)


def test_contributions_of_presets_add_up() -> None:
    workload = Workload.of_seconds(10)
    first = analyze(load_config("base"), workload)
    for name in ("large", "asr_large_960h", "xlsr_2b", "lighthubert_small_subnet", "base_bundle"):
        assert_adds_up(first, analyze(load_config(name), workload))


CHANGES = st.sampled_from([
    ("extractor_mode", "layer_norm"),
    ("extractor_conv_layer_config", [[8, 4, 2], [6, 3, 3]]),
    ("extractor_conv_bias", True),
    ("encoder_embed_dim", 24),
    ("encoder_projection_dropout", 0.0),
    ("encoder_pos_conv_kernel", 5),
    ("encoder_pos_conv_groups", 4),
    ("encoder_num_layers", 5),
    ("encoder_num_heads", 2),
    ("encoder_ff_interm_features", 40),
    ("encoder_ff_interm_dropout", 0.0),
    ("encoder_dropout", 0.0),
    ("encoder_layer_norm_first", True),
    ("encoder_layer_drop", 0.5),
    ("aux_num_out", 9),
])  # fmt: skip
PLAIN: dict[str, Any] = {
    "extractor_conv_layer_config": [[8, 4, 2], [4, 3, 2]],
    "encoder_embed_dim": 16,
    "encoder_num_heads": 4,
    "encoder_pos_conv_groups": 2,
    "encoder_pos_conv_kernel": 4,
    "encoder_num_layers": 2,
    "encoder_ff_interm_features": 12,
}


@given(changes=st.lists(CHANGES, min_size=1, max_size=4, unique_by=lambda change: change[0]))
@settings(max_examples=20)
def test_a_contribution_is_the_mean_over_all_orders(changes: list[tuple[str, Any]]) -> None:
    """The definition itself, on whole models: one field after the other, in every order."""
    before = {**load_config("base").model.to_mapping(), **PLAIN}
    workload = Workload(samples=200, batch=2)

    known: dict[frozenset[str], dict[str, Fraction]] = {}

    def figures(changed: list[tuple[str, Any]]) -> dict[str, Fraction]:
        fields = frozenset(dict(changed))
        if fields not in known:
            model = ModelConfig.from_mapping({**before, **dict(changed)})
            known[fields] = exact_figures(analysis_of(model, workload))
        return known[fields]

    orders = list(permutations(changes))
    expected: dict[str, dict[str, Fraction]] = {field: {} for field, _ in changes}
    for order in orders:
        for position, (field, _) in enumerate(order):
            after, until = figures(list(order[: position + 1])), figures(list(order[:position]))
            for name in after:
                share = (after[name] - until[name]) / len(orders)
                expected[field][name] = expected[field].get(name, Fraction(0)) + share

    first = analysis_of(ModelConfig.from_mapping(before), workload)
    other = analysis_of(ModelConfig.from_mapping({**before, **dict(changes)}), workload)
    found = {contribution.fields: contribution.figures for contribution in attribute(first, other)}
    assert found == {
        (field,): {name: value for name, value in shares.items() if value} for field, shares in expected.items()
    }


def test_fields_that_cannot_change_alone_are_one_player() -> None:
    workload = Workload.of_seconds(1)
    first, other = (analyze(load_config(name), workload) for name in ("base", "large"))
    players = [contribution.fields for contribution in attribute(first, other)]
    # 12 heads do not divide a width of 1024.
    assert players == [
        ("encoder_embed_dim", "encoder_num_heads"), ("encoder_num_layers",), ("encoder_ff_interm_features",),
    ]  # fmt: skip


def test_an_input_that_a_mixture_is_too_short_for_joins_the_fields() -> None:
    """One frame of group norm is not enough for a batch of one: mode and layers cannot change apart."""
    layer_norm = load_config("base", ["extractor_mode=layer_norm", "extractor_conv_layer_config=[[8, 10, 5]]"])
    group_norm = load_config("base", ["extractor_conv_layer_config=[[8, 6, 4]]"])
    first, other = (analyze(config, Workload(samples=10)) for config in (layer_norm, group_norm))
    [contribution] = attribute(first, other)
    assert contribution.fields == ("extractor_mode", "extractor_conv_layer_config")


@pytest.mark.parametrize("stride", [1, 2])
def test_an_adapter_that_takes_its_one_frame_joins_its_fields(stride: int) -> None:
    overrides = ["add_adapter=true", "adapter_num_layers=1", "adapter_kernel=3", f"adapter_stride={stride}"]
    adapter = load_config("mms_1b_all", overrides)
    without = load_config(
        "mms_1b_all", ["add_adapter=false", "adapter_num_layers=3", "adapter_kernel=30", f"adapter_stride={stride}"]
    )
    first, other = (analyze(config, Workload(samples=400)) for config in (adapter, without))
    # Three layers of a kernel of 30 have no frame of one.
    joined = [each for each in attribute(first, other) if each.figures]
    assert [set(each.fields) >= {"add_adapter", "adapter_kernel"} for each in joined] == [True]
    assert joined[0].figures["macs"] == other.macs.total - first.macs.total


def test_equal_configs_have_no_contributions() -> None:
    base = analyze(load_config("base"), Workload.of_seconds(1))
    assert attribute(base, base) == ()


def test_a_field_that_changes_no_total_contributes_nothing() -> None:
    base, other = (
        analyze(load_config("base", overrides), Workload.of_seconds(1))
        for overrides in ([], ["encoder_attention_dropout=0.5", "encoder_layer_norm_first=true"])
    )
    assert [contribution.figures for contribution in attribute(base, other)] == [{}, {}]


def mixed(first: ModelConfig, other: ModelConfig, changed: frozenset[str]) -> ModelConfig:
    """The first config with some fields as in the other; with the architecture come the fields that it alone has."""
    values = {name: getattr(other if name in changed else first, name) for name in first.FIELDS if name in other.FIELDS}
    model = other if "architecture" in changed else first
    own = {name: getattr(model, name) for name in model.FIELDS if name not in values}
    return type(model)(**values, **own)


def exact_between(analysis: Analysis) -> dict[str, Fraction]:
    """As `exact_figures`, of models of any family in which no layer is dropped."""
    workload = analysis.workload
    figures = {name: Fraction(value) for name, value in total_figures(analysis).items()}
    figures["macs_per_audio_second"] = Fraction(
        analysis.macs.total * workload.sample_rate, workload.batch * workload.samples
    )
    return figures


def assert_is_the_definition(first: ModelConfig, other: ModelConfig) -> None:
    """Each player's mean over all orders, on whole models; no layer of a family's own stack is dropped."""
    workload = Workload(samples=200, batch=2)
    common = [name for name in first.FIELDS if name in other.FIELDS]
    players = [name for name in common if getattr(first, name) != getattr(other, name)]
    if first.family is not other.family:
        players.insert(0, "architecture")

    known: dict[frozenset[str], dict[str, Fraction]] = {}

    def figures(changed: Sequence[str]) -> dict[str, Fraction]:
        key = frozenset(changed)
        if key not in known:
            known[key] = exact_between(analysis_of(mixed(first, other, key), workload))
        return known[key]

    orders = list(permutations(players))
    expected: dict[tuple[str, ...], dict[str, Fraction]] = {(player,): {} for player in players}
    for order in orders:
        for position, player in enumerate(order):
            after, until = figures(order[: position + 1]), figures(order[:position])
            for name in after:
                share = (after[name] - until[name]) / len(orders)
                expected[player,][name] = expected[player,].get(name, Fraction(0)) + share
    found = attribute(analysis_of(first, workload), analysis_of(other, workload))
    assert {each.fields: each.figures for each in found} == {
        player: {name: value for name, value in shares.items() if value} for player, shares in expected.items()
    }


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"encoder_embed_dim": 24},
        {"encoder_num_layers": 3, "encoder_dropout": 0.0},
        {"encoder_layer_norm_first": True, "encoder_num_heads": 2, "encoder_attention_dropout": 0.0},
        {"extractor_mode": "layer_norm", "encoder_ff_interm_features": 40, "aux_num_out": 5},
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_between_families_the_architecture_is_one_player(overrides: dict[str, Any], is_first: bool) -> None:
    """The definition itself, on whole models of both families."""
    plain = {**PLAIN, "encoder_layer_drop": 0.0}
    models = [load_config("base", plain).model, load_config("wavlm_base", {**plain, **overrides}).model]
    first, other = models if is_first else models[::-1]
    assert_is_the_definition(first, other)


@pytest.mark.parametrize("kind", ["a view", "a stack", "a dropout or none"])
def test_what_is_a_part_may_depend_on_its_fields(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head that is no part of a mixture of both configs alone, or has a dropout only where that is on."""
    plain = {**PLAIN, "encoder_layer_drop": 0.0, "aux_num_out": 5, "encoder_dropout": 0.1}
    wide = {"encoder_ff_interm_features": 40, "encoder_dropout": 0.0, "encoder_num_layers": 3}
    first, other = (load_config("base", {**plain, **changes}).model for changes in ({}, wide))
    linear, dropout = Layer("linear", "Linear", Linear(16, 16)), Layer("dropout", "Dropout", Dropout(0.1))

    def build_aux(config: Any, num_outputs: int) -> Layer:
        is_none = config.encoder_ff_interm_features > 20 and config.encoder_num_layers < 3
        if kind == "a view":
            return Layer("aux", "Dropout", Dropout(config.encoder_dropout)) if is_none else linear._replace(name="aux")
        if kind == "a stack":
            return Layer("aux", "Head", None, (linear._replace(stacked=is_none, drop=0.5 * is_none),))
        return Layer("aux", "Head", None, (linear, *[dropout] * (config.encoder_dropout > 0)))

    monkeypatch.setattr(first.family.part("tree"), "build_aux", build_aux)
    assert_is_the_definition(first, other)
    assert_is_the_definition(other, first)


def test_what_one_family_asks_for_joins_its_fields_to_the_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    """A width that a family has to have divisible cannot change before the family does."""
    first = load_config("base", PLAIN).model
    other = load_config("wavlm_base", {**PLAIN, "encoder_embed_dim": 24, "encoder_num_buckets": 24}).model
    asked = divides("encoder_num_buckets", "encoder_embed_dim", codes.HEADS_DIVIDE)
    monkeypatch.setattr(other.family, "agreements", (*other.family.agreements, asked))
    workload = Workload(samples=200)
    [contribution, *_] = attribute(analysis_of(first, workload), analysis_of(other, workload))
    assert contribution.fields == ("architecture", "encoder_embed_dim")


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_every_two_families_are_compared(name: str) -> None:
    """A field of both whose value the other family refuses is no player: no model in between has it."""
    first = analyze(load_config(family_named(name).reference))
    for another in other_families(first.config.model.family):
        other = analyze(load_config(another.reference))
        found = attribute(first, other)
        assert sum(each.figures.get("parameters", 0) for each in found) == other.parameters - first.parameters


AROUND = {
    "mask_prob": 0.65, "mask_selection": "uniform", "mask_length": 5, "no_mask_overlap": True, "mask_min_space": 2,
    "skip_nomask": True, "num_classes": 50, "final_dim": 128, "encoder_layer_norm_first": True,
}  # fmt: skip


@pytest.mark.parametrize("number", [8, 9])
def test_eight_fields_that_all_bear_on_the_same_are_told_apart(number: int) -> None:
    """What no pair that people compare is beyond; the coalitions of more are tried for many seconds."""
    changes = dict([*AROUND.items()][:number])
    first, other = (
        analysis_of(
            load_config("hubert_pretrain_base", {"encoder_layer_drop": 0.0, **overrides}).model,
            Workload(samples=16_000),
        )
        for overrides in ({}, changes)
    )
    contributions = attribute(first, other)
    apart = number <= attribution.MOST_APART
    assert sorted(len(each.fields) for each in contributions) == ([1] * number if apart else [number])
    before, after = exact_between(first), exact_between(other)
    assert together(contributions) == {
        name: after[name] - before[name] for name in before if after[name] != before[name]
    }


def test_more_fields_than_are_told_apart_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a pair that differs in twenty fields on which the same figures depend would be worked out for hours."""
    changes = {"extractor_mode": "layer_norm", "extractor_conv_bias": True, "encoder_num_heads": 8, "aux_num_out": 32}
    first, other = (
        analysis_of(load_config("base", overrides).model, Workload(samples=16_000)) for overrides in ({}, changes)
    )
    apart = {contribution.fields for contribution in attribute(first, other)}
    assert apart == {(field,) for field in changes}
    monkeypatch.setattr(attribution, "MOST_APART", 1)
    assert ("extractor_mode", "extractor_conv_bias") in {each.fields for each in attribute(first, other)}
    assert_adds_up(first, other)

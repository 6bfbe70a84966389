"""The steps of `sensitivity`."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from tests.program import Runner
from tests.strategies import configs
from w2v_explore import ArgumentError, Config, ModelConfig, Workload, analyze, load_config
from w2v_explore.analysis.comparing import extractor_steps
from w2v_explore.analysis.comparing.sensitivity import Effect
from w2v_explore.analysis.figures import Figures, total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.config.dialects.write import write_config
from w2v_explore.config.document import parse_document
from w2v_explore.config.kinds import MAX_SIZE
from w2v_explore.config.text.source import Source
from w2v_explore.families.wav2vec2.fields import FIELDS
from w2v_explore.lint.engine import lint_document
from w2v_explore.lint.settings import Settings
from w2v_explore.lint.stepped import sensitivity
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


def test_numbers_step_down_and_then_up() -> None:
    changes = [effect.change for effect in sensitivity("base", Workload(samples=16_000)).effects]
    steps = {
        target: [(change.before, change.after) for change in changes if change.target == target]
        for target in ("encoder_num_layers", "encoder_num_heads", f"{CONV_LAYERS}[0] channels", "encoder_dropout")
    }
    assert list(steps.values()) == [[(12, 11), (12, 13)], [(12, 8), (12, 16)], [(512, 448), (512, 576)], [(0.1, 0.0)]]


@pytest.mark.parametrize(("name", "changes"), [("base", {}), ("mms_1b_all", {"add_adapter": True})])
def test_warnings_are_those_that_the_linter_has_of_the_file(name: str, changes: dict[str, bool]) -> None:
    config = load_config(name, {"encoder_num_layers": 2, **changes})

    def linted(model: ModelConfig) -> set[str]:
        text = write_config(replace(config, model=model), "w2v")
        problems = lint_document(parse_document(Source("c.yaml", text.encode())), Settings())
        assert {problem.rule.severity for problem in problems} <= {"warning"}
        return {problem.rule.code for problem in problems}

    before, effects = linted(config.model), sensitivity(config, Workload(samples=16_000)).effects
    assert {code for effect in effects for code in effect.warnings} >= {"W303", "W304"}
    for effect in effects:
        stepped = type(config.model)(**{**config.model.to_mapping(), **effect.change.values})
        assert {*effect.warnings} == linted(stepped) - before, effect
        strides = [analyze(model, Workload(samples=16_000)).output_stride_samples for model in (stepped, config.model)]
        assert effect.changes_frame_rate is (strides[0] != strides[1])


def test_what_the_linter_warns_of_already_is_no_step_s_doing() -> None:
    effects = effects_of(["extractor_conv_layer_config=[[64, 10, 5]]"])
    assert effects[f"{CONV_LAYERS}[0] stride"].changes_frame_rate
    assert not any({"W303", "W304"} & {*effect.warnings} for effect in effects.values())


def test_the_greatest_change_comes_first() -> None:
    effects = sensitivity("base", Workload(samples=16_000), sort="parameters").effects
    sizes = [abs(effect.deltas["parameters"]) for effect in effects]
    assert sizes == sorted(sizes, reverse=True)
    assert len(effects) == len(sensitivity("base", Workload(samples=16_000)).effects)


def test_fields_and_figures_that_are_asked_for() -> None:
    config, workload = load_config("asr_base_960h"), Workload(samples=16_000)
    names = ("transformer_layers.macs", "aux.parameters", "stride_ms", "peak_memory_bytes", "macs")
    found = sensitivity(config, workload, only=["aux_num_out", "encoder_num_layers"], figures=names)
    assert [effect.change.target for effect in found.effects] == ["encoder_num_layers"] * 2 + ["aux_num_out"] * 2
    before = Figures(analyze(config, workload))
    for effect, step in zip(found.effects, found.to_dict()["steps"], strict=True):
        after = Figures(analyze(load_config("asr_base_960h", dict(effect.change.values)), workload))
        assert step["metrics"] == {name: {"value": after[name], "delta": after[name] - before[name]} for name in names}


@pytest.mark.parametrize("figures", [(), ("macs",)])
def test_the_figure_that_sorts_is_told_in_every_format(figures: tuple[str, ...], run: Runner) -> None:
    asked = [f"--figure={name}" for name in figures]
    command = ("sensitivity", "base", "--only", "aux_num_out", "--sort", "aux.parameters", *asked)
    [step] = json.loads(run(*command, "--format", "json").out)["steps"]
    assert step["metrics"]["aux.parameters"] == {"value": 24_608, "delta": 24_608}
    heading, line = csv.reader(run(*command, "--format", "csv").out.splitlines())
    assert dict(zip(heading, line, strict=True))["aux.parameters"] == "24608"
    assert "aux Params" in run(*command).out


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"only": ["encoder_num_layer"]}, "there is no field encoder_num_layer; did you mean encoder_num_layers?"),
        ({"only": ["depth"]}, "there is no field depth; `w2v-explore explain --architecture wav2vec2` lists"),
        ({"only": ["hidden_size"]}, "hidden_size is Hugging Face's name; write encoder_embed_dim"),
        ({"only": ["encoder_num_buckets"]}, "encoder_num_buckets is a field of wavlm, and this config is of wav2vec2"),
        ({"figures": ["frames"]}, "there is no figure frames; did you mean extractor.frames?"),
        ({"sort": "Parameters"}, "there is no figure Parameters; did you mean parameters?"),
        ({"sort": ""}, "there is no figure ''; write parameters, macs"),
        ({"sort": "latency.real_time_factor"}, "latency.real_time_factor comes from a device, and nothing is run here"),
        ({"figures": ["logit_generator.macs"]}, "is of a component that no wav2vec 2.0 has"),
    ],
)
def test_names_of_nothing(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        sensitivity("base", **asked)


@pytest.mark.parametrize("asked", [{"only": "aux_num_out"}, {"only": 3}, {"figures": [3]}, {"sort": 3}])
def test_no_names(asked: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="; give "):
        sensitivity("base", **asked)


def row(out: str, begins: str) -> list[str]:
    """The cells of the one row of a report that begins so."""
    [line] = [line for line in out.splitlines() if line.startswith(begins)]
    return re.split(r" {2,}", line)


def test_a_step_has_a_line_though_there_is_no_long_word_in_it(monkeypatch: pytest.MonkeyPatch, run: Runner) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = run("sensitivity", "base", "--only", CONV_LAYERS).out
    assert "\nconv layer 0 stride 5 → 4              =  +27.0 %    +7.5 % ≠ W303 W304\n" in out
    assert "Left out at this width: amounts of changes" in out


def test_a_field_has_all_its_steps_in_the_table_or_none(run: Runner) -> None:
    out = run("sensitivity", "mms_1b_all").out
    assert row(out, "encoder_pos_conv_groups 16 → 10")[1].endswith("(+0.8 %)")
    assert row(out, "encoder_pos_conv_groups 16 → 20")[1].endswith("(−0.3 %)")
    assert out.count("encoder_pos_conv_groups") == 2


def test_the_report(run: Runner) -> None:
    out = run("sensitivity", "base").out
    assert row(out, "encoder_num_layers ") == [
        "encoder_num_layers 12 ± 1", "±7.088 M (±7.5 %)", "±3.914 G (±5.3 %)", "±140.3 MB (±6.4 %)",
    ]  # fmt: skip
    assert row(out, "conv layer 0 stride 5 → 4")[-1] == "≠ W303 W304"
    # The two steps differ in the fourth digit, and are the opposite of each other in percent.
    assert row(out, "conv layer 1 kernel") == [
        "conv layer 1 kernel 3 ± 1", "±262.1 k (±0.3 %)", "±5.7 %", "±0.2 %", "W304",
    ]  # fmt: skip
    assert "conv layer 6 kernel (W300 W304), extractor_conv_bias (W306)" in out
    assert "Nothing of this changes with encoder_attention_dropout, encoder_layer_norm_first (W305)" in out
    few = run("sensitivity", "base", "--only", "encoder_attention_dropout", "--figure", "stride", "--sort", "macs").out
    assert row(few, "encoder_attention_dropout") == ["encoder_attention_dropout 0.1 → 0.0", "=", "="]
    assert "What one step changes, the greatest change of MACs first" in few
    none = run("sensitivity", "base", "--only", "encoder_pos_conv_groups", "--set", "encoder_embed_dim=1",
               "--set", "encoder_num_heads=1", "--set", "encoder_pos_conv_groups=1")  # fmt: skip
    assert (none.code, "No step in encoder_pos_conv_groups gives a valid config." in none.out) == (0, True)


@pytest.mark.slow
@given(config=configs())
@settings(max_examples=6)
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


@pytest.mark.parametrize("seed", range(3))
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
    for number in (30, 120):
        traced.clear()
        layers = [[8, 2, 2 if layer % (number // 5) == 0 else 1] for layer in range(number)]
        effects = sensitivity(load_config("base", {CONV_LAYERS: layers}), Workload(samples=40_000)).effects
        # One channel, kernel or stride more and less; but for five layers there is no less of a stride.
        assert sum(effect.change.target.startswith(CONV_LAYERS) for effect in effects) == 5 * number + 5
        assert len(traced) <= 10 * number

"""What is asked of a space: how targets, names to keep, ratios and figures are read, and what edits contribute."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from math import log
from typing import Any

import pytest

from w2v_explore import Config, Workload, analyze, load_config, load_preset
from w2v_explore.analysis.figures import ALIASES, FIGURES, Figures
from w2v_explore.config.family import family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS
from w2v_explore.errors import ArgumentError, ConditionError
from w2v_explore.search.edits import edits_of
from w2v_explore.search.question.changes import UNIT, change_between
from w2v_explore.search.question.match import Match
from w2v_explore.search.question.modes import match, nearest, pareto, parse_ratios, parse_target, rank
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.running.run import run
from w2v_explore.search.space.space import Axis, Given, Ratio, Rule, Space

BASE = load_preset("base")
FAMILY = BASE.model.family
WORKLOAD = Workload.of(BASE)
WIDTH, FF, LAYERS = "encoder_embed_dim", "encoder_ff_interm_features", "encoder_num_layers"


def space_of(axes: dict[str, Sequence[Any]], rules: dict[str, Rule] | None = None, config: Config = BASE) -> Space:
    given = {name: Given(number) for number, name in enumerate(axes)}
    return Space(config, tuple([Axis(name, tuple(values)) for name, values in axes.items()]), rules or given)


@pytest.mark.parametrize(
    ("text", "operator", "limit", "is_change", "is_percent"),
    [
        ("macs -50%", "<=", -50, True, True),
        (" macs −50 % ", "<=", -50, True, True),
        ("parameters +20%", ">=", 20, True, True),
        ("macs -1G", "<=", -1e9, True, False),
        ("peak_memory_bytes -100MiB", "<=", -100 * 2**20, True, False),
        ("macs <= 3G", "<=", 3e9, False, False),
        ("macs < -10%", "<", -10, True, True),
        ("stride == 320", "==", 320, False, False),
    ],
)
def test_a_target_is_at_least_so_much_less_or_more(
    text: str, operator: str, limit: float, is_change: bool, is_percent: bool
) -> None:
    target = parse_target(text, FAMILY)
    assert target[2:] == (operator, limit, is_change, is_percent)
    assert (target.text, target.metric) == (text.strip(), text.split()[0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("macs 50", "--target 'macs 50' is no target; write 'macs -50%' for at least so much less"),
        ("", "--target '' is no target; write 'macs -50%'"),
        (
            "stride = 320",
            "--target 'stride = 320' is no target; .* or a comparison, as 'macs <= 3G' or 'stride == 320'",
        ),
        ("mcas -50%", "there is no figure mcas; did you mean macs?"),
        ("macs -x%", "'x' is no quantity; write a number, as 100M"),
        ("macs <= 5%", r"a percentage is a change; write +5% or -5%"),
        ("latency.real_time_factor -3%", "latency.real_time_factor comes from a device"),
    ],
)
def test_what_is_no_target_is_told(text: str, message: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(message).replace(r"\.\*", ".*")):
        parse_target(text, FAMILY)


TEACHER = analyze("large")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: pareto([], [], FAMILY), "nothing is to be minimized or maximized; give a figure"),
        (lambda: pareto(["macs"], ["macs"], FAMILY), "macs is named twice; give each figure once"),
        (
            lambda: pareto(["stride", "extractor.stride_samples"], [], FAMILY),
            "extractor.stride_samples is named as stride and as extractor.stride_samples; give each figure once",
        ),
        (lambda: pareto(list(FIGURES)[:6], [], FAMILY), "a frontier of 6 figures is too wide; give 5 at most"),
        (lambda: pareto(["latency.real_time_factor"], [], FAMILY), "comes from a device"),
        (lambda: rank(["macs"], ["parameters"], 3, FAMILY), "2 figures are to be minimized or maximized"),
        (lambda: rank([], [], 3, FAMILY), "configs are ranked by one; give one figure"),
        (lambda: rank(["macs"], [], 0, FAMILY), "the first 0 are asked for; give 1 or more"),
        (lambda: match(TEACHER, {}, FAMILY), "no figure of the teacher is wanted in part; write FIGURE=RATIO"),
        (lambda: match(TEACHER, {"macs": 0}, FAMILY), "the ratio of macs is 0; give one above 0, as 0.25"),
        (lambda: match(TEACHER, {"macs": float("nan")}, FAMILY), "the ratio of macs is nan; give one above 0"),
        (lambda: match(TEACHER, {"macs": float("inf")}, FAMILY), "the ratio of macs is past any use; give one near 1"),
        (lambda: match(TEACHER, {"macs": 10**400}, FAMILY), "the ratio of macs is past any use"),
        (lambda: match(TEACHER, {"macs": 1e-300}, FAMILY), "the ratio of macs is past any use"),
        (
            lambda: match(TEACHER, {"aux.parameters": 0.5}, FAMILY),
            "aux.parameters of wav2vec 2.0 Large is 0, of which every part is 0; give another figure",
        ),
        (lambda: match(TEACHER, {"latency.real_time_factor": 0.5}, FAMILY), "comes from a device"),
        (lambda: parse_ratios(["parameters"]), "--ratio 'parameters' is no ratio; write FIGURE=RATIO"),
        (lambda: parse_ratios(["macs=1/0"]), "--ratio 'macs=1/0' is no ratio"),
        (lambda: parse_ratios(["macs=.5", "macs=1"]), "--ratio: macs is named twice; give each figure once"),
        (lambda: nearest(space_of({WIDTH: [768]}), [], [], 5), "nothing is to be reached; write 'macs -50%'"),
        (
            lambda: nearest(space_of({WIDTH: [768]}), ["macs -1%"], ["encodr_embed_dim"], 5),
            "there is no figure or field encodr_embed_dim to keep; did you mean encoder_embed_dim?",
        ),
        (
            lambda: nearest(space_of({WIDTH: [512, 640]}), ["macs -1%"], [WIDTH], 5),
            "encoder_embed_dim is to be kept, and no config of the space has the value that it has in wav2vec 2.0 Base",
        ),
    ],
)
def test_what_no_mode_can_ask_is_told(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(message)):
        ask()


def test_modes_are_made_of_names_and_texts() -> None:
    assert pareto(["stride"], ["parameters"], FAMILY) == Pareto(("stride", "parameters"), frozenset({"parameters"}))
    assert rank([], ["receptive_field_ms"], 3, FAMILY) == Rank("receptive_field_ms", True, 3)
    parameters, macs = TEACHER.parameters, TEACHER.macs.total
    made = match(TEACHER, parse_ratios(["parameters=1/4", "macs = 0.3"]), FAMILY)
    assert made == Match((("parameters", parameters / 4), ("macs", float(Fraction(3 * macs, 10)))))
    # A number with a fraction is meant as it is written.
    assert match(TEACHER, {"macs": 0.3}, FAMILY).wanted == made.wanted[1:]


def test_a_kept_field_is_held_where_its_value_is_made_of_others() -> None:
    axes = {WIDTH: [384, 768, 1536], f"{FF} / {WIDTH}": ["2", "4", "8"], LAYERS: [6, 12]}
    space = space_of(axes, {WIDTH: Given(0), FF: Ratio(1, (WIDTH,)), LAYERS: Given(2)})
    kept, mode, conditions = nearest(space, ["macs -1%"], [FF, LAYERS, "stride"], 5)
    # The base's 3,072 are 384 × 8, 768 × 4 and 1,536 × 2: all values of two axes, and not all combinations of them.
    assert [axis.values for axis in kept.axes] == [(384, 768, 1536), ("2", "4", "8"), (12,)]
    found = run(pickle.loads(pickle.dumps(Question(kept, WORKLOAD, mode, conditions))))
    assert [kept.fields(member) for member in found.candidates.members.tolist()] == [{WIDTH: 384, FF: 3072, LAYERS: 12}]
    assert (found.evaluated, found.invalid, found.satisfying) == (3, 6, 1)
    alone, _, _ = nearest(space, ["macs -1%"], [WIDTH], 5)
    assert (alone.size, alone.rules) == (6, space.rules)
    assert nearest(space, ["macs -1%"], ["encoder_num_heads"], 5)[0] == space


def test_null_convolutions_are_kept_by_the_standard_seven() -> None:
    field = "extractor_conv_layer_config"
    config = replace(BASE, model=replace_fields(BASE, **{field: None}))
    standard = [list(layer) for layer in STANDARD_CONV_LAYERS]
    space = space_of({field: [None, standard, standard[1:]], LAYERS: [6, 12]}, config=config)
    kept, mode, conditions = nearest(space, ["macs -1%"], [field], 5)
    assert kept.axes[0].values == (None, standard)
    found = run(Question(kept, WORKLOAD, mode, conditions)).candidates
    assert (found.members.tolist(), found.columns["changed"].tolist()) == ([0, 2], [1, 1])


def replace_fields(config: Config, **fields: Any) -> Any:
    return type(config.model)(**{**config.model.to_mapping(), **fields})


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (768, 768, 0),
        (768, 384, log(2)),
        (0.1, 0.3, log(3)),
        (-2.0, -1.0, log(2)),
        (0.0, 0.1, 1),
        (0.1, 0, 1),
        (-1.0, 1.0, 1),
        (None, 32, 1),
        ("group_norm", "layer_norm", 1),
        (True, False, 1),
        ([512, [3, 2]], [256, [3, 4]], 2 * log(2)),
        ([12, 12], [12, 0], 1),
        ([12, 12], [12], 1),
        ([True, False], [True, True], 1),
        (2**31 - 1, 2**31 - 2, log((2**31 - 1) / (2**31 - 2))),
    ],
)
def test_numbers_change_by_logarithms_and_all_else_by_one(before: Any, after: Any, change: float) -> None:
    assert change_between(before, after) * UNIT == pytest.approx(change, abs=2e-11)
    assert (change_between(before, after) == 0) == (change == 0)
    assert change_between(after, before) == change_between(before, after)


def test_changes_whose_product_is_the_same_are_the_same() -> None:
    assert change_between(12, 6) + change_between(3072, 512) == change_between(12, 4) + change_between(3072, 768)


@pytest.mark.parametrize("precision", [None, "amp-bfloat16"])
def test_edits_have_the_mean_of_what_they_change_in_all_orders(precision: str | None) -> None:
    workload = replace(WORKLOAD, precision=precision)
    config = replace(BASE, model=replace_fields(BASE, extractor_conv_layer_config=None, aux_num_out=32))
    fields = {WIDTH: 512, "encoder_num_heads": 8, LAYERS: 8, "aux_num_out": None}
    layers = [list(layer) for layer in STANDARD_CONV_LAYERS]
    changed = replace(config, model=replace_fields(config, **fields, extractor_conv_layer_config=layers))
    figures = ("macs", "aux.macs", "memory.training_bytes", "macs_per_audio_second", "receptive_field_ms")
    base = analyze(config, workload)
    edits = edits_of(base, changed, figures)
    # Twelve heads do not divide 512: the two can only change together. What is meant by null has not changed.
    assert {edit.field: edit.after for edit in edits} == fields
    players = [(WIDTH, "encoder_num_heads"), (LAYERS,), ("aux_num_out",)]
    shares = {edit.field: edit.shares for edit in edits}
    assert shares["encoder_num_heads"] == shares[WIDTH]
    assert {frozenset(edit.together) for edit in edits} == set(map(frozenset, players))
    for name in figures:
        for player in players:
            changes = []
            for order in permutations(players):
                before = [field for each in order[: order.index(player)] for field in each]
                values = [
                    Fraction(Figures(analyze(replace(config, model=replace_fields(config, **some)), workload))[name])
                    for some in ({field: fields[field] for field in names} for names in (before, [*before, *player]))
                ]
                changes.append(values[1] - values[0])
            assert shares[player[0]][name] == pytest.approx(float(sum(changes) / len(changes)), rel=1e-12)


def test_a_component_has_no_shares_where_the_input_is_too_short_between() -> None:
    adapter = ["add_adapter=true", "adapter_num_layers=1", "adapter_kernel=1", "adapter_stride=1"]
    config = load_config("mms_1b_all", adapter)
    # An adapter with a kernel of 30 has no frame of the one that there is.
    changed = replace(config, model=replace_fields(config, add_adapter=False, adapter_kernel=30))
    edits = edits_of(analyze(config, Workload(samples=400)), changed, ("aux.macs", "parameters"))
    assert [(edit.field, [*edit.shares]) for edit in edits] == [
        ("add_adapter", ["parameters"]), ("adapter_kernel", ["parameters"]),
    ]  # fmt: skip


def test_the_shares_of_all_figures_add_up_to_their_changes() -> None:
    config = load_preset(family_named("wavlm").reference)
    changed = replace(config, model=replace_fields(config, **{LAYERS: 6, FF: 2048, "extractor_mode": "layer_norm"}))
    base, design = analyze(config), analyze(changed)
    names = (*FIGURES, *ALIASES, "transformer_layers.parameters")
    edits = edits_of(base, changed, names)
    for name in names:
        change = Figures(design)[name] - Figures(base)[name]
        assert sum(edit.shares[name] for edit in edits) == pytest.approx(change, rel=1e-12)
    assert all(edit.shares == {} for edit in edits_of(base, changed))

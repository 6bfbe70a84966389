"""Why a search finds nothing, against what is found by going through the configs one by one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.property.test_bounds import small_boxes
from w2v_explore import ConfigError, Workload, analyze, load_config
from w2v_explore.analysis.figures import Figures
from w2v_explore.config.family import family_named
from w2v_explore.search import nothing
from w2v_explore.search.nothing import Nothing, why_nothing
from w2v_explore.search.question.constraints import parse_constraint
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.run import run
from w2v_explore.search.space.read import space_of
from w2v_explore.search.space.space import Axis, Given, Space

SECOND = Workload.of_seconds(1)
FIELDS: dict[str, tuple[Any, ...]] = {
    "encoder_embed_dim": (192, 384, 576),
    "encoder_num_heads": (9, 12),
    "encoder_num_layers": (1, 6, 24),
}


def _question(*texts: str, fields: dict[str, tuple[Any, ...]] = FIELDS, lint_clean: bool = False) -> Question:
    axes = tuple(Axis(name, values) for name, values in fields.items())
    space = Space(load_config("base"), axes, {name: Given(place) for place, name in enumerate(fields)})
    family = family_named("wav2vec2")
    constraints = tuple(parse_constraint(text, family) for text in texts)
    return Question(space, SECOND, Pareto(("macs",)), constraints, lint_clean)


def _why(question: Question) -> Nothing:
    found = run(question)
    assert not len(found.candidates.members)
    return why_nothing(question, found)


def _configs(question: Question) -> dict[int, Figures]:
    """The figures of the configs of a space."""
    found = {}
    for member in range(question.space.size):
        try:
            config = question.space.config_of(member)
        except ConfigError:
            continue
        found[member] = Figures(analyze(config, question.workload))
    return found


@pytest.mark.parametrize(
    ("texts", "contradicting"),
    [
        (("macs <= 1G", "parameters <= -10%"), []),
        (("macs <= 4G", "parameters >= 60M", "stride == 320"), [("macs <= 4G", "parameters >= 60M")]),
        (("macs <= 4G", "macs >= 3G", "parameters <= 10M"), [("macs >= 3G", "parameters <= 10M")]),
        (("macs <= 4G", "stride == 160", "receptive_field_ms > 25"), []),
    ],
)
def test_counts_and_the_nearest_miss_are_those_of_all_configs(
    texts: tuple[str, ...], contradicting: list[tuple[str, str]]
) -> None:
    question = _question(*texts)
    why = _why(question)
    configs = _configs(question)
    assert why.configs == len(configs)
    assert why.combinations == question.space.size
    base = Figures(analyze(question.space.config, SECOND))

    def holds(number: int, figures: Figures) -> bool:
        each = question.constraints[number]
        return each.holds(each.value({each.metric: figures[each.metric]}, {each.metric: base[each.metric]}))

    numbers = range(len(texts))
    alone = [sum(holds(number, figures) for figures in configs.values()) for number in numbers]
    assert [each.satisfying for each in why.required] == alone
    assert list(why.contradicting) == contradicting
    fewest = min(sum(not holds(number, figures) for number in numbers) for figures in configs.values())
    assert why.nearest is not None
    nearest = configs[why.nearest.member]
    broken = [number for number in numbers if not holds(number, nearest)]
    assert len(broken) == fewest
    assert [each.text for each in why.nearest.missed] == [texts[number] for number in broken]
    assert [each.value for each in why.nearest.missed] == [nearest[each.figure] for each in why.nearest.missed]
    assert json.loads(json.dumps(why.to_dict()))["nearest"]["member"] == why.nearest.member


def test_of_configs_that_break_as_many_constraints_the_one_that_misses_by_the_least_is_nearest() -> None:
    question = _question("parameters == 40M")
    why = _why(question)
    configs = _configs(question)
    assert why.nearest is not None
    distances = {
        member: abs(figures["parameters"] - 40e6) / max(figures["parameters"], 40e6)
        for member, figures in configs.items()
    }
    assert why.nearest.member == min(distances, key=lambda member: distances[member])
    assert why.message == (
        "none of 12 configs satisfies 'parameters == 40M'; nearest is encoder_embed_dim 192, encoder_num_layers 24, "
        f"where parameters is {int(configs[why.nearest.member]['parameters']):,} instead of 40,000,000"
    )


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (
            _question("macs <= 1G", "parameters <= 10M"),
            "none of 12 configs satisfies 'macs <= 1G'; nearest is encoder_embed_dim 192, encoder_num_layers 1, where "
            "macs is 2,535,636,352 instead of at most 1,000,000,000",
        ),
        (
            _question("stride == 320.5"),
            "none of 12 configs satisfies 'stride == 320.5'; nearest is encoder_embed_dim 192, encoder_num_layers 1, "
            "where stride is 320 (no value of it satisfies 'stride == 320.5')",
        ),
        (
            _question("macs > 1T", fields={"encoder_num_heads": (7, 11)}),
            "none of 2 combinations is a config, as encoder_num_heads 7: encoder_num_heads is 7, which does not divide "
            "encoder_embed_dim 768; write 6 or 8, the nearest that do",
        ),
        (
            _question(fields={"encoder_num_heads": (7, 12), "extractor_conv_layer_config": ([[8, 20_000, 1]],)}),
            "none of 2 combinations is a config; 1 of 2 that were looked at as encoder_num_heads 7, ",
        ),
        (
            _question(fields={"encoder_num_heads": (96, 192), "encoder_num_layers": (4,)}, lint_clean=True),
            "the linter warns of each of the 2 configs that satisfy what is required, as W308 of encoder_num_heads 96, "
            "encoder_num_layers 4",
        ),
    ],
)
def test_messages(question: Question, message: str) -> None:
    assert _why(question).message.startswith(message)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (
            {"encoder_embed_dim": [700, 701]},
            "encoder_embed_dim 700: encoder_num_heads follows encoder_embed_dim, one for each 64 of it; give "
            "encoder_embed_dim multiples of 64, or vary encoder_num_heads too",
        ),
        (
            {"aux_num_out": [None], "encoder_ff_interm_features": {"ratio": [2, 3], "of": "aux_num_out"}},
            "the config itself: encoder_ff_interm_features is a ratio to aux_num_out, which has no value; give "
            "aux_num_out values",
        ),
    ],
)
def test_what_leaves_a_field_without_a_value_is_said(section: dict[str, Any], reason: str) -> None:
    why = _why(Question(space_of(load_config("base"), section), SECOND, Pareto(("macs",))))
    assert why.message == f"none of 2 combinations is a config, as {reason}"
    assert "no value" not in str(why.no_config[0].fields)


@pytest.mark.parametrize("texts", [(), ("macs >= 6G",), ("macs >= 6G", "parameters >= 10M")])
def test_where_the_linter_warns_of_all_that_satisfies_all_configs_are_counted(
    texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = _question(
        *texts, fields={"encoder_num_layers": (1, 6, 24, 7), "encoder_num_heads": (9, 96, 192)}, lint_clean=True
    )
    configs = _configs(question)
    satisfying = [
        member
        for member, figures in configs.items()
        if all(each.holds(each.value({each.metric: figures[each.metric]}, {})) for each in question.constraints)
    ]
    small_boxes(monkeypatch)
    found = run(question)
    assert (found.pruned > 0) == bool(texts)
    why = why_nothing(question, found)
    assert (why.combinations, why.configs, why.satisfying) == (12, 8, len(satisfying))
    first = question.space.fields(satisfying[0])
    assert why.warned == {name: value for name, value in first.items() if value != question.space.base[name]}


def test_of_a_large_space_that_was_ruled_out_a_sample_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {**FIELDS, "encoder_ff_interm_features": tuple(range(64, 164))}
    question = _question("macs <= 1G", fields=fields)
    found = run(question)
    monkeypatch.setattr(nothing, "ALWAYS_COUNTED", 1000)
    monkeypatch.setattr(nothing, "SAMPLE", 500)
    every = why_nothing(question, found)
    assert (every.is_sample, every.combinations, every.configs) == (False, 1800, 1200)
    bounded = found._replace(evaluated=10, invalid=10, pruned=1780)
    why = why_nothing(question, bounded)
    assert (why.is_sample, why.combinations) == (True, 500)
    assert 300 < why.configs < 366
    assert why.message.startswith(f"none of {why.configs} configs of a sample satisfies 'macs <= 1G'; nearest is ")
    # None of the sample is as near; changes on one axis after the other lead there.
    monkeypatch.setattr(nothing, "_sample", lambda size, number: [1799])
    assert why_nothing(question, bounded).nearest == every.nearest


def test_a_search_that_looked_elsewhere_is_told_what_there_is() -> None:
    question = _question("macs <= 4G")
    elsewhere = run(_question("macs <= 1G"))
    assert why_nothing(question, elsewhere).message == (
        "of 12 configs some satisfy what is required, as encoder_embed_dim 192, encoder_num_layers 1; look at more of "
        "the space"
    )


def test_a_config_that_a_sample_missed_is_no_reason() -> None:
    question = _question(fields={"encoder_num_heads": (5, 12, 7)})
    missed = run(question)._replace(evaluated=0, invalid=2, satisfying=0, complete=False)
    [reason] = why_nothing(question, missed).no_config
    assert (reason.combinations, reason.fields) == (2, {"encoder_num_heads": 5})

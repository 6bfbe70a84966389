"""Published models beside a front: their figures, and what dominates them."""

from __future__ import annotations

import pytest

from w2v_explore import Workload, load_config, preset_names
from w2v_explore.analysis.analyze import analyze
from w2v_explore.analysis.comparing.conditions import parse_condition
from w2v_explore.analysis.figures import Figures, total_figures, with_aliases
from w2v_explore.search.published import Published, published_beside, published_models
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.space.space import Axis, Given, Space

SIZES = ("parameters", "macs")


def beside(mode: Pareto, designs: list[dict[str, int]], *constraints: str) -> tuple[Published, ...]:
    base = load_config("base")
    space = Space(base, (Axis("encoder_num_layers", (6,)),), {"encoder_num_layers": Given(0)})
    question = Question(space, Workload.of(base), mode, tuple(map(parse_condition, constraints)))
    return published_beside(question, mode, with_aliases(total_figures(analyze(base)), 16_000), designs)


def test_every_preset_is_there_once_with_its_own_figures() -> None:
    names = ("parameters", "training.expected_macs", "memory.kept_bytes", "stride_ms")
    workload = Workload.of_seconds(3, batch=2, dtype="bfloat16")
    models = published_models(workload, names)
    assert sorted(name for model in models for name in model.presets) == sorted(preset_names())
    for model in models:
        # The last one is the least like the first, of which alone the figures were worked out.
        last = Figures(analyze(load_config(model.presets[-1]), workload))
        assert model.figures == {name: last[name] for name in names}, model.presets


def test_models_of_audio_at_another_rate_get_as_many_seconds() -> None:
    [base] = [each for each in published_models(Workload.of_seconds(2, sample_rate=8_000), ["macs"]) if
              "base" in each.presets]  # fmt: skip
    assert base.figures["macs"] == analyze(load_config("base"), Workload.of_seconds(2)).macs.total


def test_a_component_that_a_model_lacks_costs_nothing_and_too_little_audio_leaves_a_model_out() -> None:
    models = published_models(Workload(samples=400), ["feature_extractor.macs"])
    assert 0 < len(models) < len(published_models(Workload(samples=16_000), ["feature_extractor.macs"]))
    lacking = published_models(Workload(samples=16_000), ["quantizer.parameters"])
    assert 0 in {model.figures["quantizer.parameters"] for model in lacking}


@pytest.mark.parametrize(
    ("parameters", "macs", "equal", "dominating"),
    [
        ([], [], None, ()),
        ([94_370_944], [1], None, (0,)),
        ([94_370_943], [1], None, ()),
        ([94_370_944, 94_370_944], [None, 10**12], 0, ()),
        ([10**9, 10**8, 10**9, 10**7], [1, 2, 3, 4], None, (2, 1, 0)),
    ],
)
def test_it_is_beyond_a_front_on_it_or_behind_designs(
    parameters: list[int], macs: list[int | None], equal: int | None, dominating: tuple[int, ...]
) -> None:
    base = analyze(load_config("base"))
    assert base.parameters == 94_370_944
    designs = [
        {"macs": base.macs.total if cost is None else cost, "parameters": size}
        for size, cost in zip(parameters, macs, strict=True)
    ]
    [model] = [each for each in beside(Pareto(("macs", "parameters"), frozenset({"parameters"})), designs)
               if "base" in each.presets]  # fmt: skip
    assert (model.equal, model.dominating) == (equal, dominating)


def test_those_that_satisfy_the_constraints_are_there_by_the_first_figure() -> None:
    models = beside(Pareto(SIZES), [], "parameters <= -10%", "stride == 320", "macs > 10G")
    assert models == tuple(sorted(models, key=lambda model: model.figures["parameters"]))
    limit = 0.9 * analyze(load_config("base")).parameters
    expected = {
        name for name in preset_names() for analysis in [analyze(load_config(name))]
        if analysis.parameters <= limit and Figures(analysis)["stride"] == 320 and analysis.macs.total > 10**10
    }  # fmt: skip
    assert {name for model in models for name in model.presets} == expected != set()

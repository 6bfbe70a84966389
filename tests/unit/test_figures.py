"""The table of figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from w2v_explore import Analysis, ConditionError, ModelConfig, Workload, analyze, compare, load_config
from w2v_explore.analysis import figures
from w2v_explore.analysis.comparing import conditions
from w2v_explore.analysis.comparing.conditions import parse_condition
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.figures import (
    ALIASES,
    COMPONENT_FIGURES,
    FIGURES,
    Figures,
    Totals,
    component_figures,
    known_names,
    name_figures,
    total_figures,
    with_aliases,
)
from w2v_explore.config.family import Family, default_family, family_named
from w2v_explore.families.wav2vec2.fields import Wav2Vec2Config
from w2v_explore.report.comparison import comparison_report
from w2v_explore.report.markdown import report_markdown
from w2v_explore.tree.layer import Layer


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    workload = Workload.of_seconds(1.1, batch=3, dtype="bfloat16")
    return analyze(load_config("base", {"encoder_layer_drop": 0.3, "aux_num_out": 32}), workload)


def at(document: dict[str, Any], path: str) -> Any:
    return reduce(lambda member, name: member[name], path.split("."), document)


@pytest.mark.parametrize("name", FIGURES)
def test_a_summary_has_every_figure_where_the_table_says(name: str, analysis: Analysis) -> None:
    value = total_figures(analysis)[name]
    assert at(analysis.to_dict(), FIGURES[name].json_path) == value
    assert isinstance(value, int) == FIGURES[name].is_whole


COMPONENTS = default_family().components


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_summary_has_the_figures_of_components_at_their_layers(component: str, analysis: Analysis) -> None:
    (layer,) = [layer for layer in analysis.to_dict()["layers"] if layer["path"] == COMPONENTS[component]]
    known = component_figures(analysis, COMPONENTS)
    for name, figure in COMPONENT_FIGURES.items():
        assert at(layer, figure.json_path) == known[f"{component}.{name}"] > 0


def test_a_figure_asked_alone_is_that_among_all(analysis: Analysis) -> None:
    figures = total_figures(analysis) | component_figures(analysis, COMPONENTS)
    known = with_aliases(figures, analysis.workload.sample_rate)
    assert set(known) == {*known_names(COMPONENTS), *ALIASES}
    assert {name: Figures(analysis)[name] for name in known} == known


@pytest.mark.parametrize("name", ["parameters", "aux.macs", "stride_ms", "macs_per_audio_second"])
def test_a_figure_asked_alone_costs_no_other(name: str, analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Analysis, "training", property())
    monkeypatch.setattr(Analysis, "inference", property())
    assert Figures(analysis)[name] > 0


def test_other_names_are_of_the_same_figures(analysis: Analysis) -> None:
    known = Figures(analysis)
    assert known["peak_memory_bytes"] == known["memory.inference_bytes"]
    assert (known["stride"], known["stride_ms"]) == (320, 20)
    assert (known["receptive_field"], known["receptive_field_ms"]) == (400, 25)


def test_shares_of_the_totals_give_the_shares_of_every_linear_figure() -> None:
    analysis = analyze("large")
    lazy = figures.LazyTotals(analysis)
    values: dict[str, Any] = {name: getattr(lazy, name) for name in Totals._fields}
    thirds: dict[str, Any] = {name: Fraction(value, 3) for name, value in values.items() if isinstance(value, int)}
    kinds: Any = [Fraction(count, 3) for count in analysis.macs]
    thirds |= {"macs": Macs(*kinds)}
    thirds |= {"expected_macs": Fraction(values["expected_macs"]) / 3}
    shares, whole = name_figures(Totals(**{**values, **thirds})), total_figures(analysis)
    assert {name for name in FIGURES if 3 * shares[name] == whole[name]} >= {
        name for name, figure in FIGURES.items() if figure.is_linear
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherConfig(Wav2Vec2Config):
    """A config of a family that differs from wav2vec 2.0 in what it calls the parts of a model."""


class OtherFamily(Family):
    """Its models are wav2vec 2.0's."""

    def build(self, config: ModelConfig) -> Layer:
        return family_named("wav2vec2").build(config)


OTHER = OtherFamily(
    name="other",
    title="Other",
    config=OtherConfig,
    agreements=(),
    components={"aux": "aux", "norm": "encoder.transformer.layer_norm"},
    roles=family_named("wav2vec2").roles,
    reference="base",
)


@pytest.fixture
def other_analysis(analysis: Analysis) -> Analysis:
    config = replace(analysis.config, model=OtherConfig(**analysis.config.model.to_mapping()))
    return replace(analysis, config=config)


def test_a_component_that_one_family_has_costs_the_others_nothing(analysis: Analysis, other_analysis: Analysis) -> None:
    comparison = compare([analysis, other_analysis])
    norm = 2 * 768
    assert comparison.differences == {"architecture": ("wav2vec2", "other")}
    assert comparison.metrics["norm.parameters"].values == (0, norm)
    assert comparison.metrics["aux.macs"].deltas == (0, 0)
    assert comparison.metrics["feature_extractor.parameters"].values[1] == 0
    assert Figures(other_analysis)["norm.parameters"] == norm
    assert "norm" in report_markdown([comparison_report(comparison)])


def test_conditions_are_about_the_components_of_any_family(
    analysis: Analysis, other_analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConditionError, match=r"there is no figure norm\.parameters"):
        parse_condition("norm.parameters > 1k")
    monkeypatch.setattr(conditions, "FAMILIES", ("wav2vec2", "other"))
    monkeypatch.setattr(conditions, "family_named", {"wav2vec2": analysis.config.model.family, "other": OTHER}.get)
    condition = parse_condition("norm.parameters > 1k")
    columns = compare([analysis, other_analysis]).figures
    assert [condition.holds(condition.value(figures, {})) for figures in columns] == [False, True]
    assert condition.value(total_figures(analysis), {}) == 0

"""The table of figures."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

import pytest

from w2v_explore import Analysis, Workload, analyze, load_config
from w2v_explore.analysis import figures
from w2v_explore.analysis.figures import (
    ALIASES,
    COMPONENT_FIGURES,
    COMPONENTS,
    FIGURES,
    KNOWN_NAMES,
    Figures,
    Totals,
    component_figures,
    name_figures,
    total_figures,
    with_aliases,
)


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


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_summary_has_the_figures_of_components_at_their_layers(component: str, analysis: Analysis) -> None:
    (layer,) = [layer for layer in analysis.to_dict()["layers"] if layer["path"] == COMPONENTS[component]]
    known = component_figures(analysis)
    for name, figure in COMPONENT_FIGURES.items():
        assert at(layer, figure.json_path) == known[f"{component}.{name}"] > 0


def test_a_figure_asked_alone_is_that_among_all(analysis: Analysis) -> None:
    known = with_aliases(total_figures(analysis) | component_figures(analysis), analysis.workload.sample_rate)
    assert set(known) == {*KNOWN_NAMES, *ALIASES}
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
    thirds = {name: Fraction(value, 3) for name, value in values.items() if isinstance(value, int)}
    thirds |= {"macs": type(analysis.macs)(*[Fraction(count, 3) for count in analysis.macs])}
    thirds |= {"expected_macs": Fraction(values["expected_macs"]) / 3}
    shares, whole = name_figures(Totals(**{**values, **thirds})), total_figures(analysis)
    assert {name for name in FIGURES if 3 * shares[name] == whole[name]} >= {
        name for name, figure in FIGURES.items() if figure.is_linear
    }

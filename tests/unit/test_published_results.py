"""The published results of presets."""

from __future__ import annotations

from w2v_explore import preset_names
from w2v_explore.analysis.presets.results import published_of, published_results
from w2v_explore.config.model_names import find_model


def test_published_results_are_of_presets_and_have_a_source() -> None:
    results = published_results()
    assert {result.preset for result in results} <= set(preset_names())
    assert all(result.source and result.conditions for result in results)
    assert all(0 < error < 100 for result in results for error in result.error_percent.values())
    assert len({(result.model, result.benchmark, result.metric) for result in results}) == len(results)


def test_the_models_are_those_that_the_presets_are_known_as() -> None:
    for result in published_results():
        known = find_model(result.model.replace("patrickvonplaten/", "facebook/").removesuffix("-4-gram"))
        assert known is not None, result.model
        assert result.preset in str(known), result.model


def test_results_are_those_of_one_preset() -> None:
    assert [result.error_percent["test-clean"] for result in published_of("asr_base_960h")] == [3.4, 2.59]
    assert published_of("base") == ()

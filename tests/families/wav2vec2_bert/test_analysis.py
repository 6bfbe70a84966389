"""What is worked out of w2v-BERT 2.0's figures: steps, differences, limits, and rules that are for all families."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from tests.families.wav2vec2_bert.reference import SMALL
from tests.families.wav2vec2_bert.strategies import bert_configs
from tests.program import Runner
from tests.rules.helper import found
from w2v_explore import Config, ModelConfig, Workload, analyze, compare, load_config
from w2v_explore.analysis.comparing.attribution import attribute
from w2v_explore.analysis.figures import total_figures
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.families.wav2vec2_bert.fields import Wav2Vec2BertConfig
from w2v_explore.lint.stepped import sensitivity

PRESET = "w2v_bert_2"


@given(config=bert_configs())
@settings(max_examples=2)
def test_every_step_leads_to_a_valid_config_with_these_figures(config: ModelConfig) -> None:
    workload = Workload(samples=minimum_samples(config, 2) + 3200, batch=2)
    subject = Config(name="random", origin="test", model=config)
    for effect in sensitivity(subject, workload).effects:
        stepped = Wav2Vec2BertConfig(**{**config.to_mapping(), **effect.change.values})
        assert effect.figures == total_figures(analyze(Config(name="random", origin="test", model=stepped), workload))


ADAPTERS = [
    {"add_adapter": True, "adapter_num_layers": 3, "adapter_kernel": 4},
    {"add_adapter": True, "adapter_num_layers": 2, "adapter_stride": 3, "adapter_embed_dim": 32},
    {"adapter_kernel": 4, "encoder_positions": "none"},
]


@pytest.mark.parametrize(("one", "two"), [(0, 1), (0, 2), (2, 1)])
def test_contributions_add_up_to_the_difference(one: int, two: int) -> None:
    """To that of the shortest input too, which an adapter behind the frames decides."""
    first, second = (
        analyze(Wav2Vec2BertConfig.from_mapping({**SMALL, **ADAPTERS[number]}), Workload.of_seconds(1))
        for number in (one, two)
    )
    found = attribute(first, second)
    before, after = total_figures(first), total_figures(second)
    for name in ("parameters", "macs", "memory.training_bytes", "extractor.minimum_samples", "extractor.frames"):
        assert sum(contribution.figures.get(name, 0) for contribution in found) == after[name] - before[name], name


def test_what_the_distances_cost_is_all_that_sets_two_configs_apart() -> None:
    both = [load_config(PRESET, {"encoder_positions": positions}) for positions in ("none", "relative_key")]
    assert [*compare(both).to_dict()["differences"]] == ["encoder_positions"]
    figures = [analyze(each) for each in both]
    # 24 layers of 64 + 8 + 1 vectors of a head's width.
    assert figures[1].parameters - figures[0].parameters == 24 * 73 * 64
    assert figures[1].macs.total - figures[0].macs.total == 24 * 499**2 * 1024


def test_models_of_waveforms_and_of_features_are_compared_at_the_same_seconds(run: Runner) -> None:
    document = json.loads(run("compare", "base", PRESET, "--format", "json").out)
    assert [config["workload"]["samples"] for config in document["configs"]] == [160_000, 160_000]
    assert [config["takes"]["kind"] for config in document["configs"]] == ["waveforms", "features"]
    assert document["configs"][1]["takes"]["shape"] == [1, 499, 160]
    code, _, err = run("compare", "base", PRESET, "--frames", "499")
    assert code == 2
    assert "wav2vec 2.0 Base takes waveforms, and no frames of features; give seconds or samples" in err


def test_an_adapter_that_no_utterance_is_long_enough_for_is_refused() -> None:
    text = f"extends: {PRESET}\nadd_adapter: true\nadapter_num_layers: 100\nadapter_stride: 2147483647\n"
    assert found("E214", text) == ["3:21-3:24"]
    assert found("E214", text.replace("true", "false")) == []


@pytest.mark.parametrize("key", ["encoder_attention_dropout", "encoder_dropout"])
def test_a_dropout_of_1_is_found(key: str) -> None:
    assert found("W301", f"extends: {PRESET}\n{key}: 1.0\n") == [f"2:{len(key) + 3}-2:{len(key) + 6}"]


@pytest.mark.parametrize(("seconds", "places"), [(0.2, ["2:19-2:21"]), (0.22, [])])
def test_a_mask_is_held_against_the_frames_of_features(seconds: float, places: list[str]) -> None:
    """A fifth of a second has nine frames."""
    assert found("W310", "model_type: wav2vec2-bert\nmask_time_length: 10\n", seconds=seconds) == places

"""Every preset against the figures of the published model that it stands for."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import ArgumentError, analyze, build_architecture, find_presets, load_config, preset_names
from w2v_explore.config.kinds import Probability
from w2v_explore.config.load import load_preset
from w2v_explore.config.presets import preset_path

# Checked on the meta device against torchaudio 2.11, transformers and fairseq when the figures were collected.
PUBLISHED: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "data/published_models.json").read_text())


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["model"])
def test_fields_and_parameters(published: dict[str, Any]) -> None:
    model = load_config(published["preset"]).model
    assert model.to_mapping() == published["fields"]
    assert build_architecture(model).parameters == published["parameters"]


def test_every_preset_has_a_published_model() -> None:
    assert {published["preset"] for published in PUBLISHED} == set(preset_names())


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published["model"])
def test_state_dict_keys(published: dict[str, Any]) -> None:
    tree = build_architecture(load_config(published["preset"]).model)
    assert len(list(tree.state_dict_shapes())) == published["state_dict_keys"]


@pytest.mark.parametrize("name", preset_names())
def test_metadata(name: str) -> None:
    config = load_preset(name)
    assert config.origin == f"preset {name}"
    for text in (config.family, config.description, config.source, config.published_parameters):
        assert text
    assert config.name != name, "a preset has a name for people"


def test_names_for_people_are_distinct() -> None:
    names = [load_preset(name).name for name in preset_names()]
    assert len(set(names)) == len(names)


def test_the_nine_factories_are_self_contained() -> None:
    for name in ("base", "large", "large_lv60k", "xlsr_300m", "xlsr_1b", "xlsr_2b"):
        assert "extends" not in preset_path(name).read_text()
    for name in ("hubert_base", "hubert_large", "hubert_xlarge"):
        assert "extends" not in preset_path(name).read_text()


def test_presets_of_one_architecture_stand_together() -> None:
    found = find_presets().presets
    assert sorted(preset.name for preset in found) == sorted(preset_names())
    models = {name: load_config(name).model for name in preset_names()}

    def architecture(name: str) -> tuple[object, ...]:
        fields = models[name].FIELDS
        meanings = models[name].meaning().items()
        return models[name].family.name, *[
            repr(value) for field, value in meanings if not isinstance(fields[field].kind, Probability)
        ]

    first: dict[tuple[object, ...], str] = {}
    last = None
    for preset in found:
        key = architecture(preset.name)
        assert preset.like == first.get(key)
        assert preset.like is None or key == last, "nothing else stands between"
        first.setdefault(key, preset.name)
        last = key
        like = models[preset.like or preset.name]
        assert (
            preset.dropouts
            == {
                field: (own, getattr(like, field))
                for field, own in models[preset.name].to_mapping().items()
                if own != like.to_mapping()[field]
            }
            or preset.like is None
        )
        assert preset.analysis.parameters == analyze(preset.name).parameters
    assert {"base", "large", "large_lv60k", "wavlm_base"} <= {*first.values()}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"family": "hubert", "max_parameters": 94_370_944}, ["hubert_base", "contentvec", "chinese_hubert_base"]),
        ({"family": "HuBERT", "max_parameters": 94_370_943}, []),
        ({"architecture": "wavlm"}, ["wavlm_base", "wavlm_base_plus", "wavlm_large"]),
        ({"family": "MMS"}, ["mms_300m", "mms_fa", "mms_1b_all"]),
        ({"max_parameters": 50e6}, ["lighthubert_small_subnet", "distilhubert"]),
        ({"family": "XLS-R", "architecture": "wavlm"}, []),
    ],
)
def test_presets_that_are_asked_for(asked: dict[str, Any], names: list[str]) -> None:
    assert [preset.name for preset in find_presets(**asked).presets] == names


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"family": "Hubbert"}, "there is no family Hubbert of presets; did you mean HuBERT?"),
        ({"family": "whisper"}, "there is no family whisper of presets; give one of data2vec, DistilHuBERT, "),
        ({"architecture": "wav2vec_bert"}, "there is no architecture wav2vec_bert; did you mean wav2vec2_bert?"),
        ({"architecture": ""}, "there is no architecture ''; give one of wav2vec2, "),
    ],
)
def test_names_of_no_presets(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        find_presets(**asked)
    assert str(caught.value).startswith(message)


def test_formats_of_the_list_agree(run: Runner) -> None:
    entries = json.loads(run("presets", "--family", "HuBERT", "--format", "json").out)["presets"]
    rows = list(csv.DictReader(io.StringIO(run("presets", "--family", "HuBERT", "--format", "csv").out)))
    assert [(entry["name"], str(entry["parameters"]), entry["like"] or "") for entry in entries] == [
        (row["preset"], row["parameters"], row["like"]) for row in rows
    ]
    assert rows[2]["dropouts"] == "encoder_projection_dropout=0.0 encoder_ff_interm_dropout=0.1 encoder_layer_drop=0.1"
    markdown = run("presets", "--family", "HuBERT", "--format", "markdown").out
    assert "| &nbsp;&nbsp;chinese\\_hubert\\_base | HuBERT | 94.37 M |" in markdown
    assert "| contentvec | hubert\\_base | nothing |" in markdown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--max-parameters", "1M"], 1, "no preset meets --max-parameters 1M; leave it out"),
        (["--family", "mms", "--architecture", "wavlm"], 1, "no preset meets --family mms and --architecture wavlm; "),
        (["--max-parameters", "many"], 2, "error: 'many' is no quantity; write a number, as 100M or 1.5G"),
        (["--max-parameters", "1GB"], 2, "error: '1GB' is a number of bytes, and the figure is none; write 1G"),
        (["--family", "mms", "show", "base"], 2, "error: options of the list go without show"),
    ],
)
def test_lists_without_presets(arguments: list[str], code: int, message: str, run: Runner) -> None:
    found = run("presets", *arguments)
    assert (found.code, found.err.startswith(message)) == (code, True), found.err
    assert (found.out == "") is (code == 2)

"""Every preset against the figures of the published model that it stands for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from w2v_explore import build_architecture, load_config, preset_names
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

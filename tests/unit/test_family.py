"""The families: the table of them, and what each folder says of itself."""

import copy
import pickle
from dataclasses import fields
from pathlib import Path

import pytest

from w2v_explore import ModelConfig, build_architecture, load_config, load_preset
from w2v_explore.config import codes
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.kinds import STANDARD_CONV_LAYERS, divides
from w2v_explore.families.wav2vec2.fields import Wav2Vec2Config

BASE = load_preset("base").model


def test_the_table_names_every_folder() -> None:
    folder = Path(__file__).parents[2] / "w2v_explore" / "families"
    assert sorted(FAMILIES) == sorted(path.parent.name for path in folder.glob("*/fields.py"))


def test_another_name_is_no_family() -> None:
    with pytest.raises(KeyError):
        family_named("wav2vec3")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_and_its_configs_know_each_other(name: str) -> None:
    family = family_named(name)
    assert family.name == name
    assert family.config.family is family
    assert repr(family) == f"<Family {name!r}: {family.title}, {len(family.config.FIELDS)} fields>"


@pytest.mark.parametrize("name", FAMILIES)
def test_the_table_of_fields_and_the_types_are_in_step(name: str) -> None:
    config = family_named(name).config
    assert sorted(config.FIELDS) == sorted(field.name for field in fields(config))


@pytest.mark.parametrize("name", FAMILIES)
def test_agreements_are_of_fields(name: str) -> None:
    family = family_named(name)
    for agreement in family.agreements:
        assert set(agreement.fields) <= family.config.FIELDS.keys()


def test_the_parts_of_a_model_are_modules_of_it() -> None:
    family = BASE.family
    tree = build_architecture(load_config("base", {"aux_num_out": 32}))
    assert tree.takes is not None
    for path in (*family.components.values(), tree.takes.frames_at):
        tree.child(path)


def test_without_a_family_a_config_is_of_wav2vec2() -> None:
    values = BASE.to_mapping()
    for config in (ModelConfig(**values), ModelConfig.from_mapping(values), ModelConfig.from_checked(values)):
        assert type(config) is Wav2Vec2Config
        assert config == BASE


def test_configs_are_copied_and_pickled() -> None:
    assert copy.deepcopy(BASE) == BASE
    assert pickle.loads(pickle.dumps(BASE)) == BASE


def test_null_convolutions_mean_the_standard_seven() -> None:
    standard = list(map(list, STANDARD_CONV_LAYERS))
    assert BASE.meaning() == {**BASE.to_mapping(), "extractor_conv_layer_config": standard}
    assert load_config("base", {"extractor_conv_layer_config": standard}).model.meaning() == BASE.meaning()


def test_divides_names_the_nearest_divisors() -> None:
    agreement = divides("heads", "width", codes.HEADS_DIVIDE)
    assert agreement.holds({"heads": 12, "width": 768})
    values = {"heads": 5, "width": 768}
    assert not agreement.holds(values)
    fault = agreement.fault(values)
    assert (fault.key, fault.partner, fault.rule) == ("heads", "width", codes.HEADS_DIVIDE)
    assert fault.message == "heads is 5, which does not divide width 768; write 4 or 6, the nearest that do"

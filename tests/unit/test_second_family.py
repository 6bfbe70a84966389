"""What names a config's family, and what follows it: held with a family that has two fields more."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests import second_family
from tests.checkpoint_files import SMALL, model_shapes, named, safetensors_bytes
from tests.program import Runner
from tests.second_family import NAME, PRESET, TwinConfig, text_of
from w2v_explore import (
    CheckpointError,
    ConfigError,
    Layer,
    ModelConfig,
    Workload,
    analyze,
    convert,
    identify,
    inspect_checkpoint,
    lint_files,
    load_config,
    load_preset,
)
from w2v_explore.analysis.comparing.attribution import attribute
from w2v_explore.config.dialects.columns import Guard, Kind
from w2v_explore.config.family import FAMILIES, Family, Mark, Names, family_called, family_named, names_in
from w2v_explore.config.json_schema import json_schema
from w2v_explore.config.load import config_from_mapping
from w2v_explore.config.model_names import find_model
from w2v_explore.families.wav2vec2 import tree
from w2v_explore.families.wav2vec2.fields import Wav2Vec2Config
from w2v_explore.lint.engine import _checks
from w2v_explore.lint.stepped import sensitivity
from w2v_explore.tree.operations import Linear


@pytest.fixture(autouse=True)
def family(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    yield second_family.add(monkeypatch, tmp_path_factory.mktemp("presets"))
    monkeypatch.undo()
    second_family.forget()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems_of(text: str, overrides: Any = (), name: str = "c.yaml") -> list[str]:
    Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_config(name, overrides)
    return [str(problem) for problem in raised.value.problems]


def test_a_config_is_of_the_family_that_it_names(folder: Path) -> None:
    Path("c.yaml").write_text(text_of({"encoder_num_buckets": 64}), encoding="utf-8")
    model = load_config("c.yaml").model
    assert type(model) is TwinConfig
    assert model.encoder_num_buckets == 64


def test_json_of_ours_names_its_family_too(folder: Path) -> None:
    Path("c.json").write_text(json.dumps(yaml.safe_load(text_of())), encoding="utf-8")
    assert type(load_config("c.json").model) is TwinConfig


def test_a_config_without_a_name_is_of_wav2vec2() -> None:
    assert type(load_config("base").model) is Wav2Vec2Config


@pytest.mark.parametrize("stated", ["", f"architecture: {NAME}\n"])
def test_the_family_is_inherited(folder: Path, stated: str) -> None:
    Path("middle.yaml").write_text(f"extends: {PRESET}\n{stated}encoder_num_layers: 6\n", encoding="utf-8")
    Path("c.yaml").write_text("extends: middle.yaml\nencoder_num_buckets: 64\n", encoding="utf-8")
    model = load_config("c.yaml").model
    assert (type(model), model.encoder_num_layers, model.encoder_num_buckets) == (TwinConfig, 6, 64)


@pytest.mark.parametrize(("base", "stated", "of"), [("base", NAME, "wav2vec2"), (PRESET, "wav2vec2", NAME)])
def test_a_config_is_of_the_family_of_what_it_extends(folder: Path, base: str, stated: str, of: str) -> None:
    assert problems_of(f"extends: {base}\narchitecture: {stated}\n") == [
        f"c.yaml:2:15: error E203 architecture: architecture is {stated}, and preset {base}, which this extends, is of "
        f"{of}; extend a config of {stated}, or none and state all fields"
    ]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("twinn", "text 'twinn'; write one of wav2vec2, twin: did you mean twin?"),
        ("conformer", "text 'conformer'; write one of wav2vec2, twin"),
        ("3", "3; write one of wav2vec2, twin"),
        ("[twin]", "a list; write one of wav2vec2, twin"),
    ],
)
def test_another_name_is_one_problem_with_its_place(folder: Path, value: str, what: str) -> None:
    text = text_of().replace(f"architecture: {NAME}", f"architecture: {value}")
    assert problems_of(text) == [f"c.yaml:1:15: error E203 architecture: architecture is {what}"]


@pytest.mark.parametrize("overrides", [["architecture=twin"], {"architecture": "twin"}])
def test_overrides_leave_the_family_as_it_is(overrides: Any) -> None:
    with pytest.raises(ConfigError, match="E203 architecture: the architecture decides which fields there are, and no"):
        load_config(PRESET, overrides)


def test_overrides_set_the_family_s_fields() -> None:
    assert load_config(PRESET, ["encoder_num_buckets=8"]).changes[0].field == "encoder_num_buckets"


def test_a_misspelt_field_is_held_against_the_family_s(folder: Path) -> None:
    (problem,) = problems_of(f"extends: {PRESET}\nencoder_num_bucket: 64\n")
    assert "did you mean encoder_num_buckets?" in problem
    (problem,) = problems_of("extends: base\nencoder_num_bucket: 64\n")
    assert "did you mean" not in problem


def test_a_field_of_another_family_is_told_as_such(folder: Path) -> None:
    is_its = "encoder_num_buckets is a field of twin, and this config is of wav2vec2"
    (problem,) = problems_of("extends: base\nencoder_num_buckets: 64\n")
    assert f"{is_its}; extend a config of twin, or remove it" in problem
    values = yaml.safe_load(text_of())
    del values["architecture"]
    assert f"{is_its}; write `architecture: twin`, or remove it" in "\n".join(problems_of(yaml.safe_dump(values)))
    with pytest.raises(ConfigError, match=f"{is_its}; name a config of twin, or remove it"):
        load_config("base", ["encoder_num_buckets=64"])
    with pytest.raises(ConfigError, match=f"{is_its}; give the mapping 'architecture': 'twin', or remove it"):
        ModelConfig.from_mapping(values)


@pytest.mark.parametrize("key", ["Architecture", "architecure", "architectures"])
def test_a_misspelt_architecture_is_one_problem(folder: Path, key: str) -> None:
    values = {name: value for name, value in yaml.safe_load(text_of()).items() if name != "architecture"}
    said = f"error E200 unknown-key: {key} is no field of a config; did you mean architecture?"
    assert problems_of(yaml.safe_dump({key: NAME, **values}, sort_keys=False)) == [f"c.yaml:1:1: {said}"]
    Path("base.yaml").write_text(yaml.safe_dump({key: NAME, **values}, sort_keys=False), encoding="utf-8")
    assert problems_of("extends: base.yaml\nencoder_num_buckets: 64\n") == [f"base.yaml:1:1: {said}"]
    assert problems_of(f"{key}: {NAME}\nencoder_num_layers: 6\n") == [f"c.yaml:1:1: {said}"]


def test_a_misspelt_architecture_of_an_override_is_none(folder: Path) -> None:
    problems = problems_of("extends: base\n", ["architecure=twin", "encoder_num_buckets=64"])
    assert ["did you mean architecture?" in problem for problem in problems] == [True, False]
    assert "name a config of twin" in problems[1]


def test_a_base_that_is_not_there_leaves_the_family_open(folder: Path) -> None:
    (problem,) = problems_of("extends: nowhere.yaml\nencoder_num_buckets: 64\n")
    assert "extends-missing" in problem


def test_what_is_missing_is_missing_from_the_family_s_fields(folder: Path) -> None:
    (problem,) = problems_of(f"architecture: {NAME}\n")
    assert "none of the 18 fields is stated; write all 18 fields, or `extends: twin_base`" in problem


def test_mappings_name_their_family() -> None:
    values = yaml.safe_load(text_of())
    model = ModelConfig.from_mapping(values)
    assert type(model) is TwinConfig
    assert type(config_from_mapping(values, "values").model) is TwinConfig
    assert TwinConfig.from_mapping(model.to_mapping()) == TwinConfig.from_mapping(values) == model
    with pytest.raises(ConfigError, match="architecture is text 'conformer'; write one of wav2vec2, twin"):
        ModelConfig.from_mapping({**values, "architecture": "conformer"})
    with pytest.raises(ConfigError, match="architecture is a list; write one of wav2vec2, twin"):
        ModelConfig.from_mapping({**values, "architecture": [NAME]})
    with pytest.raises(ConfigError, match="architecture is text 'wav2vec2'; write one of twin"):
        TwinConfig.from_mapping({**values, "architecture": "wav2vec2"})


def test_rules_follow_the_family(folder: Path) -> None:
    Path("c.yaml").write_text(text_of({"encoder_num_buckets": 64, "encoder_layer_drop": 1.0}), encoding="utf-8")
    Path("base.yaml").write_text("extends: base\n", encoding="utf-8")
    found = lint_files(["c.yaml", "base.yaml"], select=["W302", "W390"]).problems
    assert {(problem.place.path, problem.rule.code, problem.key) for problem in found} == {
        ("c.yaml", "W302", "encoder_layer_drop"),
        ("c.yaml", "W390", "encoder_num_buckets"),
    }


def test_a_family_s_rules_are_in_the_catalogue(run: Runner) -> None:
    assert "W390  warning  few-buckets" in run("rule", "--all", columns=200).out
    assert run("rule", "few-buckets").out.startswith("W390 few-buckets (warning)\n\nThere are few buckets.")
    assert run("lint", PRESET, "--select", "W39").err.startswith("error: no file is named")


def test_a_rule_about_fields_that_a_family_lacks_does_not_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {name: field for name, field in TwinConfig.FIELDS.items() if name != "encoder_layer_drop"}
    monkeypatch.setattr(TwinConfig, "FIELDS", fields)
    codes = {rule.code for rule, *_ in _checks(("W", "A"), (), "warning", TwinConfig.family, True, True, False)}
    assert {"W302", "A405"}.isdisjoint(codes)
    assert {"W308", "W390", "W107"} <= codes


def test_fix_repairs_a_misspelt_name(folder: Path, run: Runner) -> None:
    Path("c.yaml").write_text(text_of().replace(f": {NAME}", ": twinn"), encoding="utf-8")
    assert run("lint", "--fix", "c.yaml").code == 0
    assert Path("c.yaml").read_text(encoding="utf-8") == text_of()


def test_a_folder_is_searched_for_configs_of_every_family(folder: Path) -> None:
    Path("a.yaml").write_text(f"architecture: {NAME}\nextends: {PRESET}\nencoder_num_buckets: 32\n", encoding="utf-8")
    Path("b.yaml").write_text(f"architecture: {NAME}\nencoder_num_bucketts: 32\n", encoding="utf-8")
    Path("c.yaml").write_text("architectures: x86\nhost: here\n", encoding="utf-8")
    assert [Path(name).name for name in lint_files(".").files] == ["a.yaml", "b.yaml"]


def test_the_nearest_preset_is_one_of_the_family() -> None:
    assert identify(PRESET).nearest.equals == (PRESET,)
    assert identify(load_config(PRESET, {"encoder_num_layers": 24, "encoder_num_heads": 16})).nearest.preset == PRESET
    assert PRESET not in identify("base").nearest.equals


def test_json_names_the_architecture() -> None:
    assert analyze(PRESET).to_dict()["config"]["architecture"] == NAME
    assert identify("base").to_dict()["config"]["architecture"] == "wav2vec2"


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ({}, True),
        ({"encoder_num_buckets": None}, False),
        ({"architecture": "wav2vec2"}, False),
        ({"architecture": None}, False),
        ({"architecture": None, "encoder_num_buckets": None, "encoder_max_distance": None}, True),
        ({"architecture": None, "extends": PRESET}, True),
        ({"architecture": "conformer"}, False),
        ({"encoder_num_buckets": 0}, False),
    ],
)
def test_the_schema_has_a_branch_for_each(values: dict[str, Any], right: bool) -> None:
    stated = {**yaml.safe_load(text_of()), **values}
    config = {key: value for key, value in stated.items() if value is not None or key not in values}
    assert jsonschema.Draft7Validator(json_schema()).is_valid(config) is right


def test_presets_and_fields_are_listed_with_their_architecture(run: Runner) -> None:
    listed = run("presets", columns=80).out
    _, _, own = listed.partition(f"Twin (architecture: {NAME})\n")
    assert "twin_base" in own.partition("\n\n")[0]
    assert run("explain", "--architecture", NAME).out.startswith("The 18 fields of a config of Twin")
    assert run("explain").out.startswith("The 16 fields of a config\n")
    shown = run("explain", "encoder_num_buckets").out
    assert "encoder_num_buckets is a field of Twin." in shown
    assert re.search("^in twin +encoder_num_buckets$", shown, re.MULTILINE)
    assert "what each would cost in twin_base" in shown
    assert run("explain", "encoder_num_buckets", "--architecture", "wav2vec2").code == 2
    assert "did you mean twin?" in run("explain", "--architecture", "twinn").err


def test_why_a_family_cannot_be_read_is_told_as_long_as_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    name, kinds = "someone/sew-tiny", ("twin", "sew")
    assert "squeezes the sequence" in str(find_model(name))
    monkeypatch.setitem(FAMILIES, NAME, Names(huggingface=kinds, fairseq=()))
    assert find_model(name) is None


@pytest.fixture
def _shared(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """The family under wav2vec 2.0's names, told from it by a field or another."""
    marks = (Mark("num_buckets"), Mark("layer_type", values=("twin",)), Mark("pos_conv_depth", plain=(1,)))
    names = {"huggingface": ("wav2vec2",), "fairseq": ("wav2vec2",)}
    monkeypatch.setitem(FAMILIES, NAME, Names(**names, marks=marks))
    columns = family.part("dialects").COLUMNS
    refused = {"layer_type": Guard(("twin",), "it is one"), "pos_conv_depth": Guard((5,), "it has five")}
    shared = columns["huggingface"].with_fields(kinds={"wav2vec2": Kind("TwinConfig")}, refused=refused)
    for program in ("huggingface", "fairseq"):
        monkeypatch.setitem(columns, program, shared)


@pytest.mark.usefixtures("_shared")
@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({}, Wav2Vec2Config),
        ({"num_buckets": None, "layer_type": "transformer", "pos_conv_depth": 1}, Wav2Vec2Config),
        ({"num_buckets": 64}, TwinConfig),
        ({"layer_type": "twin"}, TwinConfig),
        ({"pos_conv_depth": 5}, TwinConfig),
    ],
)
def test_a_config_whose_name_two_families_share_is_of_the_one_whose_mark_it_has(
    stated: dict[str, Any], expected: type[ModelConfig]
) -> None:
    sizes = {"hidden_size": 768, "do_stable_layer_norm": False}
    for name in ({"model_type": "wav2vec2"}, {"architectures": ["Wav2Vec2Model"]}, sizes):
        assert type(config_from_mapping({**name, **stated}, "c.json").model) is expected


@pytest.mark.usefixtures("_shared")
def test_a_family_is_not_imported_to_say_whose_a_shared_name_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, f"w2v_explore.families.{NAME}")
    family_named.cache_clear()
    assert family_called("huggingface", "wav2vec2", {"num_buckets": 1}.get) == NAME
    assert family_called("huggingface", "hubert", {"num_buckets": 1}.get) == "wav2vec2"
    assert family_called("fairseq", "wav2vec2", {"layer_type": "conformer"}.get) == "wav2vec2"
    assert family_called("huggingface", "wav2vec2") == family_called("huggingface", "hubert") == "wav2vec2"
    assert names_in("huggingface").count("wav2vec2") == 1


def test_a_name_of_one_family_alone_needs_no_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, NAME, Names((NAME,), (), marks=(Mark("num_buckets"),)))
    assert family_called("huggingface", NAME) == NAME
    assert family_called("huggingface", "nobody") is None


def test_a_family_without_a_function_of_its_own_names_none(family: Family, run: Runner) -> None:
    family.part("dialects").PYTHON = None
    assert "torchaudio" not in run("explain", "encoder_num_buckets").out
    # The cause alone: no field is accounted for where nothing is converted.
    (line,) = run("convert", PRESET, "--to", "python").err.splitlines()
    assert "torchaudio has no model of the architecture twin" in line


def test_a_field_that_another_family_lacks_is_told_from_null(run: Runner) -> None:
    found = run("compare", "base", PRESET)
    assert (found.code, found.err) == (0, "")
    rows = [line.split() for line in found.out.splitlines()]
    assert ["architecture", "wav2vec2", "twin"] in rows
    assert ["encoder_num_buckets", "–", "320"] in rows


def test_an_override_without_set_is_known_of_any_family(run: Runner) -> None:
    assert "write --set before an override" in run("summary", "encoder_num_buckets=64").err


def test_presets_are_loaded_as_their_family() -> None:
    assert type(load_preset(PRESET).model) is TwinConfig


def test_another_programs_config_is_of_the_family_that_its_name_says() -> None:
    values = {"model_type": NAME, "num_buckets": 64, "architectures": ["TwinModel"], "hidden_size": 96}
    model = config_from_mapping(values, "c.json").model
    assert type(model) is TwinConfig
    assert (model.encoder_num_buckets, model.encoder_max_distance, model.encoder_embed_dim) == (64, 800, 96)
    del values["model_type"]
    assert config_from_mapping(values, "c.json").model == model  # the class is named as its model_type
    with pytest.raises(ConfigError, match="num_buckets is 64, and only null can be read"):
        config_from_mapping({"model_type": "wav2vec2", "num_buckets": 64}, "c.json")


@pytest.mark.parametrize("to", ["w2v", "torchaudio", "huggingface"])
def test_what_is_written_is_read_back_as_the_same_family(to: str, folder: Path) -> None:
    config = load_config(PRESET, ["encoder_num_buckets=64"])
    written = convert(config, to)
    assert ("mapped", "encoder_num_buckets") in {(row.status, row.field) for row in written.rows}
    path = Path("c.json" if to != "w2v" else "c.yaml")
    path.write_text(written.text, encoding="utf-8")
    assert load_config(str(path)).model == config.model


def test_what_a_program_has_no_model_of_is_not_written() -> None:
    with pytest.raises(ConfigError, match="fairseq has no model of the architecture twin"):
        convert(PRESET, "fairseq")
    assert convert(PRESET, "python").text.startswith("from twin import twin_model\n\nmodel = twin_model(\n")


def test_weights_are_of_the_family_whose_table_explains_them(folder: Path) -> None:
    theirs = named(model_shapes(), "huggingface")
    Path("model.safetensors").write_bytes(safetensors_bytes(theirs | {"encoder.table": (64, 4)}))
    found = inspect_checkpoint("model.safetensors")
    assert found.keys.table is not None
    assert found.keys.table.family == NAME
    assert found.values["encoder_num_buckets"] == 64
    assert found.origins["encoder_num_buckets"] == "shapes"
    assert "encoder_max_distance" in found.missing
    # The tree of this family is wav2vec 2.0's, and has no such tensor.
    assert [tensor.name for tensor in found.fit.unexpected] == ["encoder.table"]
    assert found.fit.matched == len(theirs)
    Path("model.safetensors").write_bytes(safetensors_bytes(theirs))
    plain = inspect_checkpoint("model.safetensors")
    assert plain.keys.table is not None
    assert plain.keys.table.family == "wav2vec2"


@pytest.mark.parametrize(
    ("table", "architecture", "found"),
    [
        ({}, NAME, "twin in model.yaml and wav2vec2"),
        ({"encoder.table": (64, 4)}, "wav2vec2", "wav2vec2 in model.yaml and twin"),
    ],
)
def test_a_config_of_another_architecture_than_its_weights_is_said(
    family: Family,
    monkeypatch: pytest.MonkeyPatch,
    table: dict[str, tuple[int, ...]],
    architecture: str,
    found: str,
    folder: Path,
) -> None:
    # What the family's model has, and these weights have not.
    table_layer = Layer("table", "Linear", Linear(4, 64))
    monkeypatch.setattr(family.part("tree"), "build", lambda config: with_layer(tree.build(config), table_layer))
    values = {**SMALL, **({"encoder_num_buckets": 64, "encoder_max_distance": 8} if architecture == NAME else {})}
    Path("model.yaml").write_text(json.dumps({"architecture": architecture, **values}), encoding="utf-8")
    shapes = named(model_shapes(), "huggingface")
    Path("model.safetensors").write_bytes(safetensors_bytes(shapes | table))
    inspection = inspect_checkpoint("model.safetensors")
    assert inspection.conflicts == (f"architecture is {found} by the names of the weights",)
    with pytest.raises(CheckpointError, match=f"architecture is {found} by the names of the weights"):
        load_config("model.safetensors")


def with_layer(model: Layer, layer: Layer) -> Layer:
    return model._replace(children=(*model.children, layer))


def test_weights_whose_names_are_those_of_several_families_are_of_the_one_that_they_fit(
    family: Family, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def build(config: Any) -> Layer:
        projection = tree.build_feature_projection(config)
        bare = projection._replace(children=projection.children[1:])
        return tree.build(config).with_child("encoder.feature_projection", bare)

    def family_of(shapes: dict[str, Any]) -> str:
        Path("model.safetensors").write_bytes(safetensors_bytes(shapes))
        found = inspect_checkpoint("model.safetensors")
        assert found.keys.table is not None
        return found.keys.table.family

    shapes = named(model_shapes(), "huggingface")
    bare = {name: shape for name, shape in shapes.items() if "feature_projection.layer_norm" not in name}
    assert family_of(bare) == "wav2vec2"  # whose model they do not fit, as no other's
    monkeypatch.setattr(family.part("tree"), "build", build)
    assert family_of(bare) == NAME
    assert family_of(shapes) == "wav2vec2"
    assert family_of({name: shape for name, shape in shapes.items() if "layers.0.final" not in name}) == "wav2vec2"


def test_weights_that_fit_several_families_are_of_the_one_that_their_config_names(folder: Path) -> None:
    values = {**SMALL, "encoder_num_buckets": 64, "encoder_max_distance": 8}
    Path("model.yaml").write_text(json.dumps({"architecture": NAME, **values}), encoding="utf-8")
    Path("model.safetensors").write_bytes(safetensors_bytes(named(model_shapes(), "huggingface")))
    assert load_config("model.safetensors").model.family.name == NAME


def test_a_name_of_a_published_model_of_it_leads_to_its_preset(run: Runner) -> None:
    assert "the Hugging Face hub's name for the preset twin_base" in run("summary", "twins/twin-base").err


def whole_extractor(config: Any) -> Layer:
    return tree.build(config).with_child("feature_extractor", tree.build_feature_extractor(config))


def changed_inside_parts(config: Any) -> Layer:
    changed = tree.build(config).with_child("feature_extractor.conv_layers.0.activation", tree._CONV_ACTIVATION)
    return changed.with_child("encoder.transformer.layers.0.feed_forward", tree.build_feed_forward(config))


@pytest.mark.parametrize("build", [whole_extractor, changed_inside_parts])
def test_a_tree_of_other_parts_has_the_same_steps_and_attribution(
    family: Family, monkeypatch: pytest.MonkeyPatch, build: Callable[[Any], Layer]
) -> None:
    changes = {"encoder_num_layers": 2, "encoder_dropout": 0.0, "extractor_conv_layer_config": [[6, 10, 5], [8, 8, 4]]}
    small, workload = load_config(PRESET, changes), Workload(samples=1_200)

    def found() -> tuple[Any, Any]:
        analyses = [analyze(config, workload) for config in (load_config("base"), small)]
        return sensitivity(small, workload).effects, attribute(analyses[0], analyses[1])

    expected = found()
    monkeypatch.setattr(family.part("tree"), "build", build)
    assert found() == expected

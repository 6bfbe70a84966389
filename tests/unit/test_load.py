"""Loading a config: where it may come from, what it inherits, and how its problems are reported."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from w2v_explore import Config, ConfigError, Problem, SourceError, load_config
from w2v_explore.config.load import load_preset
from w2v_explore.config.presets import preset_path
from w2v_explore.families.wav2vec2.fields import FIELDS

CONV = "extractor_conv_layer_config"
COMPLETE = "".join(line for line in preset_path("base").read_text().splitlines(True) if line.split(":")[0] in FIELDS)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, content: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return name


def problems_of(reference: str, *overrides: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load_config(reference, overrides)
    return list(caught.value.problems)


def located(problems: list[Problem]) -> list[str]:
    """``path:line:column code`` of each problem."""
    return [f"{problem.place} {problem.rule.code}" for problem in problems]


def faults(content: str, *overrides: str) -> list[str]:
    return located(problems_of(write("c.yaml", content), *overrides))


# --- Where a config comes from -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["base", "base.yaml"])
def test_a_preset_loads_by_name_with_and_without_its_suffix(reference: str) -> None:
    config = load_config(reference)
    assert (config.name, config.origin) == ("wav2vec 2.0 Base", "preset base")
    assert config.model.encoder_num_layers == 12


@pytest.mark.parametrize(
    ("reference", "num_layers", "origin"),
    [("base", 12, "preset base"), ("base.yaml", 3, "base.yaml"), ("./base.yaml", 3, "./base.yaml")],
)
def test_a_file_of_that_name_wins_over_a_preset(reference: str, num_layers: int, origin: str) -> None:
    write("base.yaml", "extends: base\nencoder_num_layers: 3\n")
    config = load_config(reference)
    assert (config.model.encoder_num_layers, config.origin) == (num_layers, origin)


def test_a_file_without_a_suffix_wins_over_a_preset() -> None:
    write("large", "extends: base\n")
    assert load_config("large").model == load_config("base").model


def test_load_preset_passes_over_files() -> None:
    write("base", "not a config")
    write("base.yaml", "not a config")
    write("base_bundle", "not a config")
    assert load_preset("base").model.encoder_num_layers == 12
    assert load_preset("asr_base_960h").model.aux_num_out == 29


def test_a_file_loads_by_path_and_is_named_after_itself(folder: Path) -> None:
    write("sub/mine.yaml", COMPLETE)
    for reference in ("sub/mine.yaml", str(folder / "sub" / "mine.yaml")):
        config = load_config(reference)
        assert (config.name, config.origin) == ("mine", reference)
        assert config.model == load_config("base").model


def test_standard_input_is_a_config(monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, b"extends: mine.yaml\nencoder_num_layers: 2\n")
    write("mine.yaml", COMPLETE)
    config = load_config("-")
    assert (config.name, config.origin, config.model.encoder_num_layers) == ("stdin", "<stdin>", 2)


def test_problems_of_standard_input_have_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, b"extends: base\nencoder_num_layers: 0\n")
    assert located(problems_of("-")) == ["<stdin>:2:21 E235"]


def test_extends_never_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    give_stdin(monkeypatch, COMPLETE.encode())
    assert faults('extends: "-"\n') == ["c.yaml:1:10 E260"]


def give_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_a_name_that_leads_nowhere_is_a_source_error() -> None:
    with pytest.raises(SourceError, match="no file or preset is named nothing"):
        load_config("nothing")


# --- extends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["large", "large.yaml"])
def test_a_config_extends_a_preset(reference: str) -> None:
    config = load_config(write("c.yaml", f"extends: {reference}\nencoder_num_layers: 3\n"))
    large = load_config("large").model
    assert config.model.encoder_embed_dim == large.encoder_embed_dim == 1024
    assert config.model.encoder_num_layers == 3


def test_a_relative_extends_starts_from_the_folder_of_the_file() -> None:
    write("models/parent.yaml", "extends: base\nencoder_num_layers: 3\n")
    write("parent.yaml", "extends: base\nencoder_num_layers: 4\n")
    write("models/deep/child.yaml", "extends: ../parent.yaml\n")
    assert load_config("models/deep/child.yaml").model.encoder_num_layers == 3


def test_an_absolute_extends_is_followed(folder: Path) -> None:
    write("parent.yaml", "extends: base\nencoder_num_layers: 3\n")
    assert load_config(write("sub/child.yaml", f"extends: {folder}/parent.yaml\n")).model.encoder_num_layers == 3


def test_in_a_chain_the_outermost_statement_of_a_field_holds() -> None:
    write("a.yaml", "extends: base\nencoder_num_layers: 3\nencoder_num_heads: 6\nencoder_dropout: 0.5\n")
    write("b.yaml", "extends: a.yaml\nencoder_num_layers: 4\nencoder_num_heads: 8\n")
    model = load_config(write("c.yaml", "encoder_num_layers: 5\nextends: b.yaml\n")).model
    assert (model.encoder_num_layers, model.encoder_num_heads, model.encoder_dropout) == (5, 8, 0.5)
    assert model.encoder_embed_dim == 768


def test_null_replaces_what_is_inherited() -> None:
    write("a.yaml", f"extends: base\naux_num_out: 32\n{CONV}: [[4, 2, 1]]\n")
    model = load_config(write("c.yaml", f"extends: a.yaml\naux_num_out: null\n{CONV}: null\n")).model
    assert model == load_config("base").model


def test_ten_files_may_extend_one_another() -> None:
    write("c0.yaml", COMPLETE)
    for number in range(1, 10):
        write(f"c{number}.yaml", f"extends: c{number - 1}.yaml\n")
    assert load_config("c9.yaml").model == load_config("base").model


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("lrage", "did you mean the preset large?"),
        ("nowhere.yaml", "no file or preset is named nowhere.yaml"),
        (".", "it is a folder"),
        ('"a\\0b"', "NUL"),
        ("a" * 300, "no file or preset is named"),
    ],
)
def test_an_extends_that_leads_nowhere_is_e260_at_its_value(reference: str, message: str) -> None:
    (problem,) = problems_of(write("c.yaml", f"name: x\nextends: {reference}\n"))
    assert located([problem]) == ["c.yaml:2:10 E260"]
    assert problem.key == "extends"
    assert message in problem.message


@pytest.mark.parametrize("value", ["[base]", "{a: base}", "null", "3", "true", "1.5"])
def test_an_extends_that_is_no_text_is_e202(value: str) -> None:
    assert faults(f"extends: {value}\n") == ["c.yaml:1:10 E202"]


def test_a_broken_extends_of_a_base_is_reported_in_the_base() -> None:
    write("b.yaml", "name: b\nextends: nothing\n")
    assert faults("extends: b.yaml\n") == ["b.yaml:2:10 E260"]


def test_what_cannot_be_extended_hides_no_other_fault_but_missing_keys() -> None:
    assert faults("extends: nothing\nencoder_num_layers: 0\nfoo: 1\n") == [
        "c.yaml:1:10 E260",
        "c.yaml:2:21 E235",
        "c.yaml:3:1 E200",
    ]


@pytest.mark.parametrize("reference", ["c.yaml", "./c.yaml", "sub/../c.yaml"])
def test_a_config_that_extends_itself_is_e261(reference: str) -> None:
    Path("sub").mkdir()
    (problem,) = problems_of(write("c.yaml", f"name: x\nextends: {reference}\n"))
    assert located([problem]) == ["c.yaml:2:10 E261"]
    assert "leads back here" in problem.message


def test_a_cycle_is_e261_at_the_extends_that_closes_it() -> None:
    write("a.yaml", "extends: b.yaml\n")
    write("b.yaml", "name: b\nextends: c.yaml\n")
    assert faults("extends: a.yaml\n") == ["b.yaml:2:10 E261"]


def test_a_cycle_through_a_symlink_is_e261() -> None:
    write("c.yaml", "extends: link.yaml\n")
    Path("link.yaml").symlink_to("c.yaml")
    assert located(problems_of("c.yaml")) == ["c.yaml:1:10 E261"]


def test_an_endless_chain_ends() -> None:
    for number in range(200):
        write(f"c{number}.yaml", f"extends: c{number + 1}.yaml\n")
    (problem,) = problems_of("c0.yaml")
    assert problem.rule.code == "E261"


# --- Metadata ----------------------------------------------------------------------------------------------------


def test_metadata_is_read() -> None:
    content = "name: N\nfamily: F\ndescription: D\nsource: S\npublished_parameters: 95M\nsample_rate: 8000\n"
    config = load_config(write("c.yaml", content + COMPLETE))
    assert config == Config(
        name="N",
        origin="c.yaml",
        model=load_config("base").model,
        sample_rate=8000,
        family="F",
        description="D",
        source="S",
        published_parameters="95M",
    )


def test_the_sample_rate_is_16_khz_unless_stated() -> None:
    assert load_config(write("c.yaml", COMPLETE)).sample_rate == 16_000


def test_sample_rate_and_family_are_inherited_and_nothing_else() -> None:
    metadata = "name: N\nfamily: F\ndescription: D\nsource: S\npublished_parameters: 95M\nsample_rate: 8000\n"
    write("a.yaml", f"{metadata}budgets: {{a: 1}}\n{COMPLETE}")
    config = load_config(write("c.yaml", "extends: a.yaml\n"))
    assert (config.family, config.sample_rate) == ("F", 8000)
    assert (config.name, config.description, config.source, config.published_parameters) == ("c", None, None, None)


def test_own_metadata_wins() -> None:
    config = load_config(write("c.yaml", "extends: base\nname: N\nfamily: F\nsample_rate: 8000\n"))
    assert (config.name, config.family, config.sample_rate) == ("N", "F", 8000)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[
            (key, value)
            for key in ("name", "family", "description")
            for value in ("3", "true", "null", "[a]", "{a: b}")
        ],
        ("source", "1.5"),
        ("published_parameters", "95_000_000"),
        *[("sample_rate", value) for value in ("0", "-1", "16000.0", "16k", "true", "null", "[16000]", "10_000_001")],
        *[(key, value) for key in ("budgets", "search") for value in ("null", "3", "[a]", "a")],
    ],
)
def test_metadata_of_a_wrong_type_is_e202_at_its_value(key: str, value: str) -> None:
    (problem,) = problems_of(write("c.yaml", f"extends: base\n{key}: {value}\n"))
    assert located([problem]) == [f"c.yaml:2:{len(key) + 3} E202"]
    assert problem.key == key
    assert problem.message.startswith(f"{key} is ")


@pytest.mark.parametrize("value", ["1", "10_000_000"])
def test_the_limits_of_the_sample_rate_are_allowed(value: str) -> None:
    assert load_config(write("c.yaml", f"extends: base\nsample_rate: {value}\n")).sample_rate == int(value)


@pytest.mark.parametrize(
    ("value", "text"), [("'3'", "3"), ("2024-01-01", "2024-01-01"), ("95M", "95M"), ("''", ""), ("!!str true", "true")]
)
def test_text_metadata_may_look_like_something_else(value: str, text: str) -> None:
    assert load_config(write("c.yaml", f"extends: base\ndescription: {value}\n")).description == text


def test_wrong_metadata_of_a_base_counts_only_where_it_is_inherited() -> None:
    write("a.yaml", f"name: 3\nfamily: 3\nsample_rate: 0\n{COMPLETE}")
    assert faults("extends: a.yaml\n") == ["a.yaml:2:9 E202", "a.yaml:3:14 E202"]


# --- Overrides ---------------------------------------------------------------------------------------------------


def test_overrides_replace_what_the_file_says_and_the_last_one_holds() -> None:
    write("c.yaml", "extends: base\nencoder_num_layers: 3\n")
    overrides = ["encoder_num_layers=4", "encoder_dropout=0.5", "encoder_num_layers=5"]
    model = load_config("c.yaml", overrides).model
    assert (model.encoder_num_layers, model.encoder_dropout) == (5, 0.5)


@pytest.mark.parametrize(
    ("override", "field", "value"),
    [
        ("encoder_num_layers = 6", "encoder_num_layers", 6),
        ("encoder_layer_norm_first=true", "encoder_layer_norm_first", True),
        ("extractor_mode=layer_norm", "extractor_mode", "layer_norm"),
        ("aux_num_out=null", "aux_num_out", None),
        ("aux_num_out=", "aux_num_out", None),
        (f"{CONV}=[[8, 10, 5], [8, 3, 2]]", CONV, ((8, 10, 5), (8, 3, 2))),
    ],
)
def test_the_value_of_an_override_is_yaml(override: str, field: str, value: object) -> None:
    assert getattr(load_config("asr_base_960h", [override]).model, field) == value


def test_metadata_can_be_overridden() -> None:
    config = load_config("base", ["sample_rate=8000", "name=a=b"])
    assert (config.sample_rate, config.name) == (8000, "a=b")


@pytest.mark.parametrize(
    ("override", "code"),
    [
        ("encoder_num_layers=0", "E235"),
        ("encoder_num_layers=six", "E210"),
        ("encoder_num_layer=6", "E200"),
        ("[encoder_num_layers]=6", "E200"),
        ("sample_rate=0", "E202"),
        ("name=!!python/object:os.system x", "E105"),
        ("encoder_num_layers", "E100"),
        ("=6", "E100"),
        (" =6", "E100"),
        ("", "E100"),
    ],
)
def test_a_wrong_override_is_reported_at_itself(override: str, code: str) -> None:
    assert located(problems_of("base", override)) == [f"--set {override} {code}"]


@pytest.mark.parametrize("override", ["name={", "name=a: b", "name=*x", "name='"])
def test_an_override_that_is_no_yaml_is_e100(override: str) -> None:
    (problem,) = problems_of("base", override)
    assert problem.rule.code == "E100"
    assert problem.place.path == f"--set {override}"


def test_an_override_repairs_a_wrong_value_of_the_file() -> None:
    write("c.yaml", "extends: base\nencoder_num_layers: 0\n")
    assert load_config("c.yaml", ["encoder_num_layers=6"]).model.encoder_num_layers == 6


def test_an_override_supplies_a_missing_field() -> None:
    write("c.yaml", COMPLETE.replace("encoder_num_layers: 12\n", ""))
    assert load_config("c.yaml", ["encoder_num_layers=6"]).model.encoder_num_layers == 6


# --- Missing and unknown keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_e201_where_the_mapping_begins(field: str) -> None:
    lines = [line for line in COMPLETE.splitlines(True) if not line.startswith(f"{field}:")]
    (problem,) = problems_of(write("c.yaml", "# a comment\n\n" + "".join(lines)))
    assert located([problem]) == ["c.yaml:3:1 E201"]
    assert problem.key == field
    assert field in problem.message


def test_many_missing_fields_are_one_problem_that_names_them_in_the_order_of_the_fields() -> None:
    (problem,) = problems_of(write("c.yaml", "name: x\nencoder_embed_dim: 768\n"))
    assert (problem.rule.code, problem.key) == ("E201", None)
    missing = ", ".join(field for field in FIELDS if field != "encoder_embed_dim")
    assert problem.message.startswith(f"15 of the 16 fields are missing: {missing}; write all 16 fields")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_few_missing_fields_are_a_problem_each(count: int) -> None:
    left_out = tuple(f"{field}:" for field in list(FIELDS)[-count:])
    lines = [line for line in COMPLETE.splitlines(True) if not line.startswith(left_out)]
    problems = problems_of(write("c.yaml", "".join(lines)))
    assert [problem.key for problem in problems] == ([None] if count > 3 else list(FIELDS)[-count:])


@pytest.mark.parametrize("key", ["extend", "Extends", "EXTENDS", "extands"])
def test_a_misspelt_extends_is_the_only_problem(key: str) -> None:
    (problem,) = problems_of(write("c.yaml", f"{key}: base\nencoder_num_layers: 6\n"))
    assert (problem.rule.code, problem.key, problem.fix) == ("E200", key, "extends")
    assert "did you mean extends?" in problem.message


def test_a_part_of_a_field_elsewhere_is_not_renamed() -> None:
    (problem,) = problems_of(write("c.yaml", "extends: base\nencoder_num_layers: 3\nconv_stride: [5, 2]\n"))
    assert problem.fix is None
    assert (
        problem.message == "conv_stride is Hugging Face's name; what it says is a part of extractor_conv_layer_config"
    )


def test_a_base_that_lacks_fields_is_reported_at_the_config_that_was_asked_for() -> None:
    write("a.yaml", COMPLETE.replace("encoder_num_layers: 12\n", ""))
    assert faults("# c\nextends: a.yaml\n") == ["c.yaml:2:1 E201"]
    assert load_config(write("d.yaml", "extends: a.yaml\nencoder_num_layers: 6\n")).model.encoder_num_layers == 6


@pytest.mark.parametrize(
    ("key", "guess"),
    [
        ("encoder_num_layer", "encoder_num_layers"),
        ("encoder_num_head", "encoder_num_heads"),
        ("encoder_embeddim", "encoder_embed_dim"),
        ("Extractor_Mode", "extractor_mode"),
        ("aux_num_outs", "aux_num_out"),
        ("sample_rates", "sample_rate"),
        ("descripton", "description"),
        ("famly", "family"),
        ("colour", None),
        ("x" * 1_000, None),
        ("1", None),
    ],
)
def test_an_unknown_key_is_e200_with_the_key_it_most_likely_means(key: str, guess: str | None) -> None:
    (problem,) = problems_of(write("c.yaml", f"extends: base\n  # c\n{key}: 1\n"))
    assert located([problem]) == ["c.yaml:3:1 E200"]
    assert (problem.key, problem.fix) == (key, guess)
    assert (f"did you mean {guess}?" if guess else "remove it") in problem.message
    assert len(problem.message) < 200


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("conv_feature_layers", CONV),
        ("conv_bias", "extractor_conv_bias"),
        ("dropout_input", "encoder_projection_dropout"),
        ("conv_pos", "encoder_pos_conv_kernel"),
        ("conv_pos_groups", "encoder_pos_conv_groups"),
        ("encoder_layers", "encoder_num_layers"),
        ("encoder_attention_heads", "encoder_num_heads"),
        ("attention_dropout", "encoder_attention_dropout"),
        ("encoder_ffn_embed_dim", "encoder_ff_interm_features"),
        ("activation_dropout", "encoder_ff_interm_dropout"),
        ("dropout", "encoder_dropout"),
        ("layer_norm_first", "encoder_layer_norm_first"),
        ("encoder_layerdrop", "encoder_layer_drop"),
        ("feat_extract_norm", "extractor_mode"),
        ("hidden_size", "encoder_embed_dim"),
        ("feat_proj_dropout", "encoder_projection_dropout"),
        ("num_conv_pos_embeddings", "encoder_pos_conv_kernel"),
        ("num_conv_pos_embedding_groups", "encoder_pos_conv_groups"),
        ("num_hidden_layers", "encoder_num_layers"),
        ("num_attention_heads", "encoder_num_heads"),
        ("intermediate_size", "encoder_ff_interm_features"),
        ("hidden_dropout", "encoder_dropout"),
        ("do_stable_layer_norm", "encoder_layer_norm_first"),
        ("layerdrop", "encoder_layer_drop"),
    ],
)
def test_a_key_of_fairseq_or_hugging_face_is_one_problem_with_our_name_as_fix(key: str, field: str) -> None:
    content = re.sub(f"^{field}:", f"{key}:", COMPLETE, flags=re.MULTILINE)
    (problem,) = problems_of(write("c.yaml", content))
    assert (problem.rule.code, problem.key, problem.fix) == ("E200", key, field)
    assert f"write {field}" in problem.message


def test_a_misspelt_field_is_not_missing_as_well() -> None:
    content = COMPLETE.replace("encoder_num_layers:", "encoder_num_layer:").replace("encoder_dropout: 0.1\n", "")
    problems = problems_of(write("c.yaml", content))
    assert sorted((problem.rule.code, problem.key) for problem in problems) == [
        ("E200", "encoder_num_layer"),
        ("E201", "encoder_dropout"),
    ]


def test_an_unknown_key_of_a_base_is_reported_in_the_base() -> None:
    write("a.yaml", f"{COMPLETE}foo: 1\n")
    (problem,) = problems_of(write("c.yaml", "extends: a.yaml\n"))
    assert (problem.place.path, problem.rule.code) == ("a.yaml", "E200")


# --- The report --------------------------------------------------------------------------------------------------


def test_all_problems_are_reported_at_once_and_sorted_by_place() -> None:
    content = f"""\
encoder_layer_drop: 1.5
extends: base
extractor_mode: default
{CONV}:
  - [512, 10]
  - [512, 3, 0]
foo: 1
encoder_embed_dim: 769
sample_rate: none
encoder_dropout: 0.1
encoder_dropout: .nan
"""
    assert faults(content) == [
        "c.yaml:1:21 E240",
        "c.yaml:3:17 E220",
        "c.yaml:5:5 E222",
        "c.yaml:6:14 E224",
        "c.yaml:7:1 E200",
        "c.yaml:8:20 E233",
        "c.yaml:8:20 E234",
        "c.yaml:9:14 E202",
        "c.yaml:11:1 E104",
        "c.yaml:11:18 E213",
    ]


def test_lines_are_sorted_as_numbers() -> None:
    content = "extends: base\n" + "\n" * 8 + "a: 1\nb: 2\n"
    assert faults(content) == ["c.yaml:10:1 E200", "c.yaml:11:1 E200"]


def test_a_conv_fault_names_the_layer_and_its_part() -> None:
    (problem,) = problems_of(write("c.yaml", f"extends: base\n{CONV}: [[4, 2, 1], [4, 0, 1]]\n"))
    assert problem.key == f"{CONV}[1][1]"
    assert located([problem]) == ["c.yaml:2:46 E223"]


def test_the_text_of_the_error_holds_every_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write("c.yaml", "extends: base\nencoder_num_layers: 0\nfoo: 1\n"))
    first, second = str(caught.value).splitlines()
    assert first.startswith("c.yaml:2:21: error E235 layers-positive: encoder_num_layers is 0; ")
    assert second.startswith("c.yaml:3:1: error E200 unknown-key: foo ")


def test_problems_of_several_documents_are_sorted_by_document() -> None:
    write("a.yaml", f"{COMPLETE}zzz: 1\n")
    places = [problem.place.path for problem in problems_of(write("b.yaml", "extends: a.yaml\nzzz: 1\n"), "zzz=1")]
    assert places == ["--set zzz=1", "a.yaml", "b.yaml"]


# --- Rules about two fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "overrides", "expected"),
    [
        pytest.param(
            "encoder_num_heads: 7\nextends: base\n", [], ["c.yaml:1:20 E234"], id="heads-of-the-file-width-of-the-base"
        ),
        pytest.param("extends: base\nencoder_pos_conv_groups: 7\n", [], ["c.yaml:2:26 E233"], id="groups-of-the-file"),
        pytest.param(
            "extends: base\nencoder_embed_dim: 100\n",
            [],
            ["c.yaml:2:20 E233", "c.yaml:2:20 E234"],
            id="width-of-the-file-heads-and-groups-of-the-base",
        ),
        pytest.param(
            "extends: base\nencoder_num_heads: 7\nencoder_embed_dim: 768\n",
            [],
            ["c.yaml:2:20 E234"],
            id="both-of-the-file",
        ),
        pytest.param(
            "extends: base\nencoder_num_heads: 8\n",
            ["encoder_embed_dim=100"],
            ["--set encoder_embed_dim=100 E233", "--set encoder_embed_dim=100 E234"],
            id="width-of-an-override",
        ),
        pytest.param(
            "extends: base\nencoder_embed_dim: 32\nencoder_num_heads: 8\n",
            ["encoder_num_heads=7"],
            ["--set encoder_num_heads=7 E234"],
            id="heads-of-an-override",
        ),
        pytest.param(
            "extends: base\n",
            ["encoder_num_heads=5", "encoder_embed_dim=64"],
            ["--set encoder_embed_dim=64 E234"],
            id="the-last-of-two-overrides",
        ),
        pytest.param("extends: base\nencoder_num_heads: 0\n", [], ["c.yaml:2:20 E231"], id="one-of-the-two-is-wrong"),
    ],
)
def test_a_rule_about_two_fields_is_reported_at_the_outermost(
    content: str, overrides: list[str], expected: list[str]
) -> None:
    assert faults(content, *overrides) == expected


def test_in_a_chain_the_rule_is_reported_in_the_document_nearest_to_the_user() -> None:
    write("a.yaml", "extends: base\nencoder_num_heads: 8\nencoder_embed_dim: 64\n")
    write("b.yaml", "extends: a.yaml\nencoder_embed_dim: 100\nencoder_pos_conv_groups: 2\n")
    assert faults("name: c\nextends: b.yaml\nencoder_num_layers: 2\n") == ["b.yaml:2:20 E234"]


# --- Fixes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("encoder_num_layers", "'6'"),
        ("encoder_num_layers", "6.0"),
        ("encoder_embed_dim", '"0768"'),
        ("encoder_dropout", "'0.1'"),
        ("encoder_dropout", "1e-1"),
        ("encoder_dropout", "1e-3"),
        ("encoder_layer_norm_first", "'false'"),
        ("encoder_layer_norm_first", '"Yes"'),
        ("encoder_layer_norm_first", "1"),
        ("extractor_mode", "default"),
        ("extractor_mode", "group"),
        ("extractor_mode", "layer"),
        (CONV, '"[(512, 10, 5)] + [(512, 3, 2)] * 4"'),
        (CONV, "[(512, 10, 5)]"),
        (CONV, "[(512,10,5),(512,3,2)]"),
        (CONV, "[[512, '10', 5], [512, 3.0, 2]]"),
    ],
)
def test_a_fix_put_in_its_place_repairs_the_config(field: str, value: str) -> None:
    content = f"extends: base\n{field}: {value}  # é 😀\nname: x\n"
    problems = problems_of(write("c.yaml", content))
    assert problems
    repaired = load_config(write("c.yaml", fixed(content, problems)))
    assert repaired.name == "x"


@pytest.mark.parametrize("key", ["encoder_num_layer", "num_hidden_layers", "encoder_layers", "'encoder_layers'"])
def test_a_fix_of_a_key_repairs_the_config(key: str) -> None:
    content = f"extends: base\n{key}: 6\n"
    repaired = load_config(write("c.yaml", fixed(content, problems_of(write("c.yaml", content)))))
    assert repaired.model.encoder_num_layers == 6


def fixed(content: str, problems: list[Problem]) -> str:
    lines = content.splitlines(True)
    for problem in reversed(problems):
        place = problem.place
        assert problem.fix is not None
        assert place.line == place.end_line
        line = lines[place.line - 1]
        lines[place.line - 1] = line[: place.column - 1] + problem.fix + line[place.end_column - 1 :]
    return "".join(lines)


def test_a_config_with_many_changes_has_a_name_that_fits_a_line() -> None:
    changes = {
        "encoder_embed_dim": 512,
        "encoder_num_layers": 6,
        "encoder_num_heads": 8,
        "encoder_ff_interm_features": 2048,
    }
    config = load_config("base", changes)
    assert config.name == "base, 4 fields changed"
    assert {change.field: change.after for change in config.changes} == changes

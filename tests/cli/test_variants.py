"""``--variant``: the first config of a command, edited, as a further config."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Runner

SLIM = "encoder_num_layers: 6, encoder_ff_interm_features: 2048"
LABEL = "num_layers 6, ff_interm_features 2048"
PLAN = ("--card", "a100", "--as-recipe", "base")


def document(run: Runner, *arguments: str, stdin: bytes = b"") -> Any:
    code, out, err = run(*arguments, "--format", "json", stdin=stdin)
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize(
    ("command", "options"),
    [("summary", ()), ("memory", ("--fit", "24GiB")), ("plan", PLAN)],
    ids=["summary", "memory", "plan"],
)
def test_a_variant_has_the_figures_of_a_file_with_the_same_fields(
    run: Runner, tmp_path: Path, command: str, options: tuple[str, ...]
) -> None:
    slim = tmp_path / "slim.yaml"
    slim.write_text(f"extends: base\n{SLIM.replace(', ', chr(10))}\n")
    base, variant = document(run, command, "base", *options, "--variant", SLIM)
    assert base == document(run, command, "base", *options)
    wanted = document(run, command, str(slim), *options)
    assert variant.pop("config")["name"] == LABEL
    wanted.pop("config")
    assert variant == wanted


def test_compare_takes_variants_of_its_first_config_after_all_configs(run: Runner) -> None:
    found = document(run, "compare", "base", "large", "--variant", "encoder_num_heads: 6", "--variant", SLIM)
    names = [config["config"]["name"] for config in found["configs"]]
    assert names == ["wav2vec 2.0 Base", "wav2vec 2.0 Large", "num_heads 6", LABEL]
    assert [config["config"]["fields"]["encoder_embed_dim"] for config in found["configs"]] == [768, 1024, 768, 768]
    assert run("compare", "base", "--variant", SLIM).out.startswith(f"wav2vec 2.0 Base ↔ {LABEL}\n")


@pytest.mark.parametrize(
    "text",
    [
        "encoder_num_layers: 6, encoder_dropout: 0.0",
        "{encoder_num_layers: 6, encoder_dropout: 0.0}",
        '{"encoder_num_layers": 6, "encoder_dropout": 0.0}',
        "encoder_num_layers: 6\nencoder_dropout: 0.0",
        " {\nencoder_num_layers: 6,\nencoder_dropout: 0.0} ",
        "encoder_num_layers: 6, encoder_dropout: 0.0 # none",
    ],
)
def test_a_mapping_is_written_in_any_way(run: Runner, text: str) -> None:
    _, variant = document(run, "summary", "base", "--variant", text)
    assert variant["config"]["name"] == "num_layers 6, encoder_dropout 0.0"
    assert [(each["field"], each["after"]) for each in variant["config"]["changes"]] == [
        ("encoder_num_layers", 6),
        ("encoder_dropout", 0.0),
    ]


def test_set_holds_for_variants_too_and_a_variant_overrides_it(run: Runner) -> None:
    sets = ("--set", "encoder_num_layers=4", "--set", "encoder_dropout=0")
    base, variant = document(run, "summary", "base", *sets, "--variant", "encoder_num_layers: 6")
    fields = [each["config"]["fields"] for each in (base, variant)]
    assert [each["encoder_num_layers"] for each in fields] == [4, 6]
    assert [each["encoder_dropout"] for each in fields] == [0, 0]


def test_standard_input_is_read_once(run: Runner) -> None:
    content = b"extends: base\nname: piped\n"
    found = document(run, "compare", "-", "--variant", "encoder_num_layers: 6", stdin=content)
    assert [config["config"]["name"] for config in found["configs"]] == ["piped", "num_layers 6"]
    plans = document(run, "plan", "-", *PLAN, "--variant", "encoder_num_layers: 6", stdin=content)
    assert [each["config"]["name"] for each in plans] == ["piped", "num_layers 6"]


def test_another_programs_config_is_edited_by_our_names(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "fairseq.yaml"
    path.write_text("model:\n  _name: wav2vec2\n  encoder_layers: 4\n")
    _, variant = document(run, "summary", str(path), "--variant", "encoder_num_layers: 3")
    assert variant["config"]["fields"]["encoder_num_layers"] == 3
    code, _, err = run("summary", str(path), "--variant", "encoder_layers: 3")
    assert (code, err) == (
        2,
        "--variant encoder_layers: 3: error E200 unknown-key: encoder_layers is fairseq's name; "
        "write encoder_num_layers\n",
    )


def test_labels_are_short_and_distinct(run: Runner) -> None:
    conv = [[512, 10, 5]] + [[512, 3, 2]] * 4 + [[512, 2, 2]] * 2
    many = (
        "encoder_num_layers: 6, encoder_dropout: 0, encoder_layer_drop: 0, encoder_attention_dropout: 0, aux_num_out: 9"
    )
    texts = [
        f"extractor_conv_layer_config: {conv}",
        "extractor_mode: layer_norm",
        many,
        "name: mine, encoder_num_layers: 6",
    ]
    asked = [argument for text in texts for argument in ("--variant", text)]
    names = [each["config"]["name"] for each in document(run, "summary", "base", *asked)]
    assert names[1:] == [
        "conv_layer_config 512·10/5, 4 × 512·3/2, 2 × 512·2/2",
        "extractor_mode layer_norm",
        "variant 3",
        "mine",
    ]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "E100 yaml-syntax: nothing is edited; write field: value with commas between, as "),
        ("{}", "E100 yaml-syntax: nothing is edited; "),
        ("slim", "E100 yaml-syntax: slim has no value; write field: value with commas between, as "),
        ("encoder_num_layers=6", "E100 yaml-syntax: encoder_num_layers=6 has no value; write encoder_num_layers: 6\n"),
        ("encoder_num_layers:6", "E100 yaml-syntax: encoder_num_layers:6 has no value; write encoder_num_layers: 6\n"),
        ("encoder_dropout: , aux_num_out: 9", "E100 yaml-syntax: encoder_dropout has no value; "),
        ("encoder_num_layers: 6, b: [1", "E100 yaml-syntax: while parsing a flow sequence did not find"),
        ("encoder_num_layers: 6, b: [1", ", at its end\n"),
        ("{encoder_num_layers: 6} b", "E100 yaml-syntax: brackets close before the text ends\n"),
        ("encoder_num_layers: 6}", "E100 yaml-syntax: brackets close before the text ends\n"),
        (
            "encoder_num_layers: 6\n- b",
            "E100 yaml-syntax: while parsing a block mapping did not find expected key, at ",
        ),
        ("encoder_num_layers: *x, b: 1", "E100 yaml-syntax: found undefined alias, at column 21\n"),
        ("encoder_num_layers: 6\nb: *x", "E100 yaml-syntax: found undefined alias, at line 2, column 4\n"),
        ("encoder_num_layers: 6, encoder_num_layers: 7", "E104 duplicate-key: encoder_num_layers was given already; "),
        (
            "encoder_num_layers: \x00",
            "E101 encoding: character U+0000 is not allowed in YAML; remove it, at column 21\n",
        ),
        ("encoder_num_layers: \udcff", "E101 encoding: byte 0xff is no UTF-8; remove it, at column 21\n"),
        ("encoder_num_layers: \ud800", "E101 encoding: byte 0xed is no UTF-8; remove it, at column 21\n"),
        ("[6]", "E200 unknown-key: a key is a list; write a field's name\n"),
        (
            "encoder_numlayers: 6",
            "E200 unknown-key: encoder_numlayers is no field of a config; did you mean encoder_num",
        ),
        ("extends: large", "E200 unknown-key: a variant edits the first config; to start from another config, name "),
        ("architecture: wavlm", "E203 architecture: the architecture decides which fields there are"),
        ("encoder_num_heads: 7", "E234 heads-divide: encoder_num_heads is 7, which does not divide encoder_embed_dim"),
    ],
)
def test_what_is_no_edit_is_said_in_a_line(run: Runner, text: str, message: str) -> None:
    for command in (["compare", "base"], ["plan", "base", *PLAN]):
        code, out, err = run(*command, "--variant", text)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("--variant ")
        assert message in err


def test_all_that_is_wrong_is_said_together(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("extends: base\nencoder_num_heads: 7\n")
    code, _, err = run("summary", str(path), "--variant", "encoder_nun_layers: 6", "--variant", "encoder_num_heads: 5")
    assert code == 2
    assert [line.partition(": error ")[2].split()[0] for line in err.splitlines()] == ["E234", "E200", "E234"]


def test_the_same_edit_twice_is_a_mistake(run: Runner) -> None:
    edits = (
        "--variant",
        "encoder_num_layers: 6, aux_num_out: 9",
        "--variant",
        "{aux_num_out: 9, encoder_num_layers: 6}",
    )
    code, _, err = run("compare", "base", *edits)
    assert (code, err) == (
        2,
        "error: --variant '{aux_num_out: 9, encoder_num_layers: 6}' edits what --variant "
        "'encoder_num_layers: 6, aux_num_out: 9' does; leave one of both out\n",
    )


def test_one_config_is_not_compared_with_nothing(run: Runner) -> None:
    assert run("compare", "base") == (
        2,
        "",
        "error: compare takes two configs or more, or one with --variant or --baseline\n",
    )

"""Names of rules, fields and figures that are nearly right: what was meant, and nothing that was not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import Runner


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rule", "pading-leaks"], "there is no rule pading-leaks; did you mean padding-leaks?"),
        (["rule", "309"], "did you mean W309?"),
        (["rule", "W28"], "did you mean W282, W284, W286 or W287?"),
        (["rule", "zzz"], "`w2v-explore rule --all` lists them"),
        (["lint", ".", "--select", "padding-leaks"], "padding-leaks is no code of a rule; write W309"),
        (["explain", "linear_unit"], "did you mean encoder_ff_interm_features?"),
        (["explain", "e234"], "e234 is a rule of the linter, no field; `w2v-explore rule E234` prints it"),
    ],
)
def test_suggestions(run: Runner, arguments: list[str], said: str) -> None:
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_what_is_no_mapping_gets_no_advice_on_its_fields(run: Runner) -> None:
    assert "advisory" not in run("lint", "-", stdin=b"import torch\n").out


@pytest.mark.parametrize(
    ("name", "said"),
    [("aux", "did you mean aux_num_out?"), ("encoder", "lists the fields"), ("extractor", "did you mean extractor_")],
)
def test_beginnings_of_fields(run: Runner, name: str, said: str) -> None:
    assert said in run("explain", name).err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: omniasr_300m\nnosuchfield: 1\n", "(`w2v-explore explain --architecture omniasr` lists the fields)"),
        ("extends: base\nnosuchfield: 1\n", "(`w2v-explore explain` lists the fields)"),
        ("architecture: hubert\n", "did you mean wav2vec2, distilhubert or hubert_pretrain?"),
        ("architecture: conformer\n", "did you mean wav2vec2_conformer?"),
        ("extends: hubert_base_prunable\nencoder_num_heads: [12]\n", "encoder_num_heads has 1 value, and "),
    ],
)
def test_what_a_finding_says_to_do(run: Runner, text: str, said: str) -> None:
    assert said in run("lint", "-", stdin=text.encode()).out


def test_explain_says_which_other_architectures_there_are_and_which_have_another_field_of_a_name(run: Runner) -> None:
    assert "--architecture NAME lists those of another architecture: wavlm, " in run("explain").out
    said = "Another field of this name is in "
    assert f"{said}wav2vec2_bert; --architecture NAME explains it." in run("explain", "encoder_positions").out
    assert said not in run("explain", "aux_num_out").out


def test_values_of_a_base_of_another_architecture_are_not_held_against_the_stated_one(run: Runner) -> None:
    config = b"extends: base\narchitecture: pruned_wav2vec2\nencoder_ff_interm_features: 5\n"
    found = run("lint", "-", stdin=config).out
    assert "E203" in found
    assert "encoder_num_heads" not in found
    assert "3:29: error E253" in found


def test_another_program_s_name_is_not_repaired_to_a_family_that_looks_like_it(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("extends: hubert_base\narchitecture: hubert\n")
    run("lint", str(path), "--fix")
    assert path.read_text() == "extends: hubert_base\narchitecture: hubert\n"


def test_presets_say_of_which_architecture_each_is(run: Runner) -> None:
    titles: dict[str, str] = {}
    title = ""
    for line in run("presets", columns=80).out.splitlines():
        title = line.partition("architecture: ")[2].rstrip(")") or title
        titles[line.split(" ")[0]] = title
    assert (titles["base"], titles["mms_1b_all"]) == ("wav2vec2", "wav2vec2_adapters")

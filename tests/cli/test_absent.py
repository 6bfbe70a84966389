"""Names at which nothing lies: one line that says what was most likely meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import Runner


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("half.yaml").write_text("extends: base\nencoder_num_layers: 6\n")
    Path("models").mkdir()
    Path("models", "quarter.yaml").write_text("extends: base\nencoder_num_layers: 3\n")
    # What an empty name must not lead to.
    Path("config.json").write_text('{"model_type": "hubert"}')


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["summary", ""], "''; the name is empty, perhaps a variable that is not set"),
        (["compare", "base", " "], "' '; the name is empty, perhaps a variable that is not set"),
        (["lint", ""], "''; the name is empty, perhaps a variable that is not set"),
        (["inspect", ""], "the name is empty, perhaps a variable that is not set"),
        (
            ["summary", "https://huggingface.co/facebook/hubert-large-ll60k/resolve/main/config.json"],
            "config.json; that is the Hugging Face hub's name for the preset hubert_large",
        ),
        (["memory", "hf://facebook/wav2vec2-xls-r-1b"], "that is the Hugging Face hub's name for the preset xlsr_1b"),
        (["summary", "https://example.org/base.yaml"], "nothing is downloaded here: download the file"),
        (["identify", "https://example.org/a.yaml"], "nothing is downloaded here: download the file"),
        (["lint", "https://example.org/a.yaml"], "nothing is downloaded here: download the file"),
        (["summary", "~/half.yaml"], "write the path in full"),
        (["summary", "half*.yml"], "half*.yml; no pattern of that name matches one"),
        (["summary", "half.yml"], "half.yml; did you mean half.yaml?"),
        (["lint", "models/quater.yaml"], "did you mean models/quarter.yaml?"),
        (["schema", "--write", "Half.yaml"], "did you mean half.yaml?"),
        (["summary", "model/half.yaml"], "there is no folder model"),
        (["summary", "models\\quarter.yaml"], "did you mean models/quarter.yaml?"),
        (["summary", "'half.yaml'"], "leave the quotes out: half.yaml"),
        (["summary", "HUBERT_large"], "the preset hubert_large"),
        (["summary", "Large"], "did you mean the preset large?"),
        (["summary", "w2v_explore/presets/mms_300m.yaml"], "did you mean the preset mms_300m?"),
        (["summary", "xls-r"], "did you mean the preset xlsr_1b, xlsr_2b, xlsr_300m or xlsr_53?"),
        (["summary", "base", "--set", "aux_num_out=5", "encoder_layer_drop=0"], "--set encoder_layer_drop=0"),
        (["summary", "base", "--set", "aux_num_out", "=", "5"], "write an override without blanks"),
        (["memory", "base", "--fit", "16", "GiB"], "write a size without a blank, or in quotes: 24GiB"),
        (["lint", "large"], "`w2v-explore presets show large > large.yaml` makes one of it"),
        (["inspect", "large"], "the preset of that name has no weights; name a file of weights"),
        (["check", "xlsr_1b", "xlsr_1b"], "the preset of that name has no weights; name a file of weights"),
        (["inspect", "facebook/wav2vec2-base"], "there is no folder facebook, and nothing is downloaded"),
    ],
)
def test_name_of_nothing_says_what_was_meant(run: Runner, arguments: list[str], said: str) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.out in ("", "No config was checked\n")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err


def test_base_that_is_not_there_is_looked_for_beside_its_file(run: Runner) -> None:
    Path("models", "own.yaml").write_text("extends: quater.yaml\n")
    assert "no file or preset is named quater.yaml; did you mean quarter.yaml?" in run("summary", "models/own.yaml").err

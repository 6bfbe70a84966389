"""Mistakes in the command line: one line in plain words, and the right suggestion or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import Runner


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["summary", "base", "--seconds", "5min"], "'5min' is no number; write it without a unit"),
        (
            ["memory", "base", "--seconds", "5min"],
            "--seconds is '5min'; give numbers with commas between them",
        ),
        (["lint", ".", "--seconds", "1,5"], "'1,5' is no number"),
        (["compare", "base", "large", "--batch", "2.5"], "'2.5' is no whole number"),
        (["memory", "base", "--depth", "all"], "'all' is no whole number"),
        (["memory", "base", "--depth", "-3"], "-3 is out of range; give a number from 0"),
        (["latency", "base", "--runs", "20000"], "20000 is out of range; give a number from 1 to 10000"),
        (["memory", "base", "--dtype", "bf16"], "Did you mean bfloat16?"),
        (["sensitivity", "base", "--dtype", "FP32"], "Did you mean float32?"),
        (["sensitivity", "base", "--dtype", "int4"], "'bfloat16'. Try"),
        (["convert", "base", "--to", "transformers"], "Did you mean huggingface?"),
        (["summary", "base", "--from", "pytorch"], "Did you mean torchaudio?"),
        (["compare", "base", "large", "--format", "md"], "Did you mean markdown?"),
        (["compare", "base", "large", "--format", "CSV"], "Did you mean csv?"),
        (["export", "base", "--to", "ONNX"], "Did you mean onnx?"),
        (["lint", ".", "--format", "git-hub"], "Did you mean github?"),
        (["summary", "base", "--bach", "2"], "No such option: --bach; did you mean --batch?"),
        (["large"], "Write a command before the config: `w2v-explore summary large`"),
        (["here.yaml"], "Write a command before the config: `w2v-explore summary here.yaml`"),
        (["presets", "mms_fa"], "Write `w2v-explore presets show mms_fa`"),
        (["Version"], "Write `w2v-explore --version`"),
        (["diff", "base", "large"], "Write `w2v-explore compare A B`"),
        (["sumarry", "base"], "Did you mean 'summary'?"),
        (["frobnicate"], "No such command 'frobnicate'. Try"),
    ],
)
def test_mistakes(
    run: Runner, arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.yaml").write_text("extends: base\n")
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1
    assert said in outcome.err
    assert "float." not in outcome.err


def test_a_dash_is_standard_output_and_no_file(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.yaml").write_text("extends: base\n")
    assert run("convert", "here.yaml", "--to", "w2v", "-o", "-").out == run("convert", "here.yaml", "--to", "w2v").out
    assert run("lint", "here.yaml", "--format", "gitlab", "--output", "-").out == "[]\n"
    for arguments in (
        ["export", "here.yaml", "--to", "onnx", "-o", "-"],
        ["convert", "here.yaml", "--to", "w2v", "-o", ""],
    ):
        outcome = run(*arguments)
        assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
        assert "name of a" in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["here.yaml"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["latency", "base", "--runs", "9" * 4000],
        ["latency", "base", "--runs", "9 " * 4000],
        ["summary", "base", "--seconds", "1" * 50_000 + "x"],
        ["summary", "base", "--format", "b" * 4000],
        ["summary", "base", f"--{'b' * 4000}"],
        ["s" * 4000],
        ["summary", "b" * 4000],
        ["lint", "b" * 4000],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_what_was_typed_is_not_echoed_whole(arguments: list[str], run: Runner) -> None:
    code, out, err = run(*arguments)
    assert (code, len(out) < 100) == (2, True)
    assert len(err) < 900
    assert "…" in err
    assert "--help" in err or "no file" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", "base", "--fail-if", "b" * 4000],
        ["summary", "base", "--fail-if", f"{'b' * 4000} > 1"],
        ["summary", "base", "--fail-if", f"parameters > {'1' * 4000}B"],
        ["memory", "base", "--fit", "b" * 4000],
        ["memory", "base", "--fit", "1" * 4000],
        ["memory", "base", "--fit", "24GiB", "--reserve", "b" * 4000],
        ["memory", "base", "--seconds", "1" * 50_000 + "x"],
        ["latency", "base", "--seconds", "b" * 4000],
    ],
    ids=lambda arguments: " ".join(arguments)[:40],
)
def test_nor_is_what_our_own_messages_quote(arguments: list[str], run: Runner) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert len(err) < 900
    assert "…" in err


def test_a_word_of_any_length_is_answered_at_once(run: Runner) -> None:
    for arguments in (
        ["summary", "base", "--seconds", "0x" + "f" * 120_000],
        ["lint", "." * 120_000 + "=" * 1_000, "-x"],
    ):
        outcome = run(*arguments)
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("extends=large", "one field of the config can be set here"),
        ("encoder_num_layers=6\nencoder_num_heads: 3", "one field of the config can be set here"),
        ("name=\udcff", "E101 encoding"),
    ],
)
def test_what_set_does_not_take(run: Runner, override: str, message: str) -> None:
    finished = run("summary", "base", "--set", override)
    assert finished.code == 2
    assert message in finished.err

"""The answer that `summary` and `compare` put first, and the options that show the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.program import Runner
from w2v_explore import analyze, load_config
from w2v_explore.cli import streams
from w2v_explore.config.presets import preset_names
from w2v_explore.report.units import milliseconds, short, size_bytes

WARNED = """\
extends: base
encoder_num_heads: 96
extractor_conv_layer_config: [[512, 10, 5], [512, 2, 3], [512, 3, 2]]
"""


@pytest.mark.parametrize("name", preset_names())
def test_the_answer_on_a_published_model_is_one_screen(run: Runner, name: str) -> None:
    """80 × 24, of which the command and the next prompt take a line each."""
    code, out, err = run("summary", name, columns=80)
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert len(lines) <= 22
    assert max(map(len, lines)) <= 80
    analysis = analyze(load_config(name))
    field, rate = analysis.receptive_field, analysis.workload.sample_rate
    figures = {
        "parameters": short(analysis.parameters),
        "MACs": short(analysis.macs.total),
        "memory of inference": size_bytes(analysis.inference.total_bytes),
        "receptive field": f"{milliseconds(field.receptive_field_samples, rate)} ms",
        "frame rate": f"{rate / field.stride_samples:g} Hz",
        "warnings": "none",
    }
    for label, text in figures.items():
        assert any(re.match(rf"{label} +{text}(?: |$)", line) for line in lines), label


def test_a_prediction_is_at_the_top_and_leaves_one_screen() -> None:
    golden = Path(__file__).parents[1] / "golden" / "files" / "summary_predict_80.txt"
    lines = golden.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 22
    first = lines.index("") + 1
    assert lines[first].startswith("latency, predicted ")
    assert lines[first + 2].startswith("real-time factor ")


def test_warnings_are_those_of_the_linter(run: Runner, tmp_path: Path) -> None:
    config = tmp_path / "my.yaml"
    config.write_text(WARNED)
    linted = {
        problem["code"]: problem["message"]
        for problem in json.loads(run("lint", str(config), "--format", "json").out)["problems"]
    }
    assert len(linted) > 1
    out = run("summary", str(config), columns=1000).out
    table = out.split("\n\n")[1].splitlines()
    *rows, by_which_rules = table[[line.startswith("warnings") for line in table].index(True) :]
    assert by_which_rules.startswith("By lint's default rules")
    assert dict(row.removeprefix("warnings").split(maxsplit=1) for row in rows) == linted
    several = run("summary", str(config), "base", columns=1000).out
    for code, message in linted.items():
        assert re.search(rf"^{code} +{re.escape(message)} +my$", several, re.MULTILINE)


def test_what_a_reading_warns_of_stands_once_on_a_terminal(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config.json"
    words = run("convert", "base", "--to", "huggingface").out
    config.write_text(json.dumps(json.loads(words) | {"architectures": ["Wav2Vec2ForSequenceClassification"]}))
    _, out, err = run("summary", str(config), columns=1000)
    assert re.search(r"^warnings +W282 ", out, re.MULTILINE)
    assert err.count("W282") == 1  # the answer may be meant for another reader
    monkeypatch.setattr(streams._Output, "isatty", lambda self: True)
    _, out, err = run("summary", str(config), columns=1000)
    assert (out.count("W282"), err) == (1, "")
    for more in (["--full"], ["--totals"], ["--depth", "1"], ["--format", "json"], ["-o", str(tmp_path / "answer")]):
        assert run("summary", str(config), *more).err.count("W282") == 1


def test_fields_that_are_not_counted_are_said_in_every_answer(run: Runner, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    words = run("convert", "base", "--to", "huggingface").out
    config.write_text(json.dumps(json.loads(words) | {"encoder_novelty_size": 8}))
    for arguments in ((), ("base",), ("--totals",), ("--full",)):
        out = run("summary", str(config), *arguments, "--allow-unknown").out
        assert "NOT COUNTED: encoder_novelty_size" in out


def test_several_configs_are_an_overview_and_the_rest_with_full(run: Runner) -> None:
    out = run("summary", "base", "large").out
    full = run("summary", "base", "large", "--full").out
    assert "Layers" not in out
    assert "feature extractor" not in out
    overview = out.split("\n\n")[1].splitlines()
    assert overview[:-1] == full.split("\n\n")[1].splitlines()
    assert full.count("Layers\n") == 2


def test_depth_shows_the_modules(run: Runner) -> None:
    assert "Layers\n" in run("summary", "base", "--depth", "1").out
    assert "Layers\n" not in run("summary", "base").out


@pytest.mark.parametrize("format", ["table", "markdown"])
def test_totals_are_those_of_the_whole_report(run: Runner, format: str) -> None:
    full = ["--full"] if format == "table" else []
    whole = run("summary", "base", "large", "--format", format, *full).out
    totals = run("summary", "base", "large", "--format", format, "--totals").out
    lines = [line for line in totals.splitlines() if not line.startswith("preset ")]
    assert set(lines) <= set(whole.splitlines())
    assert len([line for line in lines if line.endswith("Totals")]) == 2
    assert not re.search("Overview|Layers|What one frame sees", totals)


def test_a_baseline_is_answered_beside_the_answer(run: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(run("summary", "base", "--format", "json").out)
    for arguments in (["large"], ["large", "--totals"], ["large", "base"], ["large", "--full"]):
        out = run("summary", *arguments, "--baseline", str(saved)).out
        assert out.count("Change against wav2vec 2.0 Base (baseline)") == len(
            [each for each in arguments if each[0] != "-"]
        )


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("summary", "base", "--totals", "--full"), "leave out --full"),
        (("summary", "base", "--totals", "--depth", "1"), "leave out --depth"),
        (("summary", "base", "--totals", "--format", "json"), "json has every figure"),
        (("summary", "base", "--full", "--format", "csv"), "csv has every figure"),
        (("compare", "base", "large", "--all", "--format", "markdown"), "markdown has every figure"),
    ],
)
def test_options_that_say_nothing_together_are_refused(run: Runner, arguments: tuple[str, ...], advice: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert advice in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("base", "large"),
        ("base", "hubert_large", "asr_base_960h"),
        ("base", "--variant", "encoder_num_layers: 6", "--depth", "2"),
        ("hubert_base", "contentvec"),
    ],
    ids=" ".join,
)
def test_compare_hides_the_rows_that_are_equal_and_counts_them(run: Runner, arguments: tuple[str, ...]) -> None:
    short, whole = run("compare", *arguments).out, run("compare", *arguments, "--all").out

    def rows(out: str) -> list[list[str]]:
        return [re.split(r" {2,}", line.strip()) for line in out.splitlines()[1:]]

    hidden = [row for row in rows(whole) if row[-1] == "=" and set(row[3::2]) == {"="}]
    every, *_ = re.findall(r"^(?:All|\d+ of) (\d+) figures are equal", short, re.MULTILINE)
    counted = re.search(r"^(\d+) of \d+ figures are equal and hidden", short, re.MULTILINE)
    assert len(hidden) == int(counted[1] if counted else every)
    assert not any(row in rows(short) for row in hidden)
    kept = [row for row in rows(whole) if row not in hidden and len(row) > 3 and row[-1] != "Change"]
    assert all(row in rows(short) for row in kept)
    assert "--all" not in whole


def test_changes_have_a_colour_for_up_and_one_for_down(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out = run(
        "compare", "base", "--variant", "{encoder_num_layers: 24, encoder_ff_interm_features: 512}", columns=140
    ).out
    coloured = re.findall(r"\x1b\[(3\dm)([^\x1b]+)", out)
    assert {(colour, text[0]) for colour, text in coloured} == {("35m", "+"), ("36m", "−")}
    plain = re.sub(r"\x1b\[[\d;]*m", "", out)
    monkeypatch.delenv("FORCE_COLOR")
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("compare", "base", "--variant", "{encoder_num_layers: 24, encoder_ff_interm_features: 512}").out == plain


def test_what_a_file_excuses_is_no_warning_and_a_budget_that_is_broken_is_one(run: Runner, tmp_path: Path) -> None:
    config = tmp_path / "my.yaml"
    excused = WARNED.replace("96\n", "96  # w2v: ignore[W308] the paper has it so\n")
    config.write_text(f"{excused}budgets:\n  parameters: 10M\n")
    codes = re.findall(r"^(?:warnings)? +([A-Z]\d{3}) ", run("summary", str(config)).out, re.MULTILINE)
    assert sorted(codes) == sorted(
        problem["code"] for problem in json.loads(run("lint", str(config), "--format", "json").out)["problems"]
    )
    assert "E270" in codes
    assert "W308" not in codes
    # So small a model keeps the budget.
    code, out, _ = run("summary", str(config), "--set", "encoder_embed_dim=96", "--set", "encoder_num_layers=1")
    assert code == 0
    assert "E270" not in out


def test_what_pyproject_says_to_the_linter_has_no_word_in_the_answer_which_says_so(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text(WARNED)
    answer = run("summary", "my.yaml").out
    [code] = re.findall(
        r"^By lint's default rules, not pyproject.toml's; w2v-explore rule (\w+) says why.$", answer, re.M
    )
    assert code in answer.split("By lint's")[0]
    Path("pyproject.toml").write_text(f'[tool.w2v-explore]\nignore = ["{code}"]\nbudgets = {{parameters = "1M"}}\n')
    codes = [problem["code"] for problem in json.loads(run("lint", "my.yaml", "--format", "json").out)["problems"]]
    assert code not in codes
    assert "E270" in codes
    assert run("summary", "my.yaml").out == answer
    several = run("summary", "my.yaml", "base").out
    assert several.count(f"By lint's default rules, not pyproject.toml's; w2v-explore rule {code} says why.\n") == 1
    assert "By lint's" not in run("summary", "base").out + run("summary", "base", "large").out


def test_a_comment_excuses_its_own_line_alone(run: Runner, tmp_path: Path) -> None:
    config = tmp_path / "my.yaml"
    config.write_text(WARNED.replace("extends: base\n", "extends: base  # w2v: ignore[W308] of another line\n"))
    assert "ignore[W308]" in config.read_text()
    assert "W308" in run("summary", str(config)).out


def test_figures_stand_out_where_there_is_colour(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = run("summary", "base", columns=80).out
    bold = re.findall(r"\x1b\[1m([^\x1b]+)", out)
    assert bold == ["wav2vec 2.0 Base", "94.37 M", "74.07 G", "509.2 MB", "25 ms", "50 Hz", "none"]

"""What a search answers: figures, commands that show designs again, and the files of them."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.program import Runner
from w2v_explore import ArgumentError, Config, SourceError, Workload, analyze, lint_files, load_config, load_preset
from w2v_explore.analysis.figures import FIGURES, total_figures
from w2v_explore.search import answer as answer_module
from w2v_explore.search.answer import Answer, answer_of
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.running import chunk
from w2v_explore.search.running.run import run as run_question
from w2v_explore.search.space.space import Axis, Given, Space
from w2v_explore.search.write import write_designs

SMALLEST = Pareto(("parameters", "extractor.frames"))
FRONT = Pareto(("macs", "parameters"), frozenset({"parameters"}))


def space_of(config: Config, **values: Sequence[Any]) -> Space:
    axes = tuple(Axis(name, tuple(each)) for name, each in values.items())
    return Space(config, axes, {name: Given(number) for number, name in enumerate(values)})


def answer(config: Config, mode: Mode = SMALLEST, workload: Workload | None = None, **values: Sequence[Any]) -> Answer:
    question = Question(space_of(config, **values), workload or Workload.of(config), mode)
    return answer_of(question, run_question(question))


def at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[name]
    return document


def shown_again(found: Answer, run: Runner, stdin: bytes = b"") -> list[list[str]]:
    """The words of each design's command, which was run and came to the design's figures."""
    commands = []
    for design in found.to_dict()["front"]:
        words = shlex.split(design["set"])
        code, out, err = run(*words[1:], "--format", "json", stdin=stdin)
        assert code == 0, err
        summary = json.loads(out)
        assert design["figures"] == {name: at(summary, figure.json_path) for name, figure in FIGURES.items()}
        commands.append(words)
    assert commands
    return commands


def test_figures_past_64_bits_that_were_not_asked_for_are_told() -> None:
    workload = Workload.of_seconds(100, batch=64)
    layers = range(9_930, 10_000)
    found = answer(
        load_preset("base"),
        Rank("parameters", True, len(layers)),
        workload,
        encoder_num_layers=layers,
        encoder_ff_interm_features=[2**31 - 1],
    )
    assert len(found.designs) == len(layers)
    for design in (found.designs[0], found.designs[-2]):
        assert design.figures == total_figures(analyze(design.config, workload))
        assert design.figures["macs"] > 2**63


def test_a_config_whose_figure_is_too_large_is_named_by_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    # The second chunk has it.
    monkeypatch.setattr(chunk, "CHUNK", 2)
    widths = [768, 48 * 2**20]
    with pytest.raises(
        ArgumentError,
        match=r"^parameters of encoder_num_layers 10000, encoder_embed_dim 50331648 is 1\.014e\+20, and figures of "
        "many configs are whole numbers of 64 bits, .*; leave values as large out of the space$",
    ):
        answer(load_preset("base"), encoder_num_layers=[12, 10_000], encoder_embed_dim=widths)


CONV = [[512, 10, 5], [512, 8, 4]]


def test_a_command_shows_a_preset_with_what_differs(run: Runner) -> None:
    found = answer(
        load_config("base", {"encoder_num_layers": 3, "aux_num_out": 32, "encoder_dropout": 1e-5}),
        workload=Workload.of_seconds(7.3, batch=2, dtype="bfloat16", precision="amp-bfloat16"),
        encoder_num_layers=[2, 12],
        extractor_mode=["layer_norm"],
        extractor_conv_layer_config=[CONV],
        aux_num_out=[None],
    )
    [words] = shown_again(found, run)
    assert words == [
        *("w2v-explore", "summary", "base", "--set", "extractor_mode=layer_norm"),
        *("--set", "extractor_conv_layer_config=[[512, 10, 5], [512, 8, 4]]", "--set", "encoder_num_layers=2"),
        *("--set", "encoder_dropout=1.0e-05", "--seconds", "7.3", "--batch", "2", "--dtype", "bfloat16"),
        *("--precision", "amp-bfloat16"),
    ]


def test_a_command_names_a_file_as_it_was_named(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my 'own' config.yaml").write_text("extends: base\nsample_rate: 8000\nextractor_conv_bias: true\n")
    found = answer(load_config("my 'own' config.yaml"), encoder_num_layers=[2], extractor_conv_bias=[False])
    [words] = shown_again(found, run)
    assert words[2:] == ["my 'own' config.yaml", "--set", "extractor_conv_bias=false", "--set", "encoder_num_layers=2"]
    Path("-x.yaml").write_text("extends: base\n")
    [words] = shown_again(answer(load_config("-x.yaml"), encoder_num_layers=[12]), run)
    assert words[2:] == ["./-x.yaml"]


def test_a_command_starts_from_a_file_that_lacks_fields(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "part.yaml"
    path.write_text("encoder_num_layers: 2\n")
    fields = load_preset("base").model.to_mapping()
    [words] = shown_again(answer(load_config(path, fields), encoder_num_layers=[4]), run)
    assert words[2] == str(path)


def test_a_command_says_whose_a_config_is(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    run("convert", "hubert_base", "--to", "huggingface", "--output", str(path))
    [words] = shown_again(answer(load_config(path), encoder_num_layers=[2]), run)
    assert words[2:] == [str(path), "--set", "encoder_num_layers=2"]
    # Not a word of it says so by itself.
    values: dict[str, Any] = {"num_hidden_layers": 4, "num_attention_heads": 12}
    path.write_text(json.dumps(values))
    [words] = shown_again(answer(load_config(path, dialect="huggingface"), encoder_num_layers=[2]), run)
    assert words[2:] == [str(path), "--from", "huggingface", "--set", "encoder_num_layers=2"]
    values["unheard_of_gate"] = True
    path.write_text(json.dumps(values))
    config = load_config(path, dialect="huggingface", allow_unknown=True)
    [words] = shown_again(answer(config, encoder_num_layers=[2]), run)
    assert "--allow-unknown" in words


def test_a_command_takes_standard_input_again(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"extends: base\nencoder_num_heads: 16\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    config = load_config("-", {"encoder_num_layers": 3, "encoder_dropout": 0.5})
    [words] = shown_again(answer(config, encoder_num_layers=[12]), run, text)
    assert words[2:] == ["-", "--set", "encoder_dropout=0.5"]


def test_a_config_of_python_starts_from_its_family_s_preset(run: Runner) -> None:
    model = load_preset("wavlm_base").model
    config = Config(name="config", origin="<config>", model=type(model)(**{**model.to_mapping(), "aux_num_out": 5}))
    [words] = shown_again(answer(config, encoder_num_layers=[2], encoder_layer_drop=[1 / 3]), run)
    assert words[2] == "wavlm_base"
    assert "aux_num_out=5" in words


def test_after_ctrl_c_there_is_what_was_found_so_far() -> None:
    def interrupt(step: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    question = Question(space_of(load_config("base"), encoder_num_layers=range(2, 9)), Workload(samples=8000), FRONT)
    found = run_question(question)
    broken_off = answer_of(question, found, progress=interrupt)
    assert (len(broken_off.designs), broken_off.found.complete) == (2, False)
    assert broken_off.designs == answer_of(question, found).designs[:2]
    with pytest.raises(KeyboardInterrupt):
        answer_of(question, broken_off.found, progress=interrupt)


def test_figures_that_differ_are_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question(space_of(load_config("base"), encoder_num_layers=[2]), Workload(samples=8000), SMALLEST)
    found = run_question(question)
    candidates = found.candidates
    columns = {**candidates.columns, "parameters": candidates.columns["parameters"] + 1}
    with pytest.raises(AssertionError, match=r"parameters of config 0 is \d+, and \d+ by the formulas"):
        answer_of(question, found._replace(candidates=candidates._replace(columns=columns)))


def test_figures_of_many_designs_are_worked_out_at_once_and_some_are_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer_module, "_ANALYSED", 3)
    asked = Rank("macs", False, 8)
    found = answer(load_preset("base"), asked, encoder_num_layers=range(1, 9))
    for design in found.designs:
        assert design.figures == total_figures(analyze(design.config, found.question.workload))
    # Every third of the eight is analysed.
    columns = {name: [design.figures[name] for design in found.designs] for name in FIGURES}
    for place, is_told in enumerate([True, False, False, True, False, False, True, False]):
        wrong = [each + (number == place) for number, each in enumerate(columns["parameters"])]
        monkeypatch.setattr(answer_module, "_figures_of_many", lambda *_, wrong=wrong: {**columns, "parameters": wrong})
        with pytest.raises(AssertionError, match=r"^parameters of config") if is_told else nullcontext():
            answer(load_preset("base"), asked, encoder_num_layers=range(1, 9))


@pytest.mark.parametrize(
    ("preset", "values"),
    [
        ("hubert_base_prunable", {"encoder_layer_drop": [1e-5, 0.1]}),
        ("w2v_bert_2", {"encoder_num_layers": [3], "encoder_dropout": [0.25]}),
    ],
)
def test_designs_of_any_family_are_shown_again_and_written(
    preset: str, values: dict[str, list[Any]], run: Runner, tmp_path: Path
) -> None:
    config = load_preset(preset)
    found = answer(config, workload=Workload(samples=16_001), **values)
    assert all("--samples" in words or "1.00006" in words for words in shown_again(found, run))
    for path, design in zip(write_designs(found, tmp_path / "designs"), found.designs, strict=True):
        assert load_config(path).model == design.config.model


def test_designs_are_written_as_configs_that_extend_what_they_were_made_of(tmp_path: Path) -> None:
    base = tmp_path / "configs" / "my base.yaml"
    base.parent.mkdir()
    base.write_text("extends: large\nsample_rate: 8000\nencoder_num_layers: 3\n")
    for config in (load_config("base"), load_config(base, {"aux_num_out": 32})):
        found = answer(
            config, encoder_num_layers=[2, 3], extractor_conv_layer_config=[None, CONV], encoder_dropout=[1e-5]
        )
        folder = tmp_path / f"designs of {config.origin[-4:]}"
        files = write_designs(found, folder)
        assert files == sorted(folder.iterdir())
        assert len(files) == len(found.designs) > 1
        for path, design in zip(files, found.designs, strict=True):
            read = load_config(path)
            assert (read.model, read.sample_rate) == (design.config.model, config.sample_rate)
            assert total_figures(analyze(read, found.question.workload)).items() <= design.figures.items()
            assert yaml.safe_load(path.read_text())["extends"] == (
                "base" if config.origin == "preset base" else "../configs/my base.yaml"
            )
        assert not [problem for problem in lint_files(folder).problems if problem.rule.severity == "error"]


def test_designs_of_another_program_s_config_state_all_fields(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    run("convert", "wavlm_base", "--to", "huggingface", "--output", str(path))
    found = answer(load_config(path), encoder_num_layers=[2])
    [written] = write_designs(found, tmp_path / "designs")
    assert {*yaml.safe_load(written.read_text())} == {
        "architecture",
        "name",
        "description",
        *found.designs[0].config.model.FIELDS,
    }
    assert load_config(written).model == found.designs[0].config.model
    assert lint_files(written).problems == []


def test_nothing_is_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = answer(load_config("base"), encoder_num_layers=[2])
    Path("full").mkdir()
    Path("full/mine").touch()
    Path("empty").mkdir()
    for folder, message in {
        "full": "full is there already; name a folder that is new or empty",
        "full/mine": "full/mine is there already; name a folder that is new or empty",
        "no/designs": "there is no folder no",
        "": "give the name of a folder that is new or empty",
    }.items():
        with pytest.raises(SourceError) as caught:
            write_designs(found, folder)
        assert str(caught.value) == message
    assert write_designs(found, "empty/") == [Path("empty/base-front-1.yaml")]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["empty", "full"]

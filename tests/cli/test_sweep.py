"""``sweep`` and `sweep`: the figures of a config at every combination of values."""

from __future__ import annotations

import csv
import io
import itertools
import json
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import Workload, analyze, load_config, sweep
from w2v_explore.analysis.comparing.sweep import Member
from w2v_explore.analysis.figures import FIGURES
from w2v_explore.cli import sweep as command
from w2v_explore.cli.evaluate import show_progress
from w2v_explore.config.typed import parse_values
from w2v_explore.report import multiples
from w2v_explore.report.sweep import _boxes as boxes

TWO_BY_TWO = ("--field", "encoder_num_layers=2..4:2", "--field", "encoder_embed_dim=768,512")
HEADS = "encoder_num_heads is 12, which does not divide encoder_embed_dim 512; write 8 or 16, the nearest that do"


def at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document[name]
    return document


def test_each_member_has_the_figures_of_its_summary(run: Runner) -> None:
    short = ("--samples", "8000", "--batch", "2", "--dtype", "bfloat16")
    found = json.loads(run("sweep", "base", *TWO_BY_TWO, *short, "--format", "json").out)
    assert (found["size"], found["valid"]) == (4, 2)
    assert found["fields"] == {"encoder_num_layers": [2, 4], "encoder_embed_dim": [768, 512]}
    for member, (layers, width) in zip(found["members"], itertools.product((2, 4), (768, 512)), strict=True):
        assert member["fields"] == {"encoder_num_layers": layers, "encoder_embed_dim": width}
        if width == 512:
            assert (member["figures"], member["problem"]) == (None, HEADS)
            continue
        sets = ("--set", f"encoder_num_layers={layers}", "--set", f"encoder_embed_dim={width}")
        summary = json.loads(run("summary", "base", *sets, *short, "--format", "json").out)
        assert member["figures"] == {name: at(summary, figure.json_path) for name, figure in FIGURES.items()}


def test_csv_has_a_line_for_each_config(run: Runner) -> None:
    figures = ("--figure", "parameters", "--figure", "stride_ms", "--figure", "feature_extractor.macs")
    out = run("sweep", "base", *TWO_BY_TWO, *figures, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    names = ["encoder_num_layers", "encoder_embed_dim", "parameters", "stride_ms", "feature_extractor.macs", "problem"]
    assert list(rows[0]) == names
    analysis = analyze(load_config("base", {"encoder_num_layers": 2}))
    extractor = next(row.macs.total for row in analysis.layers if row.path == "feature_extractor")
    assert list(rows[0].values()) == ["2", "768", str(analysis.parameters), "20.0", str(extractor), ""]
    assert list(rows[1].values()) == ["2", "512", "", "", "", HEADS]


def test_what_is_no_config_is_listed_with_its_reason(run: Runner) -> None:
    code, out, err = run("sweep", "base", *TWO_BY_TWO)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1] == "4 configs, 2 of them valid: 2 of encoder_num_layers × 2 of encoder_embed_dim"
    assert next(line for line in lines if HEADS in line).split()[:3] == ["any", "512", "2"]
    out = run("sweep", "base", "--field", "encoder_num_heads=0,5", "--field", "encoder_embed_dim=768,800").out
    rows = [line.split()[:3] for line in out.partition("Not valid\n")[2].splitlines()]
    assert rows[1:3] == [["0", "any", "2"], ["5", "768", "1"]]


def test_of_much_that_is_no_config_a_table_has_the_first_rows(run: Runner) -> None:
    arguments = ("sweep", "base", "--field", "encoder_num_heads=1..60", "--figure", "parameters")
    out = run(*arguments).out
    invalid = out.partition("Not valid\n")[2].partition("\n\n")[0].splitlines()
    assert (len(invalid), invalid[-1]) == (42, "The first 40 of 49 rows; --format csv and json have all.")
    assert len(run(*arguments, "--format", "csv").out.splitlines()) == 61


def test_what_has_one_reason_is_a_row_where_its_values_say_which_it_is() -> None:
    def members(*pairs: tuple[int, int]) -> list[Member]:
        return [Member({"a": a, "b": b}, {}, "why") for a, b in pairs]

    assert list(boxes(members((1, 3), (1, 4), (2, 3), (2, 4)))) == [{"a": [1, 2], "b": [3, 4]}]
    assert list(boxes(members((1, 3), (2, 4)))) == [{"a": [1], "b": [3]}, {"a": [2], "b": [4]}]


def test_nothing_valid_is_a_no(run: Runner) -> None:
    code, out, err = run("sweep", "base", "--field", "encoder_embed_dim=513,514")
    assert (code, err) == (1, "")
    assert "2 configs, none of them valid: 2 of encoder_embed_dim\n" in out
    code, out, _ = run("sweep", "base", "--field", "extractor_conv_layer_config=[[512, 900000, 5]]")
    assert code == 1
    assert "160000 samples are too few: this extractor needs 900005 for its first frame" in out


def test_the_extractor_is_shown_where_it_varies(run: Runner) -> None:
    out = run("sweep", "base", "--field", "extractor_conv_layer_config=null,[[512, 10, 5]]").out
    assert "Receptive field  Stride  Shortest input  Frames/s  Frames" in out
    assert "\nnull               94.37 M" in out
    assert "\nMACs/s: MACs of a second of audio; Inference, Training: memory; Receptive field, Stride, " in out
    assert "Stride" not in run("sweep", "base", "--field", "encoder_num_layers=2,3").out


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=2..8:2", [2, 4, 6, 8]),
        ("a=2..8:4", [2, 6]),
        ("a=2..4,9,11..12", [2, 3, 4, 9, 11, 12]),
        ("a=-2..0", [-2, -1, 0]),
        ("a=0..0.3:0.1", [0.0, 0.1, 0.2, 0.3]),
        ("a=true,null,group_norm,'1..2x'", None),
        ("a= true, null ,group_norm", [True, None, "group_norm"]),
        ("a=[[1, 2, 3], [4, 5, 6]],null", [[[1, 2, 3], [4, 5, 6]], None]),
    ],
)
def test_values_are_yaml_and_ranges(text: str, values: list[object] | None) -> None:
    if values is None:
        with pytest.raises(ValueError, match=r"1\.\.2x is no range"):
            parse_values("--field", text)
        return
    field, found = parse_values("--field", text)
    assert (field, found) == ("a", values)
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["encoder_num_layers"],
            "--field encoder_num_layers: error E100 yaml-syntax: write field=values, as encoder_num",
        ),
        (
            ["encoder_num_layers="],
            "E100 yaml-syntax: write field=values, as encoder_num_layers=2..24:2 or encoder_embed",
        ),
        (["encoder_num_layers=4..2"], "E100 yaml-syntax: 4..2 goes down; write the lesser number first, as 2..4\n"),
        (["encoder_num_layers=2..4:0"], "E100 yaml-syntax: 2..4:0 has a step of 0; write one above 0\n"),
        (["encoder_num_layers=2..x"], "E100 yaml-syntax: 2..x is no range; write first..last:step, as 2..24:2\n"),
        (["encoder_num_layers=2:24"], "E100 yaml-syntax: 2:24 is no range; write first..last:step, as 2..24:2\n"),
        (["encoder_num_layers=" + "1..9,1..9999," * 9_000], "more than 10,000 values are too many; give fewer\n"),
        (["encoder_dropout=0,.nan"], "error: the values of encoder_dropout hold a number that is not finite; give"),
        (["encoder_dropout=[.inf]"], "error: the values of encoder_dropout hold a number that is not finite; give"),
        (["encoder_num_layers=2,*x"], "E100 yaml-syntax: found undefined alias, at column 22\n"),
        (["encoder_num_layers=2,[3"], "did not find expected ',' or ']', at its end\n"),
        (["encoder_num_layers=2],[3"], "E100 yaml-syntax: brackets close before the text ends\n"),
        (["a=1]\nb: [2"], "E100 yaml-syntax: write field=values, as encoder_num_layers"),
        (
            ["encoder_num_layers=1..99999999"],
            "1..99999999 is 99,999,999 values; write a larger step, for 10,000 at most\n",
        ),
        (
            ["encoder_num_layers=1..1000", "encoder_num_heads=1..200"],
            "error: 1,000 × 200 = 200,000 configs are too many; give fewer values, for 10,000 at most\n",
        ),
        (["encoder_layers=2"], "error: encoder_layers is fairseq's name; write encoder_num_layers\n"),
        (["encoder_numlayers=2"], "error: there is no field encoder_numlayers; did you mean encoder_num_layers?\n"),
        (["sample_rate=8000"], "error: sample_rate is no field of the model but a key about the file; give a field"),
        (["rel_attn_num_buckets=2"], "error: there is no field rel_attn_num_buckets; "),
        (
            ["encoder_num_layers=2", "encoder_num_layers=3"],
            "error: --field encoder_num_layers is given twice; write all",
        ),
    ],
)
def test_bad_fields_are_one_message(run: Runner, arguments: list[str], message: str) -> None:
    code, out, err = run("sweep", "base", *[word for text in arguments for word in ("--field", text)])
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ("macz", "error: there is no figure macz; did you mean macs?\n"),
        ("latency.real_time_factor", "error: latency.real_time_factor comes from a device, and nothing is run here; "),
    ],
)
def test_bad_figures_are_one_message(run: Runner, figure: str, message: str) -> None:
    code, out, err = run("sweep", "base", "--field", "encoder_num_layers=2", "--figure", figure)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(message)


def test_a_hostile_value_is_text(run: Runner) -> None:
    out = run("sweep", "base", "--field", 'extractor_mode="\x1b[31m|x",group_norm', "--format", "csv").out
    assert "\x1b" not in out
    assert "\x1b" not in run("sweep", "base", "--field", 'extractor_mode="\\e[31m|x",group_norm').out


def test_many_configs_show_progress(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(command, "_MANY", 3)
    whole = command.show_progress

    def noting(name: str) -> Any:
        shown.append(name)
        return whole(name)

    monkeypatch.setattr(command, "show_progress", noting)
    for layers, times in (("1,2", 0), ("1..3", 1)):
        assert run("sweep", "base", "--field", f"encoder_num_layers={layers}", "--figure", "parameters").code == 0
        assert len(shown) == times


def test_progress_is_drawn_as_often_as_somebody_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with show_progress("base") as show:
        for done in range(1000):
            show("configs", done, 1000)
        show("at last", 0, 1)
    drawn = terminal.getvalue()
    assert 0 < drawn.count("base: configs") < 500
    assert "base: at last" in drawn


# --- From Python -------------------------------------------------------------------------------------------------


def test_a_function_gives_the_same() -> None:
    analysis = analyze("base", Workload.of_seconds(2))
    told: list[tuple[int, int]] = []
    found = sweep(
        analysis,
        {"encoder_num_layers": (2, 2, 3), "extractor_conv_layer_config": [[(512, 10, 5)], None]},
        figures=["parameters"],
        progress=lambda what, done, size: told.append((done, size)),
    )
    assert found.analysis is analysis
    assert [tuple(member.fields.values()) for member in found.members] == [
        (2, [[512, 10, 5]]),
        (2, None),
        (3, [[512, 10, 5]]),
        (3, None),
    ]
    assert all(list(member.figures) == ["parameters"] for member in found.valid)
    assert told == [(number, 4) for number in range(4)]
    assert repr(found) == "<Sweep of 'wav2vec 2.0 Base': 4 configs, 4 of them valid>"
    lists = [[[512, 10, 5]], [[512, 10, 5.0]]]
    fields = sweep("base", {"encoder_layer_drop": [0, False], "extractor_conv_layer_config": lists}).fields
    assert list(map(repr, fields.values())) == ["(0, False)", repr(tuple(lists))]


@pytest.mark.parametrize(
    ("fields", "figures", "error", "message"),
    [
        ([], (), TypeError, "fields is an object of the type list; give a list of values for each field"),
        ({"encoder_num_layers": 3}, (), TypeError, "fields has an object of the type int for encoder_num_layers"),
        ({"encoder_num_layers": "3"}, (), TypeError, "fields has an object of the type str for encoder_num_layers"),
        ({"encoder_num_layers": [3]}, "macs", TypeError, "figures is an object of the type str; give a list of names"),
        ({"encoder_num_layers": b"3"}, (), TypeError, "fields has an object of the type bytes for encoder_num_layers"),
        ({3: [3]}, (), TypeError, "fields has an object of the type int for a field's name; give a list of values"),
        (
            {"encoder_num_layers": [object]},
            (),
            TypeError,
            "the values of encoder_num_layers hold an object of the type",
        ),
        ({"encoder_num_layers": [3]}, iter(["macs"]), TypeError, "figures is an object of the type list_iterator"),
        ({"encoder_num_layers": [3]}, None, TypeError, "figures is "),
        ({}, (), ValueError, "no field varies; give a list of values"),
        ({"encoder_num_layers": []}, (), ValueError, "encoder_num_layers has no values; give a list of values"),
    ],
)
def test_what_is_no_sweep_is_refused(fields: Any, figures: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sweep("base", fields, figures=figures)


# --- Curves ------------------------------------------------------------------------------------------------------


def test_curves_are_over_the_field_with_the_most_numbers(run: Runner) -> None:
    fields = ("--field", "extractor_mode=group_norm,layer_norm", "--field", "encoder_num_layers=2..6:2")
    out = run("sweep", "base", *fields, columns=80).out
    picture = out.partition("\n\n   ")[2]
    assert [title for title in ("Params", "MACs", "Inference", "Training") if title in picture] == [
        *("Params", "MACs", "Inference", "Training")
    ]
    assert out.endswith(
        "along the axis: encoder_num_layers\n● extractor_mode group_norm\nb extractor_mode layer_norm\n"
    )
    assert max(map(len, out.splitlines())) <= 80
    # Nothing bends, or there is no axis.
    for fields in (("--field", "encoder_num_layers=2"), ("--field", "extractor_mode=group_norm,layer_norm")):
        assert "along the axis" not in run("sweep", "base", *fields).out


def test_of_many_curves_the_first_are_drawn(run: Runner) -> None:
    fields = ("--field", "encoder_num_layers=2..11", "--field", "encoder_ff_interm_features=1000..1008")
    out = run("sweep", "base", *fields, "--figure", "parameters").out
    assert "along the axis: encoder_num_layers; the first 8 of 9 curves\n" in out
    assert out.splitlines()[-1] == "h ff_interm_features 1007"
    # The ninth curve alone has a head.
    fields = ("--field", "aux_num_out=null,9", "--field", "encoder_num_heads=1,2,3,4,6,8,12,16", *fields[:2])
    code, out, _ = run("sweep", "base", *fields, "--figure", "aux.macs")
    assert (code, "along the axis" in out) == (0, False)


@pytest.mark.parametrize("columns", [40, 80])
def test_the_names_of_curves_fit_the_terminal(run: Runner, columns: int) -> None:
    layers = [[[512, 10, 5], [512, 3, 2], [512, kernel, 2], [512, 2, 2]] for kernel in (3, 4, 5)]
    fields = [f"extractor_conv_layer_config={layers[0]},{layers[1]}", "extractor_mode=group_norm,layer_norm"]
    fields += ["encoder_ff_interm_features=1024..3072:1024", "encoder_num_layers=2..5"]
    asked = [word for text in fields for word in ("--field", text)]
    out = run("sweep", "base", *asked, "--figure", "parameters", columns=columns).out
    legend = out.partition("along the axis: ")[2].splitlines()
    assert max(map(len, legend)) <= columns
    assert any(line.startswith("  ") for line in legend)


def test_no_color_holds_for_curves(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("sweep", "base", *TWO_BY_TWO[:2], "--field", "encoder_embed_dim=384,768", "--figure", "parameters")
    red = "\x1b[38;5;1m"
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert red in run(*arguments).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert red not in run(*arguments).out


def test_without_plotext_the_table_says_what_curves_need(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("w2v_explore.report.sweep.find_spec", lambda name: None)
    out = run("sweep", "base", "--field", "encoder_num_layers=2,3").out
    assert "drawing curves needs plotext, which is not installed: run pip install" in out
    assert "along the axis" not in out


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 100, [0, 50, 100]),
        (20, 130, [0, 50, 100, 150]),
        (96, 100, [96, 98, 100]),
        (1e9, 1e9 + 3, [1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3]),
        (5, 5, [4, 6]),
    ],
)
def test_ticks_are_round_and_reach_around_the_values(low: float, high: float, ticks: list[float]) -> None:
    assert multiples._round_numbers(low, high) == pytest.approx(ticks)

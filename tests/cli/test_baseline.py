"""``--baseline`` and ``--fail-if``."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import Workload, WorkloadError, memory, sensitivity


@pytest.fixture
def saved(run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The summary of base, saved as base.json in the working folder."""
    monkeypatch.chdir(tmp_path)
    text = run("summary", "base", "--format", "json", "--seconds", "1").out
    Path("base.json").write_text(text, encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


ONE_SECOND = ("--seconds", "1", "--baseline", "base.json")


@pytest.mark.usefixtures("saved")
def test_summary_shows_what_changed(run: Runner) -> None:
    code, out, err = run("summary", "base", "--set", "encoder_num_layers=13", *ONE_SECOND)
    assert (code, err) == (0, "")
    changed = out.partition("Change against wav2vec 2.0 Base (baseline)")[2]
    assert "parameters" in changed
    assert "+7.088 M (+7.5 %)" in changed
    assert "receptive field" not in changed
    assert "the baseline is base.json" in changed


@pytest.mark.usefixtures("saved")
def test_summary_says_that_nothing_changed(run: Runner) -> None:
    assert "No total has changed." in run("summary", "base", *ONE_SECOND).out
    assert "No total has changed." in run("summary", "base", *ONE_SECOND, "--format", "markdown").out


def test_a_baseline_at_another_sample_rate_says_what_its_figures_are_of(run: Runner, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(run("summary", "base", "--set", "sample_rate=8000", "--set", "name=x", "--format", "json").out)
    for command in ("summary", "compare"):
        out = " ".join(run(command, "base", "--baseline", str(saved)).out.split())
        assert "its figures are of 10 s of audio at 8 kHz (80,000 samples)" in out
        assert (
            "its figures are of" not in run(command, "base", "--set", "sample_rate=8000", "--baseline", str(saved)).out
        )


def test_summary_json_has_the_change(run: Runner, saved: dict[str, Any]) -> None:
    document = json.loads(run("summary", "large", *ONE_SECOND, "--format", "json").out)
    assert document["baseline"] == {
        "path": "base.json",
        "name": "wav2vec 2.0 Base",
        "measured_on": None,
        "not_counted": [],
    }
    assert document["change"]["parameters"]["values"] == [saved["totals"]["parameters"], 315_427_968]


def test_saved_figures_are_not_worked_out_again(run: Runner, saved: dict[str, Any]) -> None:
    saved["totals"]["macs"] = 5
    Path("base.json").write_text(json.dumps(saved))
    document = json.loads(run("compare", "large", *ONE_SECOND, "--format", "json").out)
    assert document["metrics"]["macs"]["values"][0] == 5
    # What today's formulas do not give is not attributed by them.
    [attribution] = document["attributions"]
    figures = set().union(*(contribution["metrics"] for contribution in attribution["contributions"]))
    assert "macs" not in figures
    assert {"parameters", "flops"} <= figures


@pytest.mark.usefixtures("saved")
def test_compare_puts_the_baseline_first(run: Runner) -> None:
    code, out, _ = run("compare", "base", "large", *ONE_SECOND, "--depth", "1")
    assert code == 0
    assert out.startswith("wav2vec 2.0 Base (baseline) ↔ wav2vec 2.0 Base ↔ wav2vec 2.0 Large\n")
    with_config = json.loads(run("compare", "base", "large", "--seconds", "1", "--format", "json").out)
    with_file = json.loads(run("compare", "large", *ONE_SECOND, "--format", "json").out)
    for name in ("metrics", "attributions", "differences"):
        assert with_file[name] == with_config[name]


def test_a_file_of_an_older_version_has_fewer_figures(run: Runner, saved: dict[str, Any]) -> None:
    del saved["memory"]
    del saved["training"]
    del saved["totals"]["flops"]
    Path("base.json").write_text(json.dumps(saved))
    code, out, _ = run("compare", "large", *ONE_SECOND)
    assert code == 0
    assert "memory of inference" not in out
    assert "parameters" in out
    code, _, err = run("summary", "large", *ONE_SECOND, "--fail-if", "memory.inference_bytes > +1%")
    assert code == 2
    assert "the baseline base.json has no memory.inference_bytes" in err


def test_saved_latencies_are_named_with_their_device(run: Runner, saved: dict[str, Any]) -> None:
    latency = {"device": "cpu", "device_name": "A CPU", "torch_version": "2.13.0", "end_to_end": {"median_s": 0.2}}
    Path("base.json").write_text(json.dumps({**saved, "latency": latency}))
    out = run("summary", "base", *ONE_SECOND).out
    assert "the baseline is base.json; its latency was measured on cpu, A CPU, torch 2.13.0" in out
    code, _, err = run("summary", "base", *ONE_SECOND, "--fail-if", "latency.end_to_end.median_s > +10%")
    assert code == 2
    assert "latency.end_to_end.median_s is measured; give --device" in err


def edited(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: {**document, **changes}


def without(*way: str | int, put: object = None) -> Callable[[dict[str, Any]], object]:
    """The document with something else at a way into it, or with nothing there."""

    def edit(document: dict[str, Any]) -> object:
        changed = copy.deepcopy(document)
        inner: Any = changed
        for part in way[:-1]:
            inner = inner[part]
        if put is None:
            del inner[way[-1]]
        else:
            inner[way[-1]] = put
        return changed

    return edit


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda document: [document, document], "it holds 2 summaries, and a baseline is one"),
        (lambda document: {"schema_version": 1, "configs": [document]}, "it is what compare wrote"),
        (edited(schema_version=2), "its schema_version is 2, and this program reads 1"),
        (edited(schema_version="2"), 'schema_version: "2"; a whole number of at least 0 is wanted'),
        (edited(schema_version="1"), 'schema_version: "1"; a whole number'),
        (edited(schema_version=1.0), "schema_version: 1.0; a whole number"),
        (edited(schema_version=True), "schema_version: true; a whole number"),
        (edited(schema_version=None), "schema_version: null; a whole number"),
        (without("schema_version"), "schema_version: it is missing"),
        (without("totals", "parameters", put=-5), "totals.parameters: -5; a whole number of at least 0 is wanted"),
        (edited(totals=None), "totals: null; an object is wanted"),
        (edited(totals={"parameters": "many"}), 'totals.parameters: "many"; a whole number'),
        (edited(totals={"parameters": 94370944.0}), "totals.parameters: 94370944.0; a whole number"),
        (edited(layers=3), "layers: 3; a list is wanted"),
        (edited(layers=[]), 'layers: none has the path ""'),
        (without("config", "fields", "aux_num_out", put=32), 'layers: none has the path "aux"'),
        (without("config", "architecture", put="wavlm9"), 'config.architecture: "wavlm9"; '),
        (edited(layers=[{"path": ""}]), 'layers: none has the path "feature_extractor"'),
        (without("layers", 1, "path", put=""), 'layers[1].path: ""; a path of its own is wanted'),
        (without("layers", 2, "macs", put=True), "layers[2].macs: true; a whole number"),
        (edited(workload={}), "workload.samples: it is missing"),
        (without("workload", "samples", put=160000.0), "workload.samples: 160000.0; a whole number from 1 to"),
        (without("workload", "sample_rate", put=0), "workload.sample_rate: 0; a whole number from 1 to 10,000,000"),
        (without("workload", "sample_rate", put=float("nan")), "workload.sample_rate: NaN; a whole number"),
        (without("workload", "batch", put=10**399), "workload.batch: Infinity; a whole number"),
        (without("workload", "dtype", put="int8"), 'workload.dtype: "int8"; float32 or float16 or'),
        (without("workload", "precision", put="fp16"), 'workload.precision: "fp16"; amp-bfloat16 or amp-float16 or'),
        (without("extractor", "frame_rate_hz", put=float("inf")), "extractor.frame_rate_hz: Infinity; a number"),
        (without("extractor", "frame_rate_hz", put=1e-320), "extractor.frame_rate_hz: 1e-320; a number"),
        (without("config", "name", put=[]), "config.name: a list of 0; a text is wanted"),
        (without("config", "not_counted", put=[1]), "config.not_counted[0]: 1; a text is wanted"),
        (without("config", "fields", "aux_num_out"), "config.fields.aux_num_out: it is missing"),
        (without("config", "fields", "encoder_dropout", put=2), "config.fields.encoder_dropout: encoder_dropout is 2"),
        (without("config", "fields", "a\nb", put=2), 'config.fields: a config has no field "a\\nb"'),
        (lambda document: {"schema_version": 1}, "config: it is missing"),
        (lambda document: 3, "the document: 3; an object is wanted"),
        (lambda document: "text", 'the document: "text"; an object is wanted'),
    ],
)
def test_no_baselines(
    run: Runner, saved: dict[str, Any], edit: Callable[[dict[str, Any]], object], message: str
) -> None:
    Path("base.json").write_text(json.dumps(edit(saved)))
    for command in ("summary", "compare"):
        code, out, err = run(command, "base", *ONE_SECOND)
        assert (code, out) == (2, "")
        assert f"base.json is no baseline: {message}" in err
        assert "; write one with `w2v-explore summary" in err


@pytest.mark.usefixtures("saved")
def test_no_json(run: Runner) -> None:
    Path("base.json").write_text('{"a": 1,\n oops}')
    assert (
        "it is no JSON: Expecting property name enclosed in double quotes (line 2, column 2)"
        in run("summary", "base", *ONE_SECOND).err
    )
    Path("base.json").write_bytes(b"\xff{")
    assert "it is no UTF-8 (byte 0)" in run("summary", "base", *ONE_SECOND).err
    Path("base.json").write_bytes("{".encode("utf-16") + b"\0")
    assert "it is no UTF-16 (byte 4)" in run("summary", "base", *ONE_SECOND).err
    Path("base.json").write_text("[" * 100_000)
    assert "it is nested too deep" in run("summary", "base", *ONE_SECOND).err
    Path("base.json").write_text('{"schema_version": 1, "schema_version": 1}')
    assert "schema_version stands in it twice" in run("summary", "base", *ONE_SECOND).err
    Path("base.json").unlink()
    assert "cannot read base.json: No such file" in run("summary", "base", *ONE_SECOND).err


@pytest.mark.usefixtures("saved")
@pytest.mark.parametrize("other", [["--seconds", "2"], ["--batch", "2"], ["--dtype", "bfloat16"]])
def test_another_workload_is_refused(run: Runner, other: list[str]) -> None:
    seconds = [] if "--seconds" in other else ["--seconds", "1"]
    code, out, err = run("summary", "base", "--baseline", "base.json", *seconds, *other)
    assert (code, out) == (2, "")
    assert "of another workload; give --samples 16000 --batch 1 --dtype float32" in err


@pytest.mark.usefixtures("saved")
def test_a_condition_that_holds_exits_with_1_and_says_by_how_much(run: Runner) -> None:
    grown = ("summary", "base", "--set", "encoder_num_layers=13", *ONE_SECOND)
    assert run(*grown, "--fail-if", "parameters > +8%").code == 0
    code, out, err = run(*grown, "--fail-if", "parameters > +5%", "--fail-if", "macs > 1G", "--fail-if", "macs < -1%")
    assert code == 1
    assert out
    assert err.splitlines() == [
        "base, changed: encoder_num_layers 13: parameters is 101,458,816, +7.511 % against 94,370,944 of "
        "wav2vec 2.0 Base (baseline); it fails if parameters > +5%",
        "base, changed: encoder_num_layers 13: macs is 7,261,878,784; it fails if macs > 1G",
    ]


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        ("parameters > +5%", "+234.2 %"),
        ("parameters > +234.2%", "+234.24 %"),
        ("parameters > +234.242%", "+234.243 %"),
        ("macs > +1%", "+159.1 %"),
    ],
)
def test_percentages_have_as_many_digits_as_they_need(run: Runner, condition: str, change: str) -> None:
    code, _, err = run("compare", "base", "large", "--fail-if", condition)
    assert code == 1
    assert f", {change}" in err
    assert "%" in err


def test_compare_holds_all_but_the_first(run: Runner) -> None:
    code, _, err = run("compare", "large", "base", "xlsr_1b", "--fail-if", "parameters > 300M")
    assert code == 1
    assert err == "XLS-R 1B: parameters is 962,496,128; it fails if parameters > 300M\n"
    assert run("compare", "base", "large", "--fail-if", "parameters < -1%").code == 0
    assert run("compare", "large", "base", "--fail-if", "parameters < -1%").code == 1


def test_an_absolute_condition_needs_no_baseline(run: Runner) -> None:
    assert run("summary", "base", "--fail-if", "memory.inference_bytes > 1GiB").code == 0
    assert run("summary", "base", "large", "--fail-if", "memory.inference_bytes > 1GiB").code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["summary", "base", "--fail-if", "parameters > +5%"], "is about a change; give --baseline FILE"),
        (["summary", "base", "--fail-if", "parametrs > 5"], "did you mean parameters?"),
        (["compare", "base", "large", "--fail-if", "latency.real_time_factor > 1"], "is measured; give --device"),
        (["compare", "base", "large", "--fail-if", "macs is big"], "is no condition"),
        (["compare", "base"], "two configs or more, or one with --variant or --baseline"),
        (["compare", "base", "--baseline", "nosuch.json"], "cannot read nosuch.json"),
    ],
)
def test_wrong_questions(run: Runner, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments, columns=200)
    assert (code, out) == (2, "")
    assert message in err


def test_a_baseline_of_an_older_version_names_no_architecture(run: Runner, tmp_path: Path) -> None:
    document = json.loads(run("summary", "base", "--format", "json").out)
    del document["config"]["architecture"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document))
    code, out, _ = run("compare", "base", "--baseline", str(path), "--format", "json")
    assert (code, json.loads(out)["differences"]) == (0, {})


@pytest.mark.parametrize("precision", ["amp-float16", "float32", "pure-bfloat16"])
def test_training_memory_is_of_the_precision_that_is_given(run: Runner, tmp_path: Path, precision: str) -> None:
    arguments = ("base", "--seconds", "1", "--precision", precision)
    saved = tmp_path / "saved.json"
    saved.write_text(run("summary", *arguments, "--format", "json").out)
    figures = json.loads(saved.read_text())["memory"]
    training = memory("base", Workload.of_seconds(1), precision=precision).training[precision]
    assert figures["training_bytes"] == training.total_bytes(checkpointing=False)
    assert figures["kept_bytes"] == training.kept_bytes.greatest
    assert f"in {precision};" in run("summary", *arguments).out
    assert f"memory of training, {precision}" in run("summary", *arguments, "--totals").out
    condition = ("--fail-if", f"memory.training_bytes >= {figures['training_bytes']}")
    assert run("summary", *arguments, *condition).code == 1
    assert "No total has changed." in run("summary", *arguments, "--baseline", str(saved)).out
    other = run("summary", "base", "--seconds", "1", "--baseline", str(saved))
    # A workload in float32 is trained in float32 where nothing else is said.
    assert (other.code, f"--precision {precision}" in other.err) == (
        (0, False) if precision == "float32" else (2, True)
    )


@pytest.mark.usefixtures("saved")
def test_a_baseline_without_precision_is_of_the_dtype(run: Runner) -> None:
    code, out, err = run("summary", "base", *ONE_SECOND, "--precision", "amp-bfloat16")
    assert (code, out) == (2, "")
    assert "--dtype float32, and no --precision" in err


def test_what_fields_contribute_is_of_the_dtype(run: Runner) -> None:
    arguments = ("compare", "base", "large", "--seconds", "1", "--precision", "amp-bfloat16")
    document = json.loads(run(*arguments, "--format", "json").out)
    training = [memory(name, Workload.of_seconds(1)).training["amp-bfloat16"] for name in ("base", "large")]
    values = document["metrics"]["memory.training_bytes"]["values"]
    assert values == [each.total_bytes(checkpointing=False) for each in training]
    contributed = {name for each in document["attributions"][0]["contributions"] for name in each["metrics"]}
    assert "training.expected_macs" in contributed
    assert contributed.isdisjoint({"memory.training_bytes", "memory.kept_bytes"})
    assert "What fields contribute to the memory of training in amp-bfloat16 is not worked out." in " ".join(
        run(*arguments).out.split()
    )
    with pytest.raises(WorkloadError, match="sensitivity is of training in the dtype"):
        sensitivity("base", Workload.of_seconds(1, precision="amp-bfloat16"))

"""``calibrate``, ``summary --predict``, and the share of the roof in ``summary --device``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from tests.calibrations import keep, make_for_this_machine
from tests.program import Runner
from tests.unit.test_calibrate import PASSES, run_here
from tests.unit.test_html import figures_above_all
from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.latency.calibration import NoiseMark
from w2v_explore.analysis.latency.prediction import predict
from w2v_explore.measure import calibrate as calibrate_module
from w2v_explore.measure import noise
from w2v_explore.report.calibration import calibration_report


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def tiny_budget(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> None:
    monkeypatch.setattr(noise, "_REST_S", 0)
    monkeypatch.setattr(calibrate_module, "_LARGEST_MATRIX", 256)
    monkeypatch.setattr(calibrate_module, "_STREAM_BYTES", 4096)
    tiny = partial(calibrate_module.calibrate, references=PASSES, run=run_here)
    monkeypatch.setattr(calibrate_module, "calibrate", tiny)


@pytest.mark.usefixtures("tiny_budget")
def test_calibrate_then_predict(run: Runner, cache: Path) -> None:
    code, out, err = run("calibrate", columns=80)
    assert (code, err) == (0, "")
    for words in ("matrix throughput", "memory bandwidth", "MAC/s", "From others", "kept in"):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80
    [path] = [each for each in cache.rglob("*") if each.is_file()]
    assert path.suffix == ".json"
    code, out, err = run("summary", "base", "--predict")
    assert (code, err) == (0, "")
    assert "latency, predicted" in out
    # As small as the references are, all of a real model lies beyond them.
    assert "smaller or larger than any of their kind that were calibrated" in out.replace("\n", " ")


@pytest.mark.usefixtures("tiny_budget")
def test_calibrate_json(run: Runner, cache: Path) -> None:
    code, out, err = run("calibrate", "--threads", "1", "--format", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["calibration"]["threads"] == 1
    assert Path(document["path"]).is_file()
    assert document["calibration"]["macs_per_s"] > 0
    assert [reference["name"] for reference in document["references"]] == [name for name, _ in PASSES]
    assert {operation["kind"] for operation in document["operations"]} >= {"linear", "channels_first/gelu"}
    assert all(0 < one["least"] <= one["median"] <= one["greatest"] for one in document["operations"])


@pytest.mark.usefixtures("tiny_budget")
def test_a_cache_folder_that_cannot_be_made_is_a_clear_message(
    run: Runner, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / "file").touch()
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(cache / "file"))
    code, out, err = run("calibrate")
    assert (code, out) == (2, "")
    assert err.startswith("error: cannot write ")


def test_predict_in_every_format(run: Runner) -> None:
    calibration = make_for_this_machine()
    keep(calibration)
    analysis = analyze(load_config("base"), Workload.of_seconds(10))
    expected = predict(analysis, calibration)
    document = json.loads(run("summary", "base", "--predict", "--format", "json").out)
    prediction = document["prediction"]
    assert prediction["seconds"] == expected.seconds
    assert (prediction["low_s"], prediction["high_s"]) == (expected.low_s, expected.high_s)
    assert prediction["real_time_factor"] == expected.seconds / 10
    assert prediction["calibration"]["created"] == calibration.created
    assert prediction["calibration"]["threads"] == 4
    assert "8 were off by a factor of at most 1.100" in prediction["method"]
    layers = {layer["path"]: layer["predicted_s"] for layer in document["layers"]}
    assert layers[""] + prediction["unattributed_s"] == pytest.approx(expected.seconds)
    assert layers["encoder.transformer.layers.11"] == layers["encoder.transformer.layers.0"] > 0
    rows = csv.DictReader(io.StringIO(run("summary", "base", "--predict", "--format", "csv").out))
    assert {row["path"]: float(row["predicted_s"]) for row in rows} == layers
    assert "predicted to take" in run("summary", "base", "--predict", "--format", "markdown").out


def test_without_a_calibration_the_message_has_the_command(run: Runner) -> None:
    code, out, err = run("summary", "base", "--predict")
    assert (code, out) == (2, "")
    assert err == "error: no calibration to predict from for float32 on cpu: run `w2v-explore calibrate`\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--predict", "--runs", "3"],
        ["--threads", "1"],
        ["--predict", "--threads", "0"],
        ["--predict", "--threads", "2", "--device", "cuda"],
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_together(run: Runner, arguments: list[str]) -> None:
    code, out, err = run("summary", "base", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: --")


SMALL = ["--set", "encoder_num_layers=1", "--samples", "4000", "--device", "cpu", "--runs", "1"]


def test_measured_layers_have_their_share_of_the_roof(run: Runner, one_thread: None) -> None:
    keep(make_for_this_machine(threads=torch.get_num_threads()))
    code, out, err = run("summary", "base", *SMALL, "--full", columns=80)
    assert (code, err) == (0, "")
    assert "of roof" in out
    assert "Of roof: the least time at 100.0 GMAC/s and 10.00 GB/s" in out.replace("\n", " ")
    assert max(map(len, out.splitlines())) <= 80
    document = json.loads(run("summary", "base", *SMALL, "--format", "json").out)
    assert document["latency"]["calibration"]["bytes_per_s"] == 1e10
    shares = {layer["path"]: layer["latency"]["roof_share"] for layer in document["layers"]}
    assert shares[""] > 0
    assert shares["encoder.padding_mask"] is None


def test_without_a_calibration_the_report_says_how_to_get_one(run: Runner, one_thread: None) -> None:
    code, out, err = run("summary", "base", *SMALL, "--full")
    assert (code, err) == (0, "")
    assert "of roof" not in out
    assert "run `w2v-explore calibrate` once" in out


def test_a_damaged_calibration_does_not_cost_the_measurement(run: Runner, one_thread: None) -> None:
    keep(make_for_this_machine(threads=torch.get_num_threads())).write_text("{")
    code, out, err = run("summary", "base", *SMALL, "--full")
    assert code == 0
    assert "plain pass, end to end" in out
    assert err.startswith("warning: ")
    assert "delete it and calibrate again" in err
    code, out, err = run("summary", "base", "--predict")
    assert (code, out) == (2, "")
    assert "delete it and calibrate again" in err


MARK = NoiseMark("competing_load", "other programs took 40% of the cores", "stop them", 3)


def test_a_prediction_from_a_noisy_calibration_says_so(run: Runner) -> None:
    keep(make_for_this_machine(noise=(MARK,)))
    out = run("summary", "base", "--predict").out
    assert "NOISY: calibrated on a busy machine (other programs took 40% of the cores)" in out
    assert "run `w2v-explore calibrate` again" in out
    document = json.loads(run("summary", "base", "--predict", "--format", "json").out)["prediction"]["calibration"]
    assert document["noisy"] is True
    assert document["noise"] == [MARK._asdict()]
    assert "NOISY" in run("summary", "base", "--predict", "--format", "markdown").out
    latency, *others = figures_above_all(run("summary", "base", "--predict", "--format", "html").out)
    assert latency.endswith(", NOISY")
    assert "NOISY" not in "".join(others)


def test_a_quiet_calibration_says_nothing(run: Runner) -> None:
    keep(make_for_this_machine())
    assert "NOISY" not in run("summary", "base", "--predict").out
    assert "NOISY" not in run("summary", "base", "--predict", "--format", "html").out


def test_a_calibration_of_an_older_version_is_named_with_the_command(run: Runner, one_thread: None) -> None:
    path = keep(make_for_this_machine())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema_version": 1}))
    code, out, err = run("summary", "base", "--predict")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "error: no calibration to predict from for float32 on cpu: run `w2v-explore calibrate`",
        f"{path.name} does not count: it was made by another version of this program",
    ]
    code, out, err = run("summary", "base", *SMALL, "--full")
    assert (code, err) == (0, "")
    assert "w2v-explore calibrate" in out


def test_the_report_on_a_noisy_calibration_begins_with_it() -> None:
    report = calibration_report(make_for_this_machine(noise=(MARK,)))
    assert report.tables[0].title.startswith("NOISY")
    assert "the worst of 3 of 9 passes" in str(report.tables[0].rows[0][0])

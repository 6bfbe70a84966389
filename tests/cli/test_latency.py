"""``latency``: its options, formats and files; never how long a thing took."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch

from tests.program import Runner
from tests.small import config_text
from w2v_explore.cli import latency as command
from w2v_explore.cli import pictures
from w2v_explore.errors import missing_extra
from w2v_explore.measure import noise

SMALL = config_text(extractor_conv_layer_config=[[8, 10, 5], [8, 8, 8], [8, 8, 8]])


@pytest.fixture(autouse=True)
def _without_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_REST_S", 0)


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_json(run: Runner, small: str) -> None:
    code, out, err = run("latency", small, small, "--seconds", "0.5,0.2", "--runs", "3", "--format", "json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    measurements = document["measurements"]
    assert [each["workload"]["seconds"] for each in measurements] == [0.2, 0.5, 0.2, 0.5]
    for each in measurements:
        latency, layers = each["latency"], each["layers"]
        own_ns = sum(layer["latency"]["self_ns"] for layer in layers)
        assert own_ns + latency["ledger"]["unattributed_ns"] == latency["ledger"]["end_to_end_ns"]
        assert latency["end_to_end"]["p90_s"] is None
        assert latency["end_to_end"]["target"] is None
        assert latency["real_time_factor"] * latency["audio_seconds_per_second"] == pytest.approx(1)
        assert set(latency["noise"]["readings"]) >= {"drift", "spread", "crowding", "lost_cpu_share"}
        assert (latency["compiled"], latency["compile_s"], latency["threads"]) == (False, None, torch.get_num_threads())
    crossings = document["attention_crossings"]
    assert [each["config"] for each in crossings] == ["small", "small"]
    # A receptive field of 10 + 7 · 5 + 7 · 40 samples, and 20 strides of 320.
    assert crossings[0]["macs_crossing_s"] == (325 + 20 * 320) / 16_000


def test_a_variant_is_measured_too(run: Runner, small: str) -> None:
    less = ("--variant", "name: less, encoder_num_layers: 1")
    out = run("latency", small, *less, "--seconds", "0.2", "--runs", "2", "--format", "json").out
    names = [each["config"]["name"] for each in json.loads(out)["measurements"]]
    assert names == ["small", "less"]


@pytest.mark.usefixtures("measured_once")
def test_table_of_several_durations(run: Runner, small: str) -> None:
    for columns in (80, 140):
        code, out, err = run("latency", small, "--seconds", "0.1,0.4", "--runs", "2", columns=columns)
        assert (code, err) == (0, "")
        for text in ("Latency, end to end", "Total time by module", "● end to end   a attention product", "outgrows"):
            assert text in out
        assert "\x1b" not in out
        assert max(map(len, out.splitlines())) <= columns


def test_table_of_one_duration(run: Runner, small: str) -> None:
    code, out, err = run("latency", small, "--seconds", "0.2", "--runs", "64", columns=80)
    assert (code, err) == (0, "")
    for text in ("Where the time goes", "not attributed to a layer", "p90", "add up to", "Hooked passes took"):
        assert text in out
    assert "p99" not in out
    assert "●" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_noisy_machine_is_said_with_what_to_try(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("latency", small, "--seconds", "0.2", "--runs", "1")
    monkeypatch.setattr(noise, "read_noise", lambda *counters, **machine: noise.Readings(stolen_share=0.5))
    _, out, _ = run(*arguments)
    assert "NOISY: these figures are doubtful" in out
    assert "the hypervisor gave 50 % of the cores' time to other machines" in out
    assert "measure on a machine of your own" in out
    (measurement,) = json.loads(run(*arguments, "--format", "json").out)["measurements"]
    assert measurement["latency"]["noise"]["noisy"] is True
    assert [each["name"] for each in measurement["latency"]["noise"]["disturbances"]] == ["stolen_time"]
    monkeypatch.setattr(noise, "read_noise", lambda *counters, **machine: noise.Readings())
    assert "NOISY" not in run(*arguments).out


@pytest.mark.usefixtures("measured_once")
def test_csv_and_markdown(run: Runner, small: str) -> None:
    arguments = ("latency", small, "--seconds", "0.1,0.2", "--runs", "1", "--threads", "1")
    (first, second) = csv.DictReader(io.StringIO(run(*arguments, "--format", "csv").out))
    assert (first["seconds"], second["seconds"], first["threads"], first["runs"]) == ("0.1", "0.2", "1", "1")
    assert 0 < float(first["attention_s"]) < float(first["rest_s"])
    assert first["p90_s"] == ""
    markdown = run(*arguments, "--format", "markdown").out
    assert markdown.startswith("## small\n")
    assert "| hooked pass, end to end |" in markdown
    assert "●" not in markdown


def test_a_chrome_trace_holds_the_modules_within_each_other(run: Runner, small: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    _, out, _ = run("latency", small, "--seconds", "0.1,0.3", "--runs", "1", "--format", "json", "--trace", str(path))
    document = json.loads(path.read_text())
    events = document["traceEvents"]
    assert [event["args"]["name"] for event in events if event["name"] == "process_name"] == [
        "small, 0.1 s",
        "small, 0.3 s",
    ]
    for process, measurement in enumerate(json.loads(out)["measurements"], start=1):
        complete = {event["args"]["path"]: event for event in events if event["ph"] == "X" and event["pid"] == process}
        layers = {layer["path"]: layer for layer in measurement["layers"]}
        assert set(complete) == {path for path in layers if path != "encoder.padding_mask"}
        assert round(complete[""]["dur"] * 1e3) == measurement["latency"]["ledger"]["end_to_end_ns"]
        for path_, event in complete.items():
            assert {"name", "cat", "ts", "dur", "tid"} <= set(event)
            assert event["args"]["self_ns"] == layers[path_]["latency"]["self_ns"]
            if path_:
                parent = complete[path_.rpartition(".")[0]]
                assert _bounds(parent)[0] <= _bounds(event)[0] <= _bounds(event)[1] <= _bounds(parent)[1]


def _bounds(event: dict[str, Any]) -> tuple[int, int]:
    start = round(event["ts"] * 1e3)
    return start, start + round(event["dur"] * 1e3)


@pytest.mark.usefixtures("measured_once")
def test_plots(run: Runner, small: str, tmp_path: Path) -> None:
    arguments = ("latency", small, small, "--seconds", "0.1,0.3", "--runs", "1", "--format", "csv", "--plot")
    svg, png = tmp_path / "curve.svg", tmp_path / "curve.png"
    assert run(*arguments, str(svg)).err == ""
    assert ElementTree.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert run(*arguments, str(png)).err == ""
    assert png.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.png", "curve.svg", "small.yaml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seconds", "1,x"], "give numbers with commas"),
        (["--seconds", "-1"], "-1 seconds of audio cannot be computed"),
        (["--target-ci", "200%"], "give a share of the median"),
        (["--target-ci", "two"], "such as 2% or 0.02"),
        (["--target-ci", "2%", "--runs", "3"], "not both"),
        (["--plot", "curve.svg"], "give several"),
        (["--plot", "curve.pdf", "--seconds", "1,2"], ".svg and .png"),
        (["--trace", "nowhere/trace.json"], "a folder that is there"),
        (["--trace", "trace.json", "--compile"], "leave out"),
        (["--threads", "0"], "--threads"),
        (["--device", "cuda:9"], "there is no device cuda:9 here"),
    ],
)
def test_wrong_questions(run: Runner, small: str, arguments: list[str], message: str) -> None:
    code, out, err = run("latency", small, *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(("text", "share"), [("2%", 0.02), ("0.02", 0.02), ("0.5%", 0.005)])
def test_targets(text: str, share: float) -> None:
    assert command._parse_target(text) == pytest.approx(share)


def test_without_matplotlib(run: Runner, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    code, _, err = run("latency", small, "--seconds", "1,2", "--plot", "curve.svg")
    assert code == 2
    assert str(missing_extra("--plot", "matplotlib", "plot")) in err


def test_the_help_needs_no_torch() -> None:
    code = (
        "import sys\nfrom w2v_explore.cli.app import app\nsys.argv = ['w2v-explore', 'latency', '--help']\n"
        "try:\n    app()\nexcept SystemExit:\n    pass\n"
        "assert not {'torch', 'numpy', 'matplotlib', 'plotext'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.usefixtures("measured_once")
def test_a_compiled_model_is_measured_without_a_ledger(
    run: Runner, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", lambda model, dynamic: model)
    arguments = ("latency", small, "--seconds", "0.1,0.2", "--runs", "1", "--compile")
    _, out, _ = run(*arguments, columns=80)
    assert "no modules left to hook" in " ".join(out.split())
    assert "Compiling" in out
    assert "Total time by module" not in out
    assert "● end to end\n" in out
    measurements = json.loads(run(*arguments, "--format", "json").out)["measurements"]
    assert all(each["latency"]["compile_s"] > 0 for each in measurements)
    assert all("ledger" not in each["latency"] for each in measurements)


def test_a_full_disk_does_not_lose_what_was_measured(run: Runner, small: str) -> None:
    code, out, err = run("latency", small, "--seconds", "0.2", "--runs", "1", "--format", "csv", "--trace", "/dev/full")
    assert (code, err) == (2, "error: cannot write /dev/full: No space left on device\n")
    assert next(csv.DictReader(io.StringIO(out)))["config"] == "small"


def test_one_place_that_cannot_be_written_does_not_lose_what_goes_to_the_others(
    run: Runner, small: str, tmp_path: Path
) -> None:
    plot = tmp_path / "a.svg"
    arguments = ("--seconds", "0.1,0.2", "--runs", "1", "--trace", "/dev/full", "--plot", str(plot))
    code, out, err = run("latency", small, *arguments)
    assert (code, err) == (2, "error: cannot write /dev/full: No space left on device\n")
    assert "small" in out
    assert plot.read_bytes().startswith(b"<?xml")

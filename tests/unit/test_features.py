"""Models that take features: how long an utterance is said to be, what a model is given, and what reports say of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests import features_family
from tests.features_family import PRESET
from tests.program import Runner
from w2v_explore import Workload, WorkloadError, analyze, build_model, compare, export, lint_files, load_config, memory
from w2v_explore.measure.latency import example_input
from w2v_explore.measure.verify import verify


@pytest.fixture(autouse=True)
def family(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    features_family.add(monkeypatch, tmp_path_factory.mktemp("presets"))
    yield
    monkeypatch.undo()
    features_family.forget()


@pytest.mark.parametrize("frames", [1, 2, 49, 499])
def test_frames_are_the_fewest_samples_that_give_them(frames: int) -> None:
    config = load_config(PRESET)
    workload = Workload.of(config, frames=frames, batch=2)
    assert workload.samples == 400 + (2 * frames - 1) * 160
    assert analyze(config, workload).receptive_field.frames == frames
    shorter = Workload(samples=workload.samples - 1)
    if frames > 1:
        assert analyze(config, shorter).receptive_field.frames == frames - 1
    else:
        with pytest.raises(WorkloadError, match="559 samples are too few: this model needs 560 for its first frame"):
            analyze(config, shorter)


def test_seconds_go_through_the_filterbank() -> None:
    # A second has 98 windows of 400 samples, one every 160; two are a frame.
    assert [analyze(PRESET, Workload.of_seconds(each)).receptive_field.frames for each in (1, 10)] == [49, 499]


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ({"frames": 0}, "0 frames cannot be computed; give a number from 1 to "),
        ({"frames": 2**60}, "frames cannot be computed"),
        ({"frames": 3, "samples": 560}, "give samples or frames, not both"),
        ({"frames": 3, "seconds": 1.0}, "give seconds or frames, not both"),
    ],
)
def test_lengths_that_cannot_be(lengths: dict[str, Any], message: str) -> None:
    with pytest.raises(WorkloadError, match=message):
        Workload.of(load_config(PRESET), **lengths)


def test_frames_are_a_whole_number() -> None:
    with pytest.raises(TypeError, match=r"frames is 2.5; give a whole number"):
        Workload.of(load_config(PRESET), frames=2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", ["summary", "memory", "sensitivity", "verify", "latency"])
def test_a_model_that_takes_waveforms_has_no_frames_to_give(run: Runner, command: str) -> None:
    code, out, err = run(command, "base", "--frames", "49")
    assert (code, out) == (2, "")
    assert "wav2vec 2.0 Base takes waveforms, and no frames of features; give seconds or samples" in err


@pytest.mark.parametrize("command", ["summary", "memory", "sensitivity", "verify"])
@pytest.mark.parametrize("other", ["--seconds", "--samples"])
def test_one_length_is_given(run: Runner, command: str, other: str) -> None:
    code, _, err = run(command, PRESET, "--frames", "49", other, "1")
    assert code == 2
    assert f"give {other} or --frames, not both" in err


LINE = "takes 49 frames of 10 features: a frame is 2 windows of 400 samples, one every 160"


@pytest.mark.parametrize("length", [("--frames", "49"), ("--seconds", "1"), ("--samples", "15920")])
@pytest.mark.parametrize("command", ["summary", "memory", "sensitivity", "verify"])
def test_reports_say_what_the_model_takes(run: Runner, command: str, length: tuple[str, str]) -> None:
    code, out, err = run(command, PRESET, *length)
    assert (code, err) == (0, "")
    assert f"\n{LINE}\n" in out


def test_the_document_of_a_summary_says_what_to_feed(run: Runner) -> None:
    document = json.loads(run("summary", PRESET, "--frames", "49", "--batch", "3", "--format", "json").out)
    assert document["takes"] == {
        "kind": "features",
        "shape": [3, 49, 10],
        "window_samples": 400,
        "hop_samples": 160,
        "joined": 2,
    }
    assert document["workload"]["frames"] == 49
    document = json.loads(run("summary", "base", "--samples", "16000", "--format", "json").out)
    assert document["takes"] == {"kind": "waveforms", "shape": [1, 16_000]}


def test_comparisons_are_of_the_same_seconds(run: Runner) -> None:
    code, out, _ = run("compare", "base", PRESET, "--seconds", "1")
    assert code == 0
    assert f"Filterbank: {LINE}" in out or f"{PRESET}: {LINE}" in out
    assert "takes" not in out.replace(LINE, "")
    one, two = analyze("base", Workload.of_seconds(1)), analyze(PRESET, Workload.of_seconds(1))
    assert compare([one, two]).metrics["extractor.frames"].values == (49, 49)


def test_the_longest_audio_that_fits_is_told_in_frames(run: Runner) -> None:
    fits = memory(PRESET, fit="64MiB", reserve=0).fits
    assert fits is not None
    frames = (fits.inference["float32"].samples - 400) // 160 // 2
    out = run("memory", PRESET, "--fit", "64MiB", "--reserve", "0", columns=200).out
    assert "In frames" in out
    assert f"{(fits.inference['float32'].samples - 240) // 320:,}" in out
    assert "the features, its input and its output" in out
    assert "waveforms" not in out
    assert frames > 0


def test_a_model_is_given_features() -> None:
    analysis = analyze(PRESET, Workload.of(load_config(PRESET), frames=7, batch=2))
    given = example_input(analysis, torch.device("cpu"))
    assert given.shape == (2, 7, 10)
    assert build_model(PRESET).eval()(given)[0].shape == (2, 7, 24)


def test_every_figure_holds() -> None:
    findings = verify(load_config(PRESET), Workload(samples=4000, batch=2)).findings
    assert [finding for finding in findings if not finding.agrees] == []


def test_latency_of_several_lengths_in_frames(run: Runner) -> None:
    code, out, err = run("latency", PRESET, "--frames", "20,5", "--runs", "2", "--format", "csv")
    assert (code, err) == (0, "")
    assert re.findall(r"^[^,]+,([\d.]+),1,float32", out, re.MULTILINE) == ["0.115", "0.415"]
    assert "give numbers with commas between them: 49,499" in run("latency", PRESET, "--frames", "1.5").err


@pytest.mark.slow
def test_an_exported_graph_takes_any_batch_and_any_frames(tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    export(PRESET, "torch-export", path)
    graph = torch.export.load(path).module()
    for batch, frames in ((1, 3), (4, 50)):
        output, _ = graph(torch.rand(batch, frames, 10), torch.full((batch,), frames))
        assert output.shape == (batch, frames, 24)


@pytest.mark.parametrize(("seconds", "codes"), [(0.034, ["E250"]), (0.035, [])])
def test_the_linter_knows_the_shortest_input(tmp_path: Path, seconds: float, codes: list[str]) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(features_family.TEXT, encoding="utf-8")
    assert [problem.rule.code for problem in lint_files([path], seconds=seconds).problems] == codes

"""The second stage of a search: what a device says of its designs, and decides where it is asked."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import ArgumentError, Config, Workload, find_designs
from w2v_explore.analysis.figures import figure_named
from w2v_explore.report.figure_columns import figure_label
from w2v_explore.search import second_stage as stage
from w2v_explore.search.measured import Device, Measured, Timing
from w2v_explore.search.question.survivors import MOST_MEASURED

SPACE = {"encoder_num_layers": [1, 2, 3], "encoder_ff_interm_features": [512, 1024]}
LATENCY = "latency.end_to_end.median_s"


def timing(config: Config, verdict: str | None = "FAST") -> Timing:
    """Wide layers are quick on this device, and the intervals of models of one depth overlap."""
    seconds = config.model.encoder_num_layers + (512 / config.model.encoder_ff_interm_features) / 10
    return Timing(seconds, seconds - 0.06, seconds + 0.06, seconds / 10, verdict, seconds / 12, 0.0, 1.0)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A device whose figures are known; the names of those that were asked for."""
    asked = []

    def measure(base: Config, designs: Sequence[Config], workload: Workload, device: str, **options: Any) -> Measured:
        asked.append(device)
        return Measured(
            device=Device(device, "a device", 2, "2.0"), calibrated=None, runs=options["runs"] or 9, noise=("a fan",),
            base=timing(base, None), designs=tuple(timing(design) for design in designs),
        )  # fmt: skip

    monkeypatch.setattr(stage, "measure", measure)
    return asked


def fields(answer: Any) -> list[tuple[int, int]]:
    return [tuple(design.fields.values()) for design in answer.designs]


def test_designs_are_measured_beside_their_figures(device: list[str]) -> None:
    plain = find_designs("base", SPACE, minimize=["parameters"], top=2)
    found = find_designs("base", SPACE, minimize=["parameters"], top=2, device="cpu", runs=3)
    assert device == ["cpu"]
    assert (found.designs, plain.measured) == (plain.designs, ())
    [measured] = found.measured
    assert measured.designs == tuple(timing(design.config) for design in found.designs)
    assert measured.runs == 3


@pytest.mark.usefixtures("device")
def test_what_is_measured_decides() -> None:
    first = find_designs("base", SPACE, minimize=[LATENCY], top=2, device="cpu")
    assert fields(first) == [(1, 1024), (1, 512)]
    assert fields(find_designs("base", SPACE, maximize=["latency.real_time_factor"], top=1, device="cpu")) == [(3, 512)]
    # Of one depth, the narrow model is proved to be no better: its interval overlaps, and it has fewer parameters.
    front = find_designs("base", SPACE, minimize=[LATENCY], maximize=["parameters"], device="cpu")
    assert fields(front) == [(1, 1024), (2, 1024), (3, 1024)]
    required = find_designs("base", SPACE, minimize=[LATENCY], require=["parameters >= 20M"], top=1, device="cpu")
    assert fields(required) == [(3, 1024)]
    assert len(required.measured[0].designs) == 1
    assert [design.ties for design in front.designs] == [0, 0, 0]


@pytest.mark.usefixtures("device")
def test_every_format_has_what_was_measured(run: Runner) -> None:
    asked = (
        "search",
        "base",
        "--free",
        "encoder_num_layers=1,2",
        "--device",
        "cpu",
        "--minimize",
        LATENCY,
        "--top",
        "2",
    )
    document = json.loads(run(*asked, "--format", "json").out)
    assert [each["median_s"] for each in document["measured"][0]["designs"]] == sorted(
        each["median_s"] for each in document["measured"][0]["designs"]
    )
    assert (document["mode"], document["asked"]["minimize"], document["asked"]["top"]) == ("rank", [LATENCY], 2)
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out)))
    assert [float(row["latency_s[a device]"]) for row in rows] == [
        each["median_s"] for each in document["measured"][0]["designs"]
    ]
    assert rows[0]["verdict[a device]"] == "FAST"
    out = run(*asked).out
    assert "Measured on cpu, a device" in out
    assert "1 of 2 configs is on the measured frontier" in run(*asked[:-2]).out
    assert "The machine was not quiet: a fan." in out
    assert f"least {figure_named(LATENCY).label}" in out
    assert figure_label("latency.real_time_factor") == "real-time factor"


@pytest.mark.usefixtures("device")
def test_few_turns_have_a_range_and_no_interval(run: Runner) -> None:
    from w2v_explore.measure.statistics import CONFIDENCE, ratio_in_turns

    for runs in (5, 6):
        confident = ratio_in_turns([2] * runs, [3] * runs).confidence == CONFIDENCE
        asked = ("search", "base", "--free", "encoder_num_layers=1,2", "--minimize", "macs", "--device", "cpu")
        out = " ".join(run(*asked, "--runs", str(runs)).out.split())
        assert ("# Latency 95 % interval " in out, "from --runs 6 on there is one" in out) == (confident, not confident)


@pytest.mark.usefixtures("device")
def test_what_cannot_be_measured_is_refused() -> None:
    many = {"encoder_num_layers": [*range(1, MOST_MEASURED + 2)]}
    with pytest.raises(ArgumentError, match=f"more than {MOST_MEASURED} configs are as required"):
        find_designs("base", many, minimize=[LATENCY], device="cpu")
    with pytest.raises(ArgumentError, match="25 designs were found, and 24 are measured at most"):
        find_designs("base", many, minimize=["macs"], top=25, device="cpu")
    with pytest.raises(ArgumentError, match=r"latency\.end_to_end\.median_s is measured; give a device"):
        find_designs("base", SPACE, minimize=[LATENCY])


@pytest.mark.slow
def test_models_are_measured_in_turns() -> None:
    small = {"encoder_embed_dim": [64], "encoder_num_heads": [4], "encoder_num_layers": [1, 2]}
    short = Workload.of_seconds(0.1)
    found = find_designs("base", small, short, minimize=[LATENCY], top=2, device="cpu", runs=2)
    [measured] = found.measured
    first, second = (each.median_s for each in measured.designs)
    assert 0 < first <= second
    assert measured.device.device == "cpu"

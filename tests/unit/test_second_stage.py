"""The second stage of a search: what is best by what devices say, each of its own designs alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import distributed
import pytest

from tests.program import Runner
from w2v_explore import ArgumentError, Config, DeviceError, WorkersError, Workload, analyze, find_designs, load_preset
from w2v_explore.analysis.figures import figure_named
from w2v_explore.report.csv import search_csv
from w2v_explore.report.figure_columns import figure_label
from w2v_explore.report.markdown import report_markdown
from w2v_explore.report.search import search_report
from w2v_explore.report.search_measured import measured_table
from w2v_explore.search import second_stage
from w2v_explore.search.asked import Asked, question_of
from w2v_explore.search.find import answer_from_all
from w2v_explore.search.measured import Device, Measured, Timing, front_of
from w2v_explore.search.running import measuring
from w2v_explore.search.second_stage import measure_answer
from w2v_explore.search.space.read import space_of

LATENCY, RTF = "latency.end_to_end.median_s", "latency.real_time_factor"
LAYERS, FF = "encoder_num_layers", "encoder_ff_interm_features"
SPACE = {LAYERS: [2, 4, 6], FF: [1024, 2048]}


def timing(median_s: float, apart: float = 0.01) -> Timing:
    return Timing(median_s, median_s * (1 - apart), median_s * (1 + apart), median_s / 10, "FAST", 0.5, 0.4, 0.6)


def say(device: Device, base: Config, designs: Sequence[Config], workload: Workload) -> Measured:
    """A made-up device, which takes long for parameters, or on a card for layers."""
    seconds = [
        config.model.encoder_num_layers if device.device == "cuda:0" else analyze(config, workload).parameters / 1e6
        for config in (base, *designs)
    ]
    first, *others = [timing(each) for each in seconds]
    return Measured(
        device=device,
        calibrated=None,
        runs=10,
        noise=("a fan",),
        base=first._replace(verdict=None),
        designs=tuple(others),
    )


CPU, CARD = Device("cpu", "Abacus 2", 4, "2.99.0"), Device("cuda:0", "Card", 4, "2.99.0")


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many designs were measured, in each call."""
    calls: list[int] = []

    def measure(base: Config, designs: Sequence[Config], workload: Workload, device: str, **options: Any) -> Measured:
        calls.append(len(designs))
        return say(CPU, base, designs, workload)

    monkeypatch.setattr(second_stage, "measure", measure)
    return calls


def test_what_is_found_is_measured_and_stays_as_it_was_found(measured: list[int]) -> None:
    plain = find_designs("base", SPACE, minimize=["macs"], maximize=["parameters"])
    answer = find_designs("base", SPACE, minimize=["macs"], maximize=["parameters"], device="cpu")
    assert answer.designs == plain.designs
    [on_cpu] = answer.measured
    assert measured == [len(plain.designs)] == [len(on_cpu.designs)]
    assert on_cpu.best == tuple(range(len(plain.designs)))
    assert "measured" not in plain.to_dict()
    assert answer.to_dict()["measured"] == [on_cpu.to_dict()]


def test_a_latency_may_be_what_is_minimized(measured: list[int]) -> None:
    answer = find_designs("base", SPACE, minimize=[LATENCY, "macs"], device="cpu")
    # All configs of the space took turns, and on the made-up device parameters are all that counts.
    assert measured == [6]
    assert [design.fields for design in answer.designs] == [{LAYERS: 2, FF: 1024}]
    first = find_designs("base", SPACE, minimize=[RTF], top=2, device="cpu")
    assert [design.fields for design in first.designs] == [{LAYERS: 2, FF: 1024}, {LAYERS: 2, FF: 2048}]
    assert first.to_dict()["mode"] == "rank"
    assert first.to_dict()["asked"] == {"minimize": RTF, "top": 2, "require": [], "lint_clean": False}
    last = find_designs("base", SPACE, maximize=[RTF], top=1, device="cpu")
    assert [design.fields for design in last.designs] == [{LAYERS: 6, FF: 2048}]
    assert [design.ties for design in answer.designs] == [0]
    few = find_designs("base", SPACE, minimize=[LATENCY], require=["parameters >= 30M"], top=1, device="cpu")
    assert [design.fields for design in few.designs] == [{LAYERS: 4, FF: 2048}]


@pytest.mark.slow
def test_what_was_drawn_is_measured_and_what_was_broken_off_is_not(
    measured: list[int], run: Runner, tmp_path: Path
) -> None:
    journal = ("--storage", str(tmp_path / "journal"))
    drawn = ("search", "base", "--free", f"{LAYERS}=1,2", "--maximize", "macs", "--top", "2", "--trials", "30")
    assert "Measured on cpu, Abacus 2" in run(*drawn, *journal, "--device", "cpu").out
    assert measured == [2]
    latency = ("search", "base", "--free", f"{LAYERS}=1,2", "--minimize", LATENCY, "--trials", "30", "--device", "cpu")
    code, out, err = run(*latency, *journal)
    assert (code, out) == (2, "")
    assert err.startswith("error: a latency decides among all configs that are as required, and trials draw some; ask")

    def interrupt(step: str, done: int, total: int) -> None:
        if step == "designs" and done == 1:
            raise KeyboardInterrupt

    asked: dict[str, Any] = {"maximize": ["macs"], "top": 2, "device": "cpu", "progress": interrupt}
    broken_off = find_designs("base", SPACE, **asked)
    assert (len(broken_off.designs), broken_off.is_broken_off, broken_off.measured) == (1, True, ())
    assert measured == [2]
    for top in (None, 1):
        broken_off = find_designs("base", SPACE, minimize=[LATENCY], top=top, device="cpu", progress=interrupt)
        assert "1 of the 6 configs that were looked at is left to be measured" in search_report(broken_off).lines[1]
    assert measured == [2]


def test_what_is_asked_of_a_device_is_refused_without_one_and_of_too_many(measured: list[int]) -> None:
    with pytest.raises(ArgumentError, match=f"{LATENCY} is measured; give a device to measure on"):
        find_designs("base", SPACE, minimize=[LATENCY])
    wide = {LAYERS: list(range(1, 26))}
    with pytest.raises(ArgumentError, match=r"more than 24 configs are as required, .+ require more, or ask for"):
        find_designs("base", wide, minimize=[LATENCY], device="cpu")
    with pytest.raises(ArgumentError, match="25 designs were found, and 24 are measured at most, in turns"):
        find_designs("base", wide, minimize=["macs"], maximize=["parameters"], device="cpu")
    assert len(find_designs("base", wide, minimize=[LATENCY], require=["macs <= 60G"], device="cpu").measured) == 1
    assert len(measured) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("measured")
def test_every_format_has_what_was_measured(run: Runner) -> None:
    asked = ("search", "base", "--free", f"{LAYERS}=1,2", "--device", "cpu", "--minimize", LATENCY)
    document = json.loads(run(*asked, "--top", "2", "--format", "json").out)
    medians = [each["median_s"] for each in document["measured"][0]["designs"]]
    assert medians == sorted(medians)
    assert (document["mode"], document["asked"]["minimize"], document["asked"]["top"]) == ("rank", LATENCY, 2)
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--top", "2", "--format", "csv").out)))
    assert [float(row["latency_s[Abacus 2]"]) for row in rows] == medians
    assert rows[0]["verdict[Abacus 2]"] == "FAST"
    out = run(*asked).out
    assert "1 of 2 configs is on the measured frontier" in out
    assert f"asked: least {figure_named(LATENCY).label}" in out
    assert "Measured on cpu, Abacus 2" in out
    assert "The machine was not quiet: a fan." in out
    assert figure_label(RTF) == "real-time factor"


def test_each_device_has_a_front_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def by_cluster(
        base: Config, designs: Sequence[Config], workload: Workload, device: str, runs: int | None, address: str
    ) -> list[Measured]:
        return [say(device, base, designs, workload) for device in (CPU, CARD)]

    monkeypatch.setattr(measuring, "measure_by_cluster", by_cluster)
    base = load_preset("base")
    # Of fewer layers, more parameters.
    space = space_of(base, {LAYERS: [2, 8], FF: [64, 12_288]}, ())
    asked = Asked(minimize=(LATENCY,), top=1, device="cpu")
    question = question_of(space, Workload.of(base), asked)
    answer = measure_answer(answer_from_all(question), scheduler="tcp://localhost:8786")
    assert [design.fields for design in answer.designs] == [{LAYERS: 2, FF: 64}]
    both = question_of(space, Workload.of(base), asked._replace(maximize=("parameters",), top=None))
    answer = measure_answer(answer_from_all(both), scheduler="tcp://localhost:8786")
    on_cpu, on_card = answer.measured
    fields = [(design.fields[LAYERS], design.fields[FF]) for design in answer.designs]
    assert [fields[place] for place in on_cpu.best] == [(2, 64), (2, 12_288), (8, 64), (8, 12_288)]
    # Two layers take as long on the card however wide they are, and eight as well.
    assert [fields[place] for place in on_card.best] == [(2, 12_288), (8, 12_288)]
    report = report_markdown([search_report(answer)])
    assert "4 of 4 configs are on the measured frontier" in report
    assert "Measured on cuda:0, Card" in report
    assert "2 of the designs are best on another device alone." in report
    header, *rows = search_csv(answer).splitlines()
    assert "verdict[Abacus 2],latency_s[Card]" in header
    assert len(rows) == 4
    # Of one name, and yet never in one column.
    other = replace(on_cpu, device=CPU._replace(torch_version="3.0"), base=on_card.base, designs=on_card.designs)
    columns = next(csv.reader(io.StringIO(search_csv(replace(answer, measured=(on_cpu, other))))))
    assert len({*columns}) == len(columns)
    assert {"latency_s[cpu, Abacus 2, 4, 2.99.0]", "latency_s[cpu, Abacus 2, 4, 3.0]"} < {*columns}


def test_nothing_is_better_whose_latency_is_not_told_apart() -> None:
    figures = [{"macs": 3}, {"macs": 2}, {"macs": 1}, {"macs": 1}]
    apart = [timing(1.0), timing(2.0), timing(3.0), timing(4.0)]
    asked = ("macs", LATENCY)
    # The last one has no less MACs than the third, and is slower.
    assert front_of(figures, apart, asked, frozenset()) == [0, 1, 2]
    near = [*apart[:3], timing(3.0001)]
    assert front_of(figures, near, asked, frozenset()) == [0, 1, 2, 3]
    assert front_of(figures, apart, asked, frozenset({"macs"})) == [0]
    assert front_of(figures, apart, ("macs", RTF), frozenset({RTF})) == [3]
    large = [{"macs": 2**60}, {"macs": 2**60 + 1}]
    assert front_of(large, [timing(1.0), timing(1.0)], asked, frozenset()) == [0]


@pytest.mark.slow
def test_measuring_says_what_the_device_is_and_a_verdict_on_each() -> None:
    space = {LAYERS: [1], FF: [64], "encoder_embed_dim": [64], "encoder_num_heads": [4]}
    answer = find_designs("base", space, Workload(samples=1_600), minimize=[LATENCY], device="cpu", runs=2)
    [said], [one] = answer.measured, answer.measured[0].designs
    assert (said.device.device, said.runs, said.best) == ("cpu", 2, (0,))
    assert 0 < one.low_s <= one.median_s <= one.high_s
    assert said.base.verdict is None
    assert one.verdict in ("FAST", "SLOW", "SAME", "AMBIGUOUS")
    assert one.interval(RTF) == pytest.approx((one.low_s * 10, one.high_s * 10))


class Waiting:
    """What a worker of a cluster comes to: it takes a while, and one that dies never comes to anything."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.waits = 2
        self.is_cancelled = False

    def result(self, timeout: float) -> str:
        self.waits -= 1
        if self.waits or self.worker == "dying":
            raise distributed.TimeoutError
        return f"measured by {self.worker}"

    def cancel(self) -> None:
        self.is_cancelled = True


class Cluster:
    """A client of workers, of which one dies while it measures."""

    def __init__(self) -> None:
        self.asked: list[Waiting] = []

    def submit(self, function: object, *asked: object, workers: list[str], **options: object) -> Waiting:
        self.asked.append(Waiting(*workers))
        return self.asked[-1]

    def nthreads(self) -> dict[str, int]:
        return {"living": 1}

    def run(self, function: object, device: str, on_error: str) -> dict[str, object]:
        return {"d": CPU, "a": CARD, "c": DeviceError("no such device"), "b": CPU}


def test_the_workers_of_each_kind_of_device_are_known() -> None:
    assert measuring._kinds(Cluster(), "cpu") == {CARD: ["a"], CPU: ["b", "d"]}  # type: ignore[arg-type]


def test_a_worker_that_dies_while_it_measures_is_followed_by_another_of_its_kind() -> None:
    client, base = Cluster(), load_preset("base")
    asked = (base, [base], Workload.of(base), "cpu")
    said = measuring._measure_by_one(client, "tcp://a:1", CPU, ["dying", "living"], asked, None)  # type: ignore[arg-type]
    assert str(said) == "measured by living"
    assert [each.is_cancelled for each in client.asked] == [True, False]
    with pytest.raises(WorkersError, match="all workers died that measured on Abacus 2; give each more memory"):
        measuring._measure_by_one(client, "tcp://a:1", CPU, ["dying"], asked, None)  # type: ignore[arg-type]


@pytest.mark.slow
def test_few_turns_have_a_range_and_no_interval() -> None:
    from w2v_explore.measure.statistics import CONFIDENCE, ratio_in_turns

    base = load_preset("base")
    said = say(CPU, base, [base], Workload.of(base))
    for runs in (5, 6):
        confident = ratio_in_turns([2] * runs, [3] * runs).confidence == CONFIDENCE
        table = measured_table(replace(said, runs=runs), "base")
        assert ("95 % interval" in [column.heading for column in table.columns]) == confident
        assert ("from --runs 6 on there is one" in str(table.remark)) != confident

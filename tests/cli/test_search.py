"""``search``: what it asks and answers, its rows shown again, its files, and what contradicts itself."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.program import Runner
from w2v_explore import load_config
from w2v_explore.cli.search import Sampler
from w2v_explore.errors import missing_extra
from w2v_explore.search.sampling.guide import SAMPLERS

SPACE = "search:\n  encoder_num_layers: 2..12:2\n  encoder_ff_interm_features: [1024, 2048, 3072]\n"
FREE = ("--free", "encoder_num_layers=2..12:2", "--free", "encoder_ff_interm_features=1024,2048,3072")
FRONT = ("--minimize", "macs", "--maximize", "parameters")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(run: Runner, *arguments: str) -> Any:
    code, out, err = run("search", *arguments, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_front_is_that_of_all_combinations(run: Runner) -> None:
    document = found(run, "base", *FREE, *FRONT, "--require", "parameters <= 80M")
    rows = run("sweep", "base", "--field", FREE[1], "--field", FREE[3], "--format", "csv").out
    members = [
        (
            int(row["macs"]),
            int(row["parameters"]),
            int(row["encoder_num_layers"]),
            int(row["encoder_ff_interm_features"]),
        )
        for row in csv.DictReader(io.StringIO(rows))
    ]
    members = sorted(member for member in members if member[1] <= 80_000_000)
    front = [
        each
        for each in members
        if not any(other[0] <= each[0] and other[1] >= each[1] and other[:2] != each[:2] for other in members)
    ]
    assert [
        (*(design["figures"][name] for name in ("macs", "parameters")), *design["fields"].values())
        for design in document["front"]
    ] == front
    assert document["space"]["size"] == 18
    assert document["space"]["satisfying"] == len(members)
    assert document["complete"]
    assert (document["mode"], document["asked"]["minimize"], document["asked"]["maximize"]) == (
        "pareto", ["macs"], ["parameters"],
    )  # fmt: skip
    assert document["asked"]["require"] == ["parameters <= 80M"]


@pytest.mark.parametrize(
    ("asked", "name", "number"),
    [
        (("--maximize", "parameters", "--top", "2"), "ranked", 2),
        (("--target", "macs -20%", "--keep", "stride", "--keep", "encoder_ff_interm_features"), "nearest", 4),
        (("--like", "large", "--ratio", "parameters=0.2"), "matched", 6),
    ],
)
def test_each_row_is_shown_again_by_its_command(asked: tuple[str, ...], name: str, number: int, run: Runner) -> None:
    Path("my base.yaml").write_text(f"extends: base\n{SPACE}")
    given = ("my base.yaml", "--set", "aux_num_out=32", "--seconds", "4.5", "--batch", "2")
    designs = found(run, *given, *asked)[name]
    assert len(designs) == number
    for design in designs[:2]:
        words = shlex.split(design["set"])
        assert words[:3] == ["w2v-explore", "summary", "my base.yaml"]
        assert words[-4:] == ["--seconds", "4.5", "--batch", "2"]
        summary = json.loads(run(*words[1:], "--format", "json").out)
        assert summary["totals"]["macs"] == design["figures"]["macs"]
        assert summary["memory"]["training_bytes"] == design["figures"]["memory.training_bytes"]
        assert design["fields"].items() <= summary["config"]["fields"].items()
    rows = list(csv.DictReader(io.StringIO(run("search", *given, *asked, "--format", "csv").out)))
    assert [row["set"] for row in rows] == [design["set"] for design in designs]
    assert [int(row["macs"]) for row in rows] == [design["figures"]["macs"] for design in designs]
    assert [int(row["ties"]) for row in rows] == [design["ties"] for design in designs]


def test_a_space_lies_in_the_config_in_a_file_or_in_options(run: Runner) -> None:
    Path("own.yaml").write_text(f"extends: base\n{SPACE}")
    Path("space.yaml").write_text(SPACE)
    documents = [
        found(run, *where, *FRONT) for where in (("own.yaml",), ("base", "--space", "space.yaml"), ("base", *FREE))
    ]
    assert documents[0]["front"][0]["figures"] == documents[1]["front"][0]["figures"]
    assert documents[1] == documents[2]


def test_designs_are_written_where_nothing_is(run: Runner) -> None:
    asked = ("base", *FREE, *FRONT, "--write", "designs")
    code, _, err = run("search", *asked, "--format", "csv")
    files = sorted(Path("designs").iterdir())
    assert (code, err) == (0, f"wrote {len(files)} configs to designs\n")
    assert files[0].name == "base-front-01.yaml"
    document = found(run, "base", *FREE, *FRONT)
    for path, design in zip(files, document["front"], strict=True):
        assert design["fields"].items() <= load_config(path).model.to_mapping().items()
    assert run("lint", "designs").code == 0
    assert run("search", *asked) == (2, "", "error: designs is there already; name a folder that is new or empty\n")


def test_clean_designs_are_written_clean(run: Runner) -> None:
    asked = ("--free", "extractor_conv_layer_config[0].stride=4,5", "--maximize", "macs", "--top", "1")
    for options, problems in (((), "W303 frame-shift"), (("--lint-clean",), "No problems in 1 file")):
        folder = f"designs{len(options)}"
        assert run("search", "base", *asked, *options, "--write", folder).code == 0
        assert problems in run("lint", folder).out


def test_where_nothing_satisfies_the_answer_is_no(run: Runner) -> None:
    code, out, err = run("search", "base", *FREE, *FRONT, "--require", "macs < 1G", "--write", "d", "--format", "json")
    document = json.loads(out)
    assert (code, err, document["front"], document["space"]["satisfying"]) == (1, "", [], 0)
    assert document["nothing"]["nearest"]["fields"] == {"encoder_num_layers": 2, "encoder_ff_interm_features": 1024}
    assert not Path("d").exists()
    code, out, _ = run("search", "base", *FREE, *FRONT, "--require", "macs < 1G")
    assert code == 1
    assert "satisfies 'macs < 1G'; nearest is encoder_num_layers 2" in out
    code, out, _ = run("search", "base", *FREE, *FRONT, "--require", "macs < 1G", "--format", "csv")
    assert (code, len(out.splitlines())) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing is asked; give figures to --minimize or --maximize, a --target, or a teacher to be --like"),
        (("--top", "3"), "--top says how many, and not of what; give figures to --minimize or --maximize, a --target"),
        ((*FRONT, "--target", "macs -5%"), "--minimize and --target ask different things; give one of the two"),
        (("--maximize", "macs", "--like", "large", "--ratio", "macs=1/4"), "--maximize and --like ask different"),
        (("--target", "macs -5%", "--like", "large", "--ratio", "macs=1/4"), "--target and --like ask different"),
        ((*FRONT, "--top", "3"), "--top takes the first by one figure, and several are given; leave it out for their"),
        ((*FRONT, "--keep", "stride"), "--keep says what stays as it is while a target is reached; give --target"),
        ((*FRONT, "--ratio", "macs=0.5"), "--ratio is of a teacher's figure; give --like, the teacher"),
        (("--like", "large"), "--like names a teacher, and not how much of it to have; give --ratio"),
        (("--like", "large", "--ratio", "macs"), "--ratio 'macs' is no ratio; write FIGURE=RATIO"),
        (("--minimize", "mac"), "there is no figure mac; did you mean macs"),
        (("--minimize", "latency_s"), "there is no figure latency_s"),
        (("--minimize", "latency.real_time_factor"), "latency.real_time_factor is measured; give a --device"),
        (("--minimize", "stride", "--maximize", "extractor.stride_samples"), "give each figure once"),
        (("--target", "macs"), "--target 'macs' is no target; write 'macs -50%'"),
        (("--target", "macs -5%", "--keep", "width"), "there is no figure or field width to keep"),
        ((*FRONT, "--require", "macs"), "--require 'macs' is no condition"),
        ((*FRONT, "--require", "latency.real_time_factor < 1"), "a search goes by what is known in closed form"),
        ((*FRONT, "--seconds", "1", "--samples", "5"), "give --seconds or --samples, not both"),
        ((*FRONT, "--workers", "0"), "workers is 0; give a number from 1"),
        ((*FRONT, "--free", "encoder_width"), "there is no field encoder_width"),
        ((*FRONT, "--space", "none.yaml"), "no file"),
        ((*FRONT, "--seed", "1"), "--seed is about a sample; give --trials too"),
        ((*FRONT, "--trials", "9", "--resume", "r"), "--resume is about going through a whole space, and --trials"),
        ((*FRONT, "--write", "no/designs"), "there is no folder no"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_one_message(arguments: tuple[str, ...], message: str, run: Runner) -> None:
    code, out, err = run("search", "base", *FREE, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_a_space_is_sampled_where_it_is_too_large(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(Path("cache").absolute()))
    many = [word for field in ("num_layers", "embed_dim", "ff_interm_features", "pos_conv_kernel", "pos_conv_groups")
            for word in ("--free", f"encoder_{field}=1..900")]  # fmt: skip
    code, out, err = run("search", "base", *many, *FRONT)
    assert (code, out) == (2, "")
    assert "combinations, and one of more than 1,000,000,000 is not gone through" in err
    asked = ("base", *FREE, *FRONT, "--trials", "60", "--seed", "3")
    document = found(run, *asked)
    assert document == found(run, *asked)
    assert (document["sampled"]["trials"], document["complete"]) == (60, False)
    assert document["front"]
    assert "SAMPLED" in run("search", *asked).out


def test_designs_wait_in_a_study_to_be_trained(run: Runner) -> None:
    asked = ("base", *FREE, "--minimize", "macs", "--top", "3", "--format", "csv", "--to-optuna", "study.journal")
    assert re.fullmatch(r"enqueued 3 trials in the study '.+' in study\.journal\n", run("search", *asked).err)
    assert re.fullmatch(r"enqueued 0 trials in .*, which knew 3 already\n", run("search", *asked).err)


def test_without_optuna_a_study_says_how_it_gets_here(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "w2v_explore.search.sampling.enqueue", raising=False)
    asked = run("search", "base", *FREE, *FRONT, "--to-optuna", "study.journal")
    assert asked == (2, "", f"error: {missing_extra('--to-optuna', 'optuna', 'sampling')}\n")


def test_the_samplers_are_those_that_there_are() -> None:
    assert tuple(sampler.value for sampler in Sampler) == SAMPLERS


def test_a_config_without_a_space_says_how_to_give_one(run: Runner) -> None:
    code, out, err = run("search", "base", *FRONT)
    assert (code, out) == (2, "")
    assert "no field varies; write `search:` into the config, or give --space FILE or --free FIELD" in err


def test_a_mistake_in_a_space_is_at_its_place(run: Runner) -> None:
    Path("c.yaml").write_text("extends: base\nsearch:\n  encoder_num_layer: [2]\n")
    code, out, err = run("search", "c.yaml", *FRONT)
    assert (code, out) == (2, "")
    assert err.startswith("c.yaml:3:3: error")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--plot", "out/a.svg", "--resume", "./out/../out/a.svg"), "--plot and --resume cannot both write"),
        (("--write", "new", "--resume", "new"), "--write and --resume cannot both write new; give each a path of its"),
        (("--resume", "j", "--to-optuna", "j"), "--resume and --to-optuna cannot both write j"),
        (("--space", "-", "--like", "-"), "--space and --like cannot both be standard input; name a file for --like"),
        (("--write", "x" * 300), "cannot write x"),
        (("--plot", "x" * 300 + ".svg"), "cannot write x"),
        (("--to-optuna", "no/study"), "cannot write no/study: No such file"),
        (("--to-optuna", ""), "cannot write '': give the name of a file"),
        (("--to-optuna", "out"), "cannot read out: it is a folder"),
        (("--to-optuna", "text"), "text is no journal of Optuna's"),
        pytest.param(("--device", "tpu", "--resume", "r"), "tpu is no device; give cpu, cuda", marks=pytest.mark.slow),
        (("--storage", "", "--trials", "5"), "the journal '' cannot be opened"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(options: tuple[str, ...], message: str, run: Runner) -> None:
    Path("out").mkdir()
    Path("text").write_text("mine\n")
    code, out, err = run("search", "base", *FREE, *FRONT, *options)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {message}")
    assert sorted(path.name for path in Path().rglob("*")) == ["out", "text"]


def test_csv_has_one_header_whether_anything_is_found(run: Runner) -> None:
    asked = ("search", "base", *FREE, "--minimize", "memory.inference_bytes", "--format", "csv")
    nothing = run(*asked, "--require", "macs <= 1")
    assert (nothing.code, nothing.err) == (1, "")
    assert nothing.out == run(*asked).out.partition("\n")[0] + "\n"


@pytest.mark.slow
def test_what_a_sample_found_is_measured_and_no_latency_draws_it(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = []
    monkeypatch.setattr(
        "w2v_explore.search.second_stage.measure_answer",
        lambda answer, device, **options: measured.append(len(answer.designs)) or answer,
    )
    sampled = ("base", *FREE, "--trials", "6", "--storage", "j", "--device", "cpu")
    found(run, *sampled, "--minimize", "macs")
    assert measured == [1]
    code, out, err = run("search", *sampled, "--minimize", "latency.end_to_end.median_s")
    assert (code, out) == (2, "")
    assert err.startswith(
        "error: a latency decides among all configs that are as required, and trials draw some; ask for "
    )

"""Chunks of a space worked through in any order, by processes that die, broken off and resumed: the same comes out."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from w2v_explore import Workload, load_preset
from w2v_explore.analysis.comparing.conditions import parse_condition
from w2v_explore.errors import ArgumentError, SourceError, WorkersError
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.match import Match
from w2v_explore.search.question.nearest import Nearest
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.running import chunk as chunk_module
from w2v_explore.search.running import pool, saved
from w2v_explore.search.running import run as run_module
from w2v_explore.search.running.chunk import Chunk, Found, Worker
from w2v_explore.search.running.run import run
from w2v_explore.search.running.tally import Tally
from w2v_explore.search.space.space import Axis, Given, Space

BASE = load_preset("base")
FRONT = Pareto(("parameters", "macs"), frozenset({"parameters"}))
MODES: list[Mode] = [
    FRONT,
    Pareto(("peak_memory_bytes", "parameters", "stride_ms")),
    Rank("macs", False, 7),
    Nearest((parse_condition("macs < 60G"),)),
    Match((("parameters", 3e7), ("stride", 320)), 3),
]


def question_of(mode: Mode = FRONT, layers: int = 12) -> Question:
    values = {
        "encoder_num_layers": range(1, layers + 1),
        "encoder_num_heads": (4, 6, 8),
        "encoder_embed_dim": range(48, 48 * 17, 48),
    }
    axes = tuple(Axis(name, tuple(each)) for name, each in values.items())
    space = Space(BASE, axes, {axis.name: Given(number) for number, axis in enumerate(axes)})
    return Question(space, Workload.of(BASE), mode, (parse_condition("macs < 60G"),))


class Deadly(Pareto):
    """A mode that whoever unpickles it dies of."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (7,)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (chunk_module, saved):
        monkeypatch.setattr(module, "CHUNK", 16)


def content(found: Found) -> list[Any]:
    """All of it, to the byte."""
    columns = {"members": found.candidates.members, "ties": found.candidates.ties, **found.candidates.columns}
    return [*[(name, column.dtype, column.tobytes()) for name, column in columns.items()], found[1:]]


def interrupting_after(calls: int) -> Callable[[str, int, int], None]:
    left = iter(range(calls, -1, -1))

    def progress(step: str, done: int, total: int) -> None:
        if next(left, None) == 0:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: f"{mode.name} {len(mode.figures)}")
def test_the_order_of_chunks_is_nothing(mode: Mode) -> None:
    question = question_of(mode)
    size = question.space.size
    worker = Worker(question)
    whole = worker.work(Chunk(0, size))
    for _ in range(8):
        ends = sorted(random.sample(range(1, size), random.randint(1, 60)))
        chunks = [Chunk(*each) for each in zip([0, *ends], [*ends, size], strict=True)]
        random.shuffle(chunks)
        tally = Tally()
        for chunk in chunks:
            assert not tally.holds(chunk)
            tally = tally.plus(question, chunk, worker.work(chunk))
            assert tally.holds(chunk)
            if random.random() < 0.2:
                tally = tally.in_one(question)
        assert tally.done == (Chunk(0, size),)
        assert content(tally.in_one(question).parts[0][1]) == content(whole)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: f"{mode.name} {len(mode.figures)}")
def test_what_is_broken_off_and_resumed_comes_to_the_same(mode: Mode, tmp_path: Path) -> None:
    question, path = question_of(mode), tmp_path / "found.json"
    whole = run(question, workers=1)
    assert whole.complete
    assert content(whole) == content(Worker(question).work(Chunk(0, question.space.size)))
    found = run(question, workers=1, resume=path, progress=interrupting_after(0))
    assert (found.complete, found.evaluated, len(found.candidates.members)) == (False, 0, 0)
    assert not path.exists()
    while not found.complete:
        found = run(question, workers=1, resume=path, progress=interrupting_after(random.randint(2, 20)))
    assert content(found) == content(whole)
    assert content(run(question, resume=path)) == content(whole)
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_found_is_kept_whatever_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question, path = question_of(), tmp_path / "found.json"

    def work(worker: Worker, chunk: Chunk, calls: list[Chunk] = [], right: Any = Worker.work) -> Found:  # noqa: B006
        calls.append(chunk)
        if len(calls) == 9:
            raise MemoryError
        return right(worker, chunk)

    with monkeypatch.context() as patched:
        patched.setattr(Worker, "work", work)
        with pytest.raises(MemoryError):
            run(question, workers=1, resume=path)
    assert len(json.loads(path.read_text())["members"]) > 1
    done: list[int] = []
    assert content(run(question, resume=path, progress=lambda step, at, total: done.append(at))) == content(
        run(question)
    )
    assert done[0] == 7 * 16


@dataclass(frozen=True)
class Greedy(Rank):
    """A mode that wants more memory than there is, but for one config: that is looked at before processes start."""

    def select(self, candidates: Any) -> Any:
        if len(candidates.members) > 1:
            raise MemoryError
        return super().select(candidates)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_where_memory_runs_out_is_one_message(workers: int) -> None:
    with pytest.raises(WorkersError, match=r"memory ran out at combinations \d+ to \d+; try fewer --workers"):
        run(question_of(Greedy("macs", False, 7)), workers=workers)


def test_who_interrupts_twice_waits_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "write_tally", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(question_of(), workers=1, resume=tmp_path / "found.json", progress=interrupting_after(3))


def test_a_search_that_is_another_is_not_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    question, path = question_of(), tmp_path / "found.json"
    run(question, workers=1, resume=path, progress=interrupting_after(3))
    before = path.read_bytes()
    large = replace(question.space, config=load_preset("large"))
    few = dict([*question.space.rules.items()][:2])
    others = {
        "the values of encoder_num_layers": question_of(layers=13),
        "the config that the space is around": replace(question, space=large),
        "the workload": replace(question, workload=Workload.of(BASE, seconds=3)),
        "the mode": replace(question, mode=Pareto(FRONT.figures)),
        "the constraints": replace(question, constraints=(parse_condition("macs < 61G"),)),
        "whether the linter may warn": replace(question, lint_clean=True),
        "the axes of the space, the values of encoder_embed_dim, the rules of the space": replace(
            question, space=replace(question.space, axes=question.space.axes[:2], rules=few)
        ),
    }
    for changed, other in others.items():
        with pytest.raises(ArgumentError, match=f"it is of another search, which differs in {changed}; ask as it did"):
            run(other, resume=path)
    monkeypatch.setattr(saved, "__version__", "9.9")
    with pytest.raises(ArgumentError, match=r"in the version of w2v-explore, .+ there and 9\.9 here; ask"):
        run(question, resume=path)
    assert path.read_bytes() == before
    same = replace(question, constraints=(parse_condition("macs<60G"),))
    monkeypatch.undo()
    monkeypatch.setattr(saved, "CHUNK", 16)
    monkeypatch.setattr(chunk_module, "CHUNK", 16)
    assert content(run(same, resume=path)) == content(run(question))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ({"format": 3}, "format: 3; w2v-explore search, what was found so far is wanted"),
        ({"question": []}, "question: a list of 0; an object is wanted"),
        ({"done": None}, "done: null; a list is wanted"),
        ({"done": [[0, 16], [16, 32]]}, "done: a list of 2; ranges in order is wanted"),
        ({"done": [[0, 17]]}, r"done\[0\]: a list of 2; the first combination of a chunk and that after the last"),
        ({"done": [[16, 4096]]}, r"done\[0\]: a list of 2"),
        ({"evaluated": 7}, "what was counted is not what was done"),
        ({"evaluated": 1.0}, r"evaluated: 1\.0; a whole number of at least 0 is wanted"),
        ({"members": ["1"]}, r'members\[0\]: "1"; a whole number'),
        ({"members": [3, 2]}, "members: a list of 2; numbers of combinations that were done, in order is wanted"),
        ({"members": [100]}, "members: a list of 1; numbers of combinations that were done"),
        ({"members": [2**70]}, r"members\[0\]: 1180591620717411303424; a whole number"),
        ({"ties": []}, "ties: a list of 0; a list of "),
        ({"columns": {}}, "columns: an object; an object with parameters, macs is wanted"),
        ({"columns": {"parameters": [1], "macs": []}}, "columns.parameters: a list of 1; a list of "),
        ({"digest": 3}, "digest: 3; a text is wanted"),
        ({"digest": "0"}, "what it holds is not what was written; give a file that is not there yet"),
        ({"chunks": 7}, "what it holds is not what was written"),
        ({"chunks": 0}, "chunks: 0; a whole number of at least 1 is wanted"),
        (None, "it is no JSON: "),
    ],
)
def test_a_file_that_is_none(edit: dict[str, Any] | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    run(question_of(), workers=1, resume=path, progress=interrupting_after(3))
    right = json.loads(path.read_text())
    path.write_text("{" if edit is None else json.dumps({**right, **edit}))
    with pytest.raises(SourceError, match=f"^cannot resume from {path}: {message}"):
        run(question_of(), resume=path)


def test_numbers_with_fractions_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    question, path = question_of(), str(tmp_path / "found.json")
    numbers = np.array([0.1 + 0.2, float("inf"), -1e-300, float("nan"), 5.0])
    like = Worker(question).work(Chunk(0, 16)).candidates.take([0, 1, 2, 3, 4])
    like = like._replace(columns={"wide": numbers, "is": numbers > 0})
    tally = Tally((Chunk(0, 16),), ((1, Found(like, 16, 0, 0, 16)),))
    saved.write_tally(path, question, tally)
    [(_, found)] = saved.read_tally(path, question, like).parts
    assert content(found) == content(tally.parts[0][1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers is 0; give a number from 1 to 1,024"),
        ({"workers": 2, "scheduler": "tcp://here:8786"}, "a scheduler has its own; give one of the two"),
    ],
)
def test_workers_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        run(question_of(), **options)


def test_a_path_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot write"):
        run(question_of(), resume=tmp_path / "no" / "found.json", progress=interrupting_after(0))


@pytest.mark.slow
def test_processes_that_are_killed_lose_nothing_and_none_is_left() -> None:
    question = question_of(MODES[1])
    kills = sorted(random.sample(range(2, 30), 2))  # of a chunk, fewer than are too many

    def progress(step: str, done: int, total: int, calls: list[int] = []) -> None:  # noqa: B006
        calls.append(done)
        if len(calls) in kills:
            random.choice(children()).kill()

    found = run(question, workers=2, progress=progress)
    assert content(found) == content(run(question, workers=1))
    assert children() == []


@pytest.mark.slow
def test_a_chunk_that_processes_die_of_is_one_message() -> None:
    question = replace(question_of(), mode=Deadly(FRONT.figures))
    with pytest.raises(
        WorkersError, match=r"^3 processes in a row that worked on combinations 0 to 16 ended with 7; try"
    ):
        for _ in pool.by_processes(question, [Chunk(0, 16)], 1):
            pass
    assert children() == []


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


# No main guard, as in a notebook; a process of its own group is what a terminal sends Ctrl-C to.
SCRIPT = """\
import sys, time
sys.path.insert(0, {root!r})
from tests.unit.test_search_running import question_of
from w2v_explore import interrupt
from w2v_explore.search.running import chunk, run
assert "torch" not in sys.modules
interrupt.listen()
chunk.CHUNK = 2
print("begins")
def progress(step, done, total):
    if done == 20:
        print(done, flush=True)
        time.sleep(600)
found = run.run(question_of(), workers=2, progress=progress, resume=None)
print(found.complete, found.evaluated + found.invalid, interrupt.exit_code())
"""


@pytest.mark.slow
def test_ctrl_c_in_a_script_without_a_main_guard(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(root=str(Path(__file__).parents[2])))
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["begins\n", "20\n"]
    started = psutil.Process(process.pid).children()
    assert len(started) == 2
    assert not any("torch" in each.path for child in started for each in child.memory_maps())
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (out, err) == ("False 20 130\n", "")
    assert psutil.wait_procs(started, timeout=60)[1] == []

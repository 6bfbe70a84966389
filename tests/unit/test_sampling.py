"""What is found among combinations that Optuna draws, and the studies that they lie in."""

from __future__ import annotations

import errno
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import OperationalError

from tests.sampling_worker import AXES, question
from w2v_explore import ArgumentError, Config, ConfigError, analyze, load_config
from w2v_explore.analysis.figures import Figures
from w2v_explore.errors import MissingExtraError, SourceError
from w2v_explore.search.question.candidates import Mode
from w2v_explore.search.question.clean import Clean
from w2v_explore.search.question.match import Match
from w2v_explore.search.question.nearest import Nearest
from w2v_explore.search.question.question import Question
from w2v_explore.search.question.rank import Rank
from w2v_explore.search.running.run import run
from w2v_explore.search.sampling import guide, storage
from w2v_explore.search.sampling.enqueue import enqueue
from w2v_explore.search.sampling.sample import Sampled, own_journal, sample, study_name
from w2v_explore.search.sampling.storage import Store, shown
from w2v_explore.search.space.members import Members
from w2v_explore.search.space.space import Axis


def trials_in(journal: Path, asked: Question) -> list[FrozenTrial]:
    """The trials of a journal, read as Optuna's users read them."""
    study = optuna.load_study(study_name=study_name(asked), storage=JournalStorage(JournalFileBackend(str(journal))))
    return study.get_trials()


def config_of(asked: Question, trial: FrozenTrial) -> Config | None:
    """The config of a trial; None where it is none."""
    try:
        codes = [trial.params[axis.name] for axis in asked.space.axes]
        return asked.space.config_of(asked.space.member(codes))
    except ConfigError:
        return None


def front_of(asked: Question, trials: Sequence[FrozenTrial]) -> set[tuple[Any, ...]]:
    """The figures of the frontier of some trials, worked out one by one."""
    points = set()
    for trial in trials:
        config = config_of(asked, trial)
        if config is not None:
            figures = Figures(analyze(config, asked.workload))
            if figures["parameters"] > 30_000_000:
                points.add((figures["macs_per_audio_second"], figures["parameters"]))
    return {point for point in points if not any(a[0] <= point[0] and a[1] >= point[1] for a in points - {point})}


def figures_found(sampled: Sampled) -> set[tuple[Any, ...]]:
    columns = sampled.found.candidates.columns
    return {*zip(columns["macs_per_audio_second"].tolist(), columns["parameters"].tolist(), strict=True)}


def plain(sampled: Sampled) -> list[Any]:
    """All that is found, as plain data."""
    candidates = sampled.found.candidates
    columns = {name: column.tolist() for name, column in candidates.columns.items()}
    return [candidates.members.tolist(), columns, candidates.ties.tolist(), *sampled.found[1:], sampled.trials]


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3"])
def test_trials_are_told_as_they_are_and_the_front_is_theirs(tmp_path: Path, sampler: str) -> None:
    asked = question()
    found = sample(asked, 70, sampler=sampler, storage=str(tmp_path / "journal"))
    trials = trials_in(tmp_path / "journal", asked)
    assert len(trials) == found.trials == 70
    assert figures_found(found) == front_of(asked, trials)
    assert not found.found.complete
    for trial in trials:
        config = config_of(asked, trial)
        assert (trial.state is TrialState.PRUNED) == (config is None)
        if config is not None:
            figures = Figures(analyze(config, asked.workload))
            assert trial.values == [figures["macs_per_audio_second"], figures["parameters"]]
            [violation] = trial.constraints.values()
            assert (violation <= 0) == (figures["parameters"] > 30_000_000)
    distinct = {tuple(trial.params.items()): trial.state for trial in trials}
    assert found.found.evaluated == sum(state is TrialState.COMPLETE for state in distinct.values())
    assert found.found.invalid == sum(state is TrialState.PRUNED for state in distinct.values())


def test_a_sampler_learns_what_satisfies_and_what_is_better() -> None:
    """The first generation is random, and the others are made of what was best."""
    for most in (True, False):
        asked = question(mode=Rank("macs", most, 1), constraint="parameters > 120M")
        first, all_of_them = sample(asked, 50).found, sample(asked, 250).found
        assert all_of_them.satisfying / all_of_them.evaluated > 2 * first.satisfying / first.evaluated
        [before, after] = [found.candidates.columns["macs"][0] for found in (first, all_of_them)]
        assert (after > before) if most else (after < before)


@pytest.mark.parametrize("sampler", ["nsga2", "nsga3"])
def test_the_same_seed_finds_the_same_whatever_broke_the_run_off(tmp_path: Path, sampler: str) -> None:
    asked, journal = question(), str(tmp_path / "journal")
    whole = sample(asked, 130, sampler=sampler, seed=5)

    def break_off(step: str, done: int, total: int) -> None:
        assert (step, total) == ("sampling", 130)
        if done >= 100:
            raise KeyboardInterrupt

    sample(asked, 7, sampler=sampler, seed=5, storage=journal)
    broken_off = sample(asked, 130, sampler=sampler, seed=5, storage=journal, progress=break_off)
    assert (broken_off.trials, broken_off.is_interrupted) == (100, True)
    with Path(journal).open("ab") as file:
        file.write(b'{"op_code":4,"worker_')  # killed while it wrote
    assert plain(sample(asked, 130, sampler=sampler, seed=5, storage=journal)) == plain(whole)
    assert plain(sample(asked, 130, sampler=sampler, seed=6)) != plain(whole)
    # Fewer trials than there are: the answer of a run that had so many.
    assert plain(sample(asked, 60, sampler=sampler, seed=5, storage=journal)) == plain(
        sample(asked, 60, sampler=sampler, seed=5)
    )


@pytest.mark.parametrize("kind", ["file", "link that leads nowhere"])
def test_a_lock_that_a_killed_process_left_is_removed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_ABANDONED_S", 0.0)
    journal, lock = tmp_path / "journal", tmp_path / "journal.lock"
    for trials in (3, 6):  # where there is no journal yet, and where there is one
        if kind == "file":
            lock.touch()
        else:
            lock.symlink_to("nowhere")
        assert sample(question(), trials, storage=str(journal)).trials == trials
    assert [*tmp_path.iterdir()] == [journal]


def test_a_lock_that_may_not_be_removed_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(storage, "_ABANDONED_S", 0.0)
    monkeypatch.setattr(storage.os, "rename", refuse)  # as in /tmp a file of another user's
    (tmp_path / "journal.lock").touch()
    with pytest.raises(SourceError, match=r"left \S+journal\.lock, which cannot be removed: Operation not permitted$"):
        sample(question(), 3, storage=str(tmp_path / "journal"))


def test_what_was_drawn_by_another_sampler_counts(tmp_path: Path) -> None:
    asked, journal = question(), tmp_path / "journal"
    for sampler, trials in (("nsga2", 20), ("nsga3", 60), ("nsga2", 80)):
        found = sample(asked, trials, sampler=sampler, storage=str(journal))
    assert figures_found(found) == front_of(asked, trials_in(journal, asked))


@pytest.mark.parametrize(
    "mode",
    [
        Rank("parameters", True, 3),
        Match((("parameters", 5e7),)),
        Nearest(question(constraint="macs <= -40%").constraints),
    ],
    ids=lambda mode: mode.name,
)
def test_of_a_small_space_all_is_found_in_every_mode(mode: Mode) -> None:
    axes = (AXES[0], Axis("encoder_num_layers", (3, 6, 12)), Axis("encoder_num_heads", (4, 12)))
    asked = question(axes, mode, "macs <= -40%")
    exact, found = run(asked, workers=1), sample(asked, 500).found
    assert found.candidates.members.tolist() == exact.candidates.members.tolist()
    assert found[1:5] == exact[1:5]


def test_members_may_have_more_than_64_bits() -> None:
    axes = (
        Axis("encoder_embed_dim", tuple(range(16, 4097, 16))),
        Axis("encoder_ff_interm_features", tuple(range(16, 16385))),
        Axis("encoder_num_layers", tuple(range(1, 200))),
        Axis("encoder_pos_conv_kernel", tuple(range(3, 4000))),
        Axis("encoder_num_heads", tuple(range(1, 65))),
        Axis("encoder_pos_conv_groups", (1, 2, 4, 8, 16)),
        Axis("aux_num_out", tuple(range(1, 10_000))),
    )
    asked = question(axes)
    assert asked.space.size > 2**63
    found = sample(asked, 150).found
    assert found.candidates.members.dtype == object
    for number, parameters in zip(
        found.candidates.members.tolist(), found.candidates.columns["parameters"].tolist(), strict=True
    ):
        assert analyze(asked.space.config_of(number), asked.workload).parameters == parameters


def test_what_the_linter_warns_of_is_left_out_and_shunned(tmp_path: Path) -> None:
    asked = replace(question(constraint="parameters > 60M"), lint_clean=True)
    found = sample(asked, 100, storage=str(tmp_path / "journal")).found
    clean = Clean(Members(asked.space))
    is_clean = {}
    for trial in trials_in(tmp_path / "journal", asked):
        if config_of(asked, trial) is not None:
            number = asked.space.member([trial.params[axis.name] for axis in asked.space.axes])
            is_clean[number] = not clean.warnings(number)
            assert (trial.constraints["lint-clean"] <= 0) == is_clean[number]
    assert {*is_clean.values()} == {True, False}
    assert all(is_clean[number] for number in found.candidates.members.tolist())


def test_another_question_has_another_study(tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    questions = [
        question(),
        question(AXES[:3]),
        question(constraint="parameters > 31M"),
        question(mode=Rank("macs", False, 1)),
    ]
    for asked in questions:
        assert sample(asked, 3, storage=journal).trials == 3
        assert len(trials_in(Path(journal), asked)) == 3
    assert len({study_name(asked) for asked in questions}) == 4


def test_ones_own_journal_is_of_the_question_the_sampler_and_the_seed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("W2V_EXPLORE_CACHE", str(tmp_path / "cache"))
    asked = [
        (question(), "nsga2", 0),
        (question(), "nsga3", 0),
        (question(), "nsga2", 1),
        (question(AXES[:3]), "nsga2", 0),
    ]
    paths = [own_journal(*each) for each in asked]
    assert len({*paths}) == 4
    assert paths[0] == own_journal(*asked[0])
    assert {path.parent for path in paths} == {tmp_path / "cache" / "search"}


def test_optuna_says_nothing_and_logs_as_before(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    sample(question(), 60, storage=str(tmp_path / "journal"))
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
    assert logging.getLogger("sqlalchemy.pool").level == logging.NOTSET


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hush@db.example:5433/studies?password=hush", "postgresql://db.example:5433/studies"),
        ("postgresql+psycopg://me:hush@db.example/studies", "postgresql://db.example/studies"),
        ("some/journal", "some/journal"),
    ],
)
def test_messages_name_a_storage_without_passwords(url: str, said: str) -> None:
    assert shown(url) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("postgresql://me:hush@127.0.0.1:1/studies", "postgresql://127.0.0.1:1/studies cannot be reached"),
        ("postgresql://me:hush@:port:/", "is no URL of a database; write --storage postgresql://user@host"),
        ("no-such-folder/journal", "journal no-such-folder/journal cannot be opened: No such file or directory"),
        ("notes.txt", "notes.txt is no journal of Optuna's; name another file"),
        ("damaged.journal", "damaged.journal is damaged"),
        ("mysql+nodriver://host/db", "cannot be reached|needs a driver"),
        ("postgresql+pg8000://me:hush@127.0.0.1:1/db", "127.0.0.1:1/db needs a driver that is not installed: No mod"),
    ],
)
def test_a_storage_that_cannot_be_used_gives_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("my notes\n")
    Path("damaged.journal").write_text('{"op_code":0}\n')
    with pytest.raises((SourceError, MissingExtraError), match=said) as refusal:
        sample(question(), 1, storage=given)
    assert "hush" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert Path("notes.txt").read_text() == "my notes\n"


def test_a_database_of_another_version_of_optuna_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    sample(question(), 2, storage=url)
    with sqlite3.connect(tmp_path / "studies.db") as database:
        database.execute("UPDATE alembic_version SET version_num = 'v9.0.0.a'")
    database.close()
    with pytest.raises(SourceError, match=r"made by another version of Optuna than .*; install that version"):
        sample(question(), 2, storage=url)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"sampler": "tpe"}, "there is no sampler 'tpe'; write nsga2, nsga3 or gp"), ({"trials": 0}, "trials is 0")],
)
def test_what_there_is_not_is_refused(arguments: Mapping[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        sample(question(), **{"trials": 1, **arguments})


@pytest.mark.parametrize(("package", "extra"), [("torch", "torch"), ("scipy", "sampling")])
def test_gp_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, extra: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guide, "find_spec", lambda name: None if name == package else find_spec("json"))
    with pytest.raises(MissingExtraError, match=rf"gp needs {package}, .*\[{extra}\]"):
        sample(question(), 1, sampler="gp", storage="journal")
    assert not Path("journal").exists()


@pytest.mark.slow
def test_gp_learns_from_few_trials() -> None:
    """The first ten are random; the same seed draws the same."""
    asked = question(AXES[:3], Rank("macs", False, 1), "parameters > 60M")
    first, found = sample(asked, 10, sampler="gp"), sample(asked, 18, sampler="gp")
    assert found.found.candidates.columns["macs"][0] < first.found.candidates.columns["macs"][0]
    assert plain(found) == plain(sample(asked, 18, sampler="gp"))


class Lost:
    """A server that goes away at some calls, before or after it did what was asked."""

    def __init__(self, work: Callable[[Any], None], behaviour: Sequence[str]) -> None:
        self._work = work
        self._behaviour = [*behaviour]

    def __call__(self, trial: FrozenTrial) -> None:
        behaviour = self._behaviour.pop(0) if self._behaviour else "stays"
        if behaviour != "gone":
            self._work(trial)
        if behaviour != "stays":
            raise OperationalError("INSERT", {}, Exception("server closed the connection unexpectedly\nreally"))


def store_that_loses(monkeypatch: pytest.MonkeyPatch, behaviour: Sequence[str]) -> tuple[Store, FrozenTrial]:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    store = Store(optuna.storages.InMemoryStorage(), "in memory", "study", [False], {})
    monkeypatch.setattr(store._study, "add_trial", Lost(store._study.add_trial, behaviour))
    return store, optuna.trial.create_trial(value=1.0, user_attrs={storage.TOKEN: "one"})


@pytest.mark.parametrize("behaviour", [["gone"], ["gone", "gone", "answer lost"], ["answer lost"], ["answer lost"] * 3])
def test_a_server_that_goes_away_is_told_again_and_has_the_trial_once(
    monkeypatch: pytest.MonkeyPatch, behaviour: list[str]
) -> None:
    store, trial = store_that_loses(monkeypatch, behaviour)
    store.add(trial)
    assert [trial.value for trial in store._study.get_trials()] == [1.0]


def test_a_server_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    store, trial = store_that_loses(monkeypatch, ["gone"] * 10)
    monkeypatch.setattr(storage, "PATIENCE_S", 0.0)
    with pytest.raises(SourceError, match=r"unexpectedly; it was waited for 0 minutes.* run the same command again"):
        store.add(trial)


def test_designs_are_enqueued_once_and_read_back_into_configs(tmp_path: Path) -> None:
    storage_path, conv = str(tmp_path / "journal"), [[512, 10, 5], [512, 3, 4], [512, 4, 4], [512, 4, 4]]
    designs = [
        {"encoder_num_layers": 6, "encoder_layer_norm_first": True, "extractor_conv_layer_config": conv},
        {"encoder_num_layers": 4, "encoder_layer_norm_first": False, "extractor_conv_layer_config": None},
    ]
    assert enqueue(designs[:1], storage_path, "mine") == ("mine", storage_path, 1, 0)
    assert enqueue(designs, storage_path, "mine")[2:] == (1, 1)
    study = optuna.load_study(study_name="mine", storage=JournalStorage(JournalFileBackend(storage_path)))
    trained = []

    def objective(trial: optuna.Trial) -> float:
        convolutions = trial.suggest_categorical("extractor_conv_layer_config", [None, json.dumps(conv)])
        config = load_config(
            "base",
            {
                "encoder_num_layers": trial.suggest_int("encoder_num_layers", 2, 12),
                "encoder_layer_norm_first": trial.suggest_categorical("encoder_layer_norm_first", [False, True]),
                "extractor_conv_layer_config": convolutions and json.loads(convolutions),
            },
        )
        mapping = config.model.to_mapping()
        trained.append({name: mapping[name] for name in designs[0]})
        return float(config.model.encoder_num_layers)

    study.optimize(objective, n_trials=2)
    assert trained == designs
    assert enqueue(designs, storage_path, "mine")[2:] == (0, 2)

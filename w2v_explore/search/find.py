"""The search: a question, answered from a whole space or from a sample of it; `find_designs` is all of it in a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from w2v_explore.analysis.analyze import workload_of
from w2v_explore.analysis.comparing.asked import require_names
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of, path_text
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.load import Config, ConfigLike, as_config, config_of, read_document
from w2v_explore.config.metadata import SEARCH
from w2v_explore.config.reading import read_config
from w2v_explore.errors import ArgumentError, needs_extra
from w2v_explore.search.answer import Answer, answer_of
from w2v_explore.search.asked import Asked, question_of
from w2v_explore.search.nothing import why_nothing
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.run import Progress, run
from w2v_explore.search.running.size import require_countable
from w2v_explore.search.second_stage import measure_answer
from w2v_explore.search.space.read import section_in, space_of


def find_designs(
    config: ConfigLike,
    space: Mapping[str, Any] | str | PathLike[str] | None = None,
    workload: Workload | None = None,
    *,
    free: Sequence[str] = (),
    minimize: Sequence[str] = (),
    maximize: Sequence[str] = (),
    target: Sequence[str] = (),
    keep: Sequence[str] = (),
    like: ConfigLike | None = None,
    ratio: Mapping[str, float] | None = None,
    top: int | None = None,
    require: Sequence[str] = (),
    lint_clean: bool = False,
    device: str | None = None,
    runs: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: str | PathLike[str] | None = None,
    trials: int | None = None,
    sampler: str = "nsga2",
    seed: int = 0,
    storage: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Search the configs of a space for designs: the frontier of figures, the nearest edits, an order, or a match.

    Figures to minimise and maximise ask for their frontier, with ``top`` for the first by one figure; targets for the
    nearest configs that reach them; ``like`` and ``ratio`` for the shapes of a student of a teacher.

    Args:
        config: The config that the space is around, as in `analyze`.
        space: What varies, as ``search:`` in a config says it: a mapping, or the path of a file with one; by default
            that of the config where it was not loaded yet.
        workload: As in `analyze`.
        free: Fields that vary too, ``FIELD`` by the steps that `sensitivity` knows or ``FIELD=VALUES``.
        minimize: Figures of which less is better, as conditions have them.
        maximize: Figures of which more is better.
        target: Conditions to reach, as ``macs <= -50%`` of a change against the config.
        keep: Figures and fields that a design must have as the config has them, with ``target``.
        like: The teacher, as in `analyze`.
        ratio: By figure, how much of the teacher's a design should have.
        top: How many designs, of each depth where a teacher is matched.
        require: Conditions that must hold of a design.
        lint_clean: Whether the linter must have no warning of a design.
        device: On what designs are measured, in turns: ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; nothing is by default.
            Then a latency may be a figure to minimize, and the few configs that are as required are measured for it.
        runs: Turns of the measurement; by default until the medians are known well enough.
        workers: Processes of this machine; as many as it has cores by default.
        scheduler: The address of a Dask cluster's scheduler, which works instead.
        resume: A file that keeps what was found, with which the same search goes on later.
        trials: Draw so many combinations instead of going through all, which a space of more than a billion needs.
        sampler: What draws them: ``nsga2``, ``nsga3`` or ``gp``.
        seed: Of what is drawn.
        storage: Where trials lie: the URL of a database, or the path of a journal; in memory by default.
        progress: Called with what is done, how much of it is, and how much there is.

    Raises:
        ArgumentError: Nothing varies or nothing is asked, arguments contradict one another, or there is no such field
            or figure.
        ConditionError: A text is no condition.
        ConfigError: A config or the space is wrong.
        WorkloadError: The input is too short for the config as it is, or for the teacher.
        SourceError: A file cannot be read or written.
        DeviceError: The device is absent, or too small for the models together.
        WorkersError: Processes die, or a cluster cannot be reached, has no workers, or other versions.
        MissingExtraError: What is asked needs a package that is not installed.
        TypeError: An argument is of another type.
    """
    section: Any = space
    if isinstance(space, (str, PathLike)):
        section = section_in(path_text(space, "a space"))
    elif space is not None and not isinstance(space, Mapping):
        raise TypeError(f"space is {kind_of(space)}; give a mapping of fields to values, or the path of a file")
    require_names("free", free, "fields, as ['encoder_num_layers']")
    if section is None and not isinstance(config, (Config, ModelConfig)):
        reading = read_config(read_document(path_text(config, "a config")))
        config = config_of(reading)
        section = reading.entries.get(SEARCH)
    if section is None and not free:
        raise ArgumentError("no field varies; give a space, as {'encoder_num_layers': [6, 12]}, or free fields")
    config = as_config(config)
    workload = workload_of(config, workload)
    asked = Asked(
        minimize, maximize, target, keep, None if like is None else as_config(like), {} if ratio is None else ratio,
        top, require, lint_clean, device,
    )  # fmt: skip
    question = question_of(space_of(config, section, free), workload, asked)
    if trials is None:
        answer = answer_from_all(question, workers=workers, scheduler=scheduler, resume=resume, progress=progress)
    else:
        answer = answer_from_sample(question, trials, sampler=sampler, seed=seed, storage=storage, progress=progress)
    if device is None:
        return answer
    return measure_answer(answer, device, runs=runs, scheduler=scheduler, progress=progress)


def answer_from_all(
    question: Question,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    resume: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Answer:
    """The answer to a question from all configs of its space; the arguments are those of `run`.

    Raises:
        ArgumentError: The space is too large; or as in `run`.
    """
    require_countable(question.space)
    found = run(question, workers=workers, scheduler=scheduler, resume=resume, progress=progress)
    nothing = None
    if found.complete and not len(found.candidates.members):
        nothing = why_nothing(question, found, workers=workers, scheduler=scheduler, progress=progress)
    return answer_of(question, found, nothing=nothing, progress=progress)


def answer_from_sample(
    question: Question,
    trials: int,
    *,
    sampler: str = "nsga2",
    seed: int = 0,
    storage: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    """The answer to a question from some configs of its space, which are drawn; the arguments are `sample`'s."""
    # Imported only where a space is sampled: Optuna takes long to import.
    with needs_extra("a sample", "sampling"):
        from w2v_explore.search.sampling.sample import sample

    sampled = sample(question, trials, sampler=sampler, seed=seed, storage=storage, progress=progress)
    nothing = None
    if not (len(sampled.found.candidates.members) or sampled.is_interrupted):
        nothing = why_nothing(question, sampled.found, progress=progress)
    return answer_of(question, sampled.found, nothing=nothing, sampled=sampled, progress=progress)

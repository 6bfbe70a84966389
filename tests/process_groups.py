"""Training steps in groups of processes: the bytes that each process has afterwards, and the most while they run.

States are those of real groups of CPU processes; peaks are tracked on tensors without data, in a group of which there
is one process alone. All of them are forked from one that has imported torch (`group_member`), and none is the tests'
own: groups belong to a process, and what they import and say gives warnings.
"""

from __future__ import annotations

import os
import tempfile
import traceback
import warnings
from collections.abc import Sequence
from multiprocessing import get_context
from typing import Any, NamedTuple

from w2v_explore import ModelConfig

PROCESSES = 4


class Case(NamedTuple):
    """What is trained, and how."""

    config: ModelConfig
    strategy: str
    devices: int
    per_node: int = 2
    frozen: frozenset[str] = frozenset()
    bucket_views: bool = False
    bucket_megabytes: int = 25
    optimizer: str = "adamw"


class States(NamedTuple):
    """Bytes of a process's storages after a step."""

    parameters: int
    gradients: int
    optimizer: int
    buckets: int


class PeakCase(NamedTuple):
    """What is tracked, and how; ``steps`` batches, whose gradients are added up."""

    config: ModelConfig
    strategy: str
    devices: int
    per_node: int = 8
    samples: int = 3_000
    batch: int = 2
    steps: int = 1
    reduces_each: bool = True
    gathered: str = "float32"
    reduced: str = "float32"
    frozen: frozenset[str] = frozenset()
    checkpointing: bool = False


class Peak(NamedTuple):
    """What was tracked.

    Attributes:
        total: The most of all bytes, in the last of the steps.
        weights: The most of gathered weights, and of the buffers that they are gathered in.
        communicated: The most of these, of unreduced gradients and of the buffers that they are reduced in, whenever
            torch's tracker for `fully_shard` takes stock; 0 for other strategies.
    """

    total: int
    weights: int
    communicated: int


def states_of(cases: Sequence[Case]) -> list[States]:
    """The most that any process of a case's group has, each case trained for two steps."""
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "store")
        answers = _in_processes("states", [(rank, store, cases) for rank in range(PROCESSES)])
    return [
        States(*map(max, zip(*[some for some in each if some], strict=True))) for each in zip(*answers, strict=True)
    ]


def peaks_of(cases: Sequence[PeakCase]) -> list[Peak]:
    """What the trackers of torch say."""
    (answer,) = _in_processes("peaks", [(cases,)])
    return answer


def _in_processes(function: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What a function of `group_member` returns, in a process for each of the arguments."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.group_member"])
    queue = context.SimpleQueue()
    processes = [context.Process(target=_answer, args=(queue, function, given), daemon=True) for given in arguments]
    for process in processes:
        process.start()
    answers = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    for answer, failure in answers:
        assert answer is not None, failure
    return [answer for answer, _ in answers]


def _answer(queue: Any, function: str, arguments: tuple[Any, ...]) -> None:
    warnings.simplefilter("ignore")
    try:
        from tests import group_member

        queue.put((getattr(group_member, function)(*arguments), None))
    except BaseException:
        queue.put((None, traceback.format_exc()))

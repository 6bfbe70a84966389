"""Figures of one model as formulas of the workload: of its samples and its batch, in each dtype.

The model is traced at a few workloads. Each shows one path and the formulas that hold wherever the same questions have
the same answers; so all paths together are a tree of questions, at whose ends the formulas are. A workload that takes a
path on which no example was, has no formulas here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Literal, NamedTuple

from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.figures import FIGURES
from w2v_explore.analysis.formulas.sizes import Asked, NeedsValueError, Path
from w2v_explore.analysis.formulas.steps import Steps
from w2v_explore.analysis.formulas.totals import PathTotals
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.analysis.workload import MAX_BATCH, MAX_SAMPLES, Workload

SAMPLES, BATCH = range(2)
"""The numbers of the fields that formulas go by."""

NAMES = (
    "macs",
    "macs.convolution",
    "macs.linear",
    "macs.attention",
    "macs_per_audio_second",
    "training.expected_macs",
    "extractor.frames",
)
"""The figures that are the same in each dtype, by their names in `FIGURES`."""

NAMES_BY_DTYPE = (
    "parameter_bytes",
    "memory.peak_activation_bytes",
    "memory.inference_bytes",
    "memory.kept_bytes",
    "memory.training_bytes",
)
"""The figures that each dtype has its own of."""

_MOST_PATHS = 12
# Of the workloads that are traced, or take a path that is known, the seconds and the utterances.
_SECONDS = (0.5, 5, 60)
_BATCHES = (1, 2)
# Kernels want sizes that eight divides: so many frames in a row leave every remainder.
_IN_A_ROW = 8


class _WorkloadOfSizes(Workload):
    """A workload whose samples and batch are sizes of a path: they are not checked, which would be questions."""

    __slots__ = ()

    def __post_init__(self) -> None:
        pass


class End(NamedTuple):
    """Where a path ends.

    Attributes:
        figures: The formulas of `NAMES`, as `Steps.add` gives them.
        by_dtype: Those of `NAMES_BY_DTYPE`, by dtype.
    """

    figures: Sequence[Any]
    by_dtype: Mapping[str, Sequence[Any]]


class Fork(NamedTuple):
    """A question, and where its answers lead.

    Attributes:
        of: The formula of the number that it is about.
        question: Whether the number is more than 0, or is 0.
        after: What comes next, by answer, where that is known.
    """

    of: Any
    question: Literal["positive", "zero"]
    after: dict[bool, Fork | End]

    def answer(self, steps: Steps, fields: Mapping[int, int], known: dict[int, Any]) -> bool:
        """The answer for a workload; the arguments are those of `Steps.value`."""
        number = steps.value(self.of, fields, known)
        return bool(number > 0 if self.question == "positive" else number == 0)


class WorkloadFormulas:
    """The figures of a model by samples and batch.

    Attributes:
        steps: What the formulas are written down in.
        fewest_samples: Of which the model makes a frame where the batch is 1, and where it is more.
        moves_samples: Whether there are formulas of the samples too; no formula tells how many frames some models go
            on with, and the samples are the analysis's then.

    Args:
        analysis: Of the model, for any workload.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.steps = Steps()
        self.moves_samples = True
        self.fewest_samples = tuple(fewest_samples_of(analysis.calls, analysis.takes, batch) for batch in (1, 2))
        self._analysis = analysis
        self._first: Fork | End | None = None
        self._paths = 0
        workload = analysis.workload
        try:
            self._add(workload.samples, workload.batch)
        except NeedsValueError as error:
            if BATCH in error.fields:
                raise
            self.moves_samples, self.steps = False, Steps()
            self._add(workload.samples, workload.batch)
        for samples, batch in self._examples():
            if self._paths == _MOST_PATHS:
                break
            if self.end(samples, batch) is None:
                self._add(samples, batch)

    @property
    def first(self) -> Fork | End:
        """The first question, or the formulas where none is asked."""
        assert self._first is not None
        return self._first

    def holds(self, samples: int, batch: int) -> bool:
        """Whether a workload is one for which the questions are asked."""
        is_asked = max(self.fewest_samples) <= samples <= MAX_SAMPLES and 1 <= batch <= MAX_BATCH
        return is_asked and (self.moves_samples or samples == self._analysis.workload.samples)

    def end(self, samples: int, batch: int) -> End | None:
        """The formulas for a workload for which the questions are asked; None where they are not known."""
        fields, known = {SAMPLES: samples, BATCH: batch}, dict[int, Any]()
        node = self._first
        while isinstance(node, Fork):
            node = node.after.get(node.answer(self.steps, fields, known))
        return node

    def _examples(self) -> Iterator[tuple[int, int]]:
        """Workloads that may take different paths, the usual ones first."""
        if not self.moves_samples:
            yield from product([self._analysis.workload.samples], _BATCHES)
            return
        rate, step = self._analysis.workload.sample_rate, self._analysis.receptive_field.stride_samples
        starts = [*[round(seconds * rate) for seconds in _SECONDS], MAX_SAMPLES - _IN_A_ROW * step]
        for start, further, batch in product(starts, range(0, _IN_A_ROW * step, step), _BATCHES):
            if self.holds(start + further, batch):
                yield start + further, batch

    def _add(self, samples: int, batch: int) -> None:
        """Trace the model at a workload."""
        path, asked = Path(), self._analysis.workload
        length = path.field(SAMPLES, samples, max(self.fewest_samples), MAX_SAMPLES) if self.moves_samples else samples
        workload_of: Any = _WorkloadOfSizes
        workload = workload_of(
            samples=length,
            batch=path.field(BATCH, batch, 1, MAX_BATCH),
            sample_rate=asked.sample_rate,
            dtype=asked.dtype,
            precision=asked.precision,
        )
        # With the same tree, so that only what goes by sizes is worked out again.
        analysis = replace(self._analysis, workload=workload)
        totals = PathTotals(analysis, path, workload)
        figures = [FIGURES[name].of(totals) for name in NAMES]
        # Of two dtypes only the bytes of a number make a difference.
        by_bytes: dict[int, Any] = {}
        for dtype, size in DTYPE_BYTES.items():
            if size not in by_bytes:
                each = totals if dtype == workload.dtype else PathTotals(analysis, path, replace(workload, dtype=dtype))
                by_bytes[size] = [FIGURES[name].of(each) for name in NAMES_BY_DTYPE]
        end = End(
            self.steps.add(path, figures),
            {dtype: self.steps.add(path, by_bytes[size]) for dtype, size in DTYPE_BYTES.items()},
        )
        self._first = self._grown(self._first, path, path.asked, end)
        self._paths += 1

    def _grown(self, node: Fork | End | None, path: Path, asked: Sequence[Asked], end: End) -> Fork | End:
        """What begins at a node, with the questions of a path that are still to be asked, and its end."""
        if not asked:
            return end
        question, *further = asked
        if node is None:
            node = Fork(self.steps.add(path, [question.of])[0], question.question, {})
        assert isinstance(node, Fork)
        node.after[question.answer] = self._grown(node.after.get(question.answer), path, further, end)
        return node

"""All that `memory` answers of one config: inference by dtype, training by precision, and what fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from w2v_explore.analysis.analyze import Analysis, analyze, as_analysis, config_and_workload
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.answer import Answer, Way, answer
from w2v_explore.analysis.memory.inference import NOT_INCLUDED, InferenceMemory, inference_memory
from w2v_explore.analysis.memory.largest_workload import (
    RESERVE_BYTES,
    LargestWorkloads,
    fit_inference,
    fit_training,
    has_attention_bias,
)
from w2v_explore.analysis.memory.recipe import PEOPLE_RUN, PRECISIONS
from w2v_explore.analysis.memory.setup import TrainingSetup, set_up
from w2v_explore.analysis.memory.training import TrainingCost
from w2v_explore.analysis.quantity import parse_size_bytes
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.load import ConfigLike
from w2v_explore.diagnostics import shorten
from w2v_explore.errors import WorkloadError
from w2v_explore.tree.attention import AttentionKernel
from w2v_explore.tree.lora import Lora

_AS_ANALYZED = None, "fused", "adamw", False, False
"""What is trained in an analysis, its attention, optimizer, teacher and accumulation, before `set_up` changes any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """What fits a memory, inference by dtype and training by precision.

    Attributes:
        memory_bytes: The memory.
        reserve_bytes: What of it is left for the device's context and the allocator.
        answer: Whether a training step of the workload fits the rest, and what makes it fit.
        inference: The largest forward passes.
        training: The largest training steps.
        checkpointed_training: The same with a checkpoint at each transformer layer; empty where nobody asked.
    """

    memory_bytes: int
    reserve_bytes: int
    answer: Answer
    inference: Mapping[str, LargestWorkloads]
    training: Mapping[str, LargestWorkloads]
    checkpointed_training: Mapping[str, LargestWorkloads]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MemoryCosts:
    """What inference and training of a config cost.

    Attributes:
        analysis: The config and the workload; where not all is trained, with a tree in which equal layers train alike.
        setup: How it is trained.
        inference: Of a forward pass, by dtype, the workload's own first.
        training: Of a training step, by precision: all of `PRECISIONS`, and that of the workload's dtype.
        precision: The one of which it is said what each layer keeps.
        fits: What fits the memory that was asked about; None where none was.
    """

    analysis: Analysis
    setup: TrainingSetup
    inference: Mapping[str, InferenceMemory]
    training: Mapping[str, TrainingCost]
    precision: str
    fits: Fits | None

    @property
    def workload_fits(self) -> bool:
        """Whether a training step fits the memory that was asked about in the way that was; True where none was."""
        return self.fits is None or self.fits.answer.fits

    @property
    def has_attention_bias(self) -> bool:
        """Whether attention takes a bias for each head and pair of frames, as not all kernels do."""
        return has_attention_bias(self.analysis.calls)

    def __repr__(self) -> str:
        inference, training = next(iter(self.inference.values())), self.training[self.precision]
        return (
            f"<MemoryCosts of {self.analysis.config.name!r}: inference {inference.total_bytes:,} bytes, "
            f"training {training.total_bytes(checkpointing=False):,} bytes for {self.analysis.workload}>"
        )

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The JSON document of ``memory`` (docs/json.md), as plain data; its layers down to a depth, or all."""
        kept = self.training[self.precision].kept_by_layer
        folded = self.analysis.tree.folded_path
        document = {
            **config_and_workload(self.analysis),
            "train": {"selection": self.setup.selection, "parameters": next(iter(self.training.values())).learned},
            "attention": self.setup.attention,
            "optimizer": self.setup.optimizer,
            "accumulate": self.setup.accumulate,
            "inference": {
                dtype: inference._asdict() | {"total_bytes": inference.total_bytes}
                for dtype, inference in self.inference.items()
            },
            "training": {name: _training_document(training) for name, training in self.training.items()},
            "precision": self.precision,
            "layers": [
                {"path": row.path, "kind": row.kind, "depth": row.depth, "kept_bytes": kept.get(folded(row.path), 0)}
                for row in unfold(self.analysis.layers, depth)
            ],
            "not_included": NOT_INCLUDED,
        }
        if self.analysis.expectations:
            document["expectations"] = list(self.analysis.expectations)
        if self.fits is not None:
            document["fit"] = _fit_document(self.fits, self.analysis.workload)
        return document


def _training_document(training: TrainingCost) -> dict[str, Any]:
    document = {
        "recipe": training.recipe._asdict(),
        "weight_bytes": training.weight_bytes,
        "gradient_bytes": training.gradient_bytes,
        "optimizer_bytes": training.optimizer_bytes,
        "teacher_bytes": training.teacher_bytes,
        "kept_bytes": training.kept_bytes._asdict(),
        "cast_weight_bytes": training.cast_weight_bytes._asdict(),
        "total_bytes": training.total_bytes(checkpointing=False),
        "peak_bytes": training.peak_bytes(checkpointing=False),
        "peak_path": training.peak.path,
        "peak_phase": training.peak.phase,
        "forward_macs": training.forward.total,
        "backward_macs": training.backward.total,
        "macs": training.macs._asdict(),
        "checkpointed": {
            "kept_bytes": training.checkpointed_bytes._asdict(),
            "cast_weight_bytes": training.checkpointed_cast_weight_bytes._asdict(),
            "total_bytes": training.total_bytes(checkpointing=True),
            "peak_bytes": training.peak_bytes(checkpointing=True),
            "peak_path": training.checkpointed_peak.path,
            "peak_phase": training.checkpointed_peak.phase,
            "macs": training.checkpointed_macs._asdict(),
        },
    }
    if training.uncounted:
        document["uncounted_products"] = dict(training.uncounted)
    return document


def _fit_document(fits: Fits, workload: Workload) -> dict[str, Any]:
    def by_name(each: Mapping[str, LargestWorkloads]) -> dict[str, Any]:
        return {
            name: {
                **fit._asdict(),
                "seconds": fit.samples / workload.sample_rate,
                "workload_fits": fit.batch >= workload.batch,
            }
            for name, fit in each.items()
        }

    document = {
        "memory_bytes": fits.memory_bytes,
        "reserve_bytes": fits.reserve_bytes,
        "answer": fits.answer.to_dict(),
        "inference": by_name(fits.inference),
        "training": by_name(fits.training),
    }
    if fits.checkpointed_training:
        document["checkpointed_training"] = by_name(fits.checkpointed_training)
    return document


def memory(
    config: Analysis | ConfigLike,
    workload: Workload | None = None,
    *,
    fit: int | str | None = None,
    reserve: int | str = RESERVE_BYTES,
    checkpointing: bool = False,
    precision: str | None = None,
    train: str | None = None,
    lora: Lora | str | None = None,
    attention: AttentionKernel = "fused",
    optimizer: str = "adamw",
    teacher: bool = False,
    accumulate: int = 1,
) -> MemoryCosts:
    """Work out the memory of inference and of training, in closed form, and what fits a given memory.

    Args:
        config: As in `analyze`, or an analysis.
        workload: As in `analyze`; that of the analysis where one is given.
        fit: A memory: whether a training step fits it, and what makes it fit; and the largest batch and the longest
            audio that fill it. Bytes, or text as ``24GiB``.
        reserve: What of that memory is left for the device's context, the allocator and the workspaces of kernels;
            1 GiB by default, which is assumed.
        checkpointing: Whether a training step that is to fit has checkpoints; the memory is filled with both.
        precision: In which a training step is to fit, what to fill the memory with, and of which to say what each layer
            keeps: ``amp-bfloat16``, ``amp-float16``, ``float32``, ``bfloat16``, ``float16`` or ``pure-bfloat16``. By
            default the workload's; where it names none a step is to fit in ``amp-bfloat16``, the memory is filled with
            ``amp-bfloat16``, ``float32``, ``bfloat16`` and the workload's dtype, and layers are said to keep what they
            do in the last.
        train: The parameters that are trained: ``all``, ``head``, ``not-extractor``, ``not-encoder``, ``adapters``, or
            ``re:`` and a regular expression that is searched in their names; None for all, and beside low-rank adapters
            for the adapters alone.
        lora: Low-rank adapters, as ``r=16:q_proj,v_proj``, which are trained.
        attention: How attention is computed: by a ``fused`` kernel, written out (``eager``), or by torch's kernel
            without a fused one (``math``).
        optimizer: ``adamw``, ``adamw-8bit``, ``sgd``, ``adafactor`` or ``none``.
        teacher: Whether an average of the model over time stands beside it, as in data2vec.
        accumulate: Batches whose gradients are added up before an update.

    Raises:
        WorkloadError: The input is too short to give a frame; or no precision has the name, or the workload names
            another.
        ArgumentError: One of the last six is none of these, or ``train`` selects nothing that gets a gradient.
        QuantityError: ``fit`` or ``reserve`` is no size of a memory.
        TypeError: An argument is of another type.
    """
    if precision is not None and not isinstance(precision, str):
        raise TypeError(f"precision is {kind_of(precision)}; give one of {', '.join(PRECISIONS)}")
    given = as_analysis(config, workload)
    if (given.trained, given.attention, given.optimizer, given.teacher, given.accumulates) != _AS_ANALYZED:
        given = analyze(given.config, given.workload)  # an analysis of `MemoryCosts`, which was set up before
    analysis = given
    adapters = Lora.parse(lora) if isinstance(lora, str) else lora
    setup = TrainingSetup(train, adapters, attention, optimizer, teacher, accumulate)
    if setup != TrainingSetup():
        analysis = set_up(analysis, setup)
    memory_bytes = None if fit is None else _size_bytes("fit", fit)
    reserve_bytes = _size_bytes("reserve", reserve)
    workload = analysis.workload
    if precision is not None and workload.precision not in (None, precision):
        raise WorkloadError(
            f"the workload is of training in {workload.precision}, and precision is {shorten(precision)}; give either"
        )
    precision = workload.precision if precision is None else precision
    other = "bfloat16" if DTYPE_BYTES[workload.dtype] != 2 else "float32"
    dtypes = (workload.dtype, other)
    listed = workload.dtype if precision is None else precision
    names = list(dict.fromkeys((*PRECISIONS, listed)))
    filled = [name for name in names if name == precision or (precision is None and name in (PEOPLE_RUN, *dtypes))]
    training = {name: analysis.training_in(name) for name in names}
    fits = None
    if memory_bytes is not None:
        free_bytes = memory_bytes - reserve_bytes
        way = Way(setup, precision or PEOPLE_RUN, checkpointing, workload.batch)
        fits = Fits(
            memory_bytes=memory_bytes,
            reserve_bytes=reserve_bytes,
            answer=answer(given, analysis, way, free_bytes),
            inference={dtype: fit_inference(analysis, free_bytes, dtype) for dtype in dtypes},
            training={name: fit_training(analysis, free_bytes, name, checkpointing=False) for name in filled},
            checkpointed_training={
                name: fit_training(analysis, free_bytes, name, checkpointing=True)
                for name in (filled if checkpointing else ())
            },
        )
    return MemoryCosts(
        analysis=analysis,
        setup=setup,
        inference={
            workload.dtype: analysis.inference,
            other: inference_memory(analysis.parameters, analysis.trace(other, training=False)),
        },
        training=training,
        precision=listed,
        fits=fits,
    )


def _size_bytes(name: str, size: int | str) -> int:
    if not isinstance(size, str):
        if isinstance(size, bool) or not isinstance(size, int):
            raise TypeError(f"{name} is {kind_of(size)}; give a whole number of bytes, or a text as '24GiB'")
        # What a text may say is said there once.
        size = str(size)
    return parse_size_bytes(size, least=0 if name == "reserve" else 1)

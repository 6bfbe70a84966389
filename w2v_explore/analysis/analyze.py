"""`analyze`: everything that is known in closed form of one config under one workload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from w2v_explore.analysis.compute import LayerFigures, Macs, layer_figures, total_macs, unfold
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.liveness import Lives, Trace
from w2v_explore.analysis.receptive_field import (
    ReceptiveField,
    check_samples,
    output_stride_of,
    receptive_field_of,
)
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.config.metadata import DEFAULT_SAMPLE_RATE
from w2v_explore.errors import WorkloadError
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import Call, Trained, apart, run
from w2v_explore.version import SCHEMA_VERSION

if TYPE_CHECKING:  # worked out, and imported, where somebody asks for them
    from w2v_explore.analysis.memory.inference import InferenceMemory
    from w2v_explore.analysis.memory.recipe import Recipe
    from w2v_explore.analysis.memory.step_peak import StepPeak, TrainingTimeline
    from w2v_explore.analysis.memory.training import TrainingCost
    from w2v_explore.analysis.presets.identify import Nearest
    from w2v_explore.tree.attention import AttentionKernel


# No slots: what takes long is worked out once, when it is first asked for, and kept in the instance's dictionary.
@dataclass(frozen=True, kw_only=True, repr=False)
class Analysis:
    """The exact figures of a config for a workload, each worked out once, when it is asked for.

    Attributes:
        config: What was analysed.
        workload: Under which batch, samples and dtype.
        tree: The config's tree.
        trained: The parameters that are trained, as `need_gradients` takes them; None where all are.
        attention: How attention is computed.
        optimizer: A name in `memory.optimizers.OPTIMIZERS`.
        teacher: Whether an average of the model over time stands beside it in training.
        accumulates: Whether gradients of several batches are added up before an update.
    """

    config: Config
    workload: Workload
    tree: Layer
    trained: Trained | None = field(default=None, hash=False)
    attention: AttentionKernel = "fused"
    optimizer: str = "adamw"
    teacher: bool = False
    accumulates: bool = False
    _lives: dict[tuple[bool, bool, bool], Lives] = field(default_factory=dict, init=False, compare=False)
    _traces: dict[tuple[str, bool, bool], Trace] = field(default_factory=dict, init=False, compare=False)
    _trainings: dict[str, TrainingCost] = field(default_factory=dict, init=False, compare=False)
    _timelines: dict[tuple[bool, bool, bool], TrainingTimeline] = field(default_factory=dict, init=False, compare=False)

    @property
    def takes(self) -> Waveforms | Features:
        """What the model takes."""
        assert self.tree.takes is not None
        return self.tree.takes

    @cached_property
    def calls(self) -> Sequence[Call]:
        """What the model runs, in order."""
        return run(self.tree, self.takes.flow(self.workload.samples))

    @cached_property
    def layers(self) -> tuple[LayerFigures, ...]:
        """The figures of every layer, the model itself first; folded layers stay folded."""
        return tuple(layer_figures(self.tree, self.calls, self.workload.batch))

    @cached_property
    def receptive_field(self) -> ReceptiveField:
        """What a frame sees of the waveform."""
        return receptive_field_of(self.calls, self.takes, self.workload.batch)

    @cached_property
    def _apart(self) -> Sequence[Call]:
        return apart(self.calls)

    def lives(self, *, training: bool, autocast: bool = False, is_half: bool = False) -> Lives:
        """Who makes, takes and keeps the tensors.

        Args:
            training: Whether gradients are wanted.
            autocast: Whether autocast runs.
            is_half: Whether all is computed in 16 bits, by which attention without a fused kernel differs.
        """
        key = training, autocast, is_half and self.attention == "math"
        if key not in self._lives:
            calls = self._apart
            if self.attention != "fused":
                # Imported where it is asked for: most commands know no other.
                from w2v_explore.tree.attention import calls_in_kernel

                calls = calls_in_kernel(calls, self.attention, is_half=is_half, autocast=autocast)
            self._lives[key] = Lives(calls, training=training, trained=self.trained, autocast=autocast)
        return self._lives[key]

    def trace(self, dtype: str | None = None, *, training: bool, autocast: bool = False) -> Trace:
        """The bytes of the tensors, in the workload's dtype or another; under autocast that of the parameters."""
        workload = replace(self.workload, dtype=dtype) if dtype else self.workload
        key = workload.dtype, training, autocast
        if key not in self._traces:
            is_half = DTYPE_BYTES[workload.dtype] == 2
            lives = self.lives(training=training, autocast=autocast, is_half=is_half)
            self._traces[key] = lives.trace(workload, self.takes.flow(workload.samples))
        return self._traces[key]

    def timeline(self, recipe: Recipe, *, checkpointing: bool) -> TrainingTimeline:
        """What a training step allocates and frees, in order, with a checkpoint at each stacked layer or none."""
        from w2v_explore.analysis.memory.step_peak import TrainingTimeline
        from w2v_explore.tree.attention import calls_in_kernel

        autocast, is_half = bool(recipe.autocast), DTYPE_BYTES[recipe.dtype] == 2
        key = checkpointing, autocast, is_half and self.attention == "math"
        if key not in self._timelines:
            self._timelines[key] = TrainingTimeline(
                calls_in_kernel(self.calls, self.attention, is_half=is_half, autocast=autocast),
                trained=self.trained,
                autocast=autocast,
                checkpointing=checkpointing,
                gradients_stay=self.accumulates,
            )
        return self._timelines[key]

    @cached_property
    def parameters(self) -> int:
        """Elements of all parameters; weight-norm's two tensors count as the two that they are."""
        return self.tree.parameters

    @cached_property
    def macs(self) -> Macs:
        """Multiply–accumulates of one forward pass, for the whole batch."""
        return total_macs(self.calls, self.workload.batch)

    @property
    def expectations(self) -> tuple[str, ...]:
        """What figures rest on that data or chance decide, a sentence each."""
        return tuple(
            dict.fromkeys(
                call.operation.expectation for call in self.calls if call.operation and call.operation.expectation
            )
        )

    @property
    def flops(self) -> int:
        """Twice the MACs."""
        return 2 * self.macs.total

    @property
    def macs_per_audio_second(self) -> float:
        """MACs for each second of audio; attention makes it grow with the duration."""
        return self.macs.total / self.workload.audio_seconds

    @property
    def parameter_bytes(self) -> int:
        """Bytes of the parameters in the workload's dtype."""
        return self.parameters * DTYPE_BYTES[self.workload.dtype]

    @property
    def parameter_bytes_by_dtype(self) -> dict[str, int]:
        """Bytes of the parameters in each dtype."""
        return {dtype: self.parameters * size for dtype, size in DTYPE_BYTES.items()}

    @cached_property
    def inference(self) -> InferenceMemory:
        """The memory of a forward pass without gradients, in the workload's dtype."""
        from w2v_explore.analysis.memory.inference import inference_memory

        return inference_memory(self.parameters, self.trace(training=False))

    @property
    def training(self) -> TrainingCost:
        """The memory and the MACs of a training step in the workload's precision."""
        return self.training_in(self.workload.training_precision)

    def training_in(self, precision: str) -> TrainingCost:
        """The memory and the MACs of a training step in a precision (`precision_named`), whatever the workload's dtype.

        Raises:
            WorkloadError: There is none of that name.
        """
        from w2v_explore.analysis.memory.recipe import precision_named
        from w2v_explore.analysis.memory.training import training_cost

        if precision not in self._trainings:
            recipe = precision_named(precision)
            trace = self.trace(recipe.dtype, training=True, autocast=bool(recipe.autocast))

            def step_peak(checkpointing: bool) -> StepPeak:
                timeline = self.timeline(recipe, checkpointing=checkpointing)
                return timeline.peak(trace.workload, self.takes.flow(trace.workload.samples))

            self._trainings[precision] = training_cost(
                self.tree, trace, recipe, step_peak, optimizer=self.optimizer, teacher=self.teacher
            )
        return self._trainings[precision]

    @property
    def output_frames(self) -> int:
        """The frames that come out of the model: fewer than the extractor's where something shortens them."""
        return self.calls[0].gives.frames

    @property
    def output_stride_samples(self) -> int:
        """Samples between neighbouring frames of what comes out."""
        return output_stride_of(self.calls, self.takes)

    @cached_property
    def nearest_preset(self) -> Nearest:
        """The preset that the config equals or is nearest to."""
        from w2v_explore.analysis.presets.identify import nearest_preset

        return nearest_preset(self.config, parameters=self.parameters)

    def __repr__(self) -> str:
        return (
            f"<Analysis of {self.config.name!r}: {self.parameters:,} parameters, {self.macs.total:,} MACs "
            f"for {self.workload}>"
        )

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The JSON document of ``summary`` (docs/json.md), as plain data; its layers down to a depth, or all."""
        inference, training, receptive_field = self.inference, self.training, self.receptive_field
        span = receptive_field.positional_span_samples
        document = {
            **config_and_workload(self),
            "takes": self.takes.to_dict(self.workload.batch, self.workload.samples),
            "nearest_preset": self.nearest_preset.to_dict(),
            "totals": {
                "parameters": self.parameters,
                "macs": self.macs.total,
                "macs_by_kind": self.macs._asdict(),
                "flops": self.flops,
                "parameter_bytes": self.parameter_bytes,
                "parameter_bytes_by_dtype": self.parameter_bytes_by_dtype,
                "macs_per_audio_second": self.macs_per_audio_second,
            },
            "memory": {
                "peak_activation_bytes": inference.peak_activation_bytes,
                "peak_path": inference.peak_path,
                "inference_bytes": inference.total_bytes,
                "kept_bytes": training.kept_bytes.greatest,
                "training_bytes": training.total_bytes(checkpointing=False),
            },
            "training": {"recipe": training.recipe.name, "expected_macs": training.macs.expected},
            "extractor": {
                "receptive_field_samples": receptive_field.receptive_field_samples,
                "stride_samples": receptive_field.stride_samples,
                "minimum_samples": receptive_field.minimum_samples,
                "frame_rate_hz": receptive_field.frame_rate_hz(self.workload.sample_rate),
                "normalizes_over_utterance": receptive_field.normalizes_over_utterance,
                "layers": [layer._asdict() for layer in receptive_field.layers],
            },
            "output": {"frames": self.output_frames, "stride_samples": self.output_stride_samples},
            "positional_convolution": None if span is None else {"span_samples": span},
            "layers": [
                {
                    "path": row.path,
                    "kind": row.kind,
                    "depth": row.depth,
                    "parameters": row.parameters,
                    "macs": row.macs.total,
                    "output_shape": list(row.output_shape),
                }
                for row in unfold(self.layers, depth)
            ],
        }
        if self.expectations:
            document["expectations"] = list(self.expectations)
        if depth is not None:
            document["depth"] = depth
        return document


def config_and_workload(analysis: Analysis) -> dict[str, Any]:
    """What every JSON document on a config starts with (docs/json.md), as plain data."""
    config, workload = analysis.config, analysis.workload
    return {
        "schema_version": SCHEMA_VERSION,
        "config": {
            "name": config.name,
            "origin": config.origin,
            "architecture": config.model.family.name,
            "family": config.family,
            "description": config.description,
            "source": config.source,
            "published_parameters": config.published_parameters,
            "changes": [change._asdict() for change in config.changes],
            "sample_rate": config.sample_rate,
            "sample_rate_source": config.sample_rate_source,
            "not_counted": list(config.not_counted),
            "fields": config.model.to_mapping(),
        },
        "workload": {
            "batch": workload.batch,
            "samples": workload.samples,
            "sample_rate": workload.sample_rate,
            "seconds": workload.seconds,
            "frames": analysis.receptive_field.frames,
            "dtype": workload.dtype,
            **({"precision": workload.precision} if workload.precision else {}),
        },
    }


def analyze(config: ConfigLike, workload: Workload | None = None) -> Analysis:
    """Work out all figures of a config in closed form; nothing is run, and torch is not needed.

    Args:
        config: From `load_config`, or what `load_config` takes; or the fields alone.
        workload: What it computes; by default one utterance of 10 s in float32, at the config's sample rate.

    Raises:
        WorkloadError: The input is too short to give a frame, or at another sample rate than the config states.
        TypeError: An argument is of another type.
    """
    config = as_config(config)
    workload = workload_of(config, workload)
    analysis = Analysis(config=config, workload=workload, tree=build_architecture(config.model))
    check_samples(analysis.calls, analysis.takes, workload)
    return analysis


def workload_of(config: Config, workload: Workload | None) -> Workload:
    """A workload as it is given for a config, or the one that a config has by default.

    Raises:
        WorkloadError: It is at another sample rate than the config states.
        TypeError: It is none.
    """
    if workload is None:
        return Workload.of(config)
    if not isinstance(workload, Workload):
        raise TypeError(f"workload is {kind_of(workload)}; give a Workload, as Workload.of_seconds(30, batch=8)")
    if config.sample_rate not in (workload.sample_rate, DEFAULT_SAMPLE_RATE):
        # A workload has the default rate unless told otherwise, and figures per second would be off without a word.
        raise WorkloadError(
            f"the workload has {workload.sample_rate:,} samples a second, and the audio of {config.name} "
            f"{config.sample_rate:,}; give Workload(…, sample_rate={config.sample_rate}), or the config with another"
        )
    return workload


def as_analysis(subject: Analysis | ConfigLike, workload: Workload | None = None) -> Analysis:
    """An analysis as it is, and that of a config for a workload, as `analyze` makes it.

    Raises:
        TypeError: It is neither; or an analysis, which has its workload, with another.
    """
    if not isinstance(subject, Analysis):
        return analyze(subject, workload)
    if workload is not None and workload != subject.workload:
        raise TypeError(f"{subject!r} has a workload; give the config with another")
    return subject

"""`analyze`: everything that is known in closed form of one config under one workload."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from w2v_explore.analysis.compute import LayerFigures, Macs, layer_figures, total_macs
from w2v_explore.analysis.memory.liveness import Lives, Trace
from w2v_explore.analysis.receptive_field import ReceptiveField, check_samples, receptive_field_of
from w2v_explore.analysis.workload import DTYPE_BYTES, Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.config.reading import DEFAULT_SAMPLE_RATE
from w2v_explore.errors import WorkloadError
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import Call, apart, run

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Analysis:
    """The exact figures of a config for a workload, each worked out once, when it is asked for.

    Attributes:
        config: What was analysed.
        workload: Under which batch, samples and dtype.
        tree: The config's tree.
    """

    config: Config
    workload: Workload
    tree: Layer
    _known: dict[Any, Any] = field(default_factory=dict, init=False, compare=False)

    def _once(self, name: Any, find: Callable[[], T]) -> T:
        known = self._known
        if name not in known:
            known[name] = find()
        found: T = known[name]
        return found

    @property
    def takes(self) -> Waveforms | Features:
        """What the model takes."""
        assert self.tree.takes is not None
        return self.tree.takes

    @property
    def calls(self) -> Sequence[Call]:
        """What the model runs, in order."""
        return self._once("calls", lambda: run(self.tree, self.takes.flow(self.workload.samples)))

    @property
    def layers(self) -> tuple[LayerFigures, ...]:
        """The figures of every layer, the model itself first; folded layers stay folded."""
        return self._once("layers", lambda: tuple(layer_figures(self.tree, self.calls, self.workload.batch)))

    @property
    def receptive_field(self) -> ReceptiveField:
        """What a frame sees of the waveform."""
        return self._once("receptive_field", lambda: receptive_field_of(self.calls, self.takes, self.workload.batch))

    def lives(self, *, training: bool) -> Lives:
        """Who makes, takes and keeps the tensors."""
        apart_calls = self._once("apart", lambda: apart(self.calls))
        return self._once(("lives", training), lambda: Lives(apart_calls, training=training))

    def trace(self, dtype: str | None = None, *, training: bool) -> Trace:
        """The bytes of the tensors, in the workload's dtype or another."""
        dtype = dtype or self.workload.dtype
        workload = replace(self.workload, dtype=dtype)
        takes = self.takes.flow(workload.samples)
        return self._once(("trace", dtype, training), lambda: self.lives(training=training).trace(workload, takes))

    @property
    def parameters(self) -> int:
        """Elements of all parameters; weight-norm's two tensors count as the two that they are."""
        return self._once("parameters", lambda: self.tree.parameters)

    @property
    def macs(self) -> Macs:
        """Multiply–accumulates of one forward pass, for the whole batch."""
        return self._once("macs", lambda: total_macs(self.calls, self.workload.batch))

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

    def __repr__(self) -> str:
        return (
            f"<Analysis of {self.config.name!r}: {self.parameters:,} parameters, {self.macs.total:,} MACs "
            f"for {self.workload}>"
        )

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The JSON document of ``summary`` (docs/json.md), as plain data; its layers down to a depth, or all."""
        from w2v_explore.analysis.documents import analysis_document  # few ask for it

        return analysis_document(self, depth)


def analyze(config: ConfigLike, workload: Workload | None = None) -> Analysis:
    """Work out all figures of a config in closed form; nothing is run, and torch is not needed.

    Args:
        config: From `load_config`, or what `load_config` takes; or the 16 fields alone.
        workload: What it computes; by default one utterance of 10 s in float32, at the config's sample rate.

    Raises:
        WorkloadError: The input is too short to give a frame, or at another sample rate than the config states.
        TypeError: An argument is of another type.
    """
    config = as_config(config)
    if workload is None:
        workload = Workload.of(config)
    elif not isinstance(workload, Workload):
        raise TypeError(f"workload is {kind_of(workload)}; give a Workload, as Workload.of_seconds(30, batch=8)")
    elif config.sample_rate not in (workload.sample_rate, DEFAULT_SAMPLE_RATE):
        # A workload has the default rate unless told otherwise, and figures per second would be off without a word.
        raise WorkloadError(
            f"the workload has {workload.sample_rate:,} samples a second, and the audio of {config.name} "
            f"{config.sample_rate:,}; give Workload(…, sample_rate={config.sample_rate}), or the config with another"
        )
    analysis = Analysis(config=config, workload=workload, tree=build_architecture(config.model))
    check_samples(analysis.calls, analysis.takes, workload)
    return analysis


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

"""`analyze`: everything that is known in closed form of one config under one workload."""

from dataclasses import dataclass
from typing import Any

from w2v_explore.analysis.compute import LayerFigures, Macs, analyze_layers
from w2v_explore.analysis.receptive_field import ReceptiveField, analyze_receptive_field
from w2v_explore.analysis.workload import DTYPE_BYTES, Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.architecture import build_architecture
from w2v_explore.config.load import Config, ConfigLike, as_config
from w2v_explore.config.reading import DEFAULT_SAMPLE_RATE
from w2v_explore.errors import WorkloadError
from w2v_explore.tree.layer import Layer


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Analysis:
    """The exact figures of a config for a workload.

    Attributes:
        config: What was analysed.
        workload: Under which batch, samples and dtype.
        tree: The config's tree.
        layers: Every layer, the model itself first; equal layers in a row folded into one.
        receptive_field: What a frame sees of the waveform.
    """

    config: Config
    workload: Workload
    tree: Layer
    layers: tuple[LayerFigures, ...]
    receptive_field: ReceptiveField

    @property
    def parameters(self) -> int:
        """Elements of all parameters; weight-norm's two tensors count as the two that they are."""
        return self.layers[0].parameters

    @property
    def macs(self) -> Macs:
        """Multiply–accumulates of one forward pass, for the whole batch."""
        return self.layers[0].macs

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
    receptive_field = analyze_receptive_field(config.model, workload.batch, workload.samples)
    tree = build_architecture(config.model)
    return Analysis(
        config=config,
        workload=workload,
        tree=tree,
        layers=tuple(analyze_layers(tree, workload.batch, workload.samples)),
        receptive_field=receptive_field,
    )


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

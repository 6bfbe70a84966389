"""The one table of figures: what each is called, its label and unit, how it is had, and where a summary's JSON has it.

Totals, components, baselines, `compare`, `sensitivity`, ``--fail-if``, budgets, reports and docs/json.md read it. The
components of a model, and their module paths, are its family's (`Family.components`); a component that a model lacks
costs nothing. A figure that is asked for alone costs no other.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.memory.recipe import precision_named
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.family import ModelConfig

if TYPE_CHECKING:
    from w2v_explore.analysis.analyze import Analysis

Number = int | float

Unit = Literal["elements", "bytes", "MACs", "FLOPs", "MACs/s", "samples", "frames", "Hz", "s", "s/s"]


class Totals(NamedTuple):
    """What the figures of a model as a whole follow from; docs/json.md has what each means."""

    workload: Workload
    parameters: int
    learned: int
    macs: Macs
    peak_activation_bytes: int
    kept_bytes: int
    expected_macs: Number
    receptive_field_samples: int
    stride_samples: int
    minimum_samples: int
    frames: int
    cast_weight_bytes: int = 0


class LazyTotals:
    """The `Totals` of an analysis, each worked out when a figure asks for it."""

    def __init__(self, analysis: "Analysis") -> None:
        self._analysis = analysis

    @property
    def workload(self) -> Workload:
        """What the figures are of."""
        return self._analysis.workload

    @property
    def parameters(self) -> int:
        """Elements of all parameters."""
        return self._analysis.parameters

    @property
    def learned(self) -> int:
        """Elements of the parameters that get a gradient in training."""
        return self._analysis.training.learned

    @property
    def macs(self) -> Macs:
        """Of one forward pass of the batch."""
        return self._analysis.macs

    @property
    def peak_activation_bytes(self) -> int:
        """The most that tensors take at once in a forward pass."""
        return self._analysis.inference.peak_activation_bytes

    @property
    def kept_bytes(self) -> int:
        """Activations that the backward pass keeps, no layer dropped."""
        return int(self._analysis.training.kept_bytes.greatest)

    @property
    def cast_weight_bytes(self) -> int:
        """Casts of weights that it keeps under autocast."""
        return int(self._analysis.training.cast_weight_bytes.greatest)

    @property
    def expected_macs(self) -> Number:
        """Of a training step, on average under LayerDrop."""
        return self._analysis.training.macs.expected

    @property
    def receptive_field_samples(self) -> int:
        """Samples that one frame sees through the extractor's convolutions."""
        return self._analysis.receptive_field.receptive_field_samples

    @property
    def stride_samples(self) -> int:
        """Samples between neighbouring frames."""
        return self._analysis.receptive_field.stride_samples

    @property
    def minimum_samples(self) -> int:
        """The shortest input that gives a frame."""
        return self._analysis.receptive_field.minimum_samples

    @property
    def frames(self) -> int:
        """Frames for the workload."""
        return self._analysis.receptive_field.frames


AnyTotals = Totals | LazyTotals


class Figure(NamedTuple):
    """How one figure is told.

    Attributes:
        label: What the rows of reports call it.
        heading: What the columns of reports call it, where there is little room.
        unit: What it is counted in.
        of: How it is had: of the `Totals` of a model; of a component, of its `LayerFigures`; of what is measured, of
            the `Latency`, and of a component of its `LayerLatency`.
        json_path: Where a summary's JSON has it; of a component, where the component's entry in ``layers`` has it.
        is_whole: Whether it is a whole number.
        is_linear: Whether the shares that make up the totals give, put in their place, its own shares.
    """

    label: str
    heading: str
    unit: Unit
    of: Callable[[Any], Number]
    json_path: str
    is_whole: bool = True
    is_linear: bool = True


def _parameter_bytes(totals: AnyTotals) -> int:
    return totals.parameters * DTYPE_BYTES[totals.workload.dtype]


def _inference_bytes(totals: AnyTotals) -> int:
    return _parameter_bytes(totals) + totals.peak_activation_bytes


def _training_bytes(totals: AnyTotals) -> int:
    states = precision_named(totals.workload.training_precision).bytes_of(totals.parameters, totals.learned)
    return states + totals.kept_bytes + totals.cast_weight_bytes


def _flops(totals: AnyTotals) -> int:
    return 2 * totals.macs.total


def _macs_per_audio_second(totals: AnyTotals) -> float:
    return totals.macs.total / totals.workload.audio_seconds


def _frame_rate_hz(totals: AnyTotals) -> float:
    return totals.workload.sample_rate / totals.stride_samples


FIGURES: Mapping[str, Figure] = {
    "parameters": Figure("parameters", "Params", "elements", attrgetter("parameters"), "totals.parameters"),
    "parameter_bytes": Figure("parameter bytes", "Param bytes", "bytes", _parameter_bytes, "totals.parameter_bytes"),
    "macs": Figure("MACs", "MACs", "MACs", attrgetter("macs.total"), "totals.macs"),
    "flops": Figure("FLOPs", "FLOPs", "FLOPs", _flops, "totals.flops"),
    "macs_per_audio_second": Figure(
        "MACs per second of audio",
        "MACs/s",
        "MACs/s",
        _macs_per_audio_second,
        "totals.macs_per_audio_second",
        is_whole=False,
        is_linear=False,
    ),
    **{
        f"macs.{kind}": Figure(kind, kind, "MACs", attrgetter(f"macs.{kind}"), f"totals.macs_by_kind.{kind}")
        for kind in Macs._fields
    },
    "memory.peak_activation_bytes": Figure(
        "peak of inference", "Peak", "bytes", attrgetter("peak_activation_bytes"), "memory.peak_activation_bytes"
    ),
    "memory.inference_bytes": Figure(
        "memory of inference", "Inference", "bytes", _inference_bytes, "memory.inference_bytes"
    ),
    "memory.kept_bytes": Figure("kept by training", "Kept", "bytes", attrgetter("kept_bytes"), "memory.kept_bytes"),
    "memory.training_bytes": Figure(
        "memory of training", "Training", "bytes", _training_bytes, "memory.training_bytes"
    ),
    "training.expected_macs": Figure(
        "MACs of a training step",
        "Training MACs",
        "MACs",
        attrgetter("expected_macs"),
        "training.expected_macs",
        is_whole=False,
    ),
    "extractor.receptive_field_samples": Figure(
        "receptive field",
        "Receptive field",
        "samples",
        attrgetter("receptive_field_samples"),
        "extractor.receptive_field_samples",
    ),
    "extractor.stride_samples": Figure(
        "stride", "Stride", "samples", attrgetter("stride_samples"), "extractor.stride_samples"
    ),
    "extractor.minimum_samples": Figure(
        "shortest input", "Shortest input", "samples", attrgetter("minimum_samples"), "extractor.minimum_samples"
    ),
    "extractor.frame_rate_hz": Figure(
        "frames per second",
        "Frames/s",
        "Hz",
        _frame_rate_hz,
        "extractor.frame_rate_hz",
        is_whole=False,
        is_linear=False,
    ),
    "extractor.frames": Figure("frames", "Frames", "frames", attrgetter("frames"), "workload.frames"),
}
"""The figures of a model as a whole that are known in closed form."""

PRECISION_FIGURES = frozenset({"memory.kept_bytes", "memory.training_bytes"})
"""The figures that go by the precision of training."""

MEASURED: Mapping[str, Figure] = {
    "latency.end_to_end.median_s": Figure(
        "latency (median)",
        "Latency",
        "s",
        attrgetter("end_to_end.median_s"),
        "latency.end_to_end.median_s",
        is_whole=False,
    ),
    "latency.real_time_factor": Figure(
        "real-time factor", "RTF", "s/s", attrgetter("real_time_factor"), "latency.real_time_factor", is_whole=False
    ),
}
"""The figures of a model as a whole that come from a device."""

COMPONENT_FIGURES: Mapping[str, Figure] = {
    "parameters": Figure("parameters", "Params", "elements", attrgetter("parameters"), "parameters"),
    "macs": Figure("MACs", "MACs", "MACs", attrgetter("macs.total"), "macs"),
}
"""What is known in closed form of each component: ``aux.macs`` is a figure."""

MEASURED_COMPONENT_FIGURES: Mapping[str, Figure] = {
    "latency_s": Figure(
        "latency", "Latency", "s", attrgetter("total.median_s"), "latency.total_median_s", is_whole=False
    ),
}
"""What is measured of each component."""


class Alias(NamedTuple):
    """Another name of a figure, the one that budgets had first.

    Attributes:
        figure: The figure's name.
        in_milliseconds: Whether the samples that the figure counts are told as their duration.
    """

    figure: str
    in_milliseconds: bool = False

    def value(self, figure: Number, sample_rate: int) -> Number:
        """What the figure is under this name."""
        return 1000 * figure / sample_rate if self.in_milliseconds else figure


ALIASES: Mapping[str, Alias] = {
    "peak_memory_bytes": Alias("memory.inference_bytes"),
    "receptive_field": Alias("extractor.receptive_field_samples"),
    "receptive_field_ms": Alias("extractor.receptive_field_samples", in_milliseconds=True),
    "stride": Alias("extractor.stride_samples"),
    "stride_ms": Alias("extractor.stride_samples", in_milliseconds=True),
}
"""Names that are taken wherever a figure is named, beside the figures' own."""

USUAL = "write parameters, macs, peak_memory_bytes or receptive_field, or another that docs/json.md lists"
"""What to do instead of naming a figure that there is not, where none is near."""


def known_names(components: Collection[str]) -> tuple[str, ...]:
    """The figures that are known in closed form, of a model with some components."""
    return (*FIGURES, *[f"{component}.{figure}" for figure in COMPONENT_FIGURES for component in components])


def measured_names(components: Collection[str]) -> tuple[str, ...]:
    """The figures that come from a device, of a model with some components."""
    return (*MEASURED, *[f"{component}.{figure}" for figure in MEASURED_COMPONENT_FIGURES for component in components])


def components_of(configs: Iterable[ModelConfig]) -> tuple[str, ...]:
    """The components that any of some configs has."""
    return tuple(dict.fromkeys(component for config in configs for component in config.family.components))


def figure_named(name: str) -> Figure:
    """The figure that a name, or another name of a figure, stands for; of a component, whichever that is.

    Raises:
        KeyError: There is no such figure.
    """
    name = ALIASES[name].figure if name in ALIASES else name
    figure = FIGURES.get(name) or MEASURED.get(name)
    if figure is None:
        part = name.rpartition(".")[2]
        figure = COMPONENT_FIGURES.get(part) or MEASURED_COMPONENT_FIGURES[part]
    return figure


class Figures:
    """The figures of an analysis by any of their names, each worked out when it is asked for."""

    def __init__(self, analysis: "Analysis") -> None:
        self._analysis = analysis
        self._totals = LazyTotals(analysis)

    def __getitem__(self, name: str) -> Number:
        """A figure that is known in closed form.

        Raises:
            KeyError: There is no such figure.
        """
        if name in ALIASES:
            alias = ALIASES[name]
            return alias.value(self[alias.figure], self._analysis.workload.sample_rate)
        if name in FIGURES:
            return FIGURES[name].of(self._totals)
        component, _, figure = name.rpartition(".")
        path = self._analysis.config.model.family.components[component]
        row = next((row for row in self._analysis.layers if row.path == path), None)
        return COMPONENT_FIGURES[figure].of(row) if row else 0


def total_figures(analysis: "Analysis") -> dict[str, Number]:
    """The figures of a model as a whole, all in closed form; docs/json.md has what each means."""
    return name_figures(LazyTotals(analysis))


def name_figures(totals: AnyTotals) -> dict[str, Number]:
    """The figures of a model as a whole by their names."""
    return {name: figure.of(totals) for name, figure in FIGURES.items()}


def component_figures(analysis: "Analysis", components: Iterable[str]) -> dict[str, Number]:
    """Parameters and MACs of some components; 0 where a model has none such."""
    paths, rows = analysis.config.model.family.components, {row.path: row for row in analysis.layers}
    found = {component: rows.get(paths[component]) if component in paths else None for component in components}
    return {
        f"{component}.{name}": figure.of(row) if row else 0
        for component, row in found.items()
        for name, figure in COMPONENT_FIGURES.items()
    }


def measured_figures(latency: Any, paths: Mapping[str, str], components: Iterable[str]) -> dict[str, Number]:
    """The figures that come from a device.

    Args:
        latency: A `w2v_explore.measure.latency.Latency`, which is made above this module.
        paths: The components of the model that was measured, and their module paths.
        components: Those to name; one that the model lacks took no time.
    """
    layers = {component: latency.layers.get(paths.get(component)) for component in components}
    return {name: figure.of(latency) for name, figure in MEASURED.items()} | {
        f"{component}.{name}": figure.of(layer) if layer else 0.0
        for component, layer in layers.items()
        for name, figure in MEASURED_COMPONENT_FIGURES.items()
    }


def with_aliases(figures: Mapping[str, Number], sample_rate: int) -> dict[str, Number]:
    """Figures under all of their names."""
    others = {
        name: alias.value(figures[alias.figure], sample_rate)
        for name, alias in ALIASES.items()
        if alias.figure in figures
    }
    return {**figures, **others}

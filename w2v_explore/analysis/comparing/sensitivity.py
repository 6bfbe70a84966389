"""What one step up and one down in each argument does to the figures of a config."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze, config_and_workload
from w2v_explore.analysis.comparing.asked import require_fields, require_figures, require_names
from w2v_explore.analysis.comparing.extractor_steps import Extractor, ExtractorFigures, is_row_of_convolutions
from w2v_explore.analysis.comparing.parts import Parts, WholeFigures, with_values
from w2v_explore.analysis.comparing.steps import Change, channels_step, layer_steps, steps_of
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.dtypes import DTYPE_BYTES
from w2v_explore.analysis.figures import (
    ALIASES,
    FIGURES,
    Figures,
    Number,
    Totals,
    name_figures,
    total_figures,
)
from w2v_explore.analysis.memory.stacks import Random
from w2v_explore.analysis.receptive_field import ReceptiveField
from w2v_explore.analysis.workload import Workload
from w2v_explore.arguments import kind_of
from w2v_explore.config.family import ModelConfig
from w2v_explore.config.kinds import MAX_SIZE, ConvLayers, PerLayer
from w2v_explore.config.load import Config
from w2v_explore.errors import ConfigError, WorkloadError

_CONV_PARTS = ("channels", "kernel", "stride")


class Effect(NamedTuple):
    """What a step does.

    Attributes:
        change: The step.
        figures: The figures after it, by name.
        deltas: Each less what it was before.
        changes_frame_rate: Whether frames come out of the model at another rate after it: labels, and what takes the
            frames, then no longer fit.
        warnings: The codes of the linter's warnings that hold after it and did not before.
    """

    change: Change
    figures: Mapping[str, Number]
    deltas: Mapping[str, Number]
    changes_frame_rate: bool
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        change, parameters = self.change, self.deltas["parameters"]
        return f"<Effect of {change.target} {change.before} → {change.after}: {parameters:+,} parameters>"

    @property
    def moves_along(self) -> dict[str, Any]:
        """The other fields that the step changes, and their values after it."""
        field = self.change.target.partition("[")[0]
        return {name: value for name, value in self.change.values.items() if name != field}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sensitivity:
    """What one step up and one down in each argument of a config does.

    Attributes:
        analysis: The config and the workload.
        effects: A step each, in the order of the arguments, that to less before that to more; or by what they do.
        only: The arguments whose steps were asked for; none where it is all.
        figures: The figures that were asked for, then the one to sort by; none where it is all.
        sort: The figure by whose change the steps are sorted, the greatest first; None where they are not.
    """

    analysis: Analysis
    effects: tuple[Effect, ...]
    only: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    sort: str | None = None

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.analysis.config.name!r}: {len(self.effects)} steps for {self.analysis.workload}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``sensitivity`` (docs/json.md), as plain data."""
        return {
            **config_and_workload(self.analysis),
            "steps": [
                {
                    "target": effect.change.target,
                    "before": effect.change.before,
                    "after": effect.change.after,
                    "moves_along": effect.moves_along,
                    "changes_frame_rate": effect.changes_frame_rate,
                    "warnings": list(effect.warnings),
                    "metrics": {
                        name: {"value": effect.figures[name], "delta": effect.deltas[name]}
                        for name in self.figures or effect.figures
                    },
                }
                for effect in self.effects
            ],
        }


def take_steps(
    analysis: Analysis,
    warnings_of: Callable[[ModelConfig], Collection[str]],
    *,
    only: Sequence[str],
    figures: Sequence[str],
    sort: str | None,
) -> Sensitivity:
    """What `w2v_explore.sensitivity` finds.

    Args:
        analysis: The config and the workload.
        warnings_of: The codes of the linter's warnings of a model.
        only: As there, and so are the rest, and the errors.
        figures: As there.
        sort: As there.
    """
    require_names("only", only)
    require_names("figures", figures)
    if not isinstance(sort, (str, NoneType)):
        raise TypeError(f"sort is {kind_of(sort)}; give the name of a figure")
    if analysis.workload.training_precision != analysis.workload.dtype:
        raise WorkloadError("sensitivity is of training in the dtype; give a workload without precision")
    family = analysis.config.model.family
    require_fields(only, family)
    asked = dict.fromkeys([*figures, *([sort] if sort is not None else [])])
    require_figures(asked, family)
    effects = list(_effects(analysis, only, [name for name in asked if name not in FIGURES], warnings_of))
    if sort is not None:
        # Equal ones stay in the order of the arguments.
        effects.sort(key=lambda effect: abs(effect.deltas[sort]), reverse=True)
    return Sensitivity(
        analysis=analysis, effects=tuple(effects), only=tuple(only), figures=tuple(asked) if figures else (), sort=sort
    )


def _effects(
    analysis: Analysis,
    only: Sequence[str],
    others: Sequence[str],
    warnings_of: Callable[[ModelConfig], Collection[str]],
) -> Iterator[Effect]:
    """The steps with what they do.

    Args:
        analysis: The config and the workload.
        only: The fields whose steps are taken; all where there is none.
        others: The figures beside those of the model as a whole, of components or by another name.
        warnings_of: The codes of the linter's warnings of a model.
    """
    model = analysis.config.model
    before = total_figures(analysis)
    stepper = _Stepper(analysis, before)
    before |= _others(others, before, model, analysis.workload)
    stride, had = stepper.output_stride(model, before), frozenset(warnings_of(model))
    for tried in stepper.steps(only):
        for change, after in tried:
            if after is None:
                continue
            stepped = with_values(model, change.values)
            figures = after | _others(others, after, stepped, analysis.workload)
            deltas = {name: value - before[name] for name, value in figures.items()}
            # What lies behind the extractor's layers stretches their stride as before.
            is_of_conv_layer = "] " in change.target
            other_rate = (
                deltas["extractor.stride_samples"] != 0
                if is_of_conv_layer
                else stepper.output_stride(stepped, after) != stride
            )
            brought = sorted(code for code in warnings_of(stepped) if code not in had)
            yield Effect(change, figures, deltas, other_rate, tuple(brought))
            break


def _others(
    names: Sequence[str], figures: Mapping[str, Number], model: ModelConfig, workload: Workload
) -> dict[str, Number]:
    """Figures of components, and figures by another name, beside those of the model as a whole."""
    if not names:
        return {}
    components = Figures(analyze(_named(model), workload))
    return {
        name: ALIASES[name].value(figures[ALIASES[name].figure], workload.sample_rate)
        if name in ALIASES
        else components[name]
        for name in names
    }


class _Rest(NamedTuple):
    """The figures of a model without its extractor, as `WholeFigures`."""

    parameters: int
    learned: int
    macs: Macs
    training_macs: Random
    kept_bytes: int
    peak_bytes: int


class _Stepper:
    """The figures of configs a step away from one, their parts worked out once for all steps."""

    def __init__(self, analysis: Analysis, before: Mapping[str, Number]) -> None:
        self._before = before
        self._config = analysis.config.model
        self._workload = analysis.workload
        self._receptive_field = analysis.receptive_field
        self._parts = Parts()
        self._remainder = self._parts.remainder(self._config, self._workload)
        self._for_frames = self._parts.fields_for_frames(self._config.family.name, self._remainder)
        self._rests: dict[tuple[int, int], _Rest] = {}

    def steps(self, only: Collection[str]) -> Iterator[Iterator[tuple[Change, dict[str, Number] | None]]]:
        """What to try for each step, with the figures after it; None where it is none that can be taken.

        Args:
            only: The fields that are stepped; all where there is none.
        """
        for name, tried in steps_of(self._config):
            if only and name not in only:
                continue
            kind = self._config.FIELDS[name].kind
            if isinstance(kind, ConvLayers):
                yield from self._conv_layer_steps(name)
            elif isinstance(kind, PerLayer):
                for change in layer_steps(self._config, name, kind):
                    yield iter([(change, self._after(change))])
            before = getattr(self._config, name)
            changes = [Change(name, before, values[name], values) for values in tried]
            yield ((change, self._after(change)) for change in changes)

    def output_stride(self, config: ModelConfig, figures: Mapping[str, Number]) -> Number:
        """The samples between neighbouring frames of what comes out: more where something behind the frames strides."""
        if self._parts.remainder(config, self._workload).calls[0].gives.frames == figures["extractor.frames"]:
            return figures["extractor.stride_samples"]
        return analyze(_named(config), self._workload).output_stride_samples

    def _after(self, change: Change) -> dict[str, Number] | None:
        """The figures after a step; None where it leads to no config, or to one that this input is too short for."""
        try:
            config = type(self._config)(**{**self._config.to_mapping(), **change.values})
        except ConfigError:
            return None
        receptive_field = self._receptive_field
        if not self._for_frames.isdisjoint(change.values) or self._parts.has_fewer_frames(config, self._workload):
            try:
                receptive_field = analyze(_named(config), self._workload).receptive_field
            except WorkloadError:
                return None
        whole = self._parts.total(config, self._workload)
        return self._named(whole, receptive_field)

    def _named(
        self, whole: WholeFigures | _Rest, receptive_field: ReceptiveField | ExtractorFigures
    ) -> dict[str, Number]:
        totals = Totals(
            workload=self._workload,
            parameters=whole.parameters,
            learned=whole.learned,
            macs=whole.macs,
            peak_activation_bytes=whole.peak_bytes,
            kept_bytes=whole.kept_bytes,
            expected_macs=whole.training_macs.spread().expected,
            receptive_field_samples=receptive_field.receptive_field_samples,
            stride_samples=receptive_field.stride_samples,
            minimum_samples=receptive_field.minimum_samples,
            frames=receptive_field.frames,
        )
        return name_figures(totals)

    def _conv_layer_steps(self, field: str) -> Iterator[Iterator[tuple[Change, dict[str, Number] | None]]]:
        """What to try for each number of the extractor's layers, with the figures after it."""
        layers = [tuple(layer) for layer in self._config.meaning()[field]]
        extractor = self._extractor(field)
        for number in range(len(layers)):
            for place in range(len(_CONV_PARTS)):
                for step in self._conv_layer_steps_of(extractor, layers, field, number, place):
                    yield iter([step])

    def _extractor(self, field: str) -> Extractor | None:
        """The extractor, if the tree marks it as a part, and it is one whose figures `Extractor` has.

        Where there is none, the model is worked out whole after each step.
        """
        registered = self._remainder.registered.get(self._remainder.takes.frames_at)
        if registered is None:
            return None
        part, _ = registered
        build, arguments = part
        if not is_row_of_convolutions(build(self._config, *arguments), len(self._config.meaning()[field])):
            return None
        extractor = Extractor(self._config, field, part, self._workload)
        same = extractor.with_layer(0, extractor.layers[0])
        return extractor if same and self._with_extractor(field, same) == self._before else None

    def _conv_layer_steps_of(
        self, extractor: Extractor | None, layers: Sequence[Sequence[int]], field: str, number: int, part: int
    ) -> Iterator[tuple[Change, dict[str, Number] | None]]:
        """Less and more of a number of a layer: channels by an eighth, kernel and stride by one."""
        before = layers[number][part]
        size = channels_step(before) if part == 0 else 1
        for after in (before - size, before + size):
            if 1 <= after <= MAX_SIZE:
                channels, kernel, stride = [
                    after if position == part else value for position, value in enumerate(layers[number])
                ]
                layer = channels, kernel, stride
                values = {field: (*layers[:number], layer, *layers[number + 1 :])}
                change = Change(f"{field}[{number}] {_CONV_PARTS[part]}", before, after, values)
                if extractor is None:
                    yield change, self._after(change)
                else:
                    figures = extractor.with_layer(number, layer)
                    yield change, figures and self._with_extractor(field, figures)

    def _with_extractor(self, field: str, extractor: ExtractorFigures) -> dict[str, Number]:
        """The figures of the model with another extractor."""
        key = extractor.frames, extractor.channels
        if key not in self._rests:
            self._rests[key] = self._rest(field, *key)
        rest = self._rests[key]
        training = rest.training_macs
        whole = rest._replace(
            parameters=rest.parameters + extractor.parameters,
            learned=rest.learned + extractor.parameters,
            macs=rest.macs.plus(Macs(convolution=extractor.macs)),
            training_macs=training._replace(fixed=training.fixed + 3 * extractor.macs - extractor.first_macs),
            kept_bytes=rest.kept_bytes + extractor.kept_bytes,
            peak_bytes=max(rest.peak_bytes, extractor.peak_bytes),
        )
        return self._named(whole, extractor)

    def _rest(self, field: str, frames: int, channels: int) -> _Rest:
        """The model behind an extractor that gives some frames.

        The rest of the model sees the extractor's last layer alone: a layer that changes nothing stands in for all.
        """
        config = with_values(self._config, {field: ((channels, 1, 1),)})
        workload = replace(self._workload, samples=frames)
        whole = self._parts.total(config, workload)
        remainder = self._parts.remainder(config, workload)
        path = remainder.takes.frames_at
        [use] = remainder.uses[path]
        own = self._parts.figures(use, config, workload)
        element_bytes = workload.batch * DTYPE_BYTES[workload.dtype]
        # The waveforms, which are alive all along.
        longer = (self._workload.samples - frames) * element_bytes
        others = [
            use.held_bytes + self._parts.figures(use, config, workload).peak_bytes
            for name, uses in remainder.uses.items()
            for use in uses
            if name != path
        ]
        return _Rest(
            parameters=whole.parameters - own.parameters,
            learned=whole.learned - own.learned,
            macs=whole.macs.plus(own.macs, -1),
            training_macs=whole.training_macs._replace(fixed=whole.training_macs.fixed - own.training_macs),
            # What the extractor takes is among what it keeps.
            kept_bytes=whole.kept_bytes - own.kept_bytes - (frames * element_bytes if own.keeps[0] else 0),
            peak_bytes=max([remainder.peak_bytes, *others]) + longer,
        )


def _named(config: ModelConfig) -> Config:
    return Config(name="stepped", origin="", model=config)

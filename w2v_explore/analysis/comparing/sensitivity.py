"""What one step in each argument does to the figures of a config: the steps, as data, and their effects."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import isqrt, lcm
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, as_analysis
from w2v_explore.analysis.comparing.extractor_steps import Extractor, ExtractorFigures, analyze_extractor
from w2v_explore.analysis.comparing.parts import MASKS, PARTS, WORKLOAD, PartFigures, mask_bytes, part_figures
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.figures import Number, Totals, name_figures, total_figures
from w2v_explore.analysis.memory.training import Equal, Random
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.kinds import MAX_SIZE
from w2v_explore.config.load import ConfigLike
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.errors import ConfigError

CONV_LAYERS = "extractor_conv_layer_config"
HEAD_OUTPUTS = 32
"""Outputs of the head that a model without one is given: the letters of an English CTC model and its special tokens."""
_DROPOUT = 0.1
_CONV_PARTS = ("channels", "kernel", "stride")
# One of the transformer's layers is the last: there are several of it.
_OTHER_PARTS = ("feature_projection", "transformer", "aux", "encoder_layer")

Values = Mapping[str, Any]


class Change(NamedTuple):
    """A step taken.

    Attributes:
        target: The field, or the part of it: ``extractor_conv_layer_config[0] kernel``.
        before: Its value.
        after: Its value after the step.
        values: All fields that change; more than one where another has to move along.
    """

    target: str
    before: Any
    after: Any
    values: Values


class Effect(NamedTuple):
    """What a step does.

    Attributes:
        change: The step.
        figures: The figures after it, by name.
        deltas: Each less what it was before.
    """

    change: Change
    figures: Mapping[str, Number]
    deltas: Mapping[str, Number]

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
    """What one step in each argument of a config does.

    Attributes:
        analysis: The config and the workload.
        effects: A step each, in the order of the arguments.
    """

    analysis: Analysis
    effects: tuple[Effect, ...]

    def __repr__(self) -> str:
        return f"<Sensitivity of {self.analysis.config.name!r}: {len(self.effects)} steps for {self.analysis.workload}>"

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of ``sensitivity`` (docs/json.md), as plain data."""
        from w2v_explore.analysis.comparing.documents import sensitivity_document  # few ask for it

        return sensitivity_document(self)


def _flag(field: str) -> Callable[[ModelConfig], Iterator[Change]]:
    def step(config: ModelConfig) -> Iterator[Change]:
        before = getattr(config, field)
        yield Change(field, before, not before, {field: not before})

    return step


def _one_more(field: str) -> Callable[[ModelConfig], Iterator[Change]]:
    """One more; one less for the largest that there may be."""

    def step(config: ModelConfig) -> Iterator[Change]:
        before = getattr(config, field)
        for after in (before + 1, before - 1):
            yield Change(field, before, after, {field: after})

    return step


def _probability(field: str) -> Callable[[ModelConfig], Iterator[Change]]:
    """Off where it is on, 0.1 where it is off."""

    def step(config: ModelConfig) -> Iterator[Change]:
        before = getattr(config, field)
        after = 0.0 if before else _DROPOUT
        yield Change(field, before, after, {field: after})

    return step


def _divisor(field: str) -> Callable[[ModelConfig], Iterator[Change]]:
    """The next number that divides the width; for the width itself the one before."""

    def step(config: ModelConfig) -> Iterator[Change]:
        before, width = getattr(config, field), config.encoder_embed_dim
        low, high = _neighbouring_divisors(width, before)
        for after in (high, low):
            if after is not None:
                yield Change(field, before, after, {field: after})

    return step


def _mode(config: ModelConfig) -> Iterator[Change]:
    before = config.extractor_mode
    after = "layer_norm" if before == "group_norm" else "group_norm"
    yield Change("extractor_mode", before, after, {"extractor_mode": after})


def _width(config: ModelConfig) -> Iterator[Change]:
    """The least that keeps the heads' width and the groups: a head more, or as many as the groups ask for."""
    before, heads = config.encoder_embed_dim, config.encoder_num_heads
    head_dim = before // heads
    step = lcm(head_dim, config.encoder_pos_conv_groups)
    for after in (before + step, before - step):
        moved = {"encoder_embed_dim": after, "encoder_num_heads": after // head_dim}
        yield Change("encoder_embed_dim", before, after, moved)


def _width_and_ratio(config: ModelConfig) -> Iterator[Change]:
    """The same with the feed-forward block as many times wider as before."""
    for change in _width(config):
        features = round(config.encoder_ff_interm_features * change.after / change.before)
        yield change._replace(values={**change.values, "encoder_ff_interm_features": features})


def _feed_forward(config: ModelConfig) -> Iterator[Change]:
    """As much as a head is wide."""
    field, before = "encoder_ff_interm_features", config.encoder_ff_interm_features
    step = config.encoder_embed_dim // config.encoder_num_heads
    for after in (before + step, before - step):
        yield Change(field, before, after, {field: after})


def _aux(config: ModelConfig) -> Iterator[Change]:
    before = config.aux_num_out
    for after in (HEAD_OUTPUTS,) if before is None else (before + 1, before - 1):
        yield Change("aux_num_out", before, after, {"aux_num_out": after})


STEPS: tuple[Callable[[ModelConfig], Iterator[Change]], ...] = (
    _mode,
    _flag("extractor_conv_bias"),
    _width,
    _width_and_ratio,
    _probability("encoder_projection_dropout"),
    _one_more("encoder_pos_conv_kernel"),
    _divisor("encoder_pos_conv_groups"),
    _one_more("encoder_num_layers"),
    _divisor("encoder_num_heads"),
    _probability("encoder_attention_dropout"),
    _feed_forward,
    _probability("encoder_ff_interm_dropout"),
    _probability("encoder_dropout"),
    _flag("encoder_layer_norm_first"),
    _probability("encoder_layer_drop"),
    _aux,
)
"""One for each argument (the width has two), each with what to try, the first that gives a valid config being taken;
those of the extractor's layers come beside them, three for each layer."""


def sensitivity(config: Analysis | ConfigLike, workload: Workload | None = None) -> Sensitivity:
    """Work out what one step in each argument does to every figure; an argument without a valid step is left out.

    Args:
        config: As in `analyze`, or an analysis.
        workload: As in `analyze`; that of the analysis where one is given.

    Raises:
        WorkloadError: The input is too short to give a frame.
        TypeError: An argument is of another type.
    """
    analysis = as_analysis(config, workload)
    return Sensitivity(analysis=analysis, effects=tuple(_effects(analysis)))


def _effects(analysis: Analysis) -> Iterator[Effect]:
    stepper = _Stepper(analysis)
    before = total_figures(analysis)
    mode, *others = STEPS
    candidates = chain(
        [((change, stepper.after(change)) for change in mode(stepper.config))],
        stepper.conv_layer_steps(),
        [((change, stepper.after(change)) for change in step(stepper.config)) for step in others],
    )
    for tried in candidates:
        for change, after in tried:
            if after is not None:
                deltas = {name: value - before[name] for name, value in after.items()}
                yield Effect(change, after, deltas)
                break


class _Stepper:
    """The figures of configs a step away from one, their parts (`parts.PARTS`) worked out once for all steps."""

    def __init__(self, analysis: Analysis) -> None:
        self.config = analysis.config.model
        self._workload = analysis.workload
        self._fields = self.config.to_mapping()
        self._extractor = Extractor(self.config, self._workload)
        self._extractor_figures = analyze_extractor(self.config, self._workload)
        self._parts: dict[tuple[Any, ...], PartFigures] = {}

    def after(self, change: Change) -> dict[str, Number] | None:
        """The figures after a step; None where it leads to no config, or to one that this input is too short for."""
        fields = {**self._fields, **change.values}
        try:
            config = ModelConfig(**fields)
        except ConfigError:
            return None
        if minimum_samples(config, self._workload.batch) > self._workload.samples:
            return None
        changes_extractor = not change.values.keys().isdisjoint(PARTS["feature_extractor"])
        extractor = analyze_extractor(config, self._workload) if changes_extractor else self._extractor_figures
        return self._total(fields, extractor)

    def conv_layer_steps(self) -> Iterator[Iterator[tuple[Change, dict[str, Number] | None]]]:
        """What to try for each number of the extractor's layers, with the figures after it."""
        for number in range(len(self.config.conv_layers)):
            for part in range(len(_CONV_PARTS)):
                yield self._conv_layer_steps(number, part)

    def _conv_layer_steps(self, number: int, part: int) -> Iterator[tuple[Change, dict[str, Number] | None]]:
        """Channels by an eighth, kernel and stride by one; one less where more leaves no frame."""
        layers = self.config.conv_layers
        before = layers[number][part]
        size = max(1, before // 8) if part == 0 else 1
        for after in (before + size, before - size):
            if 1 <= after <= MAX_SIZE:
                channels, kernel, stride = [
                    after if position == part else value for position, value in enumerate(layers[number])
                ]
                layer = channels, kernel, stride
                extractor = self._extractor.with_layer(number, layer)
                values = {CONV_LAYERS: (*layers[:number], layer, *layers[number + 1 :])}
                change = Change(f"{CONV_LAYERS}[{number}] {_CONV_PARTS[part]}", before, after, values)
                yield change, extractor and self._total(self._fields, extractor)

    def _total(self, fields: Values, extractor: ExtractorFigures) -> dict[str, Number]:
        """The figures of a model with a part's worth of fields and an extractor."""
        # The rest of the model sees the extractor's last layer alone.
        fields = {**fields, CONV_LAYERS: ((extractor.channels, 1, 1),)}
        *others, layer = [self._part(name, fields, extractor.frames) for name in _OTHER_PARTS]
        copies = fields["encoder_num_layers"]
        macs = Macs(convolution=extractor.macs).plus(layer.macs, copies)
        for each in others:
            macs = macs.plus(each.macs)
        masks = [mask_bytes(dropout, fields, self._workload, extractor.frames) for dropout in MASKS]
        training_macs = 3 * extractor.macs - extractor.first_macs + sum([each.training_macs for each in others])
        totals = Totals(
            workload=self._workload,
            parameters=extractor.parameters + sum([each.parameters for each in others]) + copies * layer.parameters,
            macs=macs,
            peak_activation_bytes=max(extractor.peak_bytes, layer.peak_bytes, *[each.peak_bytes for each in others]),
            kept_bytes=extractor.kept_bytes
            + sum([each.kept_bytes for each in others])
            + copies * layer.kept_bytes
            + sum(masks),
            expected_macs=Random(training_macs, [(Equal(copies, fields["encoder_layer_drop"]), layer.training_macs)])
            .spread()
            .expected,
            receptive_field_samples=extractor.receptive_field_samples,
            stride_samples=extractor.stride_samples,
            minimum_samples=extractor.minimum_samples,
            frames=extractor.frames,
        )
        return name_figures(totals)

    def _part(self, name: str, fields: Values, frames: int) -> PartFigures:
        key = (name, frames, *[fields[field] for field in PARTS[name] if field != WORKLOAD])
        if key not in self._parts:
            self._parts[key] = part_figures(name, fields, self._workload, frames)
        return self._parts[key]


def _neighbouring_divisors(number: int, divisor: int) -> tuple[int | None, int | None]:
    """The divisors next to one, below and above; None where there is none."""
    small = [each for each in range(1, isqrt(number) + 1) if number % each == 0]
    divisors = sorted({*small, *[number // each for each in small]})
    position = divisors.index(divisor)
    low = divisors[position - 1] if position else None
    return low, divisors[position + 1] if position + 1 < len(divisors) else None

"""What one step in each argument does to the figures of a config: the steps, as data, and their effects."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isqrt, lcm
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze, as_analysis
from w2v_explore.analysis.figures import Number, total_figures
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.load import ConfigLike
from w2v_explore.config.model_config import ModelConfig
from w2v_explore.errors import ConfigError, WorkloadError

CONV_LAYERS = "extractor_conv_layer_config"
HEAD_OUTPUTS = 32
"""Outputs of the head that a model without one is given: the letters of an English CTC model and its special tokens."""
_DROPOUT = 0.1
_CONV_PARTS = ("channels", "kernel", "stride")

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
        from w2v_explore.analysis.memory_documents import sensitivity_document  # which imports this module

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
    step = lcm(before // heads, config.encoder_pos_conv_groups)
    after = before + step
    moved = {"encoder_embed_dim": after, "encoder_num_heads": heads + step // (before // heads)}
    yield Change("encoder_embed_dim", before, after, moved)


def _width_and_ratio(config: ModelConfig) -> Iterator[Change]:
    """The same with the feed-forward block as many times wider as before."""
    [change] = _width(config)
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
    after = HEAD_OUTPUTS if before is None else before + 1
    yield Change("aux_num_out", before, after, {"aux_num_out": after})


def _conv_layer(number: int, part: int) -> Callable[[ModelConfig], Iterator[Change]]:
    """Channels by an eighth, kernel and stride by one; one less where more leaves no frame."""

    def step(config: ModelConfig) -> Iterator[Change]:
        before = config.conv_layers[number][part]
        size = max(1, before // 8) if part == 0 else 1
        for after in (before + size, before - size):
            layers = [list(layer) for layer in config.conv_layers]
            layers[number][part] = after
            yield Change(f"{CONV_LAYERS}[{number}] {_CONV_PARTS[part]}", before, after, {CONV_LAYERS: layers})

    return step


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
    config = analysis.config.model
    conv_steps = [_conv_layer(number, part) for number in range(len(config.conv_layers)) for part in range(3)]
    before = total_figures(analysis)
    for step in (*STEPS[:1], *conv_steps, *STEPS[1:]):
        for change in step(config):
            after = _stepped(analysis, change)
            if after is not None:
                deltas = {name: value - before[name] for name, value in after.items()}
                yield Effect(change, after, deltas)
                break


def _stepped(analysis: Analysis, change: Change) -> dict[str, Number] | None:
    """The figures after a step; None where it leads to no config, or to one that this input is too short for."""
    try:
        model = ModelConfig(**{**analysis.config.model.to_mapping(), **change.values})
        return total_figures(analyze(replace(analysis.config, model=model), analysis.workload))
    except (ConfigError, WorkloadError):
        return None


def _neighbouring_divisors(number: int, divisor: int) -> tuple[int | None, int | None]:
    """The divisors next to one, below and above; None where there is none."""
    small = [each for each in range(1, isqrt(number) + 1) if number % each == 0]
    divisors = sorted({*small, *[number // each for each in small]})
    position = divisors.index(divisor)
    low = divisors[position - 1] if position else None
    return low, divisors[position + 1] if position + 1 < len(divisors) else None

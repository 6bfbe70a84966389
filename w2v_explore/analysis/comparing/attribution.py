"""What each changed field contributes to the difference between two configs, exactly.

A field's contribution is its Shapley value: the change that it makes to a figure, averaged over all orders in which the
fields could be changed one after the other. The contributions add up to the difference. Fields of which one cannot
change without the other (a width and the number of heads that divide it) are one player.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from w2v_explore.analysis.comparing.parts import MASKS, PARTS, WORKLOAD, PartFigures, mask_bytes, part_figures
from w2v_explore.analysis.comparing.shapley import Value, shapley_values
from w2v_explore.analysis.compute import Macs
from w2v_explore.analysis.figures import FIGURES, Totals
from w2v_explore.analysis.receptive_field import kernel_field, minimum_samples, num_frames
from w2v_explore.analysis.workload import Workload
from w2v_explore.config.model_config import ModelConfig

if TYPE_CHECKING:  # which imports this module
    from w2v_explore.analysis.analyze import Analysis

METHOD = (
    "Shapley values: the change that a field makes, averaged over all orders in which the fields could change; exact, "
    "they add up to the difference"
)

_PEAK = "memory.peak_activation_bytes"
_PER_SECOND = "macs_per_audio_second"
_LAYERS = ("encoder_num_layers", "encoder_layer_drop")
_PEAK_FIELDS = frozenset(field for fields in PARTS.values() for field in fields) - {"extractor_conv_bias"}

Values = dict[str, Any]
"""The fields, and under `WORKLOAD` the workload."""


class Contribution(NamedTuple):
    """What one player contributes.

    Attributes:
        fields: The field that changed; several where they can only change together.
        figures: Its part of each figure's difference, by name; figures that it does not change are left out.
    """

    fields: tuple[str, ...]
    figures: dict[str, Fraction]


class _Term(NamedTuple):
    """Figures that depend on some fields alone; the terms' figures of one name add up to the model's."""

    fields: frozenset[str]
    figures: Callable[[Values], Mapping[str, Value]]


def attribute(first: Analysis, other: Analysis) -> tuple[Contribution, ...]:
    """The difference between two configs under one workload (its length may follow their sample rates), by field."""
    before, after = _values(first), _values(other)
    players = _players(before, after)
    contributions: list[dict[str, Fraction]] = [{} for _ in players]
    durations_differ = _per_second(before[WORKLOAD]) != _per_second(after[WORKLOAD])
    for term in _terms(durations_differ):
        concerned = [number for number, player in enumerate(players) if not term.fields.isdisjoint(player)]
        if not concerned:
            continue

        def worth(coalition: int, term: _Term = term, concerned: Sequence[int] = concerned) -> Mapping[str, Value]:
            changed = [
                field for bit, number in enumerate(concerned) if coalition >> bit & 1 for field in players[number]
            ]
            return term.figures({**before, **{field: after[field] for field in changed}})

        for name, shares in shapley_values(len(concerned), worth).items():
            for number, share in zip(concerned, shares, strict=True):
                contributions[number][name] = contributions[number].get(name, Fraction(0)) + share
    return tuple(
        Contribution(player, _with_derived(figures, first.workload, durations_differ))
        for player, figures in zip(players, contributions, strict=True)
    )


def _values(analysis: Analysis) -> Values:
    return {**analysis.config.model.to_mapping(), WORKLOAD: analysis.workload}


def _players(before: Values, after: Values) -> list[tuple[str, ...]]:
    """The fields that differ; those that give no valid config by themselves are joined."""
    groups = [{name} for name in before if before[name] != after[name]]
    for fields, is_valid in _CONSTRAINTS:
        changed = [name for name in fields if before[name] != after[name]]
        mixtures = product(*[((name, before[name]), (name, after[name])) for name in changed])
        if not all(is_valid({**before, **dict(mixture)}) for mixture in mixtures):
            joined = [group for group in groups if not group.isdisjoint(changed)]
            groups = [group for group in groups if group not in joined]
            groups.append(set().union(*joined))
    order = list(before)
    return sorted((tuple(sorted(group, key=order.index)) for group in groups), key=lambda group: order.index(group[0]))


def _long_enough(values: Values) -> bool:
    workload: Workload = values[WORKLOAD]
    return minimum_samples(_config(values), workload.batch) <= workload.samples


_CONSTRAINTS: tuple[tuple[tuple[str, ...], Callable[[Values], bool]], ...] = (
    (
        ("encoder_embed_dim", "encoder_num_heads"),
        lambda values: values["encoder_embed_dim"] % values["encoder_num_heads"] == 0,
    ),
    (
        ("encoder_embed_dim", "encoder_pos_conv_groups"),
        lambda values: values["encoder_embed_dim"] % values["encoder_pos_conv_groups"] == 0,
    ),
    (("extractor_mode", "extractor_conv_layer_config", WORKLOAD), _long_enough),
)
"""All that several fields have to agree on: `validate`'s two divisions, and an input long enough for a frame."""


def _terms(durations_differ: bool) -> Iterator[_Term]:
    parts: dict[tuple[Any, ...], PartFigures] = {}

    def part(name: str, values: Values) -> PartFigures:
        key = (name, *[repr(values[field]) for field in PARTS[name]])
        if key not in parts:
            parts[key] = part_figures(name, values, values[WORKLOAD], _frames(values))
        return parts[key]

    def add(values: Values, each: PartFigures, copies: int, runs: Value) -> Mapping[str, Value]:
        figures = _figures(each, copies, runs)
        if durations_differ:
            figures[_PER_SECOND] = copies * each.macs.total * _per_second(values[WORKLOAD])
        return figures

    def whole(name: str) -> Callable[[Values], Mapping[str, Value]]:
        return lambda values: add(values, part(name, values), 1, 1)

    def layers(values: Values) -> Mapping[str, Value]:
        copies = values["encoder_num_layers"]
        runs = copies * (1 - Fraction(values["encoder_layer_drop"]))
        return add(values, part("encoder_layer", values), copies, runs)

    def masks(dropout: str) -> Callable[[Values], Mapping[str, Value]]:
        return lambda values: {"memory.kept_bytes": mask_bytes(dropout, values, values[WORKLOAD], _frames(values))}

    def peak(values: Values) -> Mapping[str, Value]:
        return {_PEAK: max([part(name, values).peak_bytes for name in PARTS])}

    for name, fields in PARTS.items():
        if name == "encoder_layer":
            yield _Term(frozenset((*fields, *_LAYERS)), layers)
        else:
            yield _Term(frozenset(fields), whole(name))
    for dropout, fields in MASKS.items():
        yield _Term(frozenset((dropout, *fields)), masks(dropout))
    yield _Term(_PEAK_FIELDS, peak)
    yield _Term(frozenset(("extractor_mode", "extractor_conv_layer_config", WORKLOAD)), _extractor)


def _figures(part: PartFigures, copies: int, runs: Value) -> dict[str, Value]:
    """What some equal parts add, of which some run in training."""
    return {
        "parameters": copies * part.parameters,
        **{f"macs.{kind}": copies * count for kind, count in part.macs._asdict().items()},
        "memory.kept_bytes": copies * part.kept_bytes,
        "training.expected_macs": runs * part.training_macs,
    }


def _extractor(values: Values) -> dict[str, Value]:
    workload: Workload = values[WORKLOAD]
    config = _config(values)
    field, stride = kernel_field(config)
    return {
        "extractor.receptive_field_samples": field,
        "extractor.stride_samples": stride,
        "extractor.minimum_samples": minimum_samples(config, workload.batch),
        "extractor.frame_rate_hz": Fraction(workload.sample_rate, stride),
        "extractor.frames": num_frames(config, workload.samples),
    }


def _with_derived(figures: Mapping[str, Fraction], workload: Workload, durations_differ: bool) -> dict[str, Fraction]:
    """The figures that follow from others in proportion, beside them; without those that are 0."""

    def of(name: str) -> Any:
        # What makes a figure of whole numbers makes it of fractions too.
        return figures.get(name, Fraction(0))

    shares = Totals(
        workload=workload,
        parameters=of("parameters"),
        macs=Macs(*[of(f"macs.{kind}") for kind in Macs._fields]),
        peak_activation_bytes=of(_PEAK),
        kept_bytes=of("memory.kept_bytes"),
        expected_macs=of("training.expected_macs"),
        receptive_field_samples=of("extractor.receptive_field_samples"),
        stride_samples=of("extractor.stride_samples"),
        minimum_samples=of("extractor.minimum_samples"),
        frames=of("extractor.frames"),
    )
    derived: dict[str, Any] = {name: figure.of(shares) for name, figure in FIGURES.items() if figure.is_linear}
    every: dict[str, Fraction] = {**figures, **derived}
    if not durations_differ:
        every[_PER_SECOND] = every["macs"] * _per_second(workload)
    return {name: value for name, value in every.items() if value}


def _per_second(workload: Workload) -> Fraction:
    """One over the seconds of all utterances."""
    return Fraction(workload.sample_rate, workload.batch * workload.samples)


def _frames(values: Values) -> int:
    return num_frames(_config(values), values[WORKLOAD].samples)


def _config(values: Values) -> ModelConfig:
    return ModelConfig.from_checked(values)

"""What a tool can leave out or add, in closed form."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from w2v_explore import Analysis
from w2v_explore.analysis.compute import LayerFigures, unfold
from w2v_explore.tree.operations import GELU, Conv1d, GroupNorm, LayerNorm, Linear, Operation


class Terms(NamedTuple):
    """The terms of one model and duration; `LABELS` says what each is."""

    attention: int
    positional: int
    positional_parameters: int
    linear: int
    linear_parameters: int
    linear_biases: int
    extractor_biases: int
    frame_norms: int
    extractor_norms: int
    group_norms: int
    norm_parameters: int
    extractor_norm_parameters: int
    activations: int

    def total(self, multiples: tuple[tuple[int, str], ...]) -> int:
        """The sum of terms, each taken so many times."""
        return sum(times * self.value(name) for times, name in multiples)

    def value(self, name: str) -> int:
        """One term by its name."""
        return int(self._asdict()[name])


LABELS = {
    "attention": "attention's MACs",
    "positional": "the positional convolution's MACs",
    "positional_parameters": "the positional convolution's parameters",
    "linear": "the linear layers' MACs",
    "linear_parameters": "the linear layers' parameters",
    "linear_biases": "the elements to which linear layers add a bias",
    "extractor_biases": "the elements to which the extractor's convolutions add a bias",
    "frame_norms": "the elements of the layer norms outside the extractor",
    "extractor_norms": "the elements of the extractor's norms",
    "group_norms": "the elements of the group norm",
    "norm_parameters": "the norms' parameters",
    "extractor_norm_parameters": "the extractor's norms' parameters",
    "activations": "the elements of the GELUs",
}


def closed_form_terms(analysis: Analysis) -> Terms:
    """All terms of an analysis."""
    rows = list(unfold(analysis.layers))
    linear, group_norms = _of(rows, Linear), _of(rows, GroupNorm)
    in_extractor = [row for row in rows if row.path.startswith("feature_extractor.")]
    extractor_norms = _of(in_extractor, LayerNorm) + _of(in_extractor, GroupNorm)
    norms = _of(rows, LayerNorm) + group_norms
    positional = next(row for row in rows if row.kind == "PositionalConv")
    return Terms(
        attention=analysis.macs.attention,
        positional=positional.macs.total,
        positional_parameters=positional.parameters,
        linear=analysis.macs.linear,
        linear_parameters=_parameters(linear),
        linear_biases=_elements(linear),
        extractor_biases=_elements(_of(in_extractor, Conv1d)) * analysis.config.model.extractor_conv_bias,
        frame_norms=_elements(norms) - _elements(extractor_norms),
        extractor_norms=_elements(extractor_norms),
        group_norms=_elements(group_norms),
        norm_parameters=_parameters(norms),
        extractor_norm_parameters=_parameters(extractor_norms),
        activations=_elements(_of(rows, GELU)),
    )


def _of(rows: list[LayerFigures], operation: type[Operation]) -> list[LayerFigures]:
    return [row for row in rows if isinstance(row.operation, operation)]


def _elements(rows: list[LayerFigures]) -> int:
    return sum(prod(row.output_shape) for row in rows)


def _parameters(rows: list[LayerFigures]) -> int:
    return sum(row.parameters for row in rows)

"""Published models beside a front: the presets of all families, under the workload that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from w2v_explore.analysis.analyze import Analysis, analyze
from w2v_explore.analysis.figures import ALIASES, FIGURES, Figures, Number
from w2v_explore.analysis.presets.catalogue import by_architecture
from w2v_explore.analysis.presets.results import PublishedResult, published_of
from w2v_explore.analysis.workload import Workload, as_long
from w2v_explore.config.family import FAMILIES, family_named
from w2v_explore.config.load import Config, load_preset
from w2v_explore.errors import WorkloadError
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question


class Published(NamedTuple):
    """A published model, or several of one architecture that are equal in what was asked, beside a front.

    Attributes:
        presets: Their names; the first one stands for all.
        config: The first one's.
        figures: Those that the question is about; of a component that the model lacks, 0.
        equal: The number of the design, from 0, that is equal to it in all figures of the front; None where none is.
        dominating: The numbers of the designs that are better in one figure and as good in all, the one that is nearest
            in the first figure first. Where there is neither, the model lies beyond the front.
    """

    presets: tuple[str, ...]
    config: Config
    figures: Mapping[str, Number]
    equal: int | None = None
    dominating: tuple[int, ...] = ()

    @property
    def results(self) -> list[PublishedResult]:
        """What is published of how well the models do, where there is anything."""
        return [result for preset in self.presets for result in published_of(preset)]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "presets": list(self.presets),
            "architecture": self.config.model.family.name,
            "figures": dict(self.figures),
            "equal": self.equal,
            "dominating": list(self.dominating),
            "results": [{**each._asdict(), "error_percent": dict(each.error_percent)} for each in self.results],
        }


def published_beside(
    question: Question, mode: Pareto, reference: Mapping[str, Number], designs: Sequence[Mapping[str, Number]]
) -> tuple[Published, ...]:
    """The published models that satisfy the constraints, in the order of the front's first figure.

    Whether the linter warns of a published model does not matter.

    Args:
        question: Whose workload and constraints hold.
        mode: What the question asks.
        reference: The figures of the config that the space is around, under all of their names.
        designs: The figures of each design of the front.
    """
    found = []
    for model in published_models(question.workload, question.figures):
        if all(each.holds(each.value(model.figures, reference)) for each in question.constraints):
            equal, dominating = placed(model.figures, mode, designs)
            found.append(model._replace(equal=equal, dominating=dominating))
    first = mode.figures[0]
    return tuple(sorted(found, key=lambda model: (model.figures[first], model.presets)))


def published_models(workload: Workload, figures: Sequence[str]) -> list[Published]:
    """All published models for which the audio is long enough, by family and architecture.

    Args:
        workload: What the figures are of; of a model of audio at another sample rate, of as many seconds.
        figures: The names of the figures, or other names of them.
    """
    found: list[Published] = []
    for family in map(family_named, FAMILIES):
        architectures: dict[str, list[Published]] = {}
        for preset, like, dropouts in by_architecture(family, None, float("inf")):
            alike = architectures.setdefault(like or preset, [])
            if alike and not dropouts:
                alike[0] = alike[0]._replace(presets=(*alike[0].presets, preset))
                continue
            config = load_preset(preset)
            try:
                own = _figures(analyze(config, as_long(workload, config)), figures)
            except WorkloadError:  # its extractor gives no frame of so little
                continue
            equal = next((place for place, model in enumerate(alike) if model.figures == own), None)
            if equal is None:
                alike.append(Published((preset,), config, own))
            else:
                alike[equal] = alike[equal]._replace(presets=(*alike[equal].presets, preset))
        found += [model for alike in architectures.values() for model in alike]
    return found


def _figures(analysis: Analysis, names: Sequence[str]) -> dict[str, Number]:
    figures, components = Figures(analysis), analysis.config.model.family.components

    def is_had(name: str) -> bool:
        return name in FIGURES or name in ALIASES or name.rpartition(".")[0] in components

    return {name: figures[name] if is_had(name) else 0 for name in names}


def placed(
    figures: Mapping[str, Number], mode: Pareto, designs: Sequence[Mapping[str, Number]]
) -> tuple[int | None, tuple[int, ...]]:
    """Where figures lie beside a front: `Published.equal` and `Published.dominating`."""

    def costs(of: Mapping[str, Number]) -> list[Number]:
        return [-of[name] if name in mode.maximized else of[name] for name in mode.figures]

    own, front = costs(figures), [*enumerate(map(costs, designs))]
    dominating = [
        (abs(other[0] - own[0]), number)
        for number, other in front
        if other != own and all(theirs <= mine for theirs, mine in zip(other, own, strict=True))
    ]
    equal = next((number for number, other in front if other == own), None)
    return equal, tuple(number for _, number in sorted(dominating))

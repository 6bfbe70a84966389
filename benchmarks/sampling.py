"""How much of a front is found among combinations that Optuna draws, on spaces whose front is known.

Each space is gone through whole, and then sampled with a few seeds. What a front is worth is its hypervolume over that
of the exact front: the area of the two figures that some config of it is at least as good as, up to the worst figures
that configs of the exact front have.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from w2v_explore import Workload, load_preset
from w2v_explore.search.question.pareto import Pareto
from w2v_explore.search.question.question import Question
from w2v_explore.search.running.chunk import Found
from w2v_explore.search.running.run import run
from w2v_explore.search.sampling.sample import sample
from w2v_explore.search.space.space import Axis, Given, Space

_PRESETS = ("base", "wavlm_base")
_TRIALS: Mapping[str, tuple[int, ...]] = {"nsga2": (40, 500, 2_000), "nsga3": (40, 500, 2_000), "gp": (40,)}
_SEEDS = range(5)
_LESS, _MORE = "macs_per_audio_second", "parameters"

_AXES = (
    Axis("encoder_embed_dim", tuple(range(128, 1025, 64))),
    Axis("encoder_num_layers", tuple(range(1, 25))),
    Axis("encoder_ff_interm_features", tuple(range(256, 4097, 256))),
    Axis("encoder_num_heads", (4, 8, 12, 16)),
    Axis("encoder_pos_conv_kernel", (31, 63, 95, 127)),
)

_SECTION = """\
## Spaces that are sampled

How much of an exact front `--trials` finds, on spaces that can be gone through as well: {size:,} combinations of width,
layers, inner width, heads and the positional convolution's kernel around each preset, the fewest MACs a second of audio
for the most parameters. The hypervolume is that of what was found over that of the exact front, between the worst
figures that configs of the exact front have; *found* is the share of the exact front's configs, or of ones equal to
them, that were drawn. The median of seeds {seeds}, and the least:

| configs like | sampler | trials | hypervolume | least | found | seconds |
| :--- | :--- | ---: | ---: | ---: | ---: | ---: |
{rows}

The exact fronts have {fronts} configs, and take {exact} s. So a space that can be gone through should be.
"""


class Nearness(NamedTuple):
    """How near what was found comes to the exact front.

    Attributes:
        hypervolume: Over that of the exact front.
        found: The share of the exact front's points that were found.
        seconds: What it took.
    """

    hypervolume: float
    found: float
    seconds: float


def question_like(preset: str) -> Question:
    """The fewest MACs for the most parameters, near a preset."""
    config = load_preset(preset)
    space = Space(config, _AXES, {axis.name: Given(number) for number, axis in enumerate(_AXES)})
    return Question(space, Workload.of(config), Pareto((_LESS, _MORE), frozenset({_MORE})))


def nearness(exact: Found, found: Found, seconds: float) -> Nearness:
    """How near a front comes to the exact one."""
    points, exact_points = _points(found.candidates.columns), _points(exact.candidates.columns)
    worst = max(less for less, _ in exact_points), min(more for _, more in exact_points)
    share = len({*points} & {*exact_points}) / len(exact_points)
    return Nearness(_hypervolume(points, worst) / _hypervolume(exact_points, worst), share, seconds)


def _points(columns: Mapping[str, NDArray[Any]]) -> list[tuple[float, float]]:
    """The figures of a front, from the least of the first."""
    return sorted(zip(columns[_LESS].tolist(), columns[_MORE].tolist(), strict=True))


def _hypervolume(points: list[tuple[float, float]], worst: tuple[float, float]) -> float:
    """The area of what is no better than some point of a front, and better than the worst."""
    area, before = 0.0, worst[1]
    for less, more in points:
        area += max(worst[0] - less, 0.0) * max(more - before, 0.0)
        before = max(before, more)
    return area


def section() -> str:
    """A section of docs/performance.md."""
    rows, fronts, times = [], [], []
    for preset in _PRESETS:
        question = question_like(preset)
        start = time.perf_counter()
        exact = run(question, workers=1)
        times.append(f"{time.perf_counter() - start:.2f}")
        fronts.append(f"{len(exact.candidates.members):,}")
        for sampler, numbers in _TRIALS.items():
            for trials in numbers:
                found = [_sampled(question, exact, trials, sampler, seed) for seed in _SEEDS]
                volumes = [each.hypervolume for each in found]
                rows.append(
                    f"| {preset} | {sampler} | {trials:,} | {statistics.median(volumes):.3f} | {min(volumes):.3f} "
                    f"| {statistics.median(each.found for each in found):.1%} "
                    f"| {statistics.median(each.seconds for each in found):.1f} |"
                )
    return _SECTION.format(
        size=question_like(_PRESETS[0]).space.size,
        seeds=f"{_SEEDS[0]} to {_SEEDS[-1]}",
        rows="\n".join(rows),
        fronts=", ".join(fronts),
        exact=", ".join(times),
    )


def _sampled(question: Question, exact: Found, trials: int, sampler: str, seed: int) -> Nearness:
    start = time.perf_counter()
    found = sample(question, trials, sampler=sampler, seed=seed).found
    return nearness(exact, found, time.perf_counter() - start)


if __name__ == "__main__":
    print(section(), end="")

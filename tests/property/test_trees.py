"""Trees made by hand: what LayerDrop makes random, against each set of layers that may run as a tree of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.strategies import trees
from w2v_explore import Workload, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.memory.liveness import Lives
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.run import run

BASE = load_config("base")


def stacked(tree: Layer) -> Iterator[Layer]:
    """Each layer of the stacks by itself."""
    for child in tree.children:
        if child.stacked:
            yield from [child._replace(copies=1)] * child.copies
        else:
            yield from stacked(child)


def with_those_that_run(tree: Layer, runs: Iterator[bool]) -> Layer:
    """The tree without the stacked layers that do not run."""
    children: list[Layer] = []
    for child in tree.children:
        if child.stacked:
            children += [child._replace(copies=1) for _ in range(child.copies) if next(runs)]
        else:
            children.append(with_those_that_run(child, runs))
    if any(child.stacked for child in tree.children):
        children = [child._replace(name=str(number)) for number, child in enumerate(children)]
    return tree._replace(children=tuple(children))


def runs_what_may_be_dropped(tree: Layer) -> bool:
    """Whether a module runs that is registered in a layer which may not."""
    return any(not isinstance(step, str) and "." in step.name for step in tree.schedule) or any(
        runs_what_may_be_dropped(child) for child in tree.children
    )


def hands_on_what_it_takes(lives: Lives) -> bool:
    """Whether a stacked layer computes nothing: whether it runs can then not be told from what is kept."""
    return any(
        call.layer.stacked and lives.tensor(call.results[0]) == lives.tensor(call.sources[0]) for call in lives.calls
    )


def keep_what_they_take(lives: Lives) -> bool:
    """Whether training keeps what each stacked layer takes, as all layers do that begin with a product or a norm."""
    return all(
        lives.tensor(call.sources[0]) in lives.kept_by for call in lives.calls if call.layer.stacked and call.sources
    )


@given(tree=trees(), extra=st.integers(0, 60))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_layer_drop_makes_random_is_the_mean_over_the_layers_that_run(tree: Layer, extra: int) -> None:
    layers = list(stacked(tree))
    assume(0 < len(layers) <= 4 and not runs_what_may_be_dropped(tree))
    assert tree.takes is not None
    workload = Workload(samples=fewest_samples_of(run(tree, tree.takes.flow(10_000)), tree.takes, 2) + extra, batch=2)
    analysis = Analysis(config=BASE, workload=workload, tree=tree)
    assume(not hands_on_what_it_takes(analysis.lives(training=True)))
    cost = analysis.training
    means = dict.fromkeys(("kept_bytes", "checkpointed_bytes", "macs", "checkpointed_macs"), 0.0)
    for running in product((False, True), repeat=len(layers)):
        weight = prod([1 - layer.drop if runs else layer.drop for layer, runs in zip(layers, running, strict=True)])
        if weight:
            part = with_those_that_run(tree, iter(running))
            each = Analysis(config=BASE, workload=workload, tree=part).training
            for name in means:
                means[name] += weight * getattr(each, name).greatest
    is_exact = keep_what_they_take(analysis.lives(training=True))
    for name, mean in means.items():
        spread = getattr(cost, name)
        if is_exact or "macs" in name:
            assert spread.expected == pytest.approx(mean), name
        else:
            # Of layers that keep nothing of what they take, as an activation alone, no mean of bytes is claimed: where
            # one is dropped, the next may keep what it took. No family stacks such layers.
            assert spread.least <= spread.expected * (1 + 1e-9), name
            assert spread.expected <= spread.greatest * (1 + 1e-9), name


@given(tree=trees(), extra=st.integers(0, 400), batch=st.integers(1, 3))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_one_sample_less_than_the_fewest_gives_a_frame_less(tree: Layer, extra: int, batch: int) -> None:
    takes = tree.takes
    assert takes is not None
    calls = run(tree, takes.flow(10_000))

    def frames(samples: int) -> int:
        return next(call.gives.frames for call in run(tree, takes.flow(samples)) if call.path == takes.frames_at)

    fewest = fewest_samples_of(calls, takes, batch)
    some = frames(fewest + extra)
    least = fewest_samples_of(calls, takes, batch, some)
    assert fewest <= least <= fewest + extra
    assert frames(least) == some
    assert least == fewest or frames(least - 1) < some

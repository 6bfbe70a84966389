"""Trees made by hand, held against torch: what torch registers, runs, counts, keeps and reaches for each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.interpreter import Model, local_only, modules_of_tree
from tests.strategies import trees
from w2v_explore import Workload, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import unfold
from w2v_explore.analysis.memory.trained import select_names
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.measure.from_tree import input_shape, registered, train_only
from w2v_explore.measure.tracking import TrackedMemory, track_memory
from w2v_explore.model.materialize import materialize
from w2v_explore.tree.layer import Layer
from w2v_explore.tree.operations import Conv1d, Shape
from w2v_explore.tree.run import run, with_gradients

BASE = load_config("base")
EXTRAS = st.integers(0, 60)


def analysis_of(tree: Layer, batch: int, extra: int) -> Analysis:
    """With so many samples more than the fewest."""
    assert tree.takes is not None
    fewest = fewest_samples_of(run(tree, tree.takes.flow(100_000)), tree.takes, batch, training=True)
    return Analysis(config=BASE, workload=Workload(samples=fewest + extra, batch=batch), tree=tree)


def model_of(tree: Layer, device: str) -> Model:
    model = materialize(tree, modules_of_tree(tree), device=torch.device(device), dtype=torch.float32)
    assert isinstance(model, Model)
    model.give = lambda results: results  # type: ignore[method-assign]
    return model


@given(tree=trees(), batch=st.integers(1, 3), extra=EXTRAS)
@settings(max_examples=30, deadline=None)
def test_what_is_registered_runs_and_counts(tree: Layer, batch: int, extra: int) -> None:
    analysis = analysis_of(tree, batch, extra)
    model = model_of(tree, "meta")
    assert list(tree.state_dict_shapes()) == [(key, tuple(value.shape)) for key, value in model.state_dict().items()]
    assert analysis.parameters == sum(parameter.numel() for parameter in model.parameters())
    # The shapes of every call, by module; and what nobody takes, of folded layers that all take the same.
    shapes: dict[str, list[Any]] = {}
    untaken: list[Tensor] = []

    def note(path: str) -> Callable[..., None]:
        def hook(module: nn.Module, taken: object, given: Tensor | tuple[Tensor, ...]) -> None:
            results = given if isinstance(given, tuple) else (given,)
            shapes.setdefault(path, []).append([tuple(result.shape) for result in results])
            if path and not tree.child(path).follows_itself and tree.child(path).copies > 1:
                untaken.extend(results)

        return hook

    for path, module in model.named_modules():
        if "parametrizations" not in path:
            module.register_forward_hook(note(path))
    with FlopCounterMode(display=False) as forward:
        results = model(torch.empty(input_shape(tree, analysis.workload), device="meta"))
    with FlopCounterMode(display=False) as backward:
        torch.stack([result.sum() for result in (*results, *untaken)]).sum().backward()
    calls = analysis.calls
    for path, ran in shapes.items():
        layer, folded = tree.child(path) if path else tree, tree.folded_path(path)
        ours = [
            [flow.shape(batch, layer.channels_first) for flow in given]
            for given in [
                [calls[made].gives if made >= 0 else analysis.takes.flow(analysis.workload.samples) for made in each]
                for each in [
                    call.results
                    for call in calls
                    if call.path == folded and (call.operation is None) == (layer.operation is None)
                ]
            ]
        ]
        assert ours == ran, path
    assert all(row.path in shapes for row in unfold(analysis.layers) if row.output_shape and called(tree, row.path))
    cost = analysis.training
    assert 2 * analysis.macs.total == 2 * cost.forward.total == forward.get_total_flops()
    assert 2 * (cost.backward.total + overcounted(analysis)) == backward.get_total_flops()


def called(tree: Layer, path: str) -> bool:
    layer = tree.child(path) if path else tree
    return not layer.is_list and "parametrizations" not in path


def overcounted(analysis: Analysis) -> int:
    """What torch's counter has too much for the weights of convolutions with groups (docs/accuracy.md)."""
    total = 0
    lives = analysis.lives(training=True)
    for call, needs in zip(lives.calls, lives.needs, strict=True):
        if isinstance(call.operation, Conv1d) and needs is not None:
            if not (needs.taken[1] if call.operation.weight_norm else "weight" in needs.own):
                continue
            total += (
                call.copies * call.operation.macs(analysis.workload.batch, *call.takes) * (call.operation.groups - 1)
            )
    return total


@given(tree=trees(), batch=st.integers(1, 3), extra=EXTRAS)
@settings(max_examples=30, deadline=None)
def test_what_is_alive_and_kept(tree: Layer, batch: int, extra: int) -> None:
    analysis = analysis_of(tree, batch, extra)
    cost = analysis.training
    tracked = track_memory(tree, modules_of_tree(tree), analysis.workload)
    assert tracked == TrackedMemory(
        peak=analysis.inference.peak_activation_bytes,
        kept=int(cost.kept_bytes.greatest),
        checkpointed=int(cost.checkpointed_bytes.greatest),
    )


@given(tree=trees(), extra=EXTRAS, data=st.data())
@settings(max_examples=30, deadline=None)
def test_what_a_frame_sees(tree: Layer, extra: int, data: st.DataObject) -> None:
    """The support of the gradient of a frame, through all that does not see the whole utterance anyway."""
    analysis = analysis_of(tree, 1, extra)
    field, takes, samples = analysis.receptive_field, analysis.takes, analysis.workload.samples
    model = model_of(tree, "cpu").double().eval()
    local_only(tree, model)
    made: list[Tensor] = []
    model.get_submodule(takes.frames_at).register_forward_hook(lambda module, taken, given: made.append(given[0]))
    x = torch.randn(takes.shape(1, samples), dtype=torch.double, requires_grad=True)
    model(x)
    assert made[0].shape[1] == field.frames
    frame = data.draw(st.integers(0, field.frames - 1))
    made[0][0, frame].sin().sum().backward()
    assert x.grad is not None
    touched = x.grad.reshape(x.shape[1], -1).any(dim=1).nonzero().flatten().tolist()
    first, last = touched[0] * takes.stride_samples, touched[-1] * takes.stride_samples + takes.field_samples
    start, end = field.frame_span(frame)
    assert start <= first < last <= end
    if start >= 0 and end <= samples:
        assert (first, last) == (start, end)
    assert all(frame in field.frames_covering(sample) for sample in (first, last - 1))
    # With one sample less something has nothing to work on.
    if not extra:
        fewer = takes.flow(samples - 1)
        assert fewer.frames == 0 or is_too_short(tree, takes.shape(1, samples - 1))


def is_too_short(tree: Layer, shape: Shape) -> bool:
    """Whether torch refuses an input, or a module makes nothing of it."""
    model = model_of(tree, "meta").train()
    empty: list[bool] = []
    for module in model.modules():
        module.register_forward_hook(
            lambda module, taken, given: empty.append(
                any(not x.numel() for x in (given if isinstance(given, tuple) else (given,)))
            )
        )
    try:
        model(torch.ones(shape, device="meta"))
    except (RuntimeError, ValueError):
        return True
    return any(empty)


@given(tree=trees(), extra=EXTRAS, data=st.data())
@settings(max_examples=10, deadline=None)
def test_what_some_trained_parameters_cost(tree: Layer, extra: int, data: st.DataObject) -> None:
    """Which have a gradient, what is kept, and the MACs of the backward pass; equal layers may train others each."""
    plain = analysis_of(tree, 2, extra)
    every = [key for key, _, _ in tree.named_parameters()]
    names = data.draw(st.sets(st.sampled_from(every), min_size=1))
    selection = select_names(tree, names)
    # Of layers that all take the same and train other parameters each, only what the last gives is given.
    assume(all_take_the_same(selection.tree) == all_take_the_same(tree))
    analysis = replace(plain, tree=selection.tree, trained=selection.trained)
    cost, lives = analysis.training, analysis.lives(training=True)
    found = with_gradients(lives.calls, lives.needs)
    keys = {key for key, path, name in selection.tree.named_parameters() if name in found.get(path, ())}
    tracked = track_memory(tree, modules_of_tree(tree), analysis.workload, names)
    assert (tracked.kept, tracked.checkpointed) == (cost.kept_bytes.greatest, cost.checkpointed_bytes.greatest)
    model = model_of(tree, "meta")
    train_only(model, names)
    untaken = note_untaken(tree, model)
    results = model(torch.empty(input_shape(tree, analysis.workload), device="meta"))
    wanted = [result.sum() for result in (*results, *untaken) if result.requires_grad]
    with FlopCounterMode(display=False) as backward:
        if wanted:
            torch.stack(wanted).sum().backward()
    assert keys == {name for name, each in model.named_parameters() if each.grad is not None}
    assert 2 * (cost.backward.total + overcounted(analysis)) == backward.get_total_flops()


def all_take_the_same(tree: Layer) -> list[Layer]:
    """The folded layers that do not follow each other."""
    return [
        layer._replace(children=()) for _, layer in registered(tree) if layer.copies > 1 and not layer.follows_itself
    ]


def note_untaken(tree: Layer, model: nn.Module) -> list[Tensor]:
    """A list that fills with what nobody takes, of folded layers that all take the same, as they are called."""
    untaken: list[Tensor] = []
    for path, module in model.named_modules():
        if path and "parametrizations" not in path:
            layer = tree.child(path)
            if layer.copies > 1 and not layer.follows_itself:
                module.register_forward_hook(
                    lambda module, taken, given: untaken.extend(given if isinstance(given, tuple) else (given,))
                )
    return untaken

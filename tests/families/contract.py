"""What holds of every family: its tests call these with random configs, and with the program that defines the family.

A reference makes that program's model of a config, on torch's default device and in its default dtype.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from math import prod
from typing import Any

import torch
from hypothesis import assume, note
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from tests.torchaudio_models import import_torchaudio_models
from w2v_explore import Config, ModelConfig, Workload, analyze, build_architecture, build_model, verify
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import Macs, unfold
from w2v_explore.analysis.memory.trained import WORDS, role_of, select_names, select_trained
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.errors import ArgumentError
from w2v_explore.measure.from_tree import input_shape
from w2v_explore.measure.known_differences import find_known_difference
from w2v_explore.measure.meta_pass import first_tensor, run_on_meta
from w2v_explore.measure.tracking import TrackedMemory, track_memory
from w2v_explore.measure.verify import Audited, check_autocast, check_memory
from w2v_explore.model.build import modules_of
from w2v_explore.tree.run import with_gradients

Reference = Callable[[ModelConfig], torch.nn.Module]

KINDS = {
    "aten.convolution": "convolution",
    "aten.addmm": "linear",
    "aten.mm": "linear",
    "aten.bmm": "attention",
}


def torchaudio_model(config: ModelConfig) -> Any:
    """The reference of a family that torchaudio has."""
    function = config.family.part("dialects").PYTHON.rpartition(".")[2]
    return getattr(import_torchaudio_models(), function)(**config.to_mapping())


def shaken(model: Any) -> Any:
    """With weights of which none is another's: initial biases are zero, norms one, and hide what is confused."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model


def analysis_of(config: ModelConfig, workload: Workload) -> Analysis:
    return analyze(Config(name="random", origin="test", model=config), workload)


def given_to(analysis: Analysis) -> torch.Tensor:
    """What a model is given, on meta."""
    return torch.empty(input_shape(analysis.tree, analysis.workload), device="meta")


def counted_macs(model: torch.nn.Module, waveforms: torch.Tensor) -> tuple[Macs, torch.Tensor]:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output, _ = model(waveforms)
    macs = dict.fromkeys(Macs._fields, 0)
    for operation, flops in counter.get_flop_counts()["Global"].items():
        assert flops % 2 == 0
        macs[KINDS[str(operation)]] += flops // 2
    return Macs(**macs), output


def assert_closed_forms_hold(
    config: ModelConfig,
    batch: int,
    samples: int,
    reference: Reference = torchaudio_model,
    output_shape: tuple[int, ...] | None = None,
) -> None:
    """Keys, shapes and their order, parameters, MACs by kind and frames are those of the reference on meta.

    ``output_shape`` is that of a reference which runs in part alone.
    """
    with torch.device("meta"):
        theirs = reference(config).eval()
    tree = build_architecture(config)
    analysis = analysis_of(config, Workload(samples=samples, batch=batch))
    row = analysis.layers[0]
    assert list(tree.state_dict_shapes()) == [(key, tuple(value.shape)) for key, value in theirs.state_dict().items()]
    assert row.parameters == tree.parameters == sum(p.numel() for p in theirs.parameters())
    macs, output = counted_macs(theirs, given_to(analysis))
    assert row.macs == macs
    assert tuple(output.shape) == (output_shape or row.output_shape)
    assert (analysis.output_frames if output_shape is None else analysis.receptive_field.frames) == output.shape[1]


def assert_layers_run_as_in_the_tree(config: ModelConfig, batch: int, samples: int) -> None:
    """Modules are called in the order of the tree's rows, and put out what these say."""
    analysis = analysis_of(config, Workload(samples=samples, batch=batch))
    model = build_model(config, device="meta").eval()
    seen: list[tuple[str, tuple[int, ...]]] = []

    def record(path: str) -> Any:
        def hook(module: object, inputs: object, output: Any) -> None:
            tensor = first_tensor(output)
            if tensor is not None:
                seen.append((path, tuple(tensor.shape)))

        return hook

    # What makes the weight of the positional convolution is one row, torch's module for it and the one inside.
    modules = {path: module for path, module in model.named_modules() if not path.endswith("parametrizations.weight.0")}
    for path, module in modules.items():
        module.register_forward_hook(record(path))
    with torch.no_grad():
        model(given_to(analysis))

    rows = list(unfold(analysis.layers))
    assert {row.path for row in rows} == set(modules)
    # Containers are never called, what is there for padding only where lengths are given.
    called = [row for row in rows if row.output_shape and row.kind not in {"ModuleList", "ModuleDict", "PaddingMask"}]
    assert dict(seen) == {row.path: row.output_shape for row in called}
    leaves = [row.path for row in called if row.operation is not None and row.kind != "WeightNormConv1d"]
    # What runs twice stands where it first does.
    assert list(dict.fromkeys(path for path, _ in seen if path in set(leaves))) == leaves


def models(config: ModelConfig, reference: Reference = torchaudio_model) -> tuple[Any, Any]:
    """Ours and the reference, made from the same seed, with the same weights."""
    both: list[Any] = []
    for make in (build_model, reference):
        torch.manual_seed(0)
        both.append(make(config).eval())
    ours, theirs = (model.state_dict() for model in both)
    assert list(ours) == list(theirs)
    for key, weight in theirs.items():
        assert torch.equal(ours[key], weight), key
    return both[0], both[1]


def assert_memory_is_what_torch_tracks(config: ModelConfig, workload: Workload) -> None:
    """The peak of inference, and what training keeps with and without checkpoints; in float32 under autocast too."""
    analysis = analysis_of(config, workload)
    cost = analysis.training
    assert track_memory(analysis.tree, modules_of(config), workload) == TrackedMemory(
        peak=analysis.inference.peak_activation_bytes,
        kept=int(cost.kept_bytes.greatest),
        checkpointed=int(cost.checkpointed_bytes.greatest),
    )
    if workload.dtype == "float32":
        assert [finding for finding in check_autocast(Audited(analysis)) if not finding.agrees] == []


def assert_gradients_are_those_of_torch(
    config: ModelConfig, workload: Workload, names: Collection[str] | None = None
) -> None:
    """The parameters that have a gradient after a backward pass, its MACs, and what it keeps, with some trained or all.

    ``names`` are the keys of those that are trained.
    """
    analysis = analysis_of(config, workload)
    tree, modules = analysis.tree, modules_of(config)
    if names is not None:
        selection = select_names(tree, names)
        assert list(selection.tree.state_dict_shapes()) == list(tree.state_dict_shapes())
        analysis = replace(analysis, tree=selection.tree, trained=selection.trained)
    lives, cost = analysis.lives(training=True), analysis.training
    found = with_gradients(lives.calls, lives.needs)
    keys = {key for key, path, name in analysis.tree.named_parameters() if name in found.get(path, ())}
    sizes = dict(tree.state_dict_shapes())
    assert cost.learned == sum(prod(sizes[key]) for key in keys)
    if not keys:
        return
    passed = run_on_meta(tree, modules, workload, names)
    assert keys == passed.with_gradient
    # Of which kind a product counts depends on how torch lays it out, which what is trained has a say in.
    known = find_known_difference("macs.backward.convolution", analysis)
    assert cost.backward.total + (known.amount(analysis) if known else 0) == sum(passed.backward.values())
    if workload.dtype != "float32":
        return  # a CPU's norms have statistics of 16 bits, for which `verify` accounts
    assert track_memory(tree, modules, workload, names) == TrackedMemory(
        peak=analysis.inference.peak_activation_bytes,
        kept=int(cost.kept_bytes.greatest),
        checkpointed=int(cost.checkpointed_bytes.greatest),
    )


def assert_trained_parts_are_what_torch_says(config: ModelConfig, data: st.DataObject) -> None:
    """The same for what a word selects, and for parameters drawn one by one or by what their names end in."""
    workload = Workload(samples=minimum_samples(config, 2) + data.draw(st.integers(0, 1500)), batch=2)
    # Of a single frame nothing is copied to be laid out otherwise.
    assume(analysis_of(config, workload).output_frames > 1)
    tree, roles = build_architecture(config), config.family.roles
    every = [key for key, _, _ in tree.named_parameters()]
    assert all(role_of(path, roles) for _, path, _ in tree.named_parameters())
    words = []
    for word in WORDS:
        with suppress(ArgumentError):
            words.append(select_trained(tree, roles, word).names)
    endings = sorted({key.rpartition(".")[2] for key in every})
    names = data.draw(
        st.sampled_from(words)
        | st.sets(st.sampled_from(every), min_size=1, max_size=4)
        | st.sampled_from(endings).map(lambda ending: {key for key in every if key.endswith(ending)})
    )
    note(f"trained: {'all' if names is None else sorted(names)}")
    assert_gradients_are_those_of_torch(config, workload, names)


def assert_memory_holds(config: ModelConfig, workload: Workload) -> None:
    """Of the figures of `verify` those of memory alone, with what is known of a CPU's norms in half precision."""
    broken = [finding for finding in check_memory(Audited(analysis_of(config, workload))) if not finding.agrees]
    assert not broken, broken


def assert_every_figure_holds(config: ModelConfig, workload: Workload) -> None:
    """`verify` finds nothing unexplained."""
    broken = [finding for finding in verify(analysis_of(config, workload)).findings if not finding.agrees]
    assert not broken, broken

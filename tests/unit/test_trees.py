"""Trees that no config of ours makes: unequal layers, branches, several inputs, what runs twice or never."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest

from tests.tree_operations import Table
from w2v_explore import Workload, analyze, load_config
from w2v_explore.analysis.analyze import Analysis
from w2v_explore.analysis.compute import analyze_layers, unfold
from w2v_explore.analysis.latency.crossing import macs_crossing_samples
from w2v_explore.analysis.latency.roofline import trace_work
from w2v_explore.analysis.memory.costs import memory
from w2v_explore.analysis.receptive_field import check_samples_of_training, fewest_samples_of
from w2v_explore.errors import WorkloadError
from w2v_explore.tree.inputs import Features, Waveforms
from w2v_explore.tree.layer import OWN, PREVIOUS, Layer, Step
from w2v_explore.tree.operations import (
    GELU,
    Add,
    BatchNorm,
    Conv1d,
    Dropout,
    Flow,
    Linear,
    Operation,
    ScaledDotProductAttention,
)  # fmt: skip
from w2v_explore.tree.run import apart, run

BASE = load_config("base")


def split_layers(layer: Layer, first: int = 1) -> Layer:
    """The same tree with the first layers of the transformer held apart from the others."""
    if layer.name == "layers":
        [all_layers] = layer.children
        apart_layers = [all_layers._replace(name=str(number), copies=1) for number in range(first)]
        rest = all_layers._replace(name=str(first), copies=all_layers.copies - first)
        return layer._replace(children=(*apart_layers, rest))
    return layer._replace(children=tuple([split_layers(child, first) for child in layer.children]))


@pytest.mark.parametrize("first", [1, 2, 11])
@pytest.mark.parametrize("overrides", [[], ["encoder_layer_norm_first=true", "encoder_layer_drop=0", "aux_num_out=32"]])
def test_layers_that_are_held_apart_change_no_figure(overrides: list[str], first: int) -> None:
    folded = analyze(load_config("base", overrides), Workload.of_seconds(1))
    split = replace(folded, tree=split_layers(folded.tree, first))
    assert list(split.tree.state_dict_shapes()) == list(folded.tree.state_dict_shapes())
    assert list(unfold(split.layers)) == list(unfold(folded.layers))
    assert (split.parameters, split.macs) == (folded.parameters, folded.macs)
    assert split.receptive_field == folded.receptive_field
    assert macs_crossing_samples(split) == macs_crossing_samples(folded)
    assert split.inference == folded.inference
    assert_equal_work(split, folded)
    ours, theirs = split.training, folded.training
    for name in ("kept_bytes", "checkpointed_bytes", "macs", "checkpointed_macs"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name)), name
    assert (ours.forward, ours.backward) == (theirs.forward, theirs.backward)
    for row in unfold(folded.layers):
        path = row.path
        kept = [
            cost.kept_by_layer.get(tree.folded_path(path)) for cost, tree in ((ours, split.tree), (theirs, folded.tree))
        ]
        assert kept[0] == kept[1], path
    fits = [memory(each, fit="8GiB", checkpointing=True).fits for each in (split, folded)]
    assert fits[0] == fits[1]


def assert_equal_work(one: Analysis, other: Analysis) -> None:
    def total(analysis: Analysis) -> list[tuple[str, int, int, int]]:
        by_kind: dict[tuple[str, int, int], int] = {}
        for work in trace_work(analysis):
            key = work.kind, work.macs, work.bytes
            by_kind[key] = by_kind.get(key, 0) + work.copies
        return sorted((*key, copies) for key, copies in by_kind.items())

    assert total(one) == total(other)


def test_base_keeps_what_it_keeps_with_its_first_layer_apart() -> None:
    base = analyze(BASE, Workload.of_seconds(1))
    assert base.training.kept_bytes.greatest == 83_755_024
    assert replace(base, tree=split_layers(base.tree)).training.kept_bytes.greatest == 83_755_024


def test_the_folded_path_of_any_list() -> None:
    tree = split_layers(analyze(BASE).tree, 3)
    layers = "encoder.transformer.layers"
    for number, first in ((0, 0), (2, 2), (3, 3), (7, 3), (11, 3)):
        assert tree.folded_path(f"{layers}.{number}.attention.k_proj") == f"{layers}.{first}.attention.k_proj"
    assert (tree.folded_path(""), tree.folded_path(layers)) == ("", layers)
    for absent in (f"{layers}.12", f"{layers}.a", "decoder"):
        with pytest.raises(KeyError):
            tree.folded_path(absent)


def linear(name: str, size_in: int, size_out: int | None = None, **how: object) -> Layer:
    return Layer(name, "Linear", Linear(size_in, size_out or size_in), **how)  # type: ignore[arg-type]


def block(name: str, width: int, inner: int, **how: object) -> Layer:
    """A residual block that LayerDrop may drop."""
    children = (
        linear("up", width, inner),
        Layer("act", "GELU", GELU()),
        linear("down", inner, width),
        Layer("add", "Add", Add(), sources=(0, "down")),
    )
    return Layer(name, "Block", None, children, stacked=True, **how)  # type: ignore[arg-type]


def model(*children: Layer, channels: int = 1, **how: object) -> Layer:
    takes = Features(children[0].name, channels, window_samples=400, hop_samples=160, joined=2)
    return Layer("", "Model", None, children, takes=takes, **how)  # type: ignore[arg-type]


def analysis_of(tree: Layer, samples: int = 560 + 9 * 320, batch: int = 2) -> Analysis:
    """Of ten frames."""
    return Analysis(config=BASE, workload=Workload(samples=samples, batch=batch), tree=tree)


def test_unequal_layers_in_two_stacks() -> None:
    first = Layer("first", "ModuleList", None, (block("0", 8, 16, drop=0.5), block("1", 8, 32, drop=0.25, copies=2)))
    tree = model(first, Layer("second", "ModuleList", None, (block("0", 8, 64),)), channels=8)
    analysis = analysis_of(tree)
    cost = analysis.training
    # float32, 2 × 10 frames: a block keeps its input, and the inside before and after its activation.
    own = [80 * (8 + 2 * inner) for inner in (16, 32, 64)]
    assert cost.kept_bytes.greatest == own[0] + 2 * own[1] + own[2]
    assert cost.kept_bytes.least == own[2]
    assert cost.kept_bytes.expected == own[0] / 2 + 2 * 0.75 * own[1] + own[2]
    assert cost.checkpointed_bytes.greatest == 80 * (4 * 8 + 2 * 64)
    assert cost.checkpointed_bytes.least == 80 * (8 + 2 * 64)
    # With the largest inside in a stack that is dropped, the next largest counts where it is.
    swapped = analysis_of(model(first, Layer("second", "ModuleList", None, (block("0", 8, 4),)), channels=8)).training
    largest = 0.75**2 + 0.25 * 0.75 * 2
    expected = 8 * (0.5 + 1.5 + 1) + 2 * (largest * 32 + (1 - largest) * (0.5 * 16 + 0.5 * 4))
    assert swapped.checkpointed_bytes.expected == pytest.approx(80 * expected)
    macs = [2 * 20 * 8 * inner for inner in (16, 32, 64)]
    assert analysis.macs.total == macs[0] + 2 * macs[1] + macs[2]


def test_the_first_layer_that_runs_needs_no_gradient_of_what_the_model_is_given() -> None:
    """As nothing with parameters has run before it, whichever layer that is."""
    layers = Layer("layers", "ModuleList", None, (block("0", 8, 16, drop=0.5, copies=3),))
    cost = analysis_of(model(layers, channels=8)).training
    half = 20 * 8 * 16
    assert cost.backward.total == 3 * 4 * half - half
    assert cost.macs.greatest == 3 * 6 * half - half
    assert cost.macs.expected == 1.5 * 6 * half - (1 - 0.5**3) * half


def test_what_a_stack_takes_and_gives_is_kept_once_where_all_of_it_is_dropped() -> None:
    """Two heads keep both; then it is one tensor, and so it is where the second layer is the first that runs."""
    layers = Layer("layers", "ModuleList", None, (block("0", 8, 16, drop=0.5), block("1", 8, 32, drop=0.25)))
    heads = (linear("low", 8, 2, sources=("in",)), linear("high", 8, 2, sources=("layers",)))
    cost = analysis_of(model(linear("in", 8), layers, *heads, channels=8)).training
    taken, inside = 80 * 8, [80 * 2 * inner for inner in (16, 32)]
    # What the model takes, what the stack does; what the first layer gives, or what the second does.
    outputs = 0.5 * 0.75 * 2 + 0.5 * 0.25 + 0.5 * 0.75
    assert cost.kept_bytes.greatest == 2 * taken + 2 * taken + sum(inside)
    assert cost.kept_bytes.least == 2 * taken
    assert cost.kept_bytes.expected == pytest.approx((2 + outputs) * taken + 0.5 * inside[0] + 0.75 * inside[1])


def test_a_checkpoint_round_what_keeps_nothing_needs_nothing() -> None:
    layer = Layer("0", "Layer", None, (Layer("add", "Add", Add(), sources=(0, 0)),), copies=3, stacked=True)
    stack = Layer("layers", "ModuleList", None, (layer,))
    cost = analysis_of(model(linear("in", 8), stack, linear("out", 8), channels=8)).training
    assert cost.checkpointed_bytes.greatest == cost.kept_bytes.greatest == 2 * 80 * 8


def test_a_tensor_that_all_layers_take_is_kept_once() -> None:
    """As a position bias: made before the layers, alive until the last, and kept by whichever of them runs."""
    scores = ScaledDotProductAttention(2, 0.0)
    inside = (
        linear("q", 8, sources=(0,)), linear("k", 8, sources=(0,)), linear("v", 8, sources=(0,)),
        Layer("product", "Attention", scores, sources=("q", "k", "v", 1)),
    )  # fmt: skip
    layer = Layer("0", "Layer", None, inside, sources=(PREVIOUS, 1), copies=4, stacked=True, drop=0.5)
    children = (
        Layer("table", "Table", Table(2), sources=(0,)),
        Layer("layers", "ModuleList", None, (layer,), sources=(0, "table")),
    )
    frames = 16
    tree = model(*children, channels=8)._replace(takes=Waveforms("table"))
    tree = tree._replace(takes=Features("table", 8, 400, 160, 2))
    analysis = analysis_of(tree, 560 + 15 * 320)
    bias, width = 4 * 2 * 2 * frames**2, 4 * 2 * frames * 8
    # Of 32 frames, where there are 1 to 32, and the state of random numbers.
    statistics = 4 * 2 * 2 * 32 + 16
    # A layer keeps its input, q, k, v and what comes out, which is the next one's input.
    layers = 4 * (4 * width + statistics) + width
    cost = analysis.training
    assert cost.kept_bytes.greatest == bias + layers
    assert cost.kept_bytes.least == 0
    every = replace(analysis, tree=with_layers(tree, layer._replace(copies=1)))
    one = every.training.kept_bytes
    assert one.greatest == bias + 5 * width + statistics
    assert cost.kept_bytes.expected == pytest.approx(
        2 * (4 * width + statistics) + (1 - 0.5**4) * (bias + width), rel=1e-12
    )
    # The bias lives from where it is made to the end of the last layer.
    peak = analysis.inference
    assert peak.peak_activation_bytes == bias + 6 * width + 16
    assert cost.checkpointed_bytes.greatest == bias + 4 * width + (4 * width + statistics)


def with_layers(tree: Layer, layer: Layer) -> Layer:
    table, layers = tree.children
    return tree._replace(children=(table, layers._replace(children=(layer,))))


def test_buffers_are_keys_and_no_parameters() -> None:
    inside = (Layer("norm", "BatchNorm", BatchNorm(4)), linear("out", 4))
    tree = Layer("", "Model", None, (Layer("0", "Block", None, inside, copies=2),))
    names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    keys = [*[f"norm.{name}" for name in names], "out.weight", "out.bias"]
    assert list(dict(tree.state_dict_shapes())) == [f"{copy}.{key}" for copy in (0, 1) for key in keys]
    assert tree.parameters == 2 * (8 + 4 * 4 + 4)


def test_lent_parameters_are_the_parents_keys_and_the_childs_cost() -> None:
    """As those of ``torch.nn.MultiheadAttention``."""
    children = (linear("out_proj", 8), linear("in_proj", 8, 24, sources=(0,), lent=True))
    tree = Layer("", "Model", None, (Layer("attention", "Attention", None, children, schedule=("in_proj",)),))
    assert list(tree.state_dict_shapes()) == [
        ("attention.in_proj_weight", (24, 8)),
        ("attention.in_proj_bias", (24,)),
        ("attention.out_proj.weight", (8, 8)),
        ("attention.out_proj.bias", (8,)),
    ]
    rows = {row.path: row.parameters for row in analyze_layers(tree, 1, 10, 8)}
    assert (rows["attention.in_proj"], rows["attention"]) == (216, 288)


@pytest.mark.parametrize("bias", [(), (Flow(10, 10, 2),)])
def test_packed_attention_costs_what_attention_on_three_costs(bias: tuple[Flow, ...]) -> None:
    packed, plain = ScaledDotProductAttention(2, 0.0, packed=True), ScaledDotProductAttention(2, 0.0)
    one, three = (Flow(10, 24), *bias), (*[Flow(10, 8)] * 3, *bias)
    assert packed.flow(*one) == plain.flow(*three) == Flow(10, 8)
    assert packed.macs(3, *one) == plain.macs(3, *three)
    assert packed.kept_beside(3, *one) == plain.kept_beside(3, *three)
    assert packed.moments(3, *one) == plain.moments(3, *three)
    for needed in ([True], [False]):
        needs = needed + [True] * len(bias)
        assert packed.backward_macs(3, needs, *one) == plain.backward_macs(3, needed * 2 + needs, *three)


def test_what_an_operation_does_not_say_is_an_error_where_it_is_made() -> None:
    with pytest.raises(TypeError, match="Silent does not say its keeps_output, autocast, reach, kept_beside"):

        class Silent(Operation):
            mac_kind = None
            keeps_input = True
            parameter_shapes = flow = macs = passes_on = BatchNorm.flow  # type: ignore[assignment]


def test_a_module_that_runs_twice_counts_its_parameters_once_and_its_work_twice() -> None:
    children = (
        linear("shared", 8),
        Layer("act", "GELU", GELU()),
        Layer("add", "Add", Add(), sources=("once", "twice")),
    )
    schedule = (Step("shared", (0,), "once"), "act", Step("shared", ("act",), "twice"), "add")
    analysis = analysis_of(model(*children, channels=8, schedule=schedule))
    assert analysis.parameters == 72
    assert analysis.macs.linear == 2 * 20 * 64
    assert [(row.path, row.macs.total) for row in analysis.layers] == [
        ("", 2560), ("shared", 2560), ("act", 0), ("add", 0)
    ]  # fmt: skip
    # The first output lives until the sum, which takes both.
    assert analysis.inference.peak_activation_bytes == 80 * 8 * 4
    cost = analysis.training
    assert cost.backward.linear == 1280 + 2 * 1280
    assert cost.kept_by_layer["shared"] == 2 * 80 * 8


def test_a_module_that_never_runs_has_parameters_and_nothing_else() -> None:
    children = (linear("idle", 8, 16), linear("used", 8))
    analysis = analysis_of(model(*children, channels=8, schedule=("used",)))
    assert [(row.path, row.parameters, row.macs.total, row.output_shape) for row in analysis.layers[1:]] == [
        ("used", 72, 1280, (2, 10, 8)), ("idle", 144, 0, ())
    ]  # fmt: skip
    assert next(iter(analysis.tree.state_dict_shapes()))[0] == "idle.weight"
    assert analysis.training.kept_bytes.greatest == 80 * 8


def test_a_module_runs_where_another_than_its_parent_calls_it() -> None:
    """As WavLM's table of distances, registered in the first layer and used before all."""
    inner = Layer("0", "Layer", None, (Layer("table", "Table", Table(2)), linear("out", 8)), schedule=("out",))
    layers = Layer("layers", "ModuleList", None, (inner, linear("1", 8, sources=(PREVIOUS,))))
    schedule = (Step("layers.0.table", (0,), "bias"), Step("layers", (0,)))
    tree = model(layers, channels=8, schedule=schedule)
    assert [call.path for call in run(tree, Flow(10, 8)) if call.operation] == [
        "layers.0.table", "layers.0.out", "layers.1"
    ]  # fmt: skip
    rows = analyze_layers(tree, 2, 10, 8)
    assert [(row.path, row.output_shape) for row in rows][3:] == [
        ("layers.0.out", (2, 10, 8)), ("layers.0.table", (2, 2, 10, 10)), ("layers.1", (2, 10, 8))
    ]  # fmt: skip


def test_several_outputs_and_a_nested_model() -> None:
    """Two encoders' outputs, each with a head."""
    encoder = Layer(
        "encoder",
        "Encoder",
        None,
        (linear("low", 8), linear("high", 8, 4)),
        gives=("low", "high"),
    )
    heads = (linear("head_low", 8, 2, sources=("encoder",)), linear("head_high", 4, 3, sources=("encoder.1",)))
    nested = Layer("wav2vec2", "Model", None, (encoder, *heads), gives=("head_low", "head_high"))
    tree = model(nested, linear("logits", 3, 5, sources=("wav2vec2.1",)), channels=8)
    calls = run(tree, Flow(10, 8))
    assert [call.gives.channels for call in calls if call.operation] == [8, 4, 2, 3, 5]
    analysis = analysis_of(tree)
    assert analysis.macs.total == 20 * (64 + 32 + 16 + 12 + 15)
    # While the first head runs: the features, both outputs, of which the high one waits for the second, and its own.
    assert analysis.inference.peak_activation_bytes == 80 * (8 + 8 + 4 + 2)


def test_features_and_branches_reach_as_far_as_the_filterbank_and_the_wider_branch() -> None:
    convs = (
        Layer("narrow", "Conv1d", Conv1d(8, 8, 3, padding=1), sources=(0,), channels_first=True),
        Layer("wide", "Conv1d", Conv1d(8, 8, 5, padding=2), sources=(0,), channels_first=True),
        Layer("add", "Add", Add(), sources=("narrow", "wide")),
    )
    frontend = Layer("frontend", "Branches", None, convs)
    analysis = analysis_of(model(frontend, Layer("drop", "Dropout", Dropout(0.1)), channels=8))
    field = analysis.receptive_field
    assert (field.receptive_field_samples, field.stride_samples, field.frames) == (560 + 4 * 320, 320, 10)
    assert field.minimum_samples == 560
    assert [layer.receptive_field_samples for layer in field.layers] == [560 + 2 * 320, 560 + 4 * 320]
    # Both branches, what they took and their sum are alive at once; the sum keeps neither.
    assert analysis.inference.peak_activation_bytes == 4 * 80 * 8
    assert analysis.training.kept_bytes.greatest == 80 * 8 + 2 * 10 * 8


@pytest.mark.parametrize("copies", [1, 5])
def test_each_of_folded_convolutions_sees_further_than_the_one_before_it(copies: int) -> None:
    conv = Layer("0", "Conv1d", Conv1d(8, 8, 19, padding=9), channels_first=True)
    inside = Layer("0", "Block", None, (conv._replace(name="conv"), Layer("activation", "GELU", GELU())))
    frontend = Layer("frontend", "Dropout", Dropout(0.1))
    for layer in (conv, inside):
        stack = Layer("stack", "ModuleList", None, (layer._replace(copies=copies),))
        behind, before = (
            analysis_of(model(*children, channels=8)).receptive_field for children in ((frontend, stack), (stack,))
        )
        assert behind.positional_span_samples == 560 + copies * 18 * 320
        assert before.receptive_field_samples == 560 + copies * 18 * 320
        assert [conv.receptive_field_samples for conv in before.layers] == [
            560 + number * 18 * 320 for number in range(1, copies + 1)
        ]


def test_a_padded_convolution_has_frame_0_begin_before_the_first_sample() -> None:
    conv = Layer("conv", "Conv1d", Conv1d(8, 8, 4, stride=2, padding=1), channels_first=True)
    field = analysis_of(model(conv, channels=8)).receptive_field
    assert (field.first_sample, field.frame_span(0), field.frame_span(2)) == (-320, (-320, 1200), (960, 2480))
    assert [list(field.frames_covering(sample)) for sample in (0, 639, 640, 960, 3439)] == [
        [0], [0, 1], [0, 1], [0, 1, 2], [4]
    ]  # fmt: skip


def test_a_batch_norm_has_statistics_in_training_alone() -> None:
    analysis = analysis_of(model(Layer("norm", "BatchNorm", BatchNorm(8)), channels=8))
    assert analysis.inference.peak_activation_bytes == 2 * 80 * 8
    assert analysis.training.kept_bytes.greatest == 80 * 8 + 4 * 2 * 8


def test_copies_that_do_not_follow_each_other_all_take_the_same() -> None:
    heads = Layer("heads", "ModuleList", None, (linear("0", 8, 3, sources=(0,), copies=4),))
    analysis = analysis_of(model(heads, channels=8))
    assert analysis.macs.linear == 4 * 20 * 24
    assert analysis.training.kept_bytes.greatest == 80 * 8


def test_layers_that_follow_each_other_give_what_they_take() -> None:
    with pytest.raises(ValueError, match=r"layers\.0 stands for layers that follow each other"):
        run(
            Layer("", "Model", None, (Layer("layers", "ModuleList", None, (linear("0", 8, 4, copies=2),)),)),
            Flow(10, 8),
        )


def test_what_all_layers_go_round_lives_through_all_of_them() -> None:
    """Beside the input of each layer but the first, which that is."""
    layers = Layer("layers", "ModuleList", None, (linear("0", 8, copies=3),))
    analysis = analysis_of(
        model(linear("in", 8), layers, Layer("add", "Add", Add(), sources=("in", "layers")), channels=8)
    )
    assert analysis.inference.peak_activation_bytes == 4 * 80 * 8


def test_folded_layers_inside_folded_layers() -> None:
    def folded(outer: int, inner: int) -> Analysis:
        inside = Layer("layers", "ModuleList", None, (block("0", 8, 16, copies=inner),))
        return analysis_of(
            model(Layer("outer", "ModuleList", None, (Layer("0", "Stage", None, (inside,), copies=outer),)), channels=8)
        )

    analysis = folded(3, 2)
    calls = apart(analysis.calls)
    assert sum(call.copies for call in calls if call.path.endswith("up")) == 6
    assert analysis.macs.total == 6 * 2 * 20 * 8 * 16
    cost = analysis.training
    assert cost.kept_bytes.greatest == 6 * 80 * (8 + 32)
    assert cost.backward.total == 12 * 2 * 20 * 8 * 16 - 20 * 8 * 16
    assert cost.kept_by_layer["outer.0"] == 2 * 80 * (8 + 32)
    assert cost.kept_by_layer["outer.0.layers.0"] == 80 * (8 + 32)


def test_a_layer_with_an_operation_runs_it_when_its_schedule_says() -> None:
    inside = (Layer("weight", "Linear", Linear(8, 8)),)
    tree = Layer("", "Own", Add(), inside, schedule=("weight", Step(OWN, (0, "weight"))))
    calls = run(tree, Flow(10, 8))
    assert [(call.path, type(call.operation)) for call in calls] == [("", type(None)), ("weight", Linear), ("", Add)]
    assert calls[2].sources == (-1, 1)


def test_a_batch_norm_is_not_trained_on_a_single_frame() -> None:
    analysis = analysis_of(model(Layer("norm", "BatchNorm", BatchNorm(8)), channels=8))
    takes = analysis.takes
    for batch, minimum in ((1, 2), (2, 1)):
        workload = replace(analysis.workload, samples=takes.samples(1), batch=batch)
        assert fewest_samples_of(analysis.calls, takes, batch) == takes.samples(1)
        assert fewest_samples_of(analysis.calls, takes, batch, training=True) == takes.samples(minimum)
        with pytest.raises(WorkloadError, match="batch norm needs two frames") if batch == 1 else nullcontext():
            check_samples_of_training(analysis.calls, takes, workload)

"""What is trained: words and patterns, trees whose equal layers train alike, and messages on what selects nothing."""

from __future__ import annotations

import pytest

from w2v_explore import Workload, analyze, load_config, memory
from w2v_explore.analysis.memory.trained import select_trained
from w2v_explore.errors import ArgumentError
from w2v_explore.tree.layer import Layer, Step
from w2v_explore.tree.operations import Add, Flow, Linear
from w2v_explore.tree.run import Call, each_copy, run
from w2v_explore.tree.unfold import unfolded

CTC = load_config(
    "base",
    {"aux_num_out": 32, "encoder_projection_dropout": 0.0, "encoder_attention_dropout": 0.0, "encoder_dropout": 0.0,
     "encoder_ff_interm_dropout": 0.0, "encoder_layer_drop": 0.0},
)  # fmt: skip


@pytest.mark.parametrize(
    ("train", "kept_megabytes", "learned"),
    [("all", 647.0, 94_395_552), ("not-extractor", 321.8, 90_195_104), ("head", 1.5, 24_608)],
)
def test_base_at_10_seconds_keeps_what_was_measured_of_transformers(
    train: str, kept_megabytes: float, learned: int
) -> None:
    costs = memory(CTC, train=train)
    cost = costs.training["float32"]
    assert round(cost.kept_bytes.greatest / 1e6, 1) == kept_megabytes
    assert cost.learned == learned
    assert (cost.weight_bytes, cost.gradient_bytes, cost.optimizer_bytes) == (
        4 * 94_395_552, 4 * learned, 8 * learned,
    )  # fmt: skip
    assert costs.to_dict()["train"] == {"selection": train, "parameters": learned}


def test_what_a_word_selects() -> None:
    adapted = analyze(load_config("mms_1b_all"))

    def modules(train: str) -> set[str]:
        selection = select_trained(adapted.tree, adapted.config.model.family.roles, train)
        assert selection.trained is not None
        return {path.removeprefix("encoder.transformer.layers.0.").partition(".")[0] for path in selection.trained}

    assert modules("head") == {"aux"}
    assert modules("adapters") == {"adapter_layer", "aux"}
    assert modules("not-encoder") == {"feature_extractor", "adapter_layer", "aux"}
    assert "feature_extractor" not in modules("not-extractor") >= {"encoder", "attention", "adapter_layer", "aux"}


@pytest.mark.parametrize(
    ("preset", "train", "message"),
    [
        ("base", "head", "no head; give all, not-extractor, not-encoder, or re: and"),
        ("base", "adapters", "no adapters; give all"),
        ("w2v_bert_2", "not-extractor", "no extractor; give all, "),
        ("base", "extractor", "give one of all, head, not-extractor, not-encoder, adapters, or re: and"),
        ("base", "re:lora", r"no parameter has such a name; there are feature_extractor.conv_layers.0"),
        ("base", "re:(", "no regular expression: missing"),
        ("wav2vec2_conformer_rel_pos_large", "re:pos_conv_embed", "no loss depends on what that selects"),
    ],
)
def test_what_selects_nothing_says_what_there_is(preset: str, train: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        memory(preset, Workload(samples=16_000), train=train)


def test_the_analysis_of_a_model_that_was_set_up_stands_for_its_config() -> None:
    adapted = memory("base", train="not-extractor", lora="r=4:q_proj", attention="eager", optimizer="sgd", teacher=True)
    accumulated = memory("base", accumulate=2)
    assert memory(accumulated.analysis).to_dict() == memory("base").to_dict()
    assert memory(adapted.analysis).to_dict() == memory("base").to_dict()
    assert memory(adapted.analysis, lora="r=2:q_proj").to_dict() == memory("base", lora="r=2:q_proj").to_dict()


def test_no_text_is_no_word() -> None:
    with pytest.raises(TypeError, match="train is"):
        memory("base", train=3)  # type: ignore[arg-type]


def test_layers_stand_apart_where_they_train_other_parameters() -> None:
    costs = memory(CTC, train=r"re:transformer\.layers\.(3|1[01])\.")
    layers = costs.analysis.tree.child("encoder.transformer.layers").children
    assert [(layer.name, layer.copies) for layer in layers] == [("0", 3), ("3", 1), ("4", 6), ("10", 2)]
    kept = costs.training["float32"].kept_by_layer
    assert not kept["encoder.transformer.layers.0"]
    # A linear layer that is frozen needs none of what it takes.
    whole = memory(CTC).training["float32"].kept_by_layer
    path = "encoder.transformer.layers.{}.feed_forward.output_dense"
    assert not kept[path.format(4)]
    assert kept[path.format(10)] == whole[path.format(0)]
    # The backward pass comes from the end to layer 3: by linear layers once, and twice where they are trained and the
    # gradient of what they take is needed; attention has four products where the forward pass has two.
    layer = next(row.macs for row in analyze(CTC).layers if row.path == "encoder.transformer.layers.0")
    backward = costs.training["float32"].backward
    assert backward.linear == (6 + 2 * 3) * layer.linear - 3 * 499 * 768**2 + 499 * 768 * 32
    assert backward.attention == 9 * 2 * layer.attention


def paths(calls: list[Call]) -> list[tuple[str, int, tuple[str, ...]]]:
    """What runs, in how many copies, and what made what it takes."""
    return [
        (call.path, call.copies, tuple([calls[made].path if made >= 0 else "" for made in call.sources]))
        for call in calls
        if call.operation is not None
    ]


def test_what_takes_of_layers_that_stand_apart_takes_of_the_last() -> None:
    def linear(name: str, copies: int = 1, **how: object) -> Layer:
        return Layer(name, "Linear", Linear(4, 4), copies=copies)._replace(**how)  # type: ignore[arg-type]

    children = (
        linear("0", 3),
        linear("3", 2, sources=(0,)),
        Layer("add", "Add", Add(), sources=("0", "twice")),
    )
    schedule = ("0", "3", Step("0", ("3",), "twice"), "add")
    tree = Layer("", "Model", None, children, schedule, gives=("add", "0"))
    apart = select_trained(tree, {}, r"re:^(1\.|4\.)").tree
    assert paths(run(apart, Flow(10, 4))) == [
        ("0", 1, ("",)), ("1", 1, ("0",)), ("2", 1, ("1",)), ("3", 1, ("",)), ("4", 1, ("",)),
        ("0", 1, ("4",)), ("1", 1, ("0",)), ("2", 1, ("1",)), ("add", 1, ("2", "2")),
    ]  # fmt: skip
    calls = run(apart, Flow(10, 4))
    assert [calls[made].path for made in calls[0].results] == ["add", "2"]
    assert list(apart.state_dict_shapes()) == list(tree.state_dict_shapes())
    assert paths(run(unfolded(tree), Flow(10, 4))) == paths(each_copy(run(tree, Flow(10, 4)))[0])

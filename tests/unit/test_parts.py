"""The parts of a tree: what is marked as one, and that all parts and the remainder make the whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import trees
from w2v_explore import Config, ModelConfig, Workload, analyze, load_config, load_preset, preset_names
from w2v_explore.analysis.comparing.parts import Parts
from w2v_explore.analysis.comparing.sealed import PartLayer
from w2v_explore.analysis.receptive_field import fewest_samples_of
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.layer import Layer, Step
from w2v_explore.tree.operations import Conv1d, Dropout, Flow, Linear, ScaledDotProductAttention
from w2v_explore.tree.parts import Reads, part
from w2v_explore.tree.run import run

SMALL = {
    "extractor_conv_layer_config": [[8, 4, 2], [4, 3, 2]],
    "encoder_embed_dim": 16,
    "encoder_num_heads": 4,
    "encoder_pos_conv_groups": 2,
    "encoder_pos_conv_kernel": 4,
    "encoder_num_layers": 3,
    "encoder_ff_interm_features": 12,
    "aux_num_out": 5,
}


def assert_whole(config: ModelConfig, workload: Workload) -> None:
    analysis = analyze(Config(name="any", origin="test", model=config), workload)
    whole = Parts().total(config, workload)
    assert (whole.parameters, whole.macs) == (analysis.parameters, analysis.macs)
    assert whole.kept_bytes == analysis.training.kept_bytes.greatest
    assert whole.peak_bytes == analysis.inference.peak_activation_bytes
    assert whole.training_macs.spread() == analysis.training.macs


def test_the_parts_of_presets_make_the_whole() -> None:
    for name in preset_names():
        assert_whole(load_preset(name).model, Workload.of_seconds(1, batch=2))


def paths_of(layer: Layer) -> list[str]:
    """All modules but those of whose inside something runs by itself."""
    steps = [step if isinstance(step, str) else step.name for step in layer.schedule]
    entered = {step.rpartition(".")[0] for step in steps if "." in step}
    paths = []
    for child in layer.children:
        within = [child.name, *[f"{child.name}.{path}" for path in paths_of(child)]]
        paths += [path for path in within if not any(f"{each}.".startswith(f"{path}.") for each in entered)]
    return paths


FAMILIES = ("base", "wavlm_base", "wav2vec2_conformer_rel_pos_large", "wav2vec2_conformer_rope_large")
PATHS = {
    name: paths_of(load_config(name, SMALL).model.family.build(load_config(name, SMALL).model)) for name in FAMILIES
}


def build_at(config: Any, path: str) -> Layer:
    """A module of the model, as if it had a builder of its own."""
    model = config.config if isinstance(config, Reads) else config
    assert [getattr(config, name) for name in model.FIELDS]
    tree: Layer = model.family.build(model)
    return tree.child(path)


@pytest.mark.parametrize("name", FAMILIES)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_any_module_may_be_a_part(name: str, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(PATHS[name]), max_size=4, unique=True))
    chances = {
        field: data.draw(st.sampled_from([0.0, 0.1, 1.0]))
        for field in ("encoder_dropout", "encoder_ff_interm_dropout", "encoder_projection_dropout")
    }
    drop = data.draw(st.sampled_from([0.0, 0.25]))
    is_first = data.draw(st.booleans())
    overrides = {**SMALL, **chances, "encoder_layer_drop": drop, "encoder_layer_norm_first": is_first}
    config = load_config(name, overrides).model
    builder = config.family.part("tree")
    original = builder.build

    def build(config: Any) -> Layer:
        if not isinstance(config, Reads):
            return original(config)
        assert [getattr(config, name) for name in config.config.FIELDS]
        return marked_at(config, original(config.config), "", chosen, build_at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder, "build", build)
        assert_whole(config, Workload(samples=200, batch=2))


def marked_at(config: Any, layer: Layer, path: str, chosen: list[str], build: Any) -> Layer:
    """A tree with some modules marked as parts."""
    if path in chosen:
        return part(build, config, path)
    prefix = f"{path}." if path else ""
    children = [marked_at(config, child, prefix + child.name, chosen, build) for child in layer.children]
    return layer._replace(children=tuple(children))


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_module_of_any_tree_may_be_a_part(data: st.DataObject) -> None:
    tree = data.draw(trees())
    assert tree.takes is not None
    samples = max(2_000, fewest_samples_of(run(tree, tree.takes.flow(10_000)), tree.takes, 2))
    chosen = data.draw(st.lists(st.sampled_from(paths_of(tree)), max_size=4, unique=True))
    config = load_preset("base").model
    builder = config.family.part("tree")

    def module(config: Any, path: str) -> Layer:
        return tree.child(path)

    def build(config: Any) -> Layer:
        return marked_at(config, tree, "", chosen, module) if isinstance(config, Reads) else tree

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder, "build", build)
        assert_whole(config, Workload(samples=samples, batch=2))


def build_shared(config: Any) -> Layer:
    """A convolution that takes one length here and another there."""
    assert config.encoder_embed_dim
    return Layer("shared", "Conv1d", Conv1d(8, 8, 3, stride=2), channels_first=True)


@pytest.mark.parametrize("is_registered_twice", [True, False])
def test_a_part_that_is_called_in_two_ways_is_none(is_registered_twice: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """One operation stands for a part, and has the figures of one way: the training MACs would be those of the last."""
    config = load_preset("base").model

    def build(config: Any) -> Layer:
        stem = Layer("stem", "Conv1d", Conv1d(1, 8, 4, stride=4), channels_first=True)
        first = part(build_shared, config)
        children, schedule = (stem, first), ("stem", "shared", Step("shared", ("shared",), "again"))
        if is_registered_twice:
            children, schedule = (*children, first._replace(name="other")), ()
        return Layer("", "Model", None, children, schedule, takes=Waveforms("stem"))

    monkeypatch.setattr(config.family.part("tree"), "build", build)
    assert_whole(config, Workload(samples=2_000, batch=2))


def attention_with_dropout(p: float, *after: Layer) -> Layer:
    product = Layer("product", "ScaledDotProductAttention", ScaledDotProductAttention(2, 0.0), sources=(0, 0, 0))
    return Layer("", "Block", None, (product, Layer("dropout", "Dropout", Dropout(p)), *after))


@pytest.mark.parametrize("after", [(), (Layer("out", "Linear", Linear(8, 8)),)])
def test_a_dropout_on_what_is_kept_already_keeps_a_tensor_more(after: tuple[Layer, ...]) -> None:
    takes, needs, workload = (Flow(7, 8),), (True,), Workload(samples=7)
    without = PartLayer(attention_with_dropout(0.0, *after))
    figures = PartLayer(attention_with_dropout(0.5, *after)).figures(takes, needs, workload, without)
    anew = PartLayer(attention_with_dropout(0.5, *after)).figures(takes, needs, workload)
    assert figures == anew._replace(peak_bytes=without.figures(takes, needs, workload).peak_bytes)


def test_a_part_is_worked_out_once_for_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out: list[Layer] = []
    init = PartLayer.__init__

    def counted(self: PartLayer, layer: Layer) -> None:
        worked_out.append(layer)
        init(self, layer)

    monkeypatch.setattr(PartLayer, "__init__", counted)
    known, workload = Parts(), Workload.of_seconds(1)
    known.total(load_preset("base").model, workload)
    worked_out.clear()
    known.total(load_config("base", ["encoder_pos_conv_kernel=64"]).model, workload)
    assert [layer.kind for layer in worked_out] == ["PositionalConv"]


def test_unequal_layers_hide_in_parts_what_only_parts_of_them_read() -> None:
    """The work of an attribution doubles with each field that is read for what lies in no part."""
    known = Parts()
    known.remainder(load_preset("wavlm_base").model, Workload.of_seconds(1))
    hidden = {"encoder_ff_interm_features", "encoder_ff_interm_dropout", "encoder_attention_dropout"}
    assert known.fields_of_remainder("wavlm").isdisjoint(hidden)


def test_a_config_remembers_what_was_read() -> None:
    model = load_preset("base").model
    reads = Reads(model, model.FIELDS, lambda outer, build, arguments: build(outer, *arguments))
    assert reads.conv_layers == model.conv_layers
    assert reads.names == {"extractor_conv_layer_config"}
    assert model.family.part("tree").build(reads) == model.family.build(model)
    assert reads.names == set(model.FIELDS)

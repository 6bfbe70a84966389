"""What measuring finds in a tree, wherever it lies: in a model inside another, and in a stack of unequal layers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from w2v_explore import Layer, Workload, build_architecture, load_config
from w2v_explore.families.wav2vec2.components import MODULES
from w2v_explore.measure.extractor_probe import build_narrow_extractor, count_frames, find_frame_spans
from w2v_explore.measure.from_tree import changed_layers, keep_every_layer, registered, shallow, stacked_layers
from w2v_explore.measure.meta_pass import run_on_meta
from w2v_explore.measure.tracking import track_memory
from w2v_explore.model.materialize import materialize
from w2v_explore.tree.inputs import Waveforms
from w2v_explore.tree.operations import GELU, Linear

CONFIG = load_config(
    "base",
    [
        "extractor_conv_layer_config=[[8, 10, 5], [8, 3, 2]]", "encoder_embed_dim=16", "encoder_num_heads=2",
        "encoder_pos_conv_kernel=4", "encoder_pos_conv_groups=2", "encoder_ff_interm_features=24",
        "encoder_num_layers=3", "encoder_layer_drop=0.9", "encoder_dropout=0.1",
    ],
)  # fmt: skip
TREE = build_architecture(CONFIG)
WORKLOAD = Workload(samples=800, batch=2)


class Nested(nn.Module):
    """A model that is part of another."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, waveforms: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        output: tuple[Tensor, Tensor | None] = self.inner(waveforms, lengths)
        return output


def nested(tree: Layer) -> Layer:
    inner = tree._replace(name="inner", takes=None)
    return Layer("", "Nested", children=(inner,), takes=Waveforms("inner.feature_extractor"))


def split(tree: Layer) -> Layer:
    """The same model, its first layer held apart from the equal ones."""

    def change(layer: Layer) -> Layer:
        if layer.name != "layers":
            return layer
        [folded] = layer.children
        others = folded._replace(name="1", copies=folded.copies - 1)
        return layer._replace(children=(folded._replace(copies=1), others))

    return changed_layers(tree, change)


TREES = {"nested": (nested(TREE), {**MODULES, "Nested": Nested}), "split": (split(TREE), MODULES)}
other_trees = pytest.mark.parametrize("name", TREES)


@other_trees
def test_a_training_step_is_that_of_the_same_model(name: str) -> None:
    plain, other = run_on_meta(TREE, MODULES, WORKLOAD), run_on_meta(*TREES[name], WORKLOAD)
    assert (other.forward, other.backward) == (plain.forward, plain.backward)
    assert [shape for _, shape in other.state_dict] == [shape for _, shape in plain.state_dict]
    prefix = "inner." if name == "nested" else ""
    assert other.output_shapes.keys() >= {f"{prefix}{path}" for path in plain.output_shapes if path}


@other_trees
def test_memory_is_that_of_the_same_model(name: str) -> None:
    assert track_memory(*TREES[name], WORKLOAD) == track_memory(TREE, MODULES, WORKLOAD)


@other_trees
def test_frames_are_those_of_the_same_model(name: str) -> None:
    extractor = build_narrow_extractor(*TREES[name], norms=False)
    assert count_frames(extractor, 2, 800) == (((800 - 10) // 5 + 1) - 3) // 2 + 1
    assert find_frame_spans(extractor, 200, [3, 4]) == [(30, 50), (40, 60)]


@other_trees
def test_no_layer_is_skipped_and_dropout_stays(name: str) -> None:
    tree, modules = TREES[name]
    model = materialize(tree, modules, device=torch.device("cpu"), dtype=torch.float32).train()
    keep_every_layer(model, tree)
    ran = []
    for path, layer in registered(tree):
        if layer.stacked:
            model.get_submodule(path).register_forward_hook(lambda *_, path=path: ran.append(path))
    for _ in range(5):
        model(torch.randn(1, 400))
    assert len(ran) == 5 * 3
    assert all(module.training for module in model.modules() if isinstance(module, nn.Dropout))


@pytest.mark.parametrize("name", ["plain", *TREES])
def test_every_module_is_found(name: str) -> None:
    tree, modules = TREES.get(name, (TREE, MODULES))
    model = materialize(tree, modules, device=torch.device("meta"), dtype=torch.float32)
    paths = [path for path, _ in registered(tree)]
    found = {path for path, module in model.named_modules() if "parametrizations" not in path}
    assert {path for path in paths if "parametrizations" not in path} == found
    assert len(set(paths)) == len(paths)


def test_shallow_trees_have_fewer_of_the_equal_layers() -> None:
    assert [stacked_layers(shallow(TREE, copies)) for copies in (1, 2, 3, 9)] == [1, 2, 3, 3]
    assert stacked_layers(shallow(split(TREE), 1)) == 2
    assert shallow(TREE, 2).child("feature_extractor") == TREE.child("feature_extractor")


class OwnLinear(nn.Linear):
    """An operation's module of a family's own."""

    def __init__(self, in_features: int, out_features: int, **factory: Any) -> None:
        super().__init__(in_features, out_features, bias=False, **factory)
        self.extra = nn.Parameter(self.weight.new_zeros(1))


class OwnPair(nn.Module):
    def __init__(self, first: nn.Module, activation: nn.Module, scale: float) -> None:
        super().__init__()
        self.first, self.activation, self.scale = first, activation, scale


def test_a_familys_own_modules_are_made_of_what_their_layers_say() -> None:
    first = Layer("first", "OwnLinear", Linear(3, 5))
    pair = Layer("", "OwnPair", children=(first, Layer("activation", "GELU", GELU())), options=(("scale", 0.5),))
    modules = {"OwnLinear": OwnLinear, "OwnPair": OwnPair}
    made = materialize(pair, modules, device=torch.device("meta"), dtype=torch.float64)
    assert isinstance(made, OwnPair)
    assert (type(made.activation), made.scale) == (nn.GELU, 0.5)
    shapes = {name: (tuple(value.shape), value.dtype, value.device.type) for name, value in made.named_parameters()}
    assert shapes == {
        "first.weight": ((5, 3), torch.float64, "meta"),
        "first.extra": ((1,), torch.float64, "meta"),
    }

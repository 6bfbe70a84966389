"""Memory in closed form, held against what torch tracks on tensors without data; of presets by `test_audit`."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses.fake_tensor import FakeTensorMode

from tests.families.contract import analysis_of, assert_memory_is_what_torch_tracks
from tests.strategies import configs
from w2v_explore import ModelConfig, Workload, build_model, load_config, memory
from w2v_explore.analysis.memory.trained import select_trained
from w2v_explore.analysis.receptive_field import minimum_samples
from w2v_explore.measure import tracking
from w2v_explore.measure.from_tree import keep_every_layer, train_only
from w2v_explore.measure.verify import Audited, check_memory
from w2v_explore.model.build import modules_of

DROPOUTS = ("encoder_projection_dropout", "encoder_ff_interm_dropout", "encoder_dropout")


@given(
    config=configs(), batch=st.integers(1, 3), extra=st.integers(0, 3000), dtype=st.sampled_from(["float32", "float64"])
)
@settings(max_examples=10)
def test_random_configs(config: ModelConfig, batch: int, extra: int, dtype: str) -> None:
    samples = minimum_samples(config, batch) + extra
    assert_memory_is_what_torch_tracks(config, Workload(samples=samples, batch=batch, dtype=dtype))


@pytest.mark.parametrize("layer_norm_first", [False, True])
def test_a_peak_in_the_transformer(layer_norm_first: bool) -> None:
    """Most random configs have theirs in the extractor."""
    config = replace(
        small_config(),
        extractor_conv_layer_config=((4, 10, 20),),
        encoder_embed_dim=32,
        encoder_pos_conv_kernel=2,
        encoder_ff_interm_features=256,
        encoder_layer_norm_first=layer_norm_first,
    )
    assert_memory_is_what_torch_tracks(config, Workload(samples=2_000))


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
@pytest.mark.parametrize("p", [0.0, 0.1, 1.0])
def test_each_dropout_alone(p: float, dtype: str) -> None:
    base = replace(small_config(), encoder_projection_dropout=0.1, encoder_ff_interm_dropout=0.1, encoder_dropout=0.1)
    for field in DROPOUTS:
        analysis = analysis_of(replace(base, **{field: p}), Workload(samples=700, batch=2, dtype=dtype))
        assert all(finding.agrees for finding in check_memory(Audited(analysis)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("dropouts", list(product([0.0, 1.0], repeat=3)))
def test_what_a_real_pass_keeps(dropouts: tuple[float, ...], dtype: str) -> None:
    """A dropout of 0 or 1 takes the same path on a CPU as on an accelerator, so that a plain model is a witness."""
    config = replace(small_config(), **dict(zip(DROPOUTS, dropouts, strict=True)))
    workload = Workload(samples=700, batch=2, dtype=dtype)
    model = build_model(config, dtype=getattr(torch, dtype))
    parameters = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in parameters:
            kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.randn(workload.batch, workload.samples, dtype=getattr(torch, dtype)))
    closed_form = analysis_of(config, workload).training.kept_bytes.greatest
    assert closed_form == sum(storage.nbytes() for storage in kept.values())


def small_config() -> ModelConfig:
    """Whose layers are never dropped, nor anything in attention."""
    sizes = {"encoder_embed_dim": 16, "encoder_num_heads": 2, "encoder_ff_interm_features": 24, "encoder_num_layers": 2}
    unused = {"encoder_layer_drop": 0.0, "encoder_attention_dropout": 0.0, "encoder_pos_conv_groups": 2}
    layers = ((8, 10, 5), (8, 3, 2))
    return replace(load_config("base").model, extractor_conv_layer_config=layers, **sizes, **unused)


def identity(x: torch.Tensor, *others: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
    """What a stack has in the place of a layer that is dropped."""
    return x, others[-1]


@pytest.mark.parametrize("precision", ["float32", "amp-bfloat16"])
@pytest.mark.parametrize("train", ["all", "head", "not-extractor", r"re:bias$", r"re:layers\.1\.|aux"])
def test_what_layer_drop_may_do_to_a_model_that_is_trained_in_part(train: str, precision: str) -> None:
    drop = 0.25
    config = load_config("asr_base_960h", {"encoder_num_layers": 2, "encoder_layer_drop": drop})
    costs = memory(config, Workload(samples=4_000, batch=2), train=train)
    names = select_trained(costs.analysis.tree, config.model.family.roles, train).names
    lower = torch.bfloat16 if precision == "amp-bfloat16" else None
    tracked = {}
    for runs in product((False, True), repeat=2):
        with FakeTensorMode():
            model = tracking._fake_model(costs.analysis.tree, modules_of(config.model), torch.float32).train()
            train_only(model, names)
            tracking._use_accelerator_attention(model, lower)
            tracking.use_accelerator_dropout(model)
            keep_every_layer(model, costs.analysis.tree)
            layers: Any = model.get_submodule("encoder.transformer.layers")
            for layer, does_run in zip(layers, runs, strict=True):
                layer.forward = layer.forward if does_run else identity
            kept, casts, _ = tracking._track_training(model, (), lambda: torch.empty(2, 4_000), lower)
        tracked[runs] = kept - casts, casts
    cost = costs.training[precision]
    for number, ours in enumerate((cost.kept_bytes, cost.cast_weight_bytes)):
        each = [(drop ** (2 - sum(runs)) * (1 - drop) ** sum(runs), sizes[number]) for runs, sizes in tracked.items()]
        expected = sum(chance * size for chance, size in each)
        assert ours == (each[0][1], pytest.approx(expected), each[-1][1])
